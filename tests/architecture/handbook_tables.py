"""Tables of docs/handbook.zh-CN.md from the machine, the policy and the catalogue, in the words of the console.

Write them anew after one changed: .venv/bin/python -m tests.architecture.handbook_tables
"""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from lantian_alerts.rules import shipped as shipped_rules
from lantian_tasks.clocks.policy import ClockRule, DataRule, Policy, SpanRule
from lantian_tasks.clocks.policy import shipped as shipped_policy
from lantian_tasks.leads.moves import LIVE
from lantian_tasks.leads.moves import MOVES as LEAD_MOVES
from lantian_tasks.ledger.field_words import FIELD_WORDS
from lantian_tasks.ledger.issue import OPEN_STATES
from lantian_tasks.ledger.machine import SYSTEM_ROLE, Move
from lantian_tasks.ledger.moves import MOVES as ISSUE_MOVES
from lantian_tasks.reports import words

from .console_words import of_console

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "handbook.zh-CN.md"
ANEW = "run: .venv/bin/python -m tests.architecture.handbook_tables"
UNITS = {"hours": "小时", "days": "日", "working-days": "个工作日"}
LEVELS = {"unit": "责任单位", "city": "市", "province": "省", "ministry": "部", "": "—"}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Markdown."""
    heads = list(heads)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def moves(machine: Mapping[str, Move], states: Mapping[str, str], open_states: Collection[str]) -> str:
    """What people may do: from where, to where, who, with which inputs."""
    said = of_console("ledger", "MOVES")
    rows = []
    for move in machine.values():
        if move.roles == {SYSTEM_ROLE}:
            continue
        end = states[move.to_state] if move.to_state else "不变"
        people = move.roles - {SYSTEM_ROLE}
        roles = "、".join(word for role, word in words.ROLES.items() if role in people)
        rows.append([said[move.name], _begin(move, states, open_states), end, roles, _inputs(move)])
    return table(["操作", "从", "到", "谁可以做", "须填写"], rows)


def _begin(move: Move, states: Mapping[str, str], open_states: Collection[str]) -> str:
    if move.from_states >= set(states) - {"voided"}:
        return "任何状态"
    every = move.from_states >= set(open_states)
    rest = move.from_states - set(open_states) if every else move.from_states
    return "、".join([*(["未办结各状态"] if every else []), *(word for state, word in states.items() if state in rest)])


def _inputs(move: Move) -> str:
    fields = {**FIELD_WORDS, "piece": "文件"}
    asked = [row for row in move.fields if not row.internal]
    inputs = [fields[row.name] + ("" if row.required else "（可不填）") for row in asked]
    return "、".join([*inputs, *(["理由"] if move.reason_required else [])]) or "—"


def clocks(rules: Iterable[ClockRule], states: Mapping[str, str]) -> str:
    """Spans, and whose turn it is."""
    rows = []
    for rule in rules:
        during = "、".join(word for state, word in states.items() if state in rule.states)
        urgent = _span(rule.emergency) if rule.emergency else "—"
        rows.append([rule.zh, during, _span(rule.span), urgent, LEVELS[rule.whose], _ladder_name(rule.ladder)])
    return table(["时限", "计时状态", "多长", "应急、火点", "轮到谁", "逾期后"], rows)


def _span(span: SpanRule | None) -> str:
    return f"{span.amount} {UNITS[span.unit]}" if span is not None else "交办时确定的期限"


def _ladder_name(name: str) -> str:
    return {"issue": "督办阶梯", "receipt": "即时告知", "none": "不升级"}.get(name, name)


def ladder(policy: Policy) -> str:
    """The steps of the newest issue ladder."""
    newest = max((row for row in policy.ladders if row.name == "issue"), key=lambda row: row.valid_from)
    rows = [[f"逾期 {step.after_days} 日", step.zh, LEVELS[step.to], LEVELS[step.cc]] for step in newest.steps]
    return table(["何时", "措施", "送达", "抄送"], rows)


def closing(policy: Policy) -> str:
    """What a dossier holds, by category, and what the data must show."""
    rows = []
    for row in policy.closing:
        kinds = "、".join(words.EVIDENCE.get(kind, kind) for kind in row.evidence)
        rows.append([words.CATEGORIES.get(row.category, "其余各类"), kinds, _shown(row.data)])
    return table(["类别", "销号材料", "数据须证明"], rows)


def _shown(rule: DataRule | None) -> str:
    if rule is None:
        return "—"
    if rule.kind == "in-limit":
        return f"整改开始后有效小时不少于 {rule.hours} 个，最近 {rule.hours} 个有效小时达标率不低于 {rule.share:.0%}"
    return f"最近 {rule.hours // 24} 日传输有效率不低于 {rule.share:.0%}"


def categories(policy: Policy) -> str:
    """Which rules lead to which category."""
    titles: dict[str, list[str]] = {}
    for entry in shipped_rules().entries.values():
        if not entry.signal:
            titles.setdefault(policy.category(entry.id), []).append(entry.title.zh)
    rows = [[said, "、".join(titles[code])] for code, said in words.CATEGORIES.items() if code in titles]
    return table(["类别", "规则"], rows)


def numbers(policy: Policy) -> str:
    """What the policy fixes for issues."""
    issue = policy.issue
    lenient = "、".join(words.CATEGORIES[code] for code in issue.no_leniency)
    never = "、".join(words.CATEGORIES[code] for code in issue.never_extended)
    extended = f"到期前申请，至多 {issue.extensions} 次，每次至多 {issue.extension_days} 日"
    instant = f"低于 {issue.instant_fix_below} 级、首次、登记后 {issue.instant_fix_hours} 小时内"
    plan = f"{words.SEVERITIES[issue.plan_required_from]}（{issue.plan_required_from} 级）"
    again = f"复核不通过的按原期限的 {issue.reopened_due_part:.0%} 重新计算"
    rows = [
        ["整改方案", f"{plan}及以上须先批准方案"],
        ["现场核验", f"{issue.site_visit_from} 级及以上"],
        ["公示", f"{issue.publicise_from} 级及以上，公示期满方可销号"],
        ["省级核验", f"{issue.province_from} 级，数据造假，部推送的问题"],
        ["立行立改", f"{instant}；{lenient}不适用"],
        ["延期", f"{extended}；首次由市、二次由省批准；{never}不得延期"],
        ["整改期限", f"至长 {issue.longest_due_days} 日；{again}"],
        ["反弹", f"销号后 {issue.relapse_days} 日内同一点位同一规则再现，另立子问题，等级加一"],
    ]
    return table(["事项", "规定"], rows)


def tables() -> dict[str, Callable[[], str]]:
    """By the name of their markers."""
    policy = shipped_policy()
    return {
        "lead-moves": lambda: moves(LEAD_MOVES, words.STAGES, LIVE),
        "issue-moves": lambda: moves(ISSUE_MOVES, words.STATES, OPEN_STATES),
        "lead-clocks": lambda: clocks(policy.lead_clocks, words.STAGES),
        "issue-clocks": lambda: clocks(policy.clocks, words.STATES),
        "ladder": lambda: ladder(policy),
        "closing": lambda: closing(policy),
        "numbers": lambda: numbers(policy),
        "categories": lambda: categories(policy),
    }


def with_tables(page: str) -> str:
    """The page with each table between its two markers. Raises LookupError when markers are missing."""
    for name, made in tables().items():
        begin, end = f"<!-- {name}: 由程序生成 -->", f"<!-- {name}: 止 -->"
        if begin not in page or end not in page:
            raise LookupError(f"the page has no place for {name}")
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n\n{made()}\n\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE} written\n")
