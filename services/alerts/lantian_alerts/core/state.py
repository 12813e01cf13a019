"""State as blocks of 256 sources: what is saved to the compacted topic, with the input offset inside.

Block -1 holds the scalars and is written with every snapshot; so its offset is the offset of the whole snapshot, which
is written in one transaction. A block that is not written again has not changed since: it holds for later offsets too.
"""

import zlib
from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import TICK_GAP_AT_MOST_MS, Engine, everything
from lantian_alerts.core.episodes import Held, Key
from lantian_alerts.core.guard import Guard
from lantian_alerts.core.history import CELL, DAY, MONTH, SHAPE, HistoryError
from lantian_alerts.core.layout import (
    BLOCK_ROWS,
    HOUR,
    RING,
    SCALARS,
    SERIES,
    SLOTS_AT_FIRST,
    SLOTS_AT_MOST,
    SOURCE,
    empty_state,
)
from lantian_alerts.core.memory import FIRST_BLOCK
from lantian_alerts.core.registry import Registry

SCALAR_BLOCK = -1
FORMAT = 3
LAYOUTS = (SOURCE.descr, SERIES.descr, HOUR.descr, CELL.descr, DAY.descr, MONTH.descr)


def _number(format_: int, *more: object) -> int:
    """The number of a layout; another one for any change of an array."""
    return zlib.crc32(repr((format_, LAYOUTS, RING, SCALARS, BLOCK_ROWS, *more)).encode())


LAYOUT = _number(FORMAT, SHAPE.descr)
PLAIN = _number(2)
"""The layout before: the same arrays, history not compressed. Read, never written: parts that have not changed since
stay as they are in the topic."""


class StateError(ValueError):
    """The blocks can not be restored; the text says why."""


class LayoutChanged(StateError):
    """The blocks were written by another layout of the arrays; detection has to start anew from the input."""


class _Block(msgspec.Struct, array_like=True):
    layout: int
    offset: int
    ids: list[str]
    slots: int
    scalars: bytes
    sources: bytes
    series: bytes
    hours: bytes
    ring_seq: bytes
    ring_time: bytes
    held: list[tuple[Key, Held]]


def dirty_blocks(engine: Engine) -> dict[int, bytes]:
    """The blocks that have changed since the last call, and the scalars; empty when nothing was taken in yet."""
    if engine.offset < 0:
        return {}
    state = engine.partition.state
    held: dict[int, list[tuple[Key, Held]]] = {}
    for key, found in engine.episodes.items():
        held.setdefault(engine.partition.row(key[0]) // BLOCK_ROWS, []).append((key, found))
    blocks = {SCALAR_BLOCK: _Block(LAYOUT, engine.offset, [], 0, state.scalars.tobytes(), b"", b"", b"", b"", b"", [])}
    for block in np.flatnonzero(state.dirty).tolist():
        rows = slice(block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, len(engine.partition.ids)))
        slots = int(state.sources[rows]["slots"].max(initial=0))
        blocks[block] = _Block(
            LAYOUT,
            engine.offset,
            engine.partition.ids[rows],
            slots,
            b"",
            state.sources[rows].tobytes(),
            state.series[rows, :slots].tobytes(),
            state.hours[rows, :slots].tobytes(),
            state.ring_seq[rows].tobytes(),
            state.ring_time[rows].tobytes(),
            held.get(block, []),
        )
    state.dirty[:] = 0
    parts = {number: msgspec.msgpack.encode((LAYOUT, part)) for number, part in engine.memory.saved().items()}
    return {block: msgspec.msgpack.encode(content) for block, content in blocks.items()} | parts


def restored(
    blocks: Mapping[int, bytes],
    catalogue: Catalogue,
    registry: Registry,
    owns: Callable[[str], bool] = everything,
    *,
    tick_gap_ms: int = TICK_GAP_AT_MOST_MS,
    guard: Guard | None = None,
) -> Engine:
    """An engine that goes on exactly where the blocks were written. Raises StateError, LayoutChanged."""
    engine = Engine(catalogue, registry, owns, tick_gap_ms=tick_gap_ms, guard=guard)
    if not blocks:
        return engine
    layouts, parts = {}, {}
    for number, data in blocks.items():
        if number >= FIRST_BLOCK:
            layouts[number], parts[number] = _read_part(number, data)
    read = {number: _read(number, data) for number, data in blocks.items() if number < FIRST_BLOCK}
    scalars = read.pop(SCALAR_BLOCK, None)
    if scalars is None:
        raise StateError("the block of scalars is missing")
    if sorted(read) != list(range(len(read))):
        raise StateError(f"blocks are missing: there are {sorted(read)}")
    if any(block.offset > scalars.offset for block in read.values()):
        raise StateError("a block is newer than the scalars")
    slots = max(SLOTS_AT_FIRST, *(block.slots for block in read.values()), 0)
    state = empty_state(max(1, len(read)) * BLOCK_ROWS, slots)
    ids: list[str] = []
    try:
        state.scalars[:] = np.frombuffer(scalars.scalars, np.int64)
        for number, block in sorted(read.items()):
            if number != len(read) - 1 and len(block.ids) != BLOCK_ROWS:
                raise StateError(f"block {number} holds {len(block.ids)} sources")
            rows, shape = slice(len(ids), len(ids) + len(block.ids)), (len(block.ids), block.slots)
            state.sources[rows] = np.frombuffer(block.sources, SOURCE)
            state.series[rows, : block.slots] = np.frombuffer(block.series, SERIES).reshape(shape)
            state.hours[rows, : block.slots] = np.frombuffer(block.hours, HOUR).reshape(*shape, 2)
            state.ring_seq[rows] = np.frombuffer(block.ring_seq, np.int64).reshape(-1, RING)
            state.ring_time[rows] = np.frombuffer(block.ring_time, np.int64).reshape(-1, RING)
            ids += block.ids
    except ValueError as error:
        raise StateError(str(error)) from error
    engine.adopt(scalars.offset, state, ids, [entry for _, block in sorted(read.items()) for entry in block.held])
    try:
        engine.memory.restore(parts, {number for number, layout in layouts.items() if layout == PLAIN})
    except HistoryError as error:
        raise StateError(str(error)) from error
    return engine


def _read_part(number: int, data: bytes) -> tuple[int, bytes]:
    try:
        layout, part = msgspec.msgpack.decode(data, type=tuple[int, bytes])
    except msgspec.DecodeError as error:
        raise StateError(f"part {number}: {error}") from error
    if layout not in (LAYOUT, PLAIN):
        raise LayoutChanged(f"part {number} has another layout")
    return layout, part


def _read(number: int, data: bytes) -> _Block:
    try:
        layout = msgspec.msgpack.decode(data, type=list[msgspec.Raw])[0]
        if msgspec.msgpack.decode(layout, type=int) not in (LAYOUT, PLAIN):
            raise LayoutChanged(f"block {number} has another layout")
        block = msgspec.msgpack.decode(data, type=_Block)
    except (msgspec.DecodeError, IndexError) as error:
        raise StateError(f"block {number}: {error}") from error
    if block.slots > SLOTS_AT_MOST or len(block.ids) > BLOCK_ROWS:
        raise StateError(f"block {number} is too large")
    return block
