"""`lantian detect` over files: what it reads, refuses, finds and says."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lantian_alerts.detect.__main__ import main
from lantian_alerts.detect.readings_file import NoReadings, read
from lantian_alerts.detect.run import shown
from lantian_proto.v1.lead_pb2 import Lead

HEADER = "time,source,factor,stat,period,value,flag,received"
REGISTRY = {
    "sources": [
        {
            "id": "o",
            "feeds": [{"sends_hours": True}],
            "limits": [{"factor": "a21026", "value": 35, "reference_oxygen_percent": 16, "clause": "permit"}],
        },
        {"id": "r", "feeds": [{"real_time_interval_seconds": 60}]},
    ]
}


def hour(at: int, value: float, source: str = "o", **more: str) -> list[str]:
    """SO2 and oxygen of one hour of 2025-11-10."""
    end = f"N,{more.get('received', '')}"
    day = more.get("day", "2025-11-10")
    return [
        f"{day}T{at:02}:00:00+08:00,{source},a21026,avg,hour,{value},{end}",
        f"{day}T{at:02}:00:00+08:00,{source},a19001,avg,hour,16,{end}",
    ]


class Told:
    """What the command did."""

    def __init__(self, registry: Path, data: bytes, *options: str) -> None:
        out = io.StringIO()
        self.status = main(["--registry", str(registry), *options], io.BufferedReader(io.BytesIO(data)), out)
        self.findings = [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """The registry file."""
    path = tmp_path / "R.json"
    path.write_text(json.dumps(REGISTRY), encoding="utf-8")
    return path


def csv(*rows: str) -> bytes:
    """A file of these rows."""
    return ("\n".join([HEADER, *rows]) + "\n").encode()


def test_finding(registry: Path) -> None:
    """The eight fields the format promises, and nothing after the end of the file but what the file holds."""
    told = Told(registry, csv(*hour(8, 30), *hour(9, 70), *hour(10, 42), *hour(11, 30)))
    assert told.status == 0
    assert len(told.findings) == 1, told.findings
    found = told.findings[0]
    assert list(found) == ["rule", "source", "factor", "start", "end", "severity", "score", "inputs"]
    assert (found["rule"], found["source"], found["factor"]) == ("hour-exceedance", "o", "a21026")
    assert (found["start"], found["end"]) == ("2025-11-10T09:00:00+08:00", "2025-11-10T11:00:00+08:00")
    assert found["inputs"]["hour_mean"] == 70
    assert found["severity"] == 3


def test_order_of_rows_and_columns_does_not_matter(registry: Path) -> None:
    """A table is a set: rows and columns in any order, extra columns ignored."""
    rows = [row for at in range(24) for row in hour(at, 30 if at % 5 else 60)]
    plain = Told(registry, csv(*rows))
    assert len(plain.findings) > 1
    names = HEADER.split(",")
    order = [7, 3, 1, 0, 6, 5, 2, 4]
    mixed = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    random.Random(1).shuffle(mixed)
    lines = [",".join(["note", *(names[place] for place in order)])]
    lines += [",".join(["x", *(row[names[place]] for place in order)]) for row in mixed]
    assert Told(registry, "\n".join(lines).encode()).findings == plain.findings


def test_arrow_gives_the_same(registry: Path) -> None:
    """An Arrow stream, and an Arrow file, of the same rows."""
    rows = [row.split(",") for row in [*hour(8, 70), *hour(9, 70)]]
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(HEADER.split(","))})
    table = table.set_column(5, "value", pa.array([float(row[5]) for row in rows]))
    expected = Told(registry, csv(*(",".join(row) for row in rows))).findings
    assert len(expected) == 1
    for opened in (pa.ipc.new_stream, pa.ipc.new_file):
        sink = pa.BufferOutputStream()
        with opened(sink, table.schema) as writer:
            writer.write_table(table)
        told = Told(registry, sink.getvalue().to_pybytes())
        assert (told.status, told.findings) == (0, expected)


def test_bad_rows_are_counted_and_told(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its row number and reason; the others are judged; the exit status says it."""
    bad = [
        "2025-11-10T12:00:00,o,a21026,avg,hour,1,N,",
        "2025-11-10T12:00:00+08:00,o,q99,avg,hour,1,N,",
        "2025-11-10T12:00:00+08:00,o,a21026,mean,hour,1,N,",
        "2025-11-10T12:00:00+08:00,o,a21026,avg,year,1,N,",
        "2025-11-10T12:00:00+08:00,o,a21026,avg,hour,much,N,",
        "2025-11-10T12:00:00+08:00,,a21026,avg,hour,1,N,",
        "2025-11-10T12:00:00+08:00,o,a21026,avg,hour,1,NN,",
        "2015-11-10T12:00:00+08:00,o,a21026,avg,hour,1,N,",
        "2025-11-10T12:00:00+08:00,o",
    ]
    told = Told(registry, csv(*hour(8, 70), *bad))
    assert told.status == 1
    assert len(told.findings) == 1
    said = capsys.readouterr().err
    for row, why in zip(
        range(4, 13),
        ["no offset", "factor", "stat", "period", "much", "source is empty", "one character", "a year", "is empty"],
        strict=True,
    ):
        line = next(line for line in said.splitlines() if line.startswith(f"row {row}: "))
        assert why in line
    assert "11 rows: 9 refused, 2 taken (2 judged)" in said


def test_hostile_values_raise_nothing(registry: Path) -> None:
    """NaN, infinities, unknown sources, repeats, a day ahead: counted, and no finding comes of them."""
    rows = [
        *(row for row in hour(8, 30) for _ in range(5)),
        "2025-11-10T08:00:00+08:00,o,a21026,avg,hour,nan,N,",
        "2025-11-10T09:00:00+08:00,o,a21026,avg,hour,inf,N,",
        "2025-11-10T09:00:00+08:00,nobody,a21026,avg,hour,900,N,",
        "2025-11-11T09:00:00+08:00,o,a21026,avg,hour,900,N,2025-11-10T10:00:00+08:00",
        "2025-11-10T10:00:00+08:00,o,a21026,avg,hour,30,N,",
    ]
    told = Told(registry, csv(*rows), "--rules", "hour-exceedance")
    assert (told.status, told.findings) == (0, [])


def test_sources_nobody_registered_are_named(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip in a name is found by whoever reads stderr."""
    told = Told(registry, csv(*hour(8, 30), *hour(8, 900, source="O")))
    assert (told.status, told.findings) == (0, [])
    assert "not in the registry, so not judged: 'O'" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "86400"])
def test_a_clock_needs_a_step(registry: Path, seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Told as any other wrong option."""
    with pytest.raises(SystemExit) as stopped:
        Told(registry, csv(), "--tick-seconds", seconds)
    assert stopped.value.code == 2
    assert "--tick-seconds lies between" in capsys.readouterr().err


def test_silent_rules_say_why(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the rules asked for made of the data; a slip in a name is answered with names like it."""
    rows = [row for row in hour(8, 900) if "a19001" not in row]
    assert Told(registry, csv(*rows), "--rules", "hour-exceedance,near-limit").findings == []
    said = capsys.readouterr().err
    assert "hour-exceedance: 1 no-oxygen" in said
    assert "near-limit: nothing to look at" in said
    assert Told(registry, csv(), "--rules", "hour-exceedence").status == 2
    assert "there is hour-exceedance" in capsys.readouterr().err


def test_findings_that_can_not_be_written(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A full disk or a reader that has gone is said in one line, and the status is that of a run not done."""

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    data = io.BufferedReader(io.BytesIO(csv(*hour(8, 70))))
    assert main(["--registry", str(registry)], data, Full()) == 2
    assert "could not be written: [Errno 28]" in capsys.readouterr().err


def test_inputs_are_json() -> None:
    """A number that is none has no place in JSON: it is left out."""
    lead = Lead(rule_id="r", source_id="s", start_ms=0, end_ms=1)
    lead.evidence.inputs.update({"value": 1.5, "usual": float("nan"), "ratio": float("inf")})
    assert shown(lead)["inputs"] == {"value": 1.5}


def test_a_broken_registry_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file and the place in it."""
    path = tmp_path / "mine.json"
    path.write_text('{"sources": [{"id": "o", "limitz": []}]}', encoding="utf-8")
    assert Told(path, csv()).status == 2
    said = capsys.readouterr().err
    assert "mine.json" in said
    assert "limitz" in said


def test_late_rows_are_history(registry: Path) -> None:
    """A row received a day after its time makes a finding of severity 1, never an urgent one."""
    late = hour(8, 500, received="2025-11-11T10:00:00+08:00")
    told = Told(
        registry, csv(*late, *hour(9, 30), *hour(10, 30, day="2025-11-11")), "--full", "--rules", "hour-exceedance"
    )
    assert [(one["severity"], one["retrospective"]) for one in told.findings] == [(1, True)]


def test_silence_within_the_file_is_found_and_the_end_is_not_silence(registry: Path) -> None:
    """Three silent hours are a dropout; nothing more comes after the last row."""
    minutes = [*range(60), *range(240, 300)]
    rows = [f"2025-11-10T{8 + at // 60:02}:{at % 60:02}:00+08:00,r,a01011,rtd,rtd,{10 + at % 7},N," for at in minutes]
    told = Told(registry, csv(*rows), "--rules", "data-dropout")
    assert [(one["source"], one["start"]) for one in told.findings if one["source"] == "r"] == [
        ("r", "2025-11-10T08:59:00+08:00")
    ]


@pytest.mark.parametrize(
    ("options", "data", "why"),
    [
        (("--rules", "nothing"), csv(), "no rule 'nothing'"),
        (("--rules", "hour-exceedance@v99"), csv(), "not v99"),
        (("--rules", "/nowhere.yaml"), csv(), "nowhere"),
        ((), b"time,source\n", "factor, stat, period, value are missing"),
        ((), b"", "the input is empty"),
        ((), b"ARROW1\0\0rubbish", "no Arrow table"),
    ],
)
def test_not_done(
    registry: Path, options: tuple[str, ...], data: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, the reason, and no finding."""
    told = Told(registry, data, *options)
    assert (told.status, told.findings) == (2, [])
    assert why in capsys.readouterr().err


def test_rules_are_chosen_by_name_version_or_file(registry: Path, tmp_path: Path) -> None:
    """A catalogue file with other parameters finds other things."""
    from importlib.resources import files

    import lantian_alerts.rules

    data = csv(*hour(8, 40), *hour(9, 40), *hour(10, 40))
    assert [one["severity"] for one in Told(registry, data, "--rules", "hour-exceedance").findings] == [3]
    catalogue = files(lantian_alerts.rules).joinpath("catalogue.yaml").read_text(encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text(catalogue.replace("high_hours: 3", "high_hours: 4", 1), encoding="utf-8")
    assert [one["severity"] for one in Told(registry, data, "--rules", f"{other},hour-exceedance").findings] == [2]
    assert Told(registry, data, "--rules", "data-dropout").findings == []


def test_one_time_and_source_is_one_frame() -> None:
    """Rows of one source, period and time stand together and share a frame, whatever lies between them in the file."""
    rows = [*hour(8, 1), *hour(8, 1, "p")]
    columns = read(io.BytesIO(csv(rows[0], rows[2], rows[1], rows[3]))).columns
    assert [columns.sources[place] for place in columns.source] == ["o", "o", "p", "p"]
    assert columns.seq.tolist() == [1, 1, 2, 2]


def test_no_readings_at_all() -> None:
    """A header alone is an empty table; nothing is no table."""
    assert len(read(io.BytesIO(csv())).columns) == 0
    with pytest.raises(NoReadings):
        read(io.BytesIO(b"\n"))


def test_schema_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The form of the registry file can be asked for."""
    assert main(["--schema"]) == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert "$defs" in shown
