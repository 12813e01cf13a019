"""Letters and reports as Word files: what each form is filled with. Pure; `fill` reads a form's file.

Texts are escaped, so nothing that somebody typed becomes a field, a formula or a tag of the file.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from docxtpl import DocxTemplate

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.policy import CityMeasures
from lantian_tasks.clocks.timers import clocks
from lantian_tasks.evidence.piece import FLAGS, attached
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.guards import milestones, responsible
from lantian_tasks.ledger.issue import Head, Issue
from lantian_tasks.registry.divisions import division_text
from lantian_tasks.reports import words
from lantian_tasks.reports.figures import Figures
from lantian_tasks.reports.inspection import flags_text
from lantian_tasks.reports.ledger_table import last, said, told
from lantian_tasks.reports.notice import notice_values
from lantian_tasks.reports.sheets import clean

SHIPPED = Path(__file__).with_name("forms")
Name = Literal["assignment", "rectification", "notice", "warning", "round", "inspection"]
NAMES: Mapping[Name, str] = {
    "assignment": "问题交办单",
    "rectification": "整改报告",
    "notice": "整改情况公示",
    "warning": "预警通知函",
    "round": "轮次报告",
    "inspection": "现场检查记录",
}
DEMANDS: Mapping[str, str] = {
    "exceedance": "立即查明超标原因并停止超标排放；整改后须有连续不少于72个有效小时、95%以上达标的自动监测数据。",
    "dropout": "立即恢复数据传输；整改后连续7日传输有效率不低于90%。",
    "fraud": "立即停止弄虚作假行为，封存设备、参数和记录，配合调查，不得延期。",
    "bypass": "立即封堵旁路并铅封留证，说明启用时间和原因。",
    "treatment-off": "立即恢复治理设施正常运行，提供运行和用电记录。",
    "emergency": "立即落实应急减排措施，提供生产和用电记录。",
    "falsification-sign": "说明数据异常的原因，提供比对监测报告和仪器、参数、运维记录；属弄虚作假的，按弄虚作假处理。",
    "vehicle": "停驶检修，修复排放控制装置和车载终端，提供维修和复检记录。",
    "vapour": "检修油气回收系统，提供气液比、密闭性和液阻检测报告。",
    "closed-site": "立即停止生产，断水断电、清除原料产品设备，防止再次复产。",
    "furnace": "查明炉温不达标原因，调整运行工况，提供炉温曲线和焚烧记录。",
}
ANY_DEMAND = "查明原因，制定措施和完成时限，按期整改并防止反弹。"
MOST_ROWS = 60
DRAFTED = "（草稿，经批准签发后生效）"


class FormError(Exception):
    """A form of the authority can not be filled."""


def fill(name: Name, values: Mapping[str, Any], folder: Path | None = None) -> bytes:
    """The paper. Raises FormError when the file in `folder` is no form."""
    own = folder / f"{name}.docx" if folder is not None else None
    path = own if own is not None and own.is_file() else SHIPPED / f"{name}.docx"
    data = io.BytesIO()
    try:
        form = DocxTemplate(str(path))
        form.render({key: _cleaned(value) for key, value in values.items()}, autoescape=True)
        form.save(data)
    except Exception as error:  # a form is foreign: whatever is wrong with it, its file is to blame
        raise FormError(f"{path.name}: {error}") from error
    return data.getvalue()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value).replace("\n", " ")
    if isinstance(value, list):
        return [{key: _cleaned(one) for key, one in row.items()} for row in value]
    return value


def assignment(issue: Issue, facts: Facts, now_ms: int) -> dict[str, Any]:
    """交办单 of an issue; what nobody has decided yet stays blank."""
    head, standing = issue.head, issue.head.standing
    entry = responsible(issue.history)
    receipt = next((c for c in clocks(issue, facts.policy.clocks, facts) if c.rule.name == "receipt"), None)
    wanted = facts.policy.closing_of(issue.category).evidence
    return {
        **_issue(issue),
        "from_unit": entry["actor"]["organisation"] if entry else "",
        "unit": standing.unit,
        "person": standing.person,
        "assigned": words.day(entry["at_ms"]) if entry else "",
        "due": words.day(standing.due_ms),
        "receipt": words.moment(receipt.due.at_ms or 0) if receipt else "规定时间",
        "basis": _basis(Lead.FromString(issue.lead), words.titled(head.title_zh)),
        "demands": DEMANDS.get(issue.category, ANY_DEMAND),
        "evidence": "、".join(words.EVIDENCE.get(kind, kind) for kind in wanted),
        "division": division_text(head.place.division_code),
        "made": words.day(now_ms),
    }


def _issue(issue: Issue) -> dict[str, Any]:
    head = issue.head
    return {
        "number": head.number,
        "enterprise": head.place.enterprise_name,
        "source": head.place.source_name or head.source_id,
        "channel": words.CHANNELS.get(head.standing.channel, head.standing.channel),
        "category": words.CATEGORIES.get(issue.category, issue.category),
        "severity": words.SEVERITIES[issue.gravity],
        "summary": head.summary_zh or words.titled(head.title_zh),
    }


def _basis(lead: Lead, title: str) -> str:
    """What the problem is one by: the limit with its clause, then the law; else what it is called."""
    limit = lead.evidence.limit
    law = lead.legal_basis.zh.rstrip("。")
    if not limit.value:
        return law or title
    bound = f"限值 {words.limit_text(limit.value, limit.reference_oxygen_percent, lead.factor)}"
    named = "，".join(filter(None, (words.LIMIT_BASES.get(limit.basis, ""), limit.clause)))
    return "；".join(filter(None, (f"{bound}，{named}".rstrip("，"), law)))


def rectification(issue: Issue, now_ms: int) -> dict[str, Any]:
    """整改报告 of an issue, from what was done and said."""
    history, standing = issue.history, issue.head.standing
    done = {e["fields"]["milestone"]: e["at_ms"] for e in history if e["move"] == "complete-milestone"}
    verify = last(history, "verify-province", "verify")
    return {
        **_issue(issue),
        "unit": standing.unit,
        "person": standing.person,
        "due": words.local(standing.due_ms),
        "plan": said(history, "measures", "submit-plan") or "无",
        "measures": said(history, "measures", "request-close", "instant-fix", "report") or "尚未报告",
        "peers": said(history, "peers", "request-close") or said(history, "scope", "record-peers") or "无",
        "conclusion": str(verify["fields"].get("conclusion", "")) if verify else "尚未核验",
        "state": words.STATES[issue.state],
        "milestones": [
            {
                "name": row["name"],
                "due": words.local(row["due_ms"], "%Y-%m-%d"),
                "done": words.local(done.get(number, 0), "%Y-%m-%d"),
            }
            for number, row in enumerate(milestones(history))
        ],
        "pieces": [
            {
                "kind": words.EVIDENCE.get(piece.kind, piece.kind),
                "name": piece.name or words.MEDIA.get(piece.media_type, piece.media_type),
                "time": words.local(piece.taken_ms or piece.received_ms),
                "flags": "、".join(FLAGS[flag] for flag in piece.flags) or "无",
            }
            for piece in attached(history)
        ],
        "history": [
            {
                "time": words.local(entry["at_ms"]),
                "act": words.act_name({"move": entry["move"], "kind": entry["kind"]}),
                "who": words.who(entry["actor"]),
                "said": told(entry),
            }
            for entry in history
            if entry["move"] not in ("attach", "remind")
        ],
        "made": words.day(now_ms),
    }


def notice(issue: Issue, facts: Facts, now_ms: int) -> dict[str, Any]:
    """公示 of an issue: what was wrong and what was done, without anything of a person (T15)."""
    return notice_values(issue, facts, {**_issue(issue), "made": words.day(now_ms)})


def warning(
    city: str,
    found: Figures,
    late: Sequence[Head],
    measures: CityMeasures | None,
    reason: str,
    since_ms: int,
    until_ms: int,
    now_ms: int,
) -> dict[str, Any]:
    """预警通知函 to a city, as a draft for somebody to approve and sign."""
    faced = ""
    if measures is not None:
        threats = [measures.quarter_missed, measures.final_missed, measures.fraud if found.fraud else ""]
        faced = f"依据{measures.season}攻坚方案：{'；'.join(filter(None, threats))}。" if any(threats) else ""
    return {
        "city": city,
        "standing": DRAFTED,
        "since": words.day(since_ms) or "建账以来",
        "until": words.day(until_ms or now_ms),
        "issues": found.issues,
        "closed": found.closed,
        "open": found.open,
        "overdue": found.overdue,
        "rechecked": found.rechecked,
        "failed": found.recheck_failed,
        "relapsed": found.relapsed,
        "fraud": found.fraud,
        "reason": reason,
        "late": [
            {
                "number": head.number,
                "enterprise": head.place.enterprise_name,
                "title": words.titled(head.title_zh),
                "due": words.local(head.standing.due_ms, "%Y-%m-%d"),
                "state": words.STATES[head.state],
            }
            for head in late[:MOST_ROWS]
        ],
        "measures": faced,
        "made": words.day(now_ms),
    }


def round_report(case: Case, leads: Sequence[Case], progress: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
    """轮次报告: numbers and every lead, best score first. `progress` as the round's report says it."""
    started = last(case.history, "start")
    judged = progress["total"] > progress["waiting"]

    def hours(ms: Any) -> str:
        return f"{int(ms) / 3_600_000:.1f} 小时" if ms else "无"

    return {
        "title": case.data["title"],
        "division": division_text(str(case.keys["division_code"])),
        "task_kind": words.TASK_KINDS.get(str(case.keys["task_kind"]), str(case.keys["task_kind"])),
        "started": words.local(started["at_ms"]) if started else "未开始",
        "state": words.ROUND_STATES.get(case.state, case.state),
        "total": progress["total"],
        "waiting": progress["waiting"],
        "overdue": progress["overdue"],
        "precision": f"{progress['precision']:.0%}" if judged else "尚无结果",
        "receipt": hours(progress["median_receipt_ms"]),
        "result": hours(progress["median_result_ms"]),
        "place": flags_text(progress["place_flags"]),
        "conclusion": progress["conclusion"] or "尚未总结",
        "leads": [
            {
                "enterprise": str(lead.keys["enterprise_name"]) or "—",
                "source": str(lead.keys["source_name"]) or "—",
                "category": words.CATEGORIES.get(lead.category, lead.category),
                "score": f"{lead.keys['score']:.1f}",
                "stage": words.STAGES.get(lead.state, lead.state),
            }
            for lead in sorted(leads, key=lambda lead: -float(lead.keys["score"]))
        ],
        "made": words.day(now_ms),
    }
