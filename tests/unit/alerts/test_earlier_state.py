"""A state that the version before has saved is gone on from, without a difference."""

from collections.abc import Iterator

import numpy as np
import pytest

from lantian_alerts.core import state
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.history import Chunk
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


def held(chunk: Chunk) -> Iterator[Array]:
    """All history of a block."""
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
    for one, other in zip(again.partition.state[:-1], whole.partition.state[:-1], strict=True):
        mine, own = (array if array.ndim == 1 and len(array) < 256 else array[: len(SOURCES)] for array in (one, other))
        width = slice(0, 5) if mine.ndim > 1 and mine.shape[1] < 8 else slice(None)
        assert np.array_equal(mine[:, width], own[:, width]) if mine.ndim > 1 else np.array_equal(mine, own)
    for one, other in zip(held(again.memory.chunk(0)), held(whole.memory.chunk(0)), strict=True):
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
