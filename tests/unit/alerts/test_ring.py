"""Columns of history: what was put in comes out bit by bit, opened whole, by field or by record."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_alerts.core.history import CELL, empty_cells
from lantian_alerts.core.layout import BLOCK_ROWS, Array
from lantian_alerts.core.ring import QUICK, SMALL, Ring


def ring(codec: Any = SMALL) -> Ring:
    """Four hours."""
    return Ring(4, lambda slots: empty_cells(BLOCK_ROWS, slots), codec)


def noise(seed: int, slots: int) -> Array:
    """Records of any bits, not-a-numbers with a payload among them."""
    data = np.random.default_rng(seed).integers(0, 256, BLOCK_ROWS * slots * CELL.itemsize, np.uint8)
    return data.view(CELL).reshape(BLOCK_ROWS, slots)


@pytest.mark.parametrize("codec", [QUICK, SMALL])
@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5), st.booleans()), min_size=1, max_size=6), st.data())
def test_columns_come_back(codec: Any, puts: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    """Written, packed, widened and replaced in any order; a later hour takes the place of an older one."""
    found = ring(codec)
    plain: dict[int, Array] = {}
    labels: dict[int, int] = {}
    for number, (hour, slots, packs) in enumerate(puts):
        found.fit(slots)
        column = noise(number, slots)
        place = found.start(hour)
        found.column(place)[:, :slots] = column
        kept = plain[place] if labels.get(place) == hour else empty_cells(BLOCK_ROWS, 5)
        kept[:, :slots] = column
        plain[place], labels[place] = kept, hour
        if data.draw(st.booleans()):
            found.field("mean", range(4))  # opened in between: what is written later must be seen
        if packs:
            found.pack()
    for place in range(4):
        expected = plain.get(place, empty_cells(BLOCK_ROWS, 5))[:, : found.width]
        assert found.opened([place])[place].tobytes() == expected.tobytes()
        assert found.record(place, 7, 0).tobytes() == expected[7, 0].tobytes()
        for name in CELL.names or ():
            assert found.field(name, [place])[place].T.tobytes() == expected[name].tobytes(), name
        assert found.labels[place] == labels.get(place, -1)


def test_packed_columns_go_from_ring_to_ring() -> None:
    """As they do through the topic, into a ring that is wider by then."""
    one, other = ring(), ring()
    one.fit(3)
    one.put(0, noise(1, 3))
    one.pack()
    other.fit(5)
    other.put_packed(0, 3, one.packed_column(0))
    assert other.opened([0])[0][:, :3].tobytes() == noise(1, 3).tobytes()
    assert np.isnan(other.field("mean", [0])[0][3:]).all()


@pytest.mark.parametrize("codec", [QUICK, SMALL])
@pytest.mark.parametrize("data", [b"", b"rubbish", bytes(100)])
def test_rubbish(codec: Any, data: bytes) -> None:
    """Bytes that are no column are refused when they come, not when a rule asks."""
    found = ring(codec)
    found.fit(2)
    with pytest.raises(ValueError, match=r".*"):
        found.put_packed(0, 2, data)


def test_what_nobody_looks_at_is_small() -> None:
    """An hour of ten factors is kept in less than half of its array."""
    found = ring(QUICK)
    found.fit(10)
    column = found.column(found.start(0))
    chance = np.random.default_rng(1)
    column["mean"] = 30 * (1 + 0.05 * chance.standard_normal(column.shape))
    column["high"] = np.round(column["mean"] * 1.1, 3)
    column["n"], column["minutes"] = 60, 60
    whole = found.nbytes
    found.pack()
    assert found.nbytes < whole / 2
