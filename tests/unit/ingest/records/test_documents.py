"""JSON, CSV and Arrow to rows; what is no document is refused with a name."""

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.records.documents import DocumentError, Media, read

CALM = settings(  # a loaded machine proves nothing
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def arrow(table: "pa.Table") -> bytes:
    """A stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_json_in_its_three_forms() -> None:
    """A batch with what is said once, a list, a single record."""
    batch = b'{"kind":"station","feed":"s1","records":[{"time":1,"pm25":2},{"time":2,"feed":"s2"}]}'
    assert read(batch, Media.JSON, 10) == (
        [{"kind": "station", "feed": "s1", "time": 1, "pm25": 2}, {"kind": "station", "feed": "s2", "time": 2}],
        "station",
    )
    assert read(b'[{"feed":"s1"}]', Media.JSON, 10).rows == [{"feed": "s1"}]
    assert read(b'{"feed":"s1","kind":"gate"}', Media.JSON, 10) == ([{"feed": "s1", "kind": "gate"}], "gate")


def test_csv_with_units_quotes_and_chinese_encoding() -> None:
    """Units in brackets of either width; empty lines are none; a spreadsheet's byte order mark and GBK."""
    text = '\ufefffeed,time,so2 [mg/m3],"noise（dB）"\r\ns1,2026-11-22 11:00:00,0.02,\r\n\r\ns1,"x",1,2\r\n'
    rows = read(text.encode(), Media.CSV, 10).rows
    assert rows[0] == {
        "feed": "s1",
        "time": "2026-11-22 11:00:00",
        "so2": {"value": "0.02", "unit": "mg/m3"},
        "noise": "",
    }
    assert rows[1]["noise"] == {"value": "2", "unit": "dB"}
    gbk = "feed,time,fuel\r\ng1,1,柴油\r\n".encode("gbk")
    assert read(gbk, Media.CSV, 10, "GBK").rows[0]["fuel"] == "柴油"
    with pytest.raises(DocumentError, match="utf-8"):
        read(gbk, Media.CSV, 10)


def test_a_line_longer_than_its_heading_is_seen() -> None:
    """The extra cell is an unknown field of its row, so that it is refused there and not dropped."""
    assert read(b"feed,time\ns1,1,9\n", Media.CSV, 10).rows == [{"feed": "s1", "time": "1", "column 3": "9"}]


def test_arrow_with_units_and_times() -> None:
    """Units in the fields' metadata; nulls are absent."""
    schema = pa.schema(
        [
            pa.field("feed", pa.dictionary(pa.int32(), pa.utf8())),
            pa.field("time", pa.timestamp("ms", "UTC")),
            pa.field("so2", pa.float64(), metadata={"unit": "mg/m³"}),
        ]
    )
    table = pa.table(
        {"feed": pa.array(["s1", "s1"]).dictionary_encode(), "time": [1000, 2000], "so2": [0.5, None]}, schema=schema
    )
    rows = read(arrow(table), Media.ARROW, 10).rows
    assert rows[0]["so2"] == {"value": 0.5, "unit": "mg/m³"}
    assert rows[1]["so2"] is None


@pytest.mark.parametrize(
    ("body", "media", "reason"),
    [
        (b"", Media.JSON, "json"),
        (b"{", Media.JSON, "json"),
        (b'[{"feed":NaN}]', Media.JSON, "json"),
        (b"[" * 100_000, Media.JSON, "json"),
        (b"\xff\xfe{}", Media.JSON, "json"),
        (b"7", Media.JSON, "shape"),
        (b"[]", Media.JSON, "shape"),
        (b"[1]", Media.JSON, "shape"),
        (b'{"records":{},"kind":"gate"}', Media.JSON, "shape"),
        (b'{"records":[],"knid":"gate"}', Media.JSON, "shape"),
        (b"[{}, {}, {}, {}]", Media.JSON, "too-many-rows"),
        (b"", Media.CSV, "csv"),
        (b'feed,time\n"s1,1\n', Media.CSV, "csv"),
        (b"feed,feed\ns1,1\n", Media.CSV, "columns"),
        (b"feed,,time\ns1,1,2\n", Media.CSV, "columns"),
        (b"feed,time\n", Media.CSV, "shape"),
        (b"feed\n1\n2\n3\n4\n", Media.CSV, "too-many-rows"),
        (b"feed\n\xff\n", Media.CSV, "charset"),
        (b"not arrow at all", Media.ARROW, "arrow"),
        (b"", Media.ARROW, "arrow"),
        (arrow(pa.table({"feed": ["a"] * 4})), Media.ARROW, "too-many-rows"),
        (arrow(pa.table({"feed": ["a"] * 3}))[:-90], Media.ARROW, "arrow"),
    ],
)
def test_what_is_no_document(body: bytes, media: Media, reason: str) -> None:
    """Each with its reason."""
    with pytest.raises(DocumentError) as caught:
        read(body, media, 3)
    assert caught.value.reason == reason


@CALM
@given(st.binary(max_size=300), st.sampled_from(list(Media)), st.sampled_from(["", "gbk", "utf-16"]))
def test_noise_raises_nothing_else(body: bytes, media: Media, charset: str) -> None:
    """DocumentError or rows."""
    try:
        document = read(body, media, 100, charset)
    except DocumentError:
        return
    assert document.rows


@CALM
@given(st.data())
def test_mutated_arrow_raises_nothing_else(data: st.DataObject) -> None:
    """A stream with changed bytes, which a reader of lengths and offsets could follow anywhere."""
    whole = bytearray(arrow(pa.table({"feed": ["a", "b"], "time": [1, 2], "pm25": [1.0, None]})))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(whole), Media.ARROW, 100)
    except DocumentError:
        return
