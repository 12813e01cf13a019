"""A state that the version before has saved is gone on from, without a difference."""

from collections.abc import Iterator

import pytest

from lantian_alerts.core import state
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.layout import Array
from lantian_alerts.core.state import LAYOUT, PLAIN, LayoutChanged, dirty_blocks, restored
from lantian_alerts.rules import shipped
from tests.unit.alerts.earlier_state import CUT_AT, SOURCES, cut, records, registry, snapshot


def gone_on(blocks: dict[int, bytes], save_at: int = 0) -> tuple[Engine, list[Change]]:
    """The engine at the end of the stream, and what it told after the cut; restarted once more at a record."""
    engine, changes = restored(blocks, shipped(), registry(), tick_gap_ms=4_000_000), []
    for offset, columns in enumerate(records()):
        changes += engine.step(offset, columns) if offset > engine.offset else []
        if offset == save_at and save_at:
            blocks = blocks | dirty_blocks(engine)
            engine = restored(blocks, shipped(), registry(), tick_gap_ms=4_000_000)
    return engine, changes


def held(engine: Engine) -> Iterator[Array]:
    """All arrays of the sources, and all history of their block."""
    state, rows = engine.partition.state, slice(0, len(SOURCES))
    slots = int(state.sources[rows]["slots"].max())
    yield from (state.scalars, state.sources[rows], state.series[rows, :slots], state.hours[rows, :slots])
    yield from (state.ring_seq[rows], state.ring_time[rows])
    chunk = engine.memory.chunk(0)
    yield chunk.lane_of
    for ring in chunk.rings:
        yield ring.labels
        yield ring.opened(range(len(ring))).copy()


@pytest.mark.parametrize("save_at", [0, CUT_AT + 1, CUT_AT + 9])
def test_it_goes_on_as_if_nothing_had_happened(save_at: int) -> None:
    """Arrays, history and what is told are those of a process that never stopped, also when saved in between."""
    whole = Engine(shipped(), registry(), tick_gap_ms=4_000_000)
    told: list[Change] = []
    for offset, columns in enumerate(records()):
        changes = whole.step(offset, columns)
        told += changes if offset >= CUT_AT else []
    again, changes = gone_on(snapshot(), save_at)
    assert changes == told
    assert told
    assert again.episodes.items() == whole.episodes.items()
    for one, other in zip(held(again), held(whole), strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_snapshot_is_of_the_version_before() -> None:
    """Else nothing is tested here."""
    layouts = {state._read_part(number, data)[0] for number, data in snapshot().items() if number >= 1_000_000}
    assert layouts == {PLAIN}
    assert {state._read_part(number, data)[0] for number, data in cut().items() if number >= 1_000_000} == {LAYOUT}
    assert snapshot().keys() == cut().keys()


def test_other_layouts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the version before is read besides this one."""
    monkeypatch.setattr(state, "PLAIN", 1)
    with pytest.raises(LayoutChanged):
        restored(snapshot(), shipped(), registry())
