"""Files of records: CSV and XLSX to rows, templates, batches over HTTP, and what became of each row."""

import csv
import hashlib
import http.client
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from lantian_ingest.decoders.records.documents import DocumentError, table
from lantian_ingest.decoders.records.kinds import Kind, kinds

ENCODINGS = {"utf-8": "utf-8-sig", "gbk": "gb18030", "gb18030": "gb18030"}
TIMEOUT_SECONDS = 60.0
EXAMPLE_TIME = "2026-11-22T12:00:00+08:00"
Row = dict[str, Any]
Numbered = tuple[int, Row]


def _kind(name: str) -> Kind:
    found = kinds().get(name)
    if found is None:
        raise LookupError(f"--kind is one of {', '.join(kinds())}")
    return found


def described_kinds() -> str:
    """All kinds with their fields, for people."""
    lines = []
    for kind in kinds().values():
        lines.append(f"{kind.name}  {kind.title}: {kind.about}")
        lines += [f"    {name}{_unit(kind, name)}{'  needed' if i.required else ''}" for name, i in kind.fields.items()]
        if kind.open:
            lines.append(f"    and any factor of kind {', '.join(kind.open)} by its code")
    return "\n".join(lines) + "\n"


def _unit(kind: Kind, name: str) -> str:
    unit = kind.fields[name].unit
    return f" [{unit}]" if unit else ""


def write_template(kind_name: str, output: Path | None) -> Path:
    """A file with the heading of a kind and one row of examples; .xlsx by its name. Raises LookupError, OSError."""
    kind = _kind(kind_name)
    path = output or Path(f"{kind.name}.csv")
    heading = ["feed", "time", "period", "flag", *(f"{name}{_unit(kind, name)}" for name in kind.fields)]
    example = ["feed-id", EXAMPLE_TIME, kind.periods[0], "", *(_example(kind, name) for name in kind.fields)]
    if path.suffix.casefold() == ".xlsx":
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = kind.name
        sheet.append(heading)
        sheet.append(example)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        book.save(path)
        return path
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # with a mark, so that spreadsheets read Chinese
        csv.writer(file).writerows([heading, example])
    return path


def _example(kind: Kind, name: str) -> str:
    item = kind.fields[name]
    if item.identity:
        return "京A12345" if item.identity == "plate" else "LGDCHA1G8MA000000"
    if item.values:
        return next(iter(item.values))
    return "" if item.text else f"{max(item.least, min(1.0, item.largest)):g}"


def read(path: Path, sheet: str, encoding: str) -> list[Numbered]:
    """Rows with their line in the file. Raises ValueError for what is no table, OSError for what can not be read."""
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        lines = _csv(path, encoding)
    elif suffix == ".xlsx":
        lines = _xlsx(path, sheet)
    else:
        raise ValueError(f"{path.name}: .csv or .xlsx")
    numbered = [(number, line) for number, line in lines if any(str(cell).strip() for cell in line if cell is not None)]
    if len(numbered) < 2:
        raise ValueError(f"{path.name}: a heading and at least one row")
    (_, heading), *rest = numbered
    try:
        rows = table([("" if cell is None else str(cell)) for cell in heading], [line for _, line in rest])
    except DocumentError as error:
        raise ValueError(f"{path.name}: {error}") from error
    return [(number, dict(row)) for (number, _), row in zip(rest, rows, strict=True)]


def _csv(path: Path, encoding: str) -> list[tuple[int, list[Any]]]:
    name = ENCODINGS.get(encoding.casefold())
    if name is None:
        raise ValueError(f"--encoding is one of {', '.join(ENCODINGS)}")
    try:
        text = path.read_text(encoding=name)
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        return [(reader.line_num, list(line)) for line in reader]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not {encoding}: byte {error.start}; try --encoding gbk") from error
    except csv.Error as error:
        raise ValueError(f"{path.name}: {error}") from error


def _xlsx(path: Path, sheet: str) -> list[tuple[int, list[Any]]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, EOFError, ParseError) as error:
        raise ValueError(f"{path.name} is no XLSX: {error}") from error
    try:
        if sheet and sheet not in book.sheetnames:
            raise ValueError(f"{path.name} has the sheets {', '.join(book.sheetnames)}")
        found = book[sheet] if sheet else book.worksheets[0]
        rows = found.iter_rows(values_only=True)
        return [(number, [_cell(cell) for cell in row]) for number, row in enumerate(rows, 1)]
    finally:
        book.close()


def _cell(cell: Any) -> Any:
    """A cell as JSON has it. Dates are Beijing time, as every time without offset."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="milliseconds" if cell.microsecond else "seconds")
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00"
    if isinstance(cell, time):
        return cell.isoformat()
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)
    return cell if isinstance(cell, str | int | float | bool) or cell is None else str(cell)


@dataclass(frozen=True, slots=True)
class Batch:
    """A body and the lines of the file its rows stand in."""

    body: bytes
    lines: list[int]


def batches(rows: Iterable[Numbered], kind: str, feed: str, rows_at_once: int) -> Iterator[Batch]:
    """Batches of JSON. Raises LookupError for an unknown kind."""
    if kind:
        _kind(kind)
    said = {name: value for name, value in (("kind", kind), ("feed", feed)) if value}
    rows = list(rows)
    for begin in range(0, len(rows), rows_at_once):
        part = rows[begin : begin + rows_at_once]
        records = [{name: cell for name, cell in row.items() if cell is not None} for _, row in part]
        body = json.dumps({**said, "records": records}, ensure_ascii=False).encode()
        yield Batch(body, [number for number, _ in part])


@dataclass(slots=True)
class Report:
    """What became of a file."""

    dry_run: bool
    rows: int = 0
    accepted: int = 0
    readings: int = 0
    refused: list[tuple[int, str, str, str]] = field(default_factory=list)
    left_out: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """True when every row was taken, or would be."""
        return not (self.refused or self.left_out or self.troubles)

    def add(self, status: int, answer: Mapping[str, Any], batch: Batch) -> None:
        """One batch's answer."""
        self.rows += len(batch.lines)
        self.accepted += int(answer.get("accepted", 0))
        self.readings += int(answer.get("readings", 0))
        for error in answer.get("errors", []):
            line = batch.lines[error["row"] - 1]
            self.refused.append((line, error["field"], error["reason"], error["detail"]))
        self.left_out += int(answer.get("errors_left_out", 0))
        if status not in (200, 202) and not answer.get("errors"):
            where = f"lines {batch.lines[0]} to {batch.lines[-1]}"
            self.troubles.append(f"{where}: {status} {answer.get('title', '')}: {answer.get('detail', '')}")

    def lines(self) -> Iterator[str]:
        """For people: each mistake with its line in the file, then the sums."""
        for line, name, reason, detail in self.refused:
            yield f"line {line}: {name or 'the row'}: {reason}: {detail}"
        if self.left_out:
            yield f"and {self.left_out} mistakes more"
        yield from self.troubles
        verb = "would be taken" if self.dry_run else "taken"
        yield f"{self.rows} rows, {self.accepted} {verb} with {self.readings} readings"


def send(url: str, key: str, found: Iterable[Batch], *, dry_run: bool, skip: bool) -> Report:
    """Sends batch after batch; goes on after one that was refused, stops when ingest can not take any.

    Raises OSError when it can not be reached.
    """
    report = Report(dry_run)
    query = f"?on_error={'skip' if skip else 'refuse'}&dry_run={'true' if dry_run else 'false'}"
    for batch in found:
        status, answer = _post(url, f"/v1/readings{query}", key, batch.body)
        report.add(status, answer, batch)
        if status in (401, 429, 503):
            break
    return report


def _post(url: str, path: str, key: str, body: bytes) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(url)
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"import-{hashlib.sha256(body).hexdigest()}",
    }
    try:
        connection.request("POST", f"{parts.path.rstrip('/')}{path}", body, headers)
        response = connection.getresponse()
        text = response.read()
    except http.client.HTTPException as error:
        raise OSError(f"{url}: {error!r}") from error
    finally:
        connection.close()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {"title": text[:200].decode("utf-8", "replace")}
    return response.status, answer if isinstance(answer, dict) else {}
