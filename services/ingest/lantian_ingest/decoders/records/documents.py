"""A document to rows: JSON, CSV, Arrow. What can not be read at all raises DocumentError; rows are judged in `rows`."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

import pyarrow as pa
from pydantic_core import from_json

from lantian_ingest.decoders.records.rows import Row

JSON: Final = "application/json"
CSV: Final = "text/csv"
ARROW: Final = "application/vnd.apache.arrow.stream"
COLUMNS_AT_MOST: Final = 300
BATCH_FIELDS: Final = ("kind", "feed", "period")  # said once for all records of a JSON document
_UNIT: Final = re.compile(r"(?P<name>[^\[(（]+?)\s*(?:\[(?P<square>[^\]]*)\]|[(（](?P<round>[^)）]*)[)）])\s*\Z")
_CHARSETS: Final = {"": "utf-8-sig", "utf-8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}


class Media(StrEnum):
    """The forms a document may have."""

    JSON = JSON
    CSV = CSV
    ARROW = ARROW


class DocumentError(ValueError):
    """The document can not be read; `reason` is json, csv, arrow, charset, shape, columns or too-many-rows."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Document(NamedTuple):
    """Rows as sent, in order; `kind` is what the document says of itself, empty when it does not."""

    rows: list[Row]
    kind: str


def read(body: bytes, media: Media, rows_at_most: int, charset: str = "") -> Document:
    """The rows of a body. Raises DocumentError."""
    if media is Media.JSON:
        document = _json(body)
    elif media is Media.CSV:
        document = Document(_csv(_decoded(body, charset)), "")
    else:
        document = Document(_arrow(body, rows_at_most), "")
    if not document.rows:
        raise DocumentError("shape", "there is no record")
    if len(document.rows) > rows_at_most:
        raise DocumentError("too-many-rows", f"{len(document.rows)} records; at most {rows_at_most} in one batch")
    return document


def _json(body: bytes) -> Document:
    """`{"records": [...], "kind", "feed", "period"}`, a list of records, or one record."""
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise DocumentError("json", f"no JSON: {error}"[:200]) from error
    said: dict[str, Any] = {}
    if isinstance(found, dict) and "records" in found:
        strange = found.keys() - {*BATCH_FIELDS, "records"}
        if strange:
            raise DocumentError("shape", f"a batch has records, kind, feed and period, not {sorted(strange)[0][:40]!r}")
        said = {name: found[name] for name in BATCH_FIELDS if found.get(name) is not None}
        found = found["records"]
    elif isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise DocumentError("shape", "records is a list of objects")
    if any(len(row) > COLUMNS_AT_MOST for row in found):
        raise DocumentError("columns", f"a record has at most {COLUMNS_AT_MOST} fields")
    kind = said.get("kind", found[0].get("kind", "") if found else "")
    return Document([{**said, **row} for row in found] if said else found, kind if isinstance(kind, str) else "")


def _decoded(body: bytes, charset: str) -> str:
    name = _CHARSETS.get(charset.strip().strip('"').casefold())
    if name is None:
        raise DocumentError("charset", "utf-8 or gb18030 (gbk, gb2312)")
    try:
        return body.decode(name)
    except UnicodeDecodeError as error:
        raise DocumentError("charset", f"not {name}: byte {error.start}") from error


def _csv(text: str) -> list[Row]:
    """A heading of column names, each with its unit in brackets where it is another than the kind's; then records."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise DocumentError("csv", f"no CSV: {error}") from error
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise DocumentError("csv", "the document is empty")
    return table(lines[0], lines[1:])


def table(heading: Iterable[str], lines: Iterable[Iterable[Any]]) -> list[Row]:
    """Rows of a table with a heading; also for sheets. Raises DocumentError for a heading that is not one.

    A line with more cells than the heading, other than empty ones, is a row with the unknown field `column <n>`.
    """
    columns = [_column(str(cell)) for cell in heading]
    while columns and not columns[-1][0]:
        columns.pop()
    names = [name for name, _ in columns]
    if not names or len(names) > COLUMNS_AT_MOST or len(set(names)) < len(names) or "" in names:
        raise DocumentError("columns", f"a heading has 1 to {COLUMNS_AT_MOST} different names")
    rows: list[Row] = []
    for line in lines:
        row: dict[str, Any] = {}
        for number, cell in enumerate(line):
            if number >= len(columns):
                if cell is not None and str(cell).strip():
                    row[f"column {number + 1}"] = cell
                continue
            name, unit = columns[number]
            empty = cell is None or (isinstance(cell, str) and not cell.strip())
            row[name] = {"value": cell, "unit": unit} if unit and not empty else cell
        rows.append(row)
    return rows


def _column(cell: str) -> tuple[str, str]:
    text = cell.strip()
    match = _UNIT.match(text)
    return (match["name"].strip(), (match["square"] or match["round"] or "").strip()) if match else (text, "")


def _arrow(body: bytes, rows_at_most: int) -> list[Row]:
    """An IPC stream; columns as in CSV, units in the field's metadata `unit`."""
    try:
        with pa.ipc.open_stream(body) as stream:
            schema: Any = stream.schema
            if len(schema) > COLUMNS_AT_MOST or len(set(schema.names)) < len(schema):
                raise DocumentError("columns", f"1 to {COLUMNS_AT_MOST} different columns")
            units = {field.name: _unit(field.metadata) for field in schema}
            rows: list[Row] = []
            for batch in stream:
                if len(rows) + batch.num_rows > rows_at_most:
                    raise DocumentError("too-many-rows", f"at most {rows_at_most} records in one batch")
                batch.validate(full=True)
                rows += batch.to_pylist()
    except (pa.ArrowException, ValueError, OSError, OverflowError, KeyError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError("arrow", f"no Arrow stream: {type(error).__name__}") from error
    marked = {name: unit for name, unit in units.items() if unit}
    if not marked:
        return rows
    return [{name: _with_unit(value, marked.get(name)) for name, value in row.items()} for row in rows]


def _unit(metadata: Mapping[bytes, bytes] | None) -> str:
    return (metadata or {}).get(b"unit", b"").decode("utf-8", "replace")


def _with_unit(value: Any, unit: str | None) -> Any:
    return value if unit is None or value is None else {"value": value, "unit": unit}
