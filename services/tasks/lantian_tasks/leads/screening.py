"""What is done with a lead before a person sees it: passed, screened, merged, or its visit suppressed. Pure.

Suppression is of the visit alone, never of the detection: the lead is kept, its clock of screening stops, and the
enterprise is reminded online (reference 4.5, 正面清单).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.moves import ANSWERS_AGAIN, PLANNERS
from lantian_tasks.ledger.case import Case

Mode = Literal["automatic", "statutory", "full"]


@dataclass(frozen=True, slots=True)
class Screened:
    """`verdict` pass: becomes an issue at once; screen: waits for a round; remind: the same, but nobody visits and the
    enterprise is told; duplicate: merged into `of`.
    """

    verdict: Literal["pass", "screen", "remind", "duplicate"]
    reason: str
    of: str = ""
    suppressed: str = ""


def dedupe_key(enterprise_id: str, source_id: str, category: str) -> str:
    """What makes two leads the same within the policy's hours (T1)."""
    return f"{enterprise_id}|{source_id}|{category}"


class Listed(NamedTuple):
    """Whether the enterprise stands on the positive list 正面清单, and the number of a grave issue that ended that."""

    positive: bool = False
    ended_by: str = ""


def screen(case: Case, similar: Sequence[Case], *, listed: Listed, mode: Mode, facts: Facts) -> Screened | None:
    """The verdict on a candidate, or None: an analyst must look.

    `similar` are leads with the same key within the policy's hours.
    """
    rules = facts.policy.screening
    by_detector = case.keys["channel"] == "detector"
    if by_detector and facts.policy.passing(mode, case.category, case.gravity):
        return Screened("pass", f"策略 {mode}：类别 {case.category}、严重程度 {case.gravity} 直接立案")
    other = next((found for found in similar if found.case_id != case.case_id), None)
    if other is not None:
        return Screened("duplicate", f"{rules.dedupe_hours} 小时内同一企业、点位、类型", of=other.id)
    flags = set(case.data.get("quality_flags", [])) & set(rules.quality_flags)
    if flags and case.category != "dropout":
        return None
    pierced = {case.category, str(case.keys["channel"])} & set(rules.positive_list_pierced_by)
    if not listed.positive or case.gravity >= rules.positive_list_severity or pierced:
        return Screened("screen", "自动筛选：数据有效、非重复")
    if listed.ended_by:
        return Screened("screen", f"自动筛选：列入正面清单，但因问题 {listed.ended_by} 不再免于入企检查")
    spared = "正面清单：不入企检查，在线提醒企业自查"
    return Screened("remind", spared, suppressed=spared)


def not_the_same(case: Case, first: Case | None, role: str) -> str:
    """Why `case` may not be called a repeat of `first`; empty: it may.

    Otherwise one person could end a lead without the second pair of eyes that calling it unfounded takes (T6). Whether
    two sites are one is for planners to say.
    """
    if first is None or first.case_id == case.case_id:
        return Both("there is no such other lead in your divisions", "辖区内没有这条线索，或就是它自己")
    if first.state not in ANSWERS_AGAIN:
        return Both(f"nobody is at that lead any more: it is {first.state}", "那条线索已经结束，不能并入")
    same_site = any(case.keys[name] and case.keys[name] == first.keys[name] for name in ("source_id", "enterprise_id"))
    return (
        ""
        if same_site or role in PLANNERS
        else Both(
            "it is about another site: its city office may say they are one",
            "两条线索不是同一点位或企业，须由市级认定重复",
        )
    )
