"""Files of records: what is read, what is refused, and a report that names the file's own lines."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from lantian_ingest.decoders.records.documents import Media
from lantian_ingest.decoders.records.documents import read as read_document
from lantian_ingest.decoders.records.kinds import kinds
from lantian_ingest.decoders.records.rows import check
from lantian_local import table_files
from lantian_local.table_files import Batch, Report, batches, read, write_template

NOW_MS = 1_795_320_000_000


def judged(path: Path, kind: str) -> Any:
    """What ingest would say of a file."""
    (batch,) = batches(read(path, "", "utf-8"), kind, "", 100)
    rows = read_document(batch.body, Media.JSON, 100).rows
    return check(rows, lambda feed: kinds()[kind], NOW_MS, b"k" * 32)


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kinds()[kind].fields])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_every_template_can_be_imported_as_it_is(tmp_path: Path, kind: str, suffix: str) -> None:
    """The example row is accepted: people copy it."""
    path = write_template(kind, tmp_path / f"t.{suffix}")
    checked = judged(path, kind)
    assert checked.errors == []
    assert len(checked.records) == 1


def test_csv_and_xlsx_give_the_same_rows(tmp_path: Path) -> None:
    """Dates of a sheet are Beijing time, as texts without offset are; empty lines are none, lines keep their number."""
    rows: list[list[Any]] = [
        ["feed", "time", "so2 [mg/m3]"],
        ["s1", datetime(2026, 11, 22, 11), 0.02],
        [],
        ["s1", "x", None],
    ]
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(tmp_path / "a.xlsx")
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([rows[0], ["s1", "2026-11-22T11:00:00", "0.02"], [], ["s1", "x", ""]])
    one, other = (read(tmp_path / name, "", "utf-8") for name in ("a.xlsx", "a.csv"))
    assert [number for number, _ in one] == [number for number, _ in other] == [2, 4]
    assert one[0][1] == {"feed": "s1", "time": "2026-11-22T11:00:00", "so2": {"value": 0.02, "unit": "mg/m3"}}
    assert other[0][1]["so2"] == {"value": "0.02", "unit": "mg/m3"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"x", ".csv or .xlsx"),
        ("a.csv", b"", "a heading"),
        ("a.csv", b"feed,time\n", "a heading"),
        ("a.csv", "feed,货物\na,煤\n".encode("gbk"), "--encoding gbk"),
        ("a.csv", b'feed\n"x', "unexpected end"),
        ("a.csv", b"feed,feed\n1,2\n", "different names"),
        ("a.xlsx", b"PK\x03\x04 no sheet", "no XLSX"),
        ("a.xlsx", b"noise", "no XLSX"),
    ],
)
def test_what_is_no_table(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """A clear error, nothing sent."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read(tmp_path / name, "", "utf-8")


def test_gbk_and_sheets_by_name(tmp_path: Path) -> None:
    """As told."""
    (tmp_path / "a.csv").write_bytes("feed,fuel\na,柴油\n".encode("gbk"))
    assert read(tmp_path / "a.csv", "", "gbk")[0][1]["fuel"] == "柴油"
    book = Workbook()
    book.create_sheet("second").append(["feed", "pm25"])
    book["second"].append(["s", 3])
    book.save(tmp_path / "b.xlsx")
    assert read(tmp_path / "b.xlsx", "second", "")[0][1] == {"feed": "s", "pm25": 3}
    with pytest.raises(ValueError, match="Sheet, second"):
        read(tmp_path / "b.xlsx", "third", "")


def test_batches_and_report_keep_the_lines_of_the_file() -> None:
    """Row 1 of the second batch is line 5 of the file."""
    rows = [(line, {"time": line, "pm25": None}) for line in (2, 3, 5)]
    first, second = batches(rows, "station", "s1", 2)
    assert json.loads(first.body) == {"kind": "station", "feed": "s1", "records": [{"time": 2}, {"time": 3}]}
    report = Report(dry_run=False)
    report.add(202, {"accepted": 2, "readings": 2, "errors": []}, first)
    assert report.clean
    error = {"row": 1, "field": "pm25", "reason": "range", "detail": "outside"}
    report.add(400, {"errors": [error], "errors_left_out": 1}, second)
    report.add(429, {"title": "Too many", "detail": "wait"}, Batch(b"", [7, 9]))
    assert list(report.lines()) == [
        "line 5: pm25: range: outside",
        "and 1 mistakes more",
        "lines 7 to 9: 429 Too many: wait",
        "5 rows, 2 taken with 2 readings",
    ]
    assert not report.clean
    with pytest.raises(LookupError, match="station"):
        list(batches(rows, "nothing", "", 2))


def test_sending_stops_when_ingest_can_not_take_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake does not stop the next batch; a missing key and back-pressure do."""
    answers = iter([(400, {"errors": []}), (202, {"accepted": 1}), (503, {})])
    monkeypatch.setattr(table_files, "_post", lambda *_: next(answers))
    report = table_files.send("http://x", "k", [Batch(b"", [n]) for n in range(9)], dry_run=False, skip=False)
    assert (report.rows, report.accepted) == (3, 1)


def test_kinds_are_described() -> None:
    """All of them, with units and what is needed."""
    text = table_files.described_kinds()
    assert all(f"{kind.name}  {kind.title}" in text for kind in kinds().values())
    assert "    pm25 [µg/m³]" in text
    assert "    plate  needed" in text
