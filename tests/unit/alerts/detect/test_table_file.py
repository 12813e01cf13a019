"""Tables as people save them: encodings, quotes, slips; each row has one outcome and a number."""

import io

import pyarrow as pa
import pytest

from lantian_alerts.detect.readings_file import read
from lantian_alerts.detect.table_file import NoTable, Row, rows

HEADER = "time,source,factor,stat,period,value,flag,received"
GOOD = "2025-11-10T{hour:02}:00:00+08:00,{source},a21026,avg,hour,30,N,"
NEEDED, KNOWN = ("a", "b"), ("a", "b", "c")


def table(data: bytes) -> list[Row]:
    """The rows of a small CSV."""
    return list(rows(io.BytesIO(data), NEEDED, KNOWN))


def good(count: int, source: str = "o") -> list[str]:
    """Rows of so many hours."""
    return [GOOD.format(hour=hour, source=source) for hour in range(count)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks(end: str, mark: str) -> None:
    """Any of them is read the same."""
    found = read(io.BytesIO((mark + end.join([HEADER, *good(3)]) + end).encode()))
    assert (len(found.columns), found.bad, found.columns.sources) == (3, [], ["o"])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_in_chinese(encoding: str) -> None:
    """A spreadsheet in China saves CSV as GB 18030: a source keeps its name, so that the registry knows it."""
    found = read(io.BytesIO("\n".join([HEADER, *good(2, "一号烧结机头")]).encode(encoding)))
    assert found.columns.sources == ["一号烧结机头"]


def test_blanks_and_case() -> None:
    """Blanks around cells and capitals in names of columns mean nothing."""
    header = " Time , Source,FACTOR, stat ,period,value,flag,received "
    found = read(io.BytesIO("\n".join([header, *(row.replace(",", " , ") for row in good(2))]).encode()))
    assert (len(found.columns), found.bad, found.columns.sources) == (2, [], ["o"])


def test_a_quote_left_open_costs_its_own_row_only() -> None:
    """The rows after it are neither swallowed nor uncounted."""
    broken = '"' + GOOD.format(hour=9, source="o")
    found = read(io.BytesIO("\n".join([HEADER, *good(4), broken, *good(24)]).encode()))
    assert len(found.columns) == 28
    assert [(bad.row, bad.why) for bad in found.bad] == [(6, "a quote is not closed, or stands inside a value")]


def test_two_quotes_left_open_near_each_other() -> None:
    """What lies between them is no note of several lines."""
    found = read(io.BytesIO("\n".join([HEADER, '"' + good(1)[0], *good(3), good(1)[0] + '"', *good(2)]).encode()))
    assert len(found.columns) == 5
    assert [bad.row for bad in found.bad] == [2, 6]


def test_notes_of_several_lines_are_rows() -> None:
    """A column nobody reads may hold line ends and commas within quotes; numbers stay those of the lines."""
    found = table(b'a,note,b\n1,"one\ntwo, three",2\n3,,4\n')
    assert [(row.number, row.cells["a"], row.cells["b"]) for row in found] == [(2, "1", "2"), (4, "3", "4")]


def test_more_cells_than_columns() -> None:
    """A decimal comma moves every cell after it: the row is refused; empty cells at the end are not."""
    found = table(b"a,b\n1,5,2\n1,2,,\n")
    assert found[0].why.startswith("3 cells under 2 columns")
    assert (found[1].why, found[1].cells) == ("", {"a": "1", "b": "2"})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"a;b\n1;2\n", "separated by commas"),
        (b"a\tb\n1\t2\n", "separated by commas"),
        (b"1,2\n", "missing in '1,2'"),
        (b"a,b,b\n1,2,3\n", "b stands twice"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b'a,"b\n1,2\n', "not closed"),
    ],
)
def test_no_table(data: bytes, why: str) -> None:
    """What is wrong with the whole is said with what was read."""
    with pytest.raises(NoTable, match=why):
        table(data)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("time=yesterday", "time 'yesterday' is no time of ISO 8601"),
        ("received=N", "received 'N' is no time of ISO 8601"),
        ("value=1_000", "value '1_000' is no number"),
        ("value=１２", "value '１２' is no number"),
        ("value=<3", "value '<3' is no number"),
        ("edition=x", "unknown edition 'x'"),
    ],
)
def test_reasons_name_the_column(cell: str, why: str) -> None:
    """A reader of the message need not know Python."""
    name, _, given = cell.partition("=")
    cells = dict(zip([*HEADER.split(","), "edition"], [*good(1)[0].split(","), ""], strict=True)) | {name: given}
    found = read(io.BytesIO((",".join(cells) + "\n" + ",".join(cells.values())).encode()))
    assert [bad.why for bad in found.bad] == [why]


def test_arrow_times_of_any_unit() -> None:
    """Nanoseconds, with a zone or without one (UTC), and columns nobody reads of any type."""
    at = 1_762_732_800_123_456_789
    for kind in (pa.timestamp("ns"), pa.timestamp("ns", "Asia/Shanghai"), pa.timestamp("ms", "UTC")):
        made = pa.table(
            {
                "Time": pa.array([at if kind.unit == "ns" else at // 10**6], kind),
                "source": pa.array(["o"]).dictionary_encode(),
                "factor": ["a21026"],
                "stat": ["avg"],
                "period": ["hour"],
                "value": pa.array([30], pa.int32()),
                "when": pa.array([at], pa.timestamp("ns")),
            }
        )
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, made.schema) as writer:
            writer.write_table(made)
        found = read(io.BytesIO(sink.getvalue().to_pybytes()))
        assert (found.bad, found.columns.time.tolist()) == ([], [at // 10**6])
