"""State blocks: complete, compact, refused when they do not fit together."""

import msgspec
import numpy as np
import pytest

from lantian_alerts.core import state
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.layout import KNOWN, SLOTS_AT_MOST
from lantian_alerts.core.partition import checked
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.state import LayoutChanged, StateError, dirty_blocks, restored
from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, ReadingsError, tick
from lantian_proto.v1.registry_pb2 import RegistryChange, Source
from tests.unit.alerts.scenario import catalogue

T = 1_794_268_800_000


def registry(count: int) -> Registry:
    """Sources s0, s1, …"""
    found = Registry()
    for place in range(count):
        id_ = f"s{place}"
        found.take(RegistryChange(kind="source", id=id_, revision=1, source=Source(source_id=id_)))
    return found


def frame(sources: list[str], numbers: list[int], time_ms: int = T) -> Columns:
    """One real-time value of each factor for each source."""
    count = len(sources) * len(numbers)
    row = {
        "stat": 0,
        "period": 0,
        "time": time_ms,
        "value": 5.0,
        "flag": 0,
        "received": time_ms,
        "edition": 1,
        "seq": 0,
    }
    arrays = {name: np.full(count, value, DTYPES[name]) for name, value in row.items()}
    return Columns(
        sources=sources,
        source=np.repeat(np.arange(len(sources), dtype=np.int32), len(numbers)),
        factor=np.tile(np.array(numbers, np.uint16), len(sources)),
        **arrays,
    )


def test_only_changed_blocks_are_written() -> None:
    """A snapshot holds the scalars and the blocks whose sources were touched since the last one."""
    known = registry(600)
    engine = Engine(catalogue(), known)
    engine.step(0, frame([f"s{place}" for place in range(600)], [8, 9]))
    assert sorted(dirty_blocks(engine)) == [-1, 0, 1, 2]
    engine.step(1, frame(["s300"], [8]))
    assert sorted(dirty_blocks(engine)) == [-1, 1]
    assert sorted(dirty_blocks(engine)) == [-1]


def test_nothing_to_write_before_the_first_record() -> None:
    """An engine that has taken nothing has no snapshot."""
    assert dirty_blocks(Engine(catalogue(), registry(1))) == {}


def test_grown_arrays_come_back() -> None:
    """More sources and factors than the first arrays hold are saved and restored."""
    known = registry(300)
    engine = Engine(catalogue(), known)
    numbers = [factor.number for factor in factors.FACTORS[1:41]]
    engine.step(0, frame([f"s{place}" for place in range(300)], numbers))
    again = restored(dirty_blocks(engine), catalogue(), known)
    assert again.offset == 0
    assert again.partition.ids == engine.partition.ids
    assert again.partition.state.scalars[KNOWN] == 300
    for one, other in zip(again.partition.state[1:-1], engine.partition.state[1:-1], strict=True):
        width = min(array.shape[1] for array in (one, other)) if one.ndim > 1 else 0
        assert np.array_equal(one[:300, :width] if width else one[:300], other[:300, :width] if width else other[:300])


def test_more_factors_than_there_is_room_for() -> None:
    """A source that sends an absurd number of factors loses the rest, counted."""
    engine = Engine(catalogue(), registry(1))
    numbers = [factor.number for factor in factors.FACTORS[1 : SLOTS_AT_MOST + 11]]
    engine.step(0, frame(["s0"], numbers))
    assert engine.results()["no-room"] == 10
    assert engine.results()["judged"] == SLOTS_AT_MOST


def test_a_factor_nobody_knows() -> None:
    """A number that was never given is counted and not judged."""
    engine = Engine(catalogue(), registry(1))
    engine.step(0, frame(["s0"], [65_000, 8]))
    assert engine.results()["unknown-factor"] == 1
    assert engine.results()["judged"] == 1


def test_state_is_small() -> None:
    """A source with ten factors takes at most 2.5 KB of a snapshot."""
    known = registry(256)
    engine = Engine(catalogue(), known)
    engine.step(0, frame([f"s{place}" for place in range(256)], list(range(1, 11))))
    assert len(dirty_blocks(engine)[0]) / 256 < 2500


def blocks() -> dict[int, bytes]:
    """A snapshot of 300 sources."""
    engine = Engine(catalogue(), registry(300))
    engine.step(7, frame([f"s{place}" for place in range(300)], [8]))
    return dirty_blocks(engine)


@pytest.mark.parametrize("missing", [-1, 0])
def test_missing_blocks(missing: int) -> None:
    """A snapshot with a hole is refused."""
    found = blocks()
    del found[missing]
    with pytest.raises(StateError, match="missing"):
        restored(found, catalogue(), registry(300))


def test_a_block_newer_than_the_scalars() -> None:
    """Blocks of a later snapshot than the scalars are refused."""
    engine = Engine(catalogue(), registry(1))
    engine.step(1, frame(["s0"], [8]))
    old = dirty_blocks(engine)
    engine.step(2, frame(["s0"], [8], T + 1000))
    with pytest.raises(StateError, match="newer"):
        restored(dirty_blocks(engine) | {-1: old[-1]}, catalogue(), registry(1))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"rubbish", msgspec.msgpack.encode([]), msgspec.msgpack.encode(["x"])])
def test_rubbish(data: bytes) -> None:
    """Bytes that are no block are refused."""
    with pytest.raises(StateError, match="block"):
        restored(blocks() | {0: data}, catalogue(), registry(300))


def test_cut_off_arrays() -> None:
    """A block whose arrays are too short is refused."""
    found = blocks()
    fields = msgspec.msgpack.decode(found[0])
    fields[6] = fields[6][:-8]
    with pytest.raises(StateError):
        restored(found | {0: msgspec.msgpack.encode(fields)}, catalogue(), registry(300))


def test_another_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of another layout are told apart from broken ones."""
    found = blocks()
    monkeypatch.setattr(state, "LAYOUT", 1)
    with pytest.raises(LayoutChanged):
        restored(found, catalogue(), registry(300))


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("edition", 3, "edition"),
        ("period", 4, "period"),
        ("time", 1 << 60, "time"),
        ("received", -(1 << 60), "received"),
    ],
)
def test_numbers_that_lead_out_of_the_arrays(column: str, value: int, reason: str) -> None:
    """They are refused before the compiled loop sees them."""
    columns = frame(["s0"], [8])
    getattr(columns, column)[0] = value
    with pytest.raises(ReadingsError, match=reason):
        checked(columns)


@pytest.mark.parametrize("source", [-1, 1])
def test_a_row_without_a_source(source: int) -> None:
    """An index that names no source is refused."""
    columns = frame(["s0"], [8])
    columns.source[0] = source
    with pytest.raises(ReadingsError, match="source"):
        checked(columns)


def test_no_tick_by_a_reading_without_a_source() -> None:
    """Only a row with factor 0 moves the time."""
    engine = Engine(catalogue(), registry(1))
    engine.step(0, frame([""], [8], T + 10**9))
    engine.step(1, tick(T))
    assert engine.results()["tick"] == 1
    assert engine.results()["unregistered"] == 1
    assert engine.away_ms == 0


def test_an_empty_record_is_taken() -> None:
    """A record without rows only moves the offset."""
    engine = Engine(catalogue(), registry(1))
    assert engine.step(5, checked(frame([], []))) == []
    assert engine.offset == 5
