"""Cases with enforcement or the police, and the suspension of clocks that only a case justifies. Pure.

Papers of a hand-over to the police: 行政执法机关移送涉嫌犯罪案件的规定 (2020) art. 6; 环环监〔2017〕17号 art. 6.
"""

from collections.abc import Sequence

from lantian_proto.both import Both
from lantian_tasks.ledger.guards import last
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Situation
from lantian_tasks.reports.words import evidence_words

SUSPENDING = ("suspend", "resume", "decide-case")
"""Moves after which clocks stand or run: a decided case lets them run again."""


def case_open(situation: Situation) -> str | None:
    """A case is decided only when one is open."""
    return None if open_case(situation.history) else Both("no case is open", "没有在办的案件")


def case_decided(situation: Situation) -> str | None:
    """An issue does not close before its case is decided or waived (T19)."""
    return (
        Both("its case with enforcement or police is not decided", "移交的案件尚未结案")
        if open_case(situation.history)
        else None
    )


def open_case(history: Sequence[SealedEntry]) -> bool:
    """Whether a case was handed over and not decided."""
    entry = last(history, "to-enforcement", "to-police", "decide-case")
    return entry is not None and entry["move"] != "decide-case"


def not_suspended(situation: Situation) -> str | None:
    """A suspended issue is not suspended again."""
    return Both("it is suspended already", "已经中止计时") if suspended(situation.history) else None


def case_suspends(situation: Situation) -> str | None:
    """Clocks stand for a case alone: whoever needs more time asks for an extension (reference 4.4)."""
    return (
        None
        if open_case(situation.history)
        else Both(
            "clocks stand only while a case is open: ask for an extension",
            "只有案件在办时才能中止计时；需要更多时间请申请延期",
        )
    )


def is_suspended(situation: Situation) -> str | None:
    """Only what is suspended goes on."""
    return None if suspended(situation.history) else Both("it is not suspended", "没有中止计时")


def suspended(history: Sequence[SealedEntry]) -> bool:
    """Whether its clocks stand."""
    entry = last(history, *SUSPENDING)
    return entry is not None and entry["move"] == "suspend"


def is_fraud(situation: Situation) -> str | None:
    """The police are for fraud and bypass."""
    fits = situation.subject.category in ("fraud", "bypass")
    return (
        None
        if fits
        else Both(f"{situation.subject.category} is no matter for the police", "只有造假和旁路问题移送公安")
    )


def papers_for_police(situation: Situation) -> str | None:
    """A hand-over holds the papers that the police ask for."""
    wanted = situation.facts.policy.issue.police_papers
    missing = sorted(set(wanted) - {row["kind"] for row in situation.command.fields["evidence"]})
    return (
        Both(f"the hand-over lacks {', '.join(missing)}", f"移送公安的材料还缺：{evidence_words(missing)}")
        if missing
        else None
    )
