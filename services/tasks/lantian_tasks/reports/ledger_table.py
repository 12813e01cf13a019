"""The ledger as the table that offices keep: one row an issue, in the order and words of the official form. Pure.

Columns follow the record of the domain reference 4.5 (问题台账): who, what, where, by when, what was done, who checked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Head
from lantian_tasks.registry.divisions import division_text
from lantian_tasks.reports import words
from lantian_tasks.reports.sheets import Cell, Column

COLUMNS = (
    Column("序号", 5),
    Column("台账编号", 20),
    Column("行政区划", 14),
    Column("企业名称", 20),
    Column("监测点", 14),
    Column("问题来源", 9),
    Column("问题类型", 10),
    Column("严重程度", 8),
    Column("问题描述", 30),
    Column("登记时间", 11),
    Column("责任单位", 16),
    Column("责任人", 8),
    Column("整改期限", 11),
    Column("整改措施", 22),
    Column("核验结论", 16),
    Column("状态", 9),
    Column("销号时间", 11),
    Column("标记", 12),
    Column("区划代码", 10),
    Column("企业编号", 20),
    Column("轮次编号", 14),
    Column("发现时间", 16),
    Column("证据件数", 8),
    Column("延期次数", 8),
    Column("督办次数", 8),
    Column("举一反三", 24),
    Column("案件编号", 16),
    Column("核验人", 24),
    Column("公示", 24),
    Column("抽查复核", 14),
    Column("是否反弹", 10),
    Column("末条哈希", 18),
)
ENDED = ("closed", "spot-check", "archived")
"""States in which the last closing still holds."""
PRINTED = 18
"""Columns that a printed sheet shows; codes, counts and the seal of the chain stay in the file."""


def rows(stories: Sequence[tuple[Head, Sequence[SealedEntry]]], first: int = 1) -> list[list[Cell]]:
    """The rows of some issues, counted from `first`."""
    return [_row(first + number, head, history) for number, (head, history) in enumerate(stories)]


def _row(number: int, head: Head, history: Sequence[SealedEntry]) -> list[Cell]:
    place, standing = head.place, head.standing
    moves = [entry["move"] for entry in history]
    verify = last(history, "verify-province", "verify")
    case = last(history, "decide-case", "to-enforcement")
    closed = last(history, "close")
    checked = last(history, "pass-recheck", "fail-recheck")
    return [
        number,
        head.number,
        division_text(place.division_code),
        place.enterprise_name,
        place.source_name or head.source_id,
        words.CHANNELS.get(standing.channel, standing.channel),
        words.CATEGORIES.get(standing.category, standing.category),
        words.SEVERITIES[min(4, head.severity + bool(standing.parent_id))],
        head.summary_zh or words.titled(head.title_zh),
        words.local(head.registered_ms),
        standing.unit,
        standing.person,
        words.local(standing.due_ms),
        said(history, "measures", "request-close", "report", "submit-plan", "instant-fix"),
        str(verify["fields"].get("conclusion", "")) if verify else "",
        words.STATES[head.state],
        words.local(closed["at_ms"]) if closed and head.state in ENDED else "",
        "、".join(words.FLAGS.get(flag, flag) for flag in standing.flags),
        place.division_code,
        place.enterprise_id,
        standing.round_id[:8],
        words.local(head.start_ms),
        moves.count("attach"),
        moves.count("grant-extension"),
        moves.count("escalate"),
        said(history, "peers", "request-close") or said(history, "scope", "record-peers"),
        str(case["fields"].get("case_no", "")) if case else "",
        words.who(verify["actor"]) if verify else "",
        said(history, "notice", "publicise"),
        words.MOVES[checked["move"]] if checked else "",
        "是" if "relapse" in moves else "",
        history[-1]["hash"][:16] if history else "",
    ]


def last(history: Sequence[SealedEntry], *moves: str) -> SealedEntry | None:
    """The last entry of one of these moves."""
    return next((entry for entry in reversed(history) if entry["move"] in moves), None)


def said(history: Sequence[SealedEntry], field: str, *moves: str) -> str:
    """What the last of these moves said in a field; empty: nothing."""
    for entry in reversed(history):
        if entry["move"] in moves and entry["fields"].get(field):
            return str(entry["fields"][field])
    return ""


def told(entry: SealedEntry) -> str:
    """What an entry says, in words: its reason, and of what was typed that which a reader looks for."""
    values, move = entry["fields"], entry["move"]
    parts = [entry["reason"], *(str(values[name]) for name in ("measures", "conclusion", "notice") if values.get(name))]
    if move in ("remind", "escalate"):
        parts.append(str(values.get("title", "")))
    if move in ("assign", "reassign"):
        parts.append(f"{values['unit']} {values['person']}，限 {words.local(values['due_ms'])}")
    if move == "complete-milestone":
        parts.append(f"第 {int(values['milestone']) + 1} 个节点")
    if move in ("ask-extension", "grant-extension"):
        parts.append(f"{values['days']} 天")
    if move == "attach":
        piece: Mapping[str, Any] = values["piece"]
        parts.append(f"{words.EVIDENCE.get(piece['kind'], piece['kind'])} {piece['name']}".strip())
    return "；".join(filter(None, parts))
