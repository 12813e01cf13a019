"""Rules that compare sources: neither partitions, nor the order in which they share, nor repeats change a lead."""

from collections.abc import Iterable, Sequence
from functools import cache
from zlib import crc32

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_alerts.core import sharing
from lantian_alerts.core.across import Across
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.leads import lead_of
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.sharing import decoded, encoded, key_of
from lantian_alerts.core.together import SharedHour, Tables
from lantian_proto.readings import ReadingsError
from tests.unit.alerts.scenario import Scenario, cases, catalogue

NAMES = (
    "cloned-outlets: across enterprises each of them gets its lead",
    "cloned-outlets: the second outlet sends nine tenths of the first, and a milligram",
    "station-interference: particles fall to a third for five hours, gases stay",
)


@cache
def shared_by(name: str, count: int) -> tuple[Registry, list[SharedHour]]:
    """What so many partitions share of an example, one partition after the other."""
    scenario = Scenario(dict(cases())[name])
    registry, stream, found = scenario.registry(), scenario.stream(), list[SharedHour]()
    for partition in range(count):

        def owns(source_id: str, partition: int = partition) -> bool:
            return crc32(source_id.encode()) % count == partition

        engine = Engine(catalogue(), registry, owns, tick_gap_ms=1_000_000)
        mine = [(offset, one) for offset, one in stream if any(name == "" or owns(name) for name in one.sources)]
        engine.step_many([offset for offset, _ in mine], [columns for _, columns in mine])
        found += [
            msgspec.structs.replace(shared, partition=partition, partitions=count) for shared in engine.take_shared()
        ]
    return registry, found


def told(registry: Registry, hours: Iterable[SharedHour]) -> list[str]:
    """The leads, byte for byte."""
    across = Across(catalogue(), registry)
    changes = [change for shared in hours for piece in across.take(shared) for change in piece]
    return [lead_of(change, catalogue()).SerializeToString(deterministic=True).hex() for change in changes]


def interleaved(hours: Sequence[SharedHour], draws: Sequence[int]) -> list[SharedHour]:
    """The same hours, those of one partition in their order, the partitions mixed as drawn."""
    queues: dict[int, list[SharedHour]] = {one.partition: [] for one in hours}
    for one in hours:
        queues[one.partition].append(one)
    mixed: list[SharedHour] = []
    for turn in range(len(hours)):
        waiting = [queue for _, queue in sorted(queues.items()) if queue]
        mixed.append(waiting[draws[turn % len(draws)] % len(waiting)].pop(0))
    return mixed


@pytest.mark.parametrize("name", NAMES)
def test_partitions_do_not_matter(name: str) -> None:
    """One, two and five partitions tell the same leads."""
    expected = told(*shared_by(name, 1))
    assert expected
    for count in (2, 5):
        assert told(*shared_by(name, count)) == expected, count


@settings(max_examples=10, deadline=None, derandomize=True)
@given(draws=st.lists(st.integers(0, 4), min_size=1, max_size=40), repeats=st.integers(1, 9))
def test_order_and_repeats_do_not_matter(draws: list[int], repeats: int) -> None:
    """Partitions run ahead of each other, and a process that begins again shares some hours twice."""
    registry, hours = shared_by(NAMES[0], 3)
    expected = told(registry, hours)
    mixed = interleaved(hours, draws)
    again = [one for place, hour in enumerate(mixed) for one in (hour, *mixed[max(0, place - repeats) : place])]
    assert told(registry, again) == expected


def test_a_partition_that_stands_still_is_waited_for() -> None:
    """Nothing is judged of an hour that one partition has not shared."""
    registry, hours = shared_by(NAMES[0], 3)
    assert told(registry, [one for one in hours if one.partition != 1]) == []


def test_more_partitions_begin_anew() -> None:
    """After readings.v1 has been given more partitions, all of the new number are waited for."""
    registry, hours = shared_by(NAMES[0], 2)
    grown = [msgspec.structs.replace(one, partitions=4) for one in hours]
    assert told(registry, grown) == []
    rest = [SharedHour(place, 4, one.hour, {}) for one in hours if one.partition == 0 for place in (2, 3)]
    assert told(registry, [*grown, *rest]) == told(registry, hours)


def test_large_hours_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour is whole with its last piece; a repeated piece changes nothing."""
    monkeypatch.setattr(sharing, "ROWS_AT_MOST", 4)
    names = [f"outlet-{place}" for place in range(10)]
    hour = SharedHour(1, 2, 500_000, {"a21002": (names, np.arange(10, dtype=np.float32))})
    pieces = [decoded(key_of(1, 2), data) for data in encoded(hour)]
    assert [piece.whole for piece in pieces] == [False, False, True]
    joined = [name for piece in pieces for name in piece.parts["a21002"][0]]
    assert joined == names
    empty = SharedHour(0, 2, 500_000, {})
    [of_nothing] = [decoded(key_of(0, 2), data) for data in encoded(empty)]
    across = Across(catalogue(), Registry())
    for piece in (pieces[0], of_nothing, pieces[0], pieces[1]):
        list(across.take(piece))
    assert across.judged == -1
    list(across.take(pieces[2]))
    assert across.judged == 500_000
    assert across._tables.series("a21002", "outlet-7", 24)[-1] == 7


@pytest.mark.parametrize(
    ("key", "value"), [(b"x", b""), (b"3/2", b""), (None, None), (b"0/1", b"no arrow"), (b"0/1", None)]
)
def test_what_is_no_hour_is_refused(key: bytes | None, value: bytes | None) -> None:
    """The process makes a dead letter of it."""
    with pytest.raises(ReadingsError):
        decoded(key, value)


def test_tables_hold_what_is_asked_and_no_more() -> None:
    """Hours passed over are empty, older ones leave, unknown factors and sources are nothing."""
    tables = Tables({"a21002": 3})
    for hour in (10, 11, 14):
        tables.begin(hour)
        tables.put("a21002", ["x"], np.array([hour], np.float32))
        tables.put("a34004", ["x"], np.array([1], np.float32))
    np.testing.assert_array_equal(tables.series("a21002", "x", 3), [np.nan, np.nan, 14])
    np.testing.assert_array_equal(tables.series("a21002", "y", 2), [np.nan, np.nan])
    with pytest.raises(ValueError, match="4 hours"):
        tables.hours("a21002", 4)
