"""A call: people are asked about one event until somebody acknowledges. Pure, and what a store of calls promises.

The call is one document: its steps, their times and the acknowledgement. So one write acknowledges and cancels every
step, and whoever is about to take a step or to send a message of one finds out by the same document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from lantian_notify.routing.facts import Facts
from lantian_notify.routing.policy import Escalation
from lantian_notify.routing.route import Summons

CallState = Literal["open", "acknowledged", "exhausted", "muted"]
CALL_STATES: tuple[CallState, ...] = ("open", "acknowledged", "exhausted", "muted")
StepState = Literal["pending", "done", "nobody", "cancelled"]
# A step that has no time any more; sorts behind everything.
NEVER_MS = 1 << 52
LINK_DAYS = 7
SHORTEST_GAP_MS = 60_000


@dataclass(frozen=True, slots=True)
class CallStep:
    """One step; `at_ms` is when it was taken or cancelled, `deliveries` what it sent, `told` to whom."""

    number: int
    due_ms: int
    to: str
    channels: tuple[str, ...]
    state: StepState = "pending"
    at_ms: int = 0
    deliveries: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """`due_ms` is the time of the next pending step. `rev` counts the writes: who saves an old one is refused."""

    call_id: str
    state: CallState
    team_id: str
    route_id: str
    event_id: str
    issue_id: str
    facts: Mapping[str, Any]
    steps: tuple[CallStep, ...]
    created_ms: int
    due_ms: int
    acknowledged_ms: int = 0
    acknowledged_by: str = ""
    acknowledged_via: str = ""
    comment: str = ""
    silence_id: str = ""
    lease_owner: str = ""
    lease_until_wall_ms: int = 0
    rev: int = 1

    @property
    def expects_more(self) -> bool:
        """Whether messages of the call may still go out."""
        return self.state in ("open", "exhausted")

    @property
    def told(self) -> tuple[str, ...]:
        """Everybody who was told so far."""
        return tuple(dict.fromkeys(one for step in self.steps for one in step.told))

    @property
    def link_ends_ms(self) -> int:
        """Until when its links work."""
        return self.created_ms + LINK_DAYS * 86_400_000

    def next_step(self) -> CallStep | None:
        """The first pending step."""
        return next((step for step in self.steps if step.state == "pending"), None)

    def acknowledged(self, by: str, via: str, now_ms: int, comment: str = "") -> "Call":
        """Every pending step is cancelled. A second acknowledgement changes nothing; a late one is still taken."""
        if self.state == "acknowledged":
            return self
        steps = tuple(
            replace(step, state="cancelled", at_ms=now_ms) if step.state == "pending" else step for step in self.steps
        )
        return replace(
            self,
            state="acknowledged",
            steps=steps,
            due_ms=NEVER_MS,
            acknowledged_ms=now_ms,
            acknowledged_by=by,
            acknowledged_via=via,
            comment=comment,
        )

    def taken(self, number: int, deliveries: Sequence[str], told: Sequence[str], now_ms: int) -> "Call":
        """After a step: the next one is due in its time, at once when this one met nobody."""
        state: StepState = "done" if deliveries else "nobody"
        steps = tuple(
            replace(step, state=state, at_ms=now_ms, deliveries=tuple(deliveries), told=tuple(told))
            if step.number == number
            else step
            for step in self.steps
        )
        after = replace(self, steps=steps, lease_owner="", lease_until_wall_ms=0)
        following = after.next_step()
        if following is None:
            return replace(after, state="exhausted", due_ms=NEVER_MS)
        if not deliveries:
            return replace(after, due_ms=min(now_ms, following.due_ms))
        # After a downtime the next may be late already: whoever was told now gets a moment to answer.
        return replace(after, due_ms=max(following.due_ms, now_ms + SHORTEST_GAP_MS))

    def hurried(self, now_ms: int) -> "Call":
        """The next step now, because the message of the last one can not arrive."""
        return self if self.state != "open" else replace(self, due_ms=min(self.due_ms, now_ms))


def call_of(summons: Summons, facts: Facts, escalation: Escalation, now_ms: int, silence_id: str = "") -> Call:
    """A call whose first step is due in its time; a muted one takes none."""
    steps = tuple(
        CallStep(number, now_ms + step.after_minutes * 60_000, step.to, tuple(step.channels))
        for number, step in enumerate(escalation.steps, 1)
    )
    return Call(
        call_id=summons.call_id,
        state="muted" if silence_id else "open",
        team_id=summons.team_id,
        route_id=summons.route_id,
        event_id=facts.event_id,
        issue_id=facts.issue_id,
        facts=facts.stored(),
        steps=steps,
        created_ms=now_ms,
        due_ms=NEVER_MS if silence_id else steps[0].due_ms,
        silence_id=silence_id,
    )


class CallStore(Protocol):
    """Calls, shared by all replicas. Every method may raise StoreAway."""

    async def insert_call(self, call: Call) -> bool:
        """True when it is new; False when the id is known, which changes nothing."""

    async def get_call(self, call_id: str) -> Call | None:
        """One call as the last committed write left it."""

    async def save_call(self, call: Call) -> bool:
        """Writes the call if its `rev` is still the stored one, and counts it up; False when another was faster."""

    async def claim_calls(self, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int) -> list[Call]:
        """Leases up to `limit` open calls that are due, in the order of their times; each to one caller only."""

    async def next_call_ms(self, now_ms: int) -> int | None:
        """When the next open call after now is due."""

    async def calls_of_issue(self, issue_id: str) -> list[Call]:
        """Calls about an issue that are not acknowledged."""

    async def page_calls(self, *, state: CallState | None, before: tuple[int, str] | None, limit: int) -> list[Call]:
        """Newest first by (created_ms, call_id), from below `before`."""


ACKNOWLEDGE_TRIES = 100


async def acknowledge(
    store: CallStore, call_id: str, *, by: str, via: str, now_ms: int, comment: str = ""
) -> Call | None:
    """Acknowledges in one write; None when there is no such call. When it returns, no step begins any more.

    What it returns is what is stored: the first acknowledgement, whoever made it.
    """
    for _ in range(ACKNOWLEDGE_TRIES):
        call = await store.get_call(call_id)
        if call is None or call.state == "acknowledged":
            return call
        after = call.acknowledged(by, via, now_ms, comment)
        if await store.save_call(after):
            return replace(after, rev=call.rev + 1)
    raise RuntimeError(f"{call_id} changed {ACKNOWLEDGE_TRIES} times while it was acknowledged")
