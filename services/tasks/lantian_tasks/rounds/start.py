"""When a round starts by itself, what keeps it from starting, and when it is tried again. Pure. Basis: reference T3.

A start that fails is sealed once with its cause, and again only when the cause is another one or nobody tries any more:
a round that waits for its team leaves no trace each quarter of an hour.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_tasks.clocks.policy import RoundStart
from lantian_tasks.clocks.sla import HOUR_MS, MINUTE_MS
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.machine import Command

FAILED = "start-failed"
"""Kind of the entry, and of the event that people are told."""
NO_LEADS = "no-leads"
NO_TEAM = "no-team"
NOBODY_ON_DUTY = "nobody-on-duty"
NOT_BUILT = "not-built"
TOO_LATE = "too-late"
CAUSES = {
    NO_LEADS: "轮次中没有可推送的线索",
    NO_TEAM: "所在城市没有登记检查组",
    NOBODY_ON_DUTY: "值班表中此刻无人值守",
    NOT_BUILT: "到计划开始时间仍未编组",
    TOO_LATE: "已过计划开始时间太久，不再自动开始",
}
"""Why a round did not start by itself."""
LASTING = frozenset({NOT_BUILT, TOO_LATE})
"""Causes that only a person ends."""


def starts_itself_ms(case: Case, rules: RoundStart) -> int:
    """When a built round starts, or is tried again, by itself; 0: not by itself. As its history says."""
    if case.state != "built":
        return 0
    failed = last_failure(case.history)
    if failed is not None:
        return int(failed["fields"].get("again_ms", 0))
    starts_ms, built_ms = int(case.data["starts_ms"]), _built_ms(case)
    # Who builds late, or anew, still has a moment to look at what was taken.
    return starts_ms if built_ms < starts_ms else built_ms + rules.again_minutes * MINUTE_MS


def last_failure(history: Sequence[SealedEntry | Mapping[str, Any]]) -> SealedEntry | Mapping[str, Any] | None:
    """The failure since the round was planned or built last; None: there is none."""
    said = (entry for entry in reversed(history) if entry["kind"] == FAILED or entry["move"] in ("", "build"))
    entry = next(said, None)
    return entry if entry is not None and entry["kind"] == FAILED else None


def cause_of(fields: Mapping[str, Any], nobody: str) -> str:
    """What keeps a round from starting, by the fields of the move; empty: nothing."""
    if not fields["ready"]:
        return NO_LEADS
    if fields["recipients"] != [nobody]:
        return ""
    return NOBODY_ON_DUTY if fields["off_duty"] != [nobody] else NO_TEAM


def is_too_late(case: Case, now_ms: int, rules: RoundStart) -> bool:
    """Whether so much time has passed since its first moment that nobody expects it to start by itself any more."""
    first_ms = max(int(case.data["starts_ms"]), _built_ms(case))
    return last_failure(case.history) is None and now_ms > first_ms + rules.catch_up_hours * HOUR_MS


def again_ms(case: Case, now_ms: int, rules: RoundStart) -> int:
    """When it is tried again after a failure now; 0: not any more."""
    first_ms = max(int(case.data["starts_ms"]), _built_ms(case))
    at_ms = now_ms + rules.again_minutes * MINUTE_MS
    return at_ms if at_ms <= first_ms + rules.keep_trying_hours * HOUR_MS else 0


def failure(case: Case, cause: str, at_ms: int, next_ms: int) -> Command | None:
    """The move that seals a failure; None: it was said already, and will be tried again."""
    before = last_failure(case.history)
    if before is not None and before["fields"]["cause"] == cause and next_ms:
        return None
    fields: dict[str, Any] = {"cause": cause, **({"again_ms": next_ms} if next_ms else {})}
    planner = case.history[0]["actor"]
    by = f"{planner['organisation']} {planner['actor_id']}".strip()
    said = "" if next_ms or cause in LASTING else "；不再自动重试，请人工开始"
    return Command("fail-start", SYSTEM, at_ms, f"{case.data['title']}（计划人{by}）：{CAUSES[cause]}{said}", fields)


def _built_ms(case: Case) -> int:
    return next((int(entry["at_ms"]) for entry in reversed(case.history) if entry["move"] == "build"), 0)
