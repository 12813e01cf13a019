"""Rows of a table from a file, CSV or Arrow, as texts and numbers; each with its number, or with why it is none."""

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple

import pyarrow as pa

ARROW_STREAM, ARROW_FILE = b"\xff\xff\xff\xff", b"ARROW1"
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
LINES_OF_A_ROW: Final = 20
"""An opened quote that is not closed within so many lines is a slip of its line alone."""
SHOWN: Final = 80


class NoTable(ValueError):
    """The input is no table with the columns needed; the text says why."""


class Row(NamedTuple):
    """A row by its number (the header of a CSV is row 1): its cells by column, or why it can not be used."""

    number: int
    cells: Mapping[str, Any]
    why: str = ""


def rows(stream: BinaryIO, needed: Sequence[str], known: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV with a header (UTF-8 or GB 18030), of an Arrow stream or file, in their order.

    `needed` columns have to be there, `known` ones may not stand twice; names of columns in any case. Raises NoTable.
    """
    head = _peek(stream)
    if head.startswith((ARROW_STREAM, ARROW_FILE)):
        return _arrow(stream, head.startswith(ARROW_FILE), needed, known)
    if head.startswith(UTF_16):
        raise NoTable("the text is UTF-16: save it as CSV in UTF-8")
    return _csv(stream, needed, known)


def _peek(stream: BinaryIO) -> bytes:
    peek = getattr(stream, "peek", None)
    if peek is not None:
        return bytes(peek(8)[:8])
    head = stream.read(8)
    stream.seek(-len(head), 1)
    return head


def _csv(stream: BinaryIO, needed: Sequence[str], known: Sequence[str]) -> Iterator[Row]:
    lines = deque[tuple[int, str]]()
    source = enumerate(TextIOWrapper(stream, encoding="latin-1"), 1)  # bytes as they are, any line end
    number, first = next(source, (1, ""))
    text = _decoded(first).removeprefix("\ufeff")
    if not text.strip():
        raise NoTable("there is no header: the input is empty or begins with an empty line")
    header = _cells(text)
    if header is None:
        raise NoTable(f"the header {text.strip()[:SHOWN]!r} has a quote that is not closed")
    names = [name.lower() for name in header]
    _complete(names, needed, known, text)
    while lines or (taken := next(source, None)) is not None:
        number, line = lines.popleft() if lines else taken  # type: ignore[misc]  # taken when there was no line left
        text = _decoded(line)
        if not text.strip():
            continue
        cells = _cells(text)
        if cells is None:
            lines.extendleft(reversed(_ahead(lines, source)))
            cells, used = _longer(text, [_decoded(one) for _, one in lines], names, known)
            if cells is None:
                yield Row(number, {}, "a quote is not closed, or stands inside a value")
                continue
            for _ in range(used):
                lines.popleft()
        if any(cells[len(names) :]):
            yield Row(number, {}, f"{len(cells)} cells under {len(names)} columns: quote a value that holds a comma")
            continue
        yield Row(number, dict(zip(names, cells, strict=False)))


def _ahead(lines: deque[tuple[int, str]], source: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    """The next lines: those put back, and as many more as a row may have."""
    held = list(lines)
    lines.clear()
    return held + list(islice(source, max(0, LINES_OF_A_ROW - len(held))))


def _longer(
    first: str, following: Sequence[str], names: Sequence[str], known: Sequence[str]
) -> tuple[list[str] | None, int]:
    """A row whose quoted note goes on over lines, and how many it takes; None when these lines are no such row."""
    text = first
    for used, line in enumerate(following, 1):
        text += line
        if '"' in line and (cells := _cells(text)) is not None:
            inside = [name for name, cell in zip(names, cells, strict=False) if "\n" in cell]
            fits = len(cells) == len(names) and not set(inside) & set(known)
            return (cells, used) if fits else (None, 0)
    return None, 0


def _cells(text: str) -> list[str] | None:
    """The cells of a line, without blanks around them; None when its quotes are not closed."""
    if '"' not in text:
        return [cell.strip() for cell in text.split(",")]
    try:
        return [cell.strip() for cell in next(csv.reader([text], strict=True, skipinitialspace=True), [])]
    except csv.Error:
        return None


def _decoded(line: str) -> str:
    """Text of a line that was read byte by byte: UTF-8, else GB 18030 as spreadsheets in China write it."""
    if line.isascii():
        return line
    data = line.encode("latin-1")
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def _arrow(stream: BinaryIO, is_file: bool, needed: Sequence[str], known: Sequence[str]) -> Iterator[Row]:
    try:
        data = pa.BufferReader(stream.read())
        table = (pa.ipc.open_file(data) if is_file else pa.ipc.open_stream(data)).read_all()
    except (pa.ArrowException, OSError) as error:
        raise NoTable(f"no Arrow table: {error}") from error
    names = [name.lower() for name in table.column_names]
    _complete(names, needed, known, ", ".join(table.column_names))
    table = table.rename_columns(names).select([place for place, name in enumerate(names) if name in known])
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):  # Python's times know no nanoseconds
            whole = table.column(place).cast(pa.timestamp("ms", field.type.tz), safe=False)
            table = table.set_column(place, field.name, whole)
    number = 0
    for batch in table.to_batches(max_chunksize=65_536):
        for row in batch.to_pylist():
            number += 1
            yield Row(number, row)


def _complete(names: Sequence[str], needed: Sequence[str], known: Iterable[str], said: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1 and name in known]
    if twice:
        raise NoTable(f"the column {', '.join(twice)} stands twice")
    missing = [name for name in needed if name not in names]
    if missing:
        hint = "; columns are separated by commas" if len(names) == 1 and (";" in said or "\t" in said) else ""
        raise NoTable(f"the columns {', '.join(missing)} are missing in {said.strip()[:SHOWN]!r}{hint}")
