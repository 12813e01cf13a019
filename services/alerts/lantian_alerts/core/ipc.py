"""Columns of readings records: their Arrow metadata read in place, their rows appended to arrays, compiled.

A record is an Arrow IPC stream: schema message, dictionary batch, record batch, end mark (Arrow columnar format,
"IPC streaming format"). The schema message is the same bytes in every record of one writer, so comparing them proves
names and types; of the two batches only the flatbuffer fields that say where buffers lie are read. Anything else than
our own writer's form (nulls, compression, several batches, other columns) is left to Arrow.

A record is looked at once, while its bytes are in the processor's cache: of records of a single frame, two kilobytes
each, that is what their reading costs.
"""

from typing import Any, NamedTuple

import numpy as np

from lantian_alerts.core.compiled import compiled
from lantian_alerts.core.layout import Array
from lantian_alerts.core.names import place
from lantian_proto.readings import DTYPES, Edition, Period

COLUMNS = len(DTYPES)
BUFFERS = 2 * COLUMNS  # validity and data of each column
SCHEMA_MESSAGE, DICTIONARY_MESSAGE, BATCH_MESSAGE = 1, 2, 3  # MessageHeader in Arrow's Message.fbs
EDITIONS, PERIODS = len(Edition), len(Period)
LAST_MS = 4_102_444_800_000  # 2100: beyond it a time is no time
# Why the loop stopped, and where: the next record and row; of the record it stopped at the number of rows and names,
# and the places of the names.
TAKEN, FULL, NEW_NAME, BY_ARROW = range(4)
AT_RECORD, AT_ROW, NEEDED, NAMES_THERE, NAMES_OFFSETS, NAMES_TEXT, CURSOR = range(7)
# A layout: rows and names; then places: of the names' offsets and text, the end of the first stretch of metadata, the
# second stretch, the size of the text (relative only), and the data of each column.
ROWS, NAMES, TEXT_SIZE, OFFSETS, TEXT, HEAD, TAIL, TAIL_END, FIRST_COLUMN = range(9)
END_MARK = 8
METADATA_V5 = 4
LAY = FIRST_COLUMN + COLUMNS
WIDTHS = np.array([np.dtype(dtype).itemsize for dtype in DTYPES.values()], np.int64)


class Wide(NamedTuple):
    """Room for the rows of many records; `source` is the number of the name (`names`)."""

    source: Array
    factor: Array
    stat: Array
    period: Array
    time: Array
    value: Array
    flag: Array
    received: Array
    edition: Array
    seq: Array


def room(rows: int) -> Wide:
    """Columns of so many rows, not filled yet."""
    return Wide(**{name: np.empty(rows, dtype) for name, dtype in DTYPES.items()})


@compiled
def _byte(data: Any, at: Any) -> Any:
    """The byte at a place that is none of those counted from the end: without that question a loop is vector code."""
    return np.int64(data[np.uint64(at)])


@compiled
def _u16(data: Any, at: Any) -> Any:
    return _byte(data, at) | _byte(data, at + 1) << 8


@compiled
def _i32(data: Any, at: Any) -> Any:
    value = _u16(data, at) | _u16(data, at + 2) << 16
    return value - (np.int64(1) << 32) if value >= np.int64(1) << 31 else value


@compiled
def _i64(data: Any, at: Any) -> Any:
    return (_i32(data, at) & 0xFFFFFFFF) | _i32(data, at + 4) << 32


@compiled
def _field(data: Any, table: Any, number: Any, least: Any, end: Any, size: Any) -> Any:
    """Where a field of a flatbuffer table lies; 0 when it has its default, -1 when the table is broken."""
    if table < least or table + 4 > end:
        return -1
    vtable = table - _i32(data, table)
    if vtable < least or vtable + 4 > end:
        return -1
    length = _u16(data, vtable)
    if length < 4 or vtable + length > end:
        return -1
    if 6 + 2 * number > length:
        return 0
    step = _u16(data, vtable + 4 + 2 * number)
    if step == 0:
        return 0
    return table + step if table + step + size <= end else -1


@compiled
def _message(data: Any, at: Any, end: Any, kind: Any, out: Any) -> bool:
    """Reads one encapsulated message; out = header table, body, next message, least address. False: not as expected."""
    if at + 16 > end or _i32(data, at) != -1:
        return False
    size = _i32(data, at + 4)
    least, stop = at + 8, at + 8 + size
    if size < 16 or stop > end:
        return False
    root = least + _i32(data, least)
    type_at = _field(data, root, 1, least, stop, 1)
    header_at = _field(data, root, 2, least, stop, 4)
    body_at = _field(data, root, 3, least, stop, 8)
    version_at = _field(data, root, 0, least, stop, 2)
    if type_at <= 0 or header_at <= 0 or body_at <= 0 or data[type_at] != kind:
        return False
    if version_at <= 0 or _u16(data, version_at) != METADATA_V5:
        return False
    body = _i64(data, body_at)
    if body < 0 or body > end - stop:
        return False
    out[0], out[1], out[2], out[3] = header_at + _i32(data, header_at), stop, stop + body, least
    return True


@compiled
def _batch(data: Any, table: Any, least: Any, stop: Any, columns: Any, buffers: Any, places: Any) -> Any:
    """Rows of a RecordBatch, its buffers' places and sizes in `places`; -1: nulls, compression or another shape."""
    rows_at = _field(data, table, 0, least, stop, 8)
    nodes_at = _field(data, table, 1, least, stop, 4)
    buffers_at = _field(data, table, 2, least, stop, 4)
    if rows_at < 0 or nodes_at <= 0 or buffers_at <= 0 or _field(data, table, 3, least, stop, 4) != 0:
        return -1
    rows = _i64(data, rows_at) if rows_at else 0
    nodes, lists = nodes_at + _i32(data, nodes_at), buffers_at + _i32(data, buffers_at)
    if nodes < least or lists < least or nodes + 4 + 16 * columns > stop or lists + 4 + 16 * buffers > stop:
        return -1
    if rows < 0 or rows > 1 << 32 or _i32(data, nodes) != columns or _i32(data, lists) != buffers:
        return -1
    for number in range(columns):
        if _i64(data, nodes + 4 + 16 * number) != rows or _i64(data, nodes + 12 + 16 * number) != 0:
            return -1
    for number in range(2 * buffers):
        places[number] = _i64(data, lists + 4 + 8 * number)
        if places[number] < 0 or places[number] > 1 << 32 or (number % 2 == 0 and places[number] % 8 != 0):
            return -1
    return rows


@compiled
def _same(data: Any, one: Any, other: Any, length: Any) -> bool:
    """Equal bytes; without an early way out and without wider numbers, so that it is a few vector instructions."""
    left, right, difference = data[one : one + length], data[other : other + length], np.uint8(0)
    for index in range(length):
        difference = np.uint8(difference | np.uint8(left[index] ^ right[index]))
    return bool(difference == 0)


@compiled
def _sound_names(data: Any, offsets: Any, names: Any, size: Any) -> bool:
    """Offsets of a text column: rising, within the text."""
    before = np.int64(0)
    for name in range(names + 1):
        at = _i32(data, offsets + 4 * name)
        if at < before or at > size:
            return False
        before = at
    return True


@compiled
def _lay_out(data: Any, start: Any, end: Any, schema: Any, widths: Any, lay: Any) -> bool:
    """Reads the layout of one record into `lay`, relative to its start; False: not as expected."""
    places, out = np.zeros(2 * BUFFERS, np.int64), np.zeros(4, np.int64)
    length = len(schema)
    if end - start < length or not _equal(data, start, schema):
        return False
    if not _message(data, start + length, end, DICTIONARY_MESSAGE, out):
        return False
    table, body, following, least = out[0], out[1], out[2], out[3]
    id_at = _field(data, table, 0, least, body, 8)
    data_at = _field(data, table, 1, least, body, 4)
    delta_at = _field(data, table, 2, least, body, 1)
    if id_at < 0 or data_at <= 0 or delta_at < 0:
        return False
    if (id_at and _i64(data, id_at) != 0) or (delta_at and data[delta_at] != 0):
        return False
    names = _batch(data, data_at + _i32(data, data_at), least, body, 1, 3, places)
    offsets, text = body + places[2], body + places[4]
    if names < 0 or places[3] < 4 * (names + 1) or offsets + places[3] > following or text + places[5] > following:
        return False
    lay[NAMES], lay[OFFSETS], lay[TEXT], lay[TEXT_SIZE] = names, offsets - start, text - start, places[5]
    lay[HEAD], lay[TAIL] = body - start, following - start
    if not _message(data, following, end, BATCH_MESSAGE, out):
        return False
    body, following = out[1], out[2]
    rows = _batch(data, out[0], out[3], body, COLUMNS, BUFFERS, places)
    if rows < 0 or following + END_MARK != end or _i32(data, following) != -1 or _i32(data, following + 4) != 0:
        return False
    lay[ROWS], lay[TAIL_END] = rows, body - start
    for column in range(COLUMNS):
        at, size = places[4 * column + 2], places[4 * column + 3]
        if size < widths[column] * rows or body + at + size > following or places[4 * column + 1] != 0:
            return False
        lay[FIRST_COLUMN + column] = body + at - start
    return True


@compiled
def _equal(data: Any, start: Any, other: Any) -> bool:
    for index in range(len(other)):  # noqa: SIM110  # numba has no generator expressions
        if data[start + index] != other[index]:
            return False
    return True


@compiled
def _copy(data: Any, start: Any, size: Any, column: Any, at: Any) -> None:
    for index in range(size):
        column[np.uint64(at + index)] = data[np.uint64(start + index)]


@compiled
def _refused(wide: Any, begin: Any, end: Any) -> bool:
    """What `partition.checked` refuses in a value."""
    wrong = 0
    for row in range(begin, end):
        at = np.uint64(row)
        wrong |= (wide.edition[at] >= EDITIONS) | (wide.period[at] >= PERIODS)
        wrong |= (wide.time[at] > LAST_MS) | (wide.time[at] < -LAST_MS)
        wrong |= (wide.received[at] > LAST_MS) | (wide.received[at] < -LAST_MS)
    return wrong != 0


@compiled
def take(
    data: Any, starts: Any, ends: Any, schema: Any, widths: Any, seed: Any, table: Any, wide: Any, cursor: Any
) -> Any:
    """Appends the rows of records to `wide`, from the cursor on, until all are taken or one needs Python.

    Records of one writer mostly have the metadata of the record before them, to the byte: then its layout is theirs.
    """
    columns = (
        wide.factor.view(np.uint8), wide.stat, wide.period, wide.time.view(np.uint8), wide.value.view(np.uint8),
        wide.flag, wide.received.view(np.uint8), wide.edition, wide.seq.view(np.uint8),
    )  # fmt: skip
    lay = np.zeros(LAY, np.int64)
    numbers = np.empty(64, np.int32)
    before, row = -1, cursor[AT_ROW]
    for record in range(cursor[AT_RECORD], len(starts)):
        start, end = starts[record], ends[record]
        cursor[AT_RECORD], cursor[AT_ROW] = record, row
        if start < 0:
            return BY_ARROW
        known = (
            before >= 0
            and end - start == ends[before] - starts[before]
            and _same(data, start, starts[before], lay[HEAD])
            and _same(data, start + lay[TAIL], starts[before] + lay[TAIL], lay[TAIL_END] - lay[TAIL])
            and _same(data, end - END_MARK, ends[before] - END_MARK, END_MARK)
        )
        if not known and not _lay_out(data, start, end, schema, widths, lay):
            return BY_ARROW
        before = record
        rows, names, offsets, text = lay[ROWS], lay[NAMES], start + lay[OFFSETS], start + lay[TEXT]
        if not _sound_names(data, offsets, names, lay[TEXT_SIZE]):
            return BY_ARROW
        if row + rows > len(wide.source):
            cursor[NEEDED] = rows
            return FULL
        if names > len(numbers):
            numbers = np.empty(2 * names, np.int32)
        for name in range(names):
            begin, stop = text + _i32(data, offsets + 4 * name), text + _i32(data, offsets + 4 * name + 4)
            numbers[name] = table.slots[place(data, begin, stop, seed, table)]
            if numbers[name] < 0:
                cursor[NAMES_THERE], cursor[NAMES_OFFSETS], cursor[NAMES_TEXT] = names, offsets, text
                return NEW_NAME
        sources = start + lay[FIRST_COLUMN]
        for index in range(rows):
            source = _i32(data, sources + 4 * index)
            if source < 0 or source >= names:
                return BY_ARROW
            wide.source[row + index] = numbers[source]
        for column in range(1, COLUMNS):
            width = widths[column]
            _copy(data, start + lay[FIRST_COLUMN + column], rows * width, columns[column - 1], row * width)
        if _refused(wide, row, row + rows):
            return BY_ARROW
        row += rows
    cursor[AT_RECORD], cursor[AT_ROW] = len(starts), row
    return TAKEN
