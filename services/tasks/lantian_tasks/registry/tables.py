"""Registry entities as rows of CSV or XLSX, and back. Pure.

Columns: id, valid_from_ms, valid_to_ms, then the fields of the kind; lists and nested fields stand as JSON. A text that
a spreadsheet would take for a formula is written with an apostrophe before it, which reading takes away again.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from lantian_kit.access import personal
from lantian_proto.both import Both
from lantian_tasks.registry.entities import Entity
from lantian_tasks.registry.kinds import ENTITIES, as_written
from lantian_tasks.registry.record import Kind, Record, public

Format = Literal["csv", "xlsx"]
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Full-width forms too: spreadsheets in China take them for the others."""
FIXED = ("id", "valid_from_ms", "valid_to_ms")
MOST_ROWS = 5000
HIDDEN = ("password", "has_password", "password_salt", "password_sha256")
BOM = "\ufeff"
"""So that spreadsheets read UTF-8 as such."""


class TableError(Exception):
    """The file is no table of this kind."""


def columns(kind: Kind) -> list[str]:
    """Columns of a kind. A feed's password is written, never exported."""
    return [*FIXED, *(name for name in ENTITIES[kind].model_fields if name not in HIDDEN)]


def write(kind: Kind, records: Iterable[Record], form: Format, *, numbers: bool = True) -> bytes:
    """The table of some records; without `numbers` phone numbers and plates are masked."""
    rows = [columns(kind), *(_row(kind, record, numbers) for record in records)]
    return _csv(rows) if form == "csv" else _xlsx(kind, rows)


def _row(kind: Kind, record: Record, numbers: bool) -> list[str]:
    entity = as_written(kind, public(record.entity))
    entity = entity if numbers else personal.shown(entity)
    fixed = {"id": record.id, "valid_from_ms": record.validity.from_ms, "valid_to_ms": record.validity.to_ms}
    return [_cell({**entity, **fixed}.get(name, "")) for name in columns(kind)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list | bool):
        text = json.dumps(value, ensure_ascii=False) if value or isinstance(value, bool) else ""
    else:
        text = str(value)
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return (BOM + text.getvalue()).encode()


def _xlsx(kind: Kind, rows: Sequence[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(kind))
    for row in rows:
        sheet.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def read(kind: Kind, data: bytes, form: Format) -> tuple[list[dict[str, Any]], list[int]]:
    """The rows as the JSON import takes them, and where each stands in the file, the heading being row 1.

    Empty rows are left out. Raises TableError for a file that is none, never for a single row.
    """
    found = _read_csv(data) if form == "csv" else _read_xlsx(data)
    if not found:
        raise TableError(Both("the table is empty", "表格是空的"))
    header, *rows = found
    unknown = [name for name in header if name and name not in (*columns(kind), "password", "reason")]
    if "id" not in header or unknown:
        raise TableError(
            Both(
                f"the columns are {', '.join(columns(kind))}; unknown: {', '.join(unknown) or 'none'}",
                f"应有的列：{'、'.join(columns(kind))}；不认识的列：{'、'.join(unknown) or '无'}",
            )
        )
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise TableError(Both(f"columns stand twice: {', '.join(twice)}", f"列重复：{'、'.join(twice)}"))
    if len(rows) > MOST_ROWS:
        raise TableError(Both(f"a table has at most {MOST_ROWS} rows", f"表格最多{MOST_ROWS}行"))
    numbered = [(number, row) for number, row in enumerate(rows, 2) if any(row)]
    wishes = [_wish(kind, dict(zip(header, row, strict=False)), _outside(header, row)) for _, row in numbered]
    return wishes, [number for number, _ in numbered]


def _outside(header: Sequence[str], row: Sequence[str]) -> list[str]:
    """Values under no heading. One comma too many shifts all that stands behind it: nothing of such a row is sure."""
    return [cell for n, cell in enumerate(row) if cell and (n >= len(header) or not header[n])]


def _wish(kind: Kind, cells: Mapping[str, str], outside: Sequence[str]) -> dict[str, Any]:
    model = ENTITIES[kind]
    entity = {
        name: _value(model, name, text)
        for name, text in cells.items()
        if name and name not in (*FIXED, "reason") and text
    }
    wish: dict[str, Any] = {"kind": str(kind), "id": cells["id"], "entity": entity}
    for name in ("valid_from_ms", "valid_to_ms"):
        if cells.get(name):
            wish[name] = int(cells[name]) if cells[name].isdecimal() and len(cells[name]) < 16 else cells[name]
    if cells.get("reason"):
        wish["reason"] = cells["reason"]
    if outside:
        wish["outside_of_the_columns"] = list(outside)  # no such input: the row is refused, and says where
    return wish


def _value(model: type[Entity], name: str, text: str) -> Any:
    """Texts stay; what the field's type is not a text for is read as JSON, and left to the model when it is none."""
    if "str" in str(model.model_fields[name].annotation) and not text.startswith(("[", "{")):
        return text
    if "Literal" in str(model.model_fields[name].annotation):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(text: str) -> str:
    return text[1:] if text.startswith("'") else text


def _read_csv(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):  # what spreadsheets in China save
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return [[_plain(cell.strip()) for cell in row] for row in csv.reader(io.StringIO(text), strict=True)]
        except csv.Error as error:
            raise TableError(Both(f"no CSV: {error}", f"不是 CSV：{error}")) from error
    raise TableError(Both("the text is neither UTF-8 nor GB 18030", "文字编码既不是 UTF-8 也不是 GB 18030"))


def _read_xlsx(data: bytes) -> list[list[str]]:
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # One row more than allowed says that there are too many; a sheet may claim a million.
        return [
            [_plain(_text(cell)) for cell in row]
            for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2, max_col=60)
        ]
    except (InvalidFileException, KeyError, ValueError, OSError, IndexError, zipfile.BadZipFile) as error:
        raise TableError(Both(f"no XLSX: {error}", f"不是 XLSX：{error}")) from error


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return ("true" if cell else "false") if isinstance(cell, bool) else str(cell).strip()
