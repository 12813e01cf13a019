"""A move against the store: once for each Idempotency-Key, on the revision the caller saw."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lantian_kit.clock import Clock
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.principals import Principal
from lantian_tasks.clocks.facts import Facts, shipped_facts
from lantian_tasks.ledger.action import KeyReused, act, earlier
from lantian_tasks.ledger.device_time import DeviceTime
from lantian_tasks.ledger.guards import last
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.ledger.moves import MOVES, Command, Refused
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import Compliance, Store
from lantian_tasks.registry.lists import lists_of


@dataclass(frozen=True, slots=True)
class Done:
    """The move was made, now or by an earlier request with the same key."""

    issue_id: str
    number: str
    rev: int
    entry: SealedEntry


@dataclass(frozen=True, slots=True)
class Stale:
    """The issue has another revision now."""

    rev: int


@dataclass(frozen=True, slots=True)
class Absent:
    """No such issue in the caller's scope."""


Answer = Done | Stale | Absent | Refused | KeyReused


class Ledger:
    """`written` is called after a write, to wake the outbox."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: TasksMetrics,
        written: Callable[[], None],
        *,
        facts: Facts | None = None,
        compliance: Compliance | None = None,
    ) -> None:
        """`facts` are by default the shipped rules; without `compliance` what the data must show is not shown."""
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._written = written
        self._facts = facts or shipped_facts()
        self._compliance = compliance

    async def move(
        self,
        principal: Principal,
        issue_id: str,
        *,
        move: str,
        reason: str,
        fields: dict[str, Any],
        rev: int,
        key: str,
        device: DeviceTime | None = None,
    ) -> Answer:
        """Makes a move. Raises Unavailable: whether it was made is then unknown, the same key may be sent again."""
        command = Command(move, principal.actor, self._clock.now_ms(), reason, fields, device)
        answer = await self._attempt(principal, issue_id, command, rev, key)
        known = move if move in MOVES else "unknown"
        self._metrics.moves.labels(known, type(answer).__name__.lower()).inc()
        return answer

    async def _attempt(self, principal: Principal, issue_id: str, command: Command, rev: int, key: str) -> Answer:
        found_rev = rev
        for _ in range(2):
            issue = await self._store.issue(issue_id, principal.scope)
            if issue is None:
                return Absent()
            request = earlier(issue, key, command)
            if isinstance(request, KeyReused):
                return request
            if request is not None:
                return _done(issue, issue.history[request.sequence - 1], request.rev)
            found_rev = issue.head.rev
            if found_rev != rev:
                return Stale(found_rev)
            step = act(issue, command, key, await self._facts_of(issue, command))
            if isinstance(step, Refused):
                return step
            if await self._store.advance(step):
                self._written()
                return _done(step.issue, step.issue.history[-1], step.issue.head.rev)
            # Somebody was faster: perhaps this very request in another try, so look once more.
        return Stale(found_rev)

    async def _facts_of(self, issue: Issue, command: Command) -> Facts:
        """The rules; for a closing dossier what the data show since rectifying began, for a stop order whose it is."""
        if command.move == "order-stop":
            return replace(self._facts, enterprise_lists=await lists_of(self._store, issue.head.place.enterprise_id))
        rule = self._facts.policy.closing_of(issue.category).data
        began = last(issue.history, "start")
        if command.move != "request-close" or self._compliance is None or rule is None or began is None:
            return self._facts
        verdict = await self._compliance.verdict(
            issue.head.source_id, Lead.FromString(issue.lead), rule, began["at_ms"], command.at_ms
        )
        return replace(self._facts, compliance=verdict)


def _done(issue: Issue, entry: SealedEntry, rev: int) -> Done:
    return Done(issue.issue_id, issue.head.number, rev, entry)
