"""Registry writes against the store: planned in memory, written new ones at once, changed ones by revision."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ledger.history import Actor
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import RegistryStore
from lantian_tasks.registry.entities import Limit
from lantian_tasks.registry.homes import Homes
from lantian_tasks.registry.plan import Refusal, Wish, plan, references, void_refused
from lantian_tasks.registry.record import Kind, Record, key_of, void
from lantian_tasks.registry.rule_news import rule_facts
from lantian_tasks.registry.rule_sets import RuleChange

ORDER = {kind: place for place, kind in enumerate(Kind)}
AT_ONCE = 16
"""Changed records written at the same time."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a wish: created, changed, unchanged or voided, and the record as it is now."""

    outcome: str
    record: Record


class Registry:
    """`written` is called after a write, to wake the outbox."""

    def __init__(self, store: RegistryStore, clock: Clock, metrics: TasksMetrics, written: Callable[[], None]) -> None:
        self._store = store
        self._homes = Homes(store)
        self._clock = clock
        self._metrics = metrics
        self._written = written

    async def write(
        self,
        principal: Principal,
        wishes: Sequence[Wish],
        expected: int | None = None,
        *,
        check: bool = False,
        dry_run: bool = False,
        key: str = "",
    ) -> list[Written | Refusal]:
        """One answer a wish, in their order; wishes may refer to each other. Raises Unavailable.

        With `dry_run` nothing is written and nothing counted. `key` is the Idempotency-Key of the request, if any.

        With `check`, `expected` is the revision the only wish was decided on, None for none.
        """
        known = await self._known(wishes)
        limits = await self._limits(wishes)
        rules = await rule_facts(self._store, [one.entity for one in wishes if isinstance(one.entity, RuleChange)])
        answers: dict[int, Written | Refusal] = {}
        planned: dict[int, tuple[Record | None, Record]] = {}
        taken: set[str] = set()
        for index in sorted(range(len(wishes)), key=lambda index: ORDER[wishes[index].kind]):
            wish = wishes[index]
            before = known.get(wish.key)
            if wish.key in taken:
                answers[index] = Refusal(409, f"{wish.key} stands twice in one request")
                continue
            taken.add(wish.key)
            after = plan(
                wish,
                known,
                limits.get(_source_of(wish), {}).values(),
                scope=principal.scope,
                actor=principal.actor,
                at_ms=self._clock.now_ms(),
                new_salt=lambda: secrets.token_hex(16),
                key=key,
                rules=rules,
            )
            if isinstance(after, Refusal):
                answers[index] = after
            elif check and expected != (before.rev if before else None):
                answers[index] = _stale(before)
            elif after is None:
                assert before is not None  # only what exists can be unchanged
                if check:  # heals what a process that ended in between left behind
                    await self._bring_along(before, before)
                answers[index] = Written("unchanged", before)
            else:
                planned[index] = (before, after)
                known[after.key] = after
                if after.kind == Kind.LIMIT:
                    limits.setdefault(after.belongs.source_id, {})[after.id] = after
        if dry_run:
            said = {True: "created", False: "changed"}
            answers |= {index: Written(said[before is None], after) for index, (before, after) in planned.items()}
            return [answers[index] for index in range(len(wishes))]
        answers |= await self._carry_out(planned)
        for index, answer in answers.items():
            result = "refused" if isinstance(answer, Refusal) else answer.outcome
            self._metrics.registry_changes.labels(wishes[index].kind, result).inc()
        return [answers[index] for index in range(len(wishes))]

    async def _known(self, wishes: Sequence[Wish]) -> dict[str, Record]:
        keys = {wish.key for wish in wishes} | {key for wish in wishes for key in references(wish)}
        return await self._store.records(keys, EVERYTHING)

    async def _limits(self, wishes: Sequence[Wish]) -> dict[str, dict[str, Record]]:
        """Limits in force of the sources for which limits are wished, by source and id."""
        found: dict[str, dict[str, Record]] = {}
        sources = {_source_of(wish) for wish in wishes if wish.kind == Kind.LIMIT}
        for limit in await self._store.limits_of(sources):
            found.setdefault(limit.belongs.source_id, {})[limit.id] = limit
        return found

    async def _carry_out(self, planned: dict[int, tuple[Record | None, Record]]) -> dict[int, Written | Refusal]:
        new = {index: after for index, (before, after) in planned.items() if before is None}
        changed = {index: (before, after) for index, (before, after) in planned.items() if before is not None}
        answers: dict[int, Written | Refusal] = {}
        existing = await self._store.add(list(new.values()))
        for index, record in new.items():
            answers[index] = _stale(None) if record.key in existing else Written("created", record)
        room = asyncio.Semaphore(AT_ONCE)

        async def replace(before: Record, after: Record) -> Written | Refusal:
            async with room:
                if not await self._store.replace(after):
                    return _stale(before)
                await self._bring_along(before, after)
                return Written("changed", after)

        done = await asyncio.gather(*(replace(before, after) for before, after in changed.values()))
        answers |= dict(zip(changed, done, strict=True))
        if planned:
            await self._homes.settle(after.belongs for _, after in planned.values())
            self._written()
        return answers

    async def _bring_along(self, before: Record, after: Record) -> None:
        """What hangs on a record follows it; by the outbox should this process end in between."""
        if after.kind == Kind.ENTERPRISE:
            await self._homes.follow_enterprise(after.id)
        elif after.kind == Kind.SOURCE and (before is after or before.belongs != after.belongs):
            await self._homes.follow_source(after.id)

    async def void(
        self, principal: Principal, kind: Kind, id_: str, expected: int, reason: str, *, key: str = ""
    ) -> Written | Refusal:
        """Takes an entity out of force. Raises Unavailable."""
        answer = await self._void(principal.actor, principal, key_of(kind, id_), expected, reason, key)
        self._metrics.registry_changes.labels(kind, answer.outcome if isinstance(answer, Written) else "refused").inc()
        return answer

    async def _void(
        self, actor: Actor, principal: Principal, key: str, expected: int, reason: str, request_key: str
    ) -> Written | Refusal:
        before = (await self._store.records([key], principal.scope)).get(key)
        if before is None:
            return Refusal(404, f"there is no {key}")
        if before.rev != expected:
            return _stale(before)
        if (refusal := void_refused(before, self._clock.now_ms())) is not None:
            return refusal
        after = void(before, actor=actor, at_ms=self._clock.now_ms(), reason=reason, key=request_key)
        if after is None:
            return Refusal(409, f"{key} is voided already")
        if not await self._store.replace(after):
            return _stale(before)
        await self._homes.settle([after.belongs])
        self._written()
        return Written("voided", after)


def _source_of(wish: Wish) -> str:
    """The source a limit applies to; empty for anything else."""
    return wish.entity.source_id if isinstance(wish.entity, Limit) else ""


def _stale(before: Record | None) -> Refusal:
    if before is None:
        return Refusal(412, "the entity is not there in the revision you name; read again")
    return Refusal(412, f"the entity has moved on from the revision you name; it had {before.rev}")
