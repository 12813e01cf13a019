"""One pass over the history with two catalogues at once: the one in force and the candidate."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from lantian_alerts.core.across import Across
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.guard import Failures, Guard
from lantian_alerts.core.leads import lead_id
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.unpack import Piece
from lantian_alerts.replay import history
from lantian_alerts.replay.compare import Difference, by_rule, within
from lantian_kit.bus import partition_of
from lantian_proto.readings import ReadingsError
from lantian_proto.v1.lead_pb2 import Lead


class Replayed(NamedTuple):
    """The difference by rule, and what it rests on. Other rules differ where rules combine or explain each other.

    `failures`: what rules raised with the catalogue in force and with the candidate; findings are missing there.
    """

    differences: dict[str, Difference]
    offsets: dict[int, int]
    records: int
    unreadable: int
    registry_troubles: list[str]
    failures: tuple[Failures, Failures]


class Side:
    """One catalogue over all partitions."""

    def __init__(self, catalogue: Catalogue, registry: Registry, partitions: int, tick_gap_ms: int) -> None:
        self._rules = Rulebook(catalogue, registry)
        self._last: dict[str, Change] = {}
        self.guard = Guard()
        self._across = Across(catalogue, registry, self.guard)
        self._engines = [
            Engine(catalogue, registry, _owner(number, partitions), tick_gap_ms=tick_gap_ms, guard=self.guard)
            for number in range(partitions)
        ]

    def take(self, partition: int, offsets: list[int], pieces: list[Piece]) -> None:
        """Takes what `history.readings` gave; unreadable records are passed over, as the suite does."""
        taken, columns, at = [], [], 0
        for piece in pieces:
            at += piece.records
            if not isinstance(piece.columns, ReadingsError):
                taken.append(offsets[at - 1])
                columns.append(piece.columns)
        if columns:
            engine = self._engines[partition]
            changes = engine.step_many(taken, columns)
            for shared in engine.take_shared():
                own = msgspec.structs.replace(shared, partition=partition, partitions=len(self._engines))
                changes += [change for found in self._across.take(own) for change in found]
            for change in changes:
                self._last[lead_id(change.episode)] = change

    def leads(self, from_ms: int, to_ms: int) -> list[Lead]:
        """The episodes that touch the span, as they stood at the end."""
        told = [one for one in self._last.values() if within(one.episode, from_ms, to_ms)]
        return [lead for lead in (self.guard.lead(one, self._rules) for one in told) if lead is not None]


def _owner(number: int, partitions: int) -> Callable[[str], bool]:
    def owns(source_id: str) -> bool:
        return partition_of(source_id.encode(), partitions) == number

    return owns


async def replay(
    bootstrap: str,
    in_force: Catalogue,
    candidate: Catalogue,
    from_ms: int,
    to_ms: int,
    tick_gap_ms: int,
    registry: Registry | None = None,
) -> Replayed:
    """Leads by both catalogues, told for a span as they stood three days after it, or now.

    Of the history before the span 35 days are read too: windows, runs and episodes need them. Raises KafkaError,
    LookupError.
    """
    async with history.consumer(bootstrap) as reader:
        troubles: list[str] = []
        if registry is None:
            registry, troubles = await history.registry(reader)
        bounds = await history.bounds(reader, from_ms, to_ms)
        sides = [Side(catalogue, registry, len(bounds), tick_gap_ms) for catalogue in (in_force, candidate)]
        records = unreadable = 0
        async for partition, offsets, pieces in history.readings(reader, bounds):
            records += len(offsets)
            unreadable += sum(isinstance(piece.columns, ReadingsError) for piece in pieces)
            for side in sides:
                side.take(partition, offsets, pieces)
    differences = by_rule(*(side.leads(from_ms, to_ms) for side in sides))
    failures = (sides[0].guard.take(), sides[1].guard.take())
    ends = {partition: one.until for partition, one in bounds.items()}
    return Replayed(differences, ends, records, unreadable, troubles, failures)
