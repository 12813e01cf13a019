"""Cases with enforcement or the police, and the suspension of clocks that only a case justifies. Pure.

Papers of a hand-over to the police: 行政执法机关移送涉嫌犯罪案件的规定 (2020) art. 6; 环环监〔2017〕17号 art. 6.
"""

from collections.abc import Sequence

from lantian_tasks.ledger.guards import last
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Situation

SUSPENDING = ("suspend", "resume", "decide-case")
"""Moves after which clocks stand or run: a decided case lets them run again."""


def case_open(situation: Situation) -> str | None:
    """A case is decided only when one is open."""
    return None if open_case(situation.history) else "no case is open"


def case_decided(situation: Situation) -> str | None:
    """An issue does not close before its case is decided or waived (T19)."""
    return "its case with enforcement or police is not decided" if open_case(situation.history) else None


def open_case(history: Sequence[SealedEntry]) -> bool:
    """Whether a case was handed over and not decided."""
    entry = last(history, "to-enforcement", "to-police", "decide-case")
    return entry is not None and entry["move"] != "decide-case"


def not_suspended(situation: Situation) -> str | None:
    """A suspended issue is not suspended again."""
    return "it is suspended already" if suspended(situation.history) else None


def case_suspends(situation: Situation) -> str | None:
    """Clocks stand for a case alone: whoever needs more time asks for an extension (reference 4.4)."""
    return None if open_case(situation.history) else "clocks stand only while a case is open: ask for an extension"


def is_suspended(situation: Situation) -> str | None:
    """Only what is suspended goes on."""
    return None if suspended(situation.history) else "it is not suspended"


def suspended(history: Sequence[SealedEntry]) -> bool:
    """Whether its clocks stand."""
    entry = last(history, *SUSPENDING)
    return entry is not None and entry["move"] == "suspend"


def is_fraud(situation: Situation) -> str | None:
    """The police are for fraud and bypass."""
    fits = situation.subject.category in ("fraud", "bypass")
    return None if fits else f"{situation.subject.category} is no matter for the police"


def papers_for_police(situation: Situation) -> str | None:
    """A hand-over holds the papers that the police ask for."""
    wanted = situation.facts.policy.issue.police_papers
    missing = sorted(set(wanted) - {row["kind"] for row in situation.command.fields["evidence"]})
    return f"the hand-over lacks {', '.join(missing)}" if missing else None
