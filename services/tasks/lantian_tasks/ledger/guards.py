"""Why a move on an issue may not be made though state, role and inputs are right. Pure. Cases are in cases.py.

Four eyes: who found, who rectifies, who verifies and who closes are different persons (谁验收谁负责).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.clocks.timers import DATED, clocks, needs_plan, province_due, rectify_due
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Situation
from lantian_tasks.ledger.masking import personal

VERIFYING = ("verify", "verify-province")
CYCLE = ("assign", "reassign", "reopen", "fail-recheck")
"""Moves after which rectifying begins anew."""


def last(history: Sequence[SealedEntry], *moves: str) -> SealedEntry | None:
    """The last entry of one of these moves."""
    return next((entry for entry in reversed(history) if entry["move"] in moves), None)


def since(history: Sequence[SealedEntry], *moves: str) -> Sequence[SealedEntry]:
    """The entries after the last of these moves; all when there was none."""
    entry = last(history, *moves)
    return history[entry["sequence"] :] if entry else history


def responsible(history: Sequence[SealedEntry]) -> SealedEntry | None:
    """The entry of the assignment in force, or None while nobody is responsible."""
    return last(history, "assign", "reassign")


def due_later(situation: Situation) -> str | None:
    """A due date lies ahead, and not further than the policy lets it."""
    due_ms, at_ms = situation.command.fields["due_ms"], situation.command.at_ms
    longest = situation.facts.policy.issue.longest_due_days
    if due_ms <= at_ms:
        return f"the due date {due_ms} is not after now ({at_ms})"
    if due_ms > at_ms + longest * DAY_MS:
        return f"the due date is more than {longest} days ahead"
    return None


def planned(situation: Situation) -> str | None:
    """Rectifying begins with an approved plan where one is needed."""
    if situation.subject.state == "assigned" and needs_plan(situation.subject, situation.facts):
        return "an approved plan is needed before rectifying starts (submit-plan, approve-plan)"
    return None


def instant(situation: Situation) -> str | None:
    """The bars of the instant fix (T10)."""
    rules, subject = situation.facts.policy.issue, situation.subject
    if subject.gravity >= rules.instant_fix_below:
        return f"an instant fix is for severity below {rules.instant_fix_below}; it is {subject.gravity}"
    if subject.category in rules.no_leniency:
        return f"no leniency for {subject.category}"
    if subject.is_child or any(entry["move"] in ("reopen", "fail-recheck") for entry in situation.history):
        return "an instant fix is for the first time only"
    begun = situation.history[0]["at_ms"]
    if situation.command.at_ms > begun + rules.instant_fix_hours * HOUR_MS:
        return f"an instant fix is asked for within {rules.instant_fix_hours} h of registration"
    return None


def milestones_known(situation: Situation) -> str | None:
    """A milestone is one of the plan, not completed yet."""
    number = situation.command.fields["milestone"]
    rows = milestones(situation.history)
    if number >= len(rows):
        return f"the plan has {len(rows)} milestones, counted from 0"
    return "this milestone is completed" if number in _completed(situation.history) else None


def milestones(history: Sequence[SealedEntry]) -> Sequence[Mapping[str, Any]]:
    """Milestones of the approved plan of the present cycle."""
    cycle = since(history, *CYCLE)
    approved = last(cycle, "approve-plan")
    plan = last(cycle, "submit-plan") if approved else None
    rows: Sequence[Mapping[str, Any]] = plan["fields"].get("milestones", []) if plan else []
    return rows


def _completed(history: Sequence[SealedEntry]) -> set[int]:
    return {e["fields"]["milestone"] for e in since(history, *CYCLE) if e["move"] == "complete-milestone"}


def may_ask_extension(situation: Situation) -> str | None:
    """Before it is due, by a span the policy allows, never for fraud or emergency, not twice at once (T11)."""
    rules, asked = situation.facts.policy.issue, situation.command.fields["days"]
    if situation.subject.category in rules.never_extended:
        return f"{situation.subject.category} is never extended"
    if _open_request(situation.history) is not None:
        return "an extension is asked for already"
    if _granted(situation.history) >= rules.extensions:
        return f"it was extended {rules.extensions} times already"
    if not 1 <= asked <= rules.extension_days:
        return f"an extension is 1 to {rules.extension_days} days"
    due_ms = rectify_due(situation.subject, situation.facts)
    if due_ms is None or situation.command.at_ms >= due_ms:
        return "an extension is asked for before the issue is due"
    return None


def may_grant(situation: Situation) -> str | None:
    """The city grants the first, the province the second; what was asked, and not by who asked."""
    asked = _open_request(situation.history)
    if asked is None:
        return "no extension is asked for"
    if asked["actor"]["actor_id"] == situation.command.actor.actor_id:
        return "who asked can not grant"
    if situation.command.fields["days"] > asked["fields"]["days"]:
        return f"{asked['fields']['days']} days were asked for"
    if not situation.command.fields["days"]:
        return "grant at least one day, or deny"
    if _granted(situation.history) and situation.command.actor.role != "province":
        return "the second extension is the province's to grant"
    return None


def is_asked(situation: Situation) -> str | None:
    """There is a request to answer, and somebody else answers it."""
    asked = _open_request(situation.history)
    if asked is None:
        return "no extension is asked for"
    same = asked["actor"]["actor_id"] == situation.command.actor.actor_id
    return "who asked can not answer" if same else None


def _open_request(history: Sequence[SealedEntry]) -> SealedEntry | None:
    entry = last(since(history, *CYCLE), "ask-extension", "grant-extension", "deny-extension")
    return entry if entry is not None and entry["move"] == "ask-extension" else None


def _granted(history: Sequence[SealedEntry]) -> int:
    return sum(entry["move"] == "grant-extension" for entry in history)


def dossier_complete(situation: Situation) -> str | None:
    """Milestones done, evidence of every kind that the category asks for, peers searched where promised (T12)."""
    history, fields = situation.history, situation.command.fields
    open_rows = [row["name"] for n, row in enumerate(milestones(history)) if n not in _completed(history)]
    if open_rows:
        return f"milestones are open: {', '.join(open_rows)}"
    wanted = situation.facts.policy.closing_of(situation.subject.category).evidence
    missing = sorted(set(wanted) - {row["kind"] for row in fields["evidence"]})
    if missing:
        return f"the dossier lacks {', '.join(missing)}"
    plan = last(since(history, *CYCLE), "submit-plan")
    if plan is not None and plan["fields"].get("peers") and not fields.get("peers"):
        return "the plan promised to look for the same problem elsewhere (举一反三): attach what was found"
    return None


def data_show_it(situation: Situation) -> str | None:
    """What the data must show after the fix, for the categories where they can."""
    if situation.facts.policy.closing_of(situation.subject.category).data is None:
        return None
    verdict = situation.facts.compliance
    if verdict is None:
        return "the data after the fix could not be looked at"
    return None if verdict.holds else verdict.detail


def not_rectifier(situation: Situation) -> str | None:
    """Who rectifies does not judge."""
    assignment, actor = responsible(situation.history), situation.command.actor.actor_id
    did = ("start", "report", "submit-plan", "complete-milestone", "request-close", "ask-extension")
    people = {entry["actor"]["actor_id"] for entry in situation.history if entry["move"] in did}
    if assignment is not None:
        people.add(str(assignment["fields"].get("person")))
    return f"{actor} rectifies this issue and can not judge it" if actor in people else None


def not_planner(situation: Situation) -> str | None:
    """Who submitted the plan does not approve it."""
    plan, actor = last(situation.history, "submit-plan"), situation.command.actor.actor_id
    return f"{actor} submitted this plan" if plan and plan["actor"]["actor_id"] == actor else None


def _nobody_of(moves: Sequence[str], said: str) -> Callable[[Situation], str | None]:
    def guard(situation: Situation) -> str | None:
        actor = situation.command.actor.actor_id
        found = any(e["actor"]["actor_id"] == actor and e["move"] in moves for e in situation.history)
        return f"{actor} {said}" if found else None

    return guard


not_assigner = _nobody_of(("assign", "reassign"), "assigned this issue and can not verify it")
not_fixer = _nobody_of(("instant-fix",), "fixed this on site and can not verify it")
not_verifier = _nobody_of(VERIFYING, "verified this issue and can not judge that")


def not_finder(situation: Situation) -> str | None:
    """Who found the problem on site does not verify that it is solved (T13)."""
    actor = situation.command.actor.actor_id
    found = situation.history[0]["fields"].get("origin", {}).get("finders", [])
    return f"{actor} found this problem and can not verify it" if actor in found else None


def not_failed(situation: Situation) -> str | None:
    """Whose verification did not stand up to a recheck does not verify the same problem again (T17)."""
    actor = situation.command.actor.actor_id
    held = {one for e in situation.history if e["move"] in ("fail-recheck", "reopen") for one in _verifiers(e)}
    return f"what {actor} verified here before did not stand up, and can not verify it again" if actor in held else None


def _verifiers(entry: SealedEntry) -> Sequence[str]:
    found: Sequence[str] = entry["fields"].get("verifiers", ())
    return found


def masked_notice(situation: Situation) -> str | None:
    """What is made public names no person (T15)."""
    assignment = responsible(situation.history)
    people = [str(assignment["fields"].get("person", ""))] if assignment else []
    found = personal(str(situation.command.fields["notice"]), people)
    return f"the notice shows personal data ({', '.join(found)}): mask it" if found else None


def visited(situation: Situation) -> str | None:
    """A grave problem is verified on site."""
    grave = situation.subject.gravity >= situation.facts.policy.issue.site_visit_from
    return (
        "a problem this grave is verified on site" if grave and not situation.command.fields.get("site_visit") else None
    )


def province_wanted(situation: Situation) -> str | None:
    """The province verifies what is its own to verify."""
    return None if province_due(situation.subject, situation.facts) else "the province need not verify this issue"


def province_done(situation: Situation) -> str | None:
    """Nothing passes the province where it must verify."""
    wanted = province_due(situation.subject, situation.facts)
    done = last(since(situation.history, "refuse", "object", *CYCLE), "verify-province")
    return "the province must verify this issue first" if wanted and done is None else None


def publicised(situation: Situation) -> str | None:
    """Grave issues are made public before they close, for as long as the notice runs (T15)."""
    if situation.subject.state != "publicised":
        grave = situation.subject.gravity >= situation.facts.policy.issue.publicise_from
        return "a problem this grave is made public before it closes" if grave else None
    running = clocks(situation.subject, situation.facts.policy.clocks, situation.facts)
    notice = next(clock for clock in running if clock.rule.name == "notice")
    over = notice.due.at_ms is not None and situation.command.at_ms >= notice.due.at_ms
    return None if over else f"the notice runs until {notice.due.at_ms}"


def acknowledged_once(situation: Situation) -> str | None:
    """One receipt for each assignment."""
    entry = last(since(situation.history, *DATED), "acknowledge")
    return "the assignment is acknowledged already" if entry is not None else None


def receivable(situation: Situation) -> str | None:
    """A receipt is for an escalation that happened, once by each person."""
    number, actor = situation.command.fields["sequence"], situation.command.actor.actor_id
    if not 1 <= number <= len(situation.history) or situation.history[number - 1]["move"] != "escalate":
        return f"entry {number} is no escalation"
    again = any(
        e["move"] == "receive" and e["fields"]["sequence"] == number and e["actor"]["actor_id"] == actor
        for e in situation.history
    )
    return "you have acknowledged this step already" if again else None


def reopened_due(situation: Situation) -> Mapping[str, Any]:
    """Half of the original time (T17)."""
    first = next((entry for entry in situation.history if entry["move"] == "assign"), None)
    span = int(first["fields"]["due_ms"]) - first["at_ms"] if first else DAY_MS * 2
    due_ms = situation.command.at_ms + round(span * situation.facts.policy.issue.reopened_due_part)
    verified = (e["actor"]["actor_id"] for e in since(situation.history, *CYCLE) if e["move"] in VERIFYING)
    return {"due_ms": due_ms, "verifiers": list(dict.fromkeys(verified))}
