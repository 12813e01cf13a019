"""Registry writes against the store: planned in memory, written new ones at once, changed ones by revision."""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.changes.proposals import Proposals
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Role
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import RegistryStore
from lantian_tasks.registry.entities import Limit
from lantian_tasks.registry.homes import Homes
from lantian_tasks.registry.numbers import MASKED, with_numbers
from lantian_tasks.registry.plan import Refusal, Wish, plan, references, void_refused
from lantian_tasks.registry.record import Kind, Record, key_of, void
from lantian_tasks.registry.rule_news import rule_facts
from lantian_tasks.registry.rule_sets import RuleChange
from lantian_tasks.registry.second_person import OUTDATED, Confirmed, Held, matter_of, wish_of

ORDER = {kind: place for place, kind in enumerate(Kind)}
ATTEMPTS = 20
"""Writes of one confirmed change while others write the same entity."""
MOVED_ON = 412
AT_ONCE = 16
"""Changed records written at the same time."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a wish: created, changed, unchanged or voided, and the record as it is now."""

    outcome: str
    record: Record


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wish that takes a second person: `record` is the entity as it is in force, None while it is not.

    `change` is None when nothing was to be written.
    """

    record: Record | None
    change: Case | None
    outcome: str = "pending"


Answer = Written | Waiting | Refusal


class Registry:
    """`written` is called after a write, to wake the outbox."""

    def __init__(
        self,
        store: RegistryStore,
        clock: Clock,
        metrics: TasksMetrics,
        written: Callable[[], None],
        proposals: Proposals,
    ) -> None:
        self._store = store
        self._proposals = proposals
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
        confirmed: Confirmed | None = None,
    ) -> list[Answer]:
        """One answer a wish, in their order; wishes may refer to each other. Raises Unavailable.

        What takes a second person is proposed and not written; `confirmed` is what two persons have decided.

        With `dry_run` nothing is written and nothing counted. `key` is the Idempotency-Key of the request, if any.

        With `check`, `expected` is the revision the only wish was decided on, None for none.
        """
        known = await self._known(wishes)
        wishes, unknown = _in_full(wishes, known)
        limits = await self._limits(wishes)
        rules = await rule_facts(self._store, [one.entity for one in wishes if isinstance(one.entity, RuleChange)])
        answers: dict[int, Answer] = {**unknown}
        planned: dict[int, tuple[Record | None, Record]] = {}
        held: dict[int, Held] = {}
        taken: set[str] = set()

        def decide(wish: Wish) -> Record | None | Refusal:
            return plan(
                wish,
                known,
                limits.get(_source_of(wish), {}).values(),
                scope=principal.scope,
                actor=principal.actor,
                at_ms=self._clock.now_ms(),
                new_salt=lambda: secrets.token_hex(16),
                key=key,
                rules=rules,
                more=confirmed.sealed if confirmed else None,
            )

        for index in sorted(range(len(wishes)), key=lambda index: ORDER[wishes[index].kind]):
            wish = wishes[index]
            before = known.get(wish.key)
            if index in unknown:
                continue
            if wish.key in taken:
                answers[index] = Refusal(
                    409, Both(f"{wish.key} stands twice in one request", f"{wish.key} 在同一请求中出现两次")
                )
                continue
            taken.add(wish.key)
            after = decide(wish)
            if isinstance(after, Refusal):
                answers[index] = after
                continue
            if check and expected != (before.rev if before else None):
                answers[index] = _stale(before)
                continue
            matter = matter_of(before, after) if after is not None and confirmed is None else None
            if matter is not None:
                assert after is not None
                held[index] = Held(matter, wish, before, after)
                rest = held[index].rest
                after = decide(rest) if rest is not None else None
                assert not isinstance(after, Refusal)  # nothing of what is left was refused before
                answers[index] = Waiting(after or before, None)
            if after is not None:
                planned[index] = (before, after)
                known[after.key] = after
                if after.kind == Kind.LIMIT:
                    limits.setdefault(after.belongs.source_id, {})[after.id] = after
            elif matter is None:
                assert before is not None  # only what exists can be unchanged
                if check:  # heals what a process that ended in between left behind
                    await self._bring_along(before, before)
                answers[index] = Written("unchanged", before)
        if dry_run:
            said = {True: "created", False: "changed"}
            for index, (before, after) in planned.items():
                answers.setdefault(index, Written(said[before is None], after))
            return [answers[index] for index in range(len(wishes))]
        answers |= await self._carry_out(planned)
        for index, one in held.items():
            answers[index] = await self._propose(principal.actor, one, answers[index])
        for index, answer in answers.items():
            result = "refused" if isinstance(answer, Refusal) else answer.outcome
            self._metrics.registry_changes.labels(wishes[index].kind, result).inc()
        return [answers[index] for index in range(len(wishes))]

    async def _propose(self, actor: Actor, held: Held, written: Answer) -> Answer:
        """What of a wish waits, once the rest of it is written; what was refused is not proposed either."""
        if isinstance(written, Refusal):
            return written
        change = await self._proposals.propose(actor, held)
        return change if isinstance(change, Refusal) else Waiting(written.record, change)

    async def put_in_force(self, confirmed: Confirmed, *, dry_run: bool = False) -> Written | Refusal | None:
        """Writes what two persons have decided, or only says what would become of it; None: it is there already.

        Raises Unavailable.
        """
        principal = Principal(confirmed.actor, Role(confirmed.actor.role), EVERYTHING)
        for _ in range(ATTEMPTS):
            key = key_of(confirmed.kind, confirmed.id)
            present = (await self._store.records([key], EVERYTHING)).get(key)
            wish = wish_of(confirmed, present)
            if wish is None or isinstance(wish, Refusal):
                return wish
            [answer] = await self.write(
                principal, [wish], present.rev if present else None, check=True, dry_run=dry_run, confirmed=confirmed
            )
            assert not isinstance(answer, Waiting)  # what is confirmed waits for nobody
            if not isinstance(answer, Refusal) or answer.status != MOVED_ON:
                return answer
        return Refusal(409, OUTDATED)

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

    async def _carry_out(self, planned: dict[int, tuple[Record | None, Record]]) -> dict[int, Answer]:
        new = {index: after for index, (before, after) in planned.items() if before is None}
        changed = {index: (before, after) for index, (before, after) in planned.items() if before is not None}
        answers: dict[int, Answer] = {}
        existing = await self._store.add(list(new.values()))
        for index, record in new.items():
            answers[index] = _stale(None) if record.key in existing else Written("created", record)
        room = asyncio.Semaphore(AT_ONCE)

        async def write_over(before: Record, after: Record) -> Answer:
            async with room:
                if not await self._store.replace(after):
                    return _stale(before)
                await self._bring_along(before, after)
                return Written("changed", after)

        done = await asyncio.gather(*(write_over(before, after) for before, after in changed.values()))
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
            return Refusal(404, Both(f"there is no {key}", f"登记库里没有 {key}"))
        if before.rev != expected:
            return _stale(before)
        if (refusal := void_refused(before, self._clock.now_ms())) is not None:
            return refusal
        after = void(before, actor=actor, at_ms=self._clock.now_ms(), reason=reason, key=request_key)
        if after is None:
            return Refusal(409, Both(f"{key} is voided already", f"{key} 已经作废"))
        if not await self._store.replace(after):
            return _stale(before)
        await self._homes.settle([after.belongs])
        self._written()
        return Written("voided", after)


def _in_full(wishes: Sequence[Wish], known: Mapping[str, Record]) -> tuple[list[Wish], dict[int, Refusal]]:
    """The wishes with the numbers that their writers read masked, and refusals of those that hold other masked ones."""
    meant: list[Wish] = []
    refused: dict[int, Refusal] = {}
    for index, wish in enumerate(wishes):
        try:
            meant.append(replace(wish, entity=with_numbers(wish.kind, wish.entity, known.get(wish.key))))
        except ValueError:
            meant.append(wish)
            refused[index] = Refusal(422, MASKED)
    return meant, refused


def _source_of(wish: Wish) -> str:
    """The source a limit applies to; empty for anything else."""
    return wish.entity.source_id if isinstance(wish.entity, Limit) else ""


def _stale(before: Record | None) -> Refusal:
    if before is None:
        return Refusal(
            MOVED_ON,
            Both(
                "the entity is not there in the revision you name; read again", "该条目没有您所依据的版本，请重新读取"
            ),
        )
    return Refusal(
        MOVED_ON,
        Both(
            f"the entity has moved on from the revision you name; it had {before.rev}",
            "该条目刚刚被他人更新，请重新读取后再提交",
        ),
    )
