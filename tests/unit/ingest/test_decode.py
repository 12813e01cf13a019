"""What a packet says: editions, times, values, marks, and the quirks that are understood."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212.decode import Decoded, decode
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.segment import DecodeError, parse
from lantian_proto.factors import by_number
from lantian_proto.readings import Edition, Period, Stat
from tests.unit.ingest.frames import segment

PACKET_FLAG = Quirk.PACKET_FLAG_MISSING
NOON_MS = 1_795_320_000_000  # 2026-11-22 12:00:00 +08:00


def read(data: str, **head: object) -> Decoded:
    """The readings of a packet with this data area."""
    return decode(parse(segment(data, **head)))  # type: ignore[arg-type]


def rows(decoded: Decoded) -> list[tuple[str, Stat, float, str]]:
    """Code, statistic, value and mark of each reading."""
    shape = decoded.shape
    found = zip(shape.factors, shape.stats, decoded.values, decoded.flags, strict=True)
    return [
        (by_number(factor).code, Stat(stat), value, chr(flag) if flag else "") for factor, stat, value, flag in found
    ]


def test_usual_packet() -> None:
    """Head, time at +08:00, value, mark."""
    decoded = read("DataTime=20261122120000;a21026-Rtd=35.20,a21026-ZsRtd=40,a21026-Flag=N")
    assert decoded.time_ms == NOON_MS
    assert decoded.shape.head.mn == "010000A8900016F000169DC0"
    assert decoded.shape.head.edition is Edition.E2017
    assert decoded.shape.period is Period.REAL_TIME
    assert rows(decoded) == [("a21026", Stat.RTD, 35.2, "N"), ("a21026", Stat.ZS_RTD, 40.0, "N")]
    assert decoded.shape.quirks == frozenset()


def test_digits_stay_as_sent() -> None:
    """`1.230` is evidence of the instrument's resolution; the packet keeps it."""
    packet = parse(segment("DataTime=20261122120000;a21026-Rtd=1.230,a21026-Flag=N"))
    assert packet.items[0].fields == (("Rtd", "1.230"), ("Flag", "N"))


@pytest.mark.parametrize(
    ("cn", "period"),
    [("2011", Period.REAL_TIME), ("2051", Period.MINUTE), ("2061", Period.HOUR), ("2031", Period.DAY)],
)
def test_commands_are_periods(cn: str, period: Period) -> None:
    """HJ 212-2017 6.6.5."""
    fields = ",".join(f"a21026-{name}=1" for name in ("Min", "Avg", "Max", "Cou", "ZsMin", "ZsAvg", "ZsMax"))
    decoded = read(f"DataTime=20261122120000;{fields},a21026-Flag=N", cn=cn)
    assert decoded.shape.period is period
    assert list(decoded.shape.stats) == [1, 2, 3, 4, 11, 12, 13]


@pytest.mark.parametrize("cn", ["2999", "4011", "0000"])
def test_commands_that_nobody_defined(cn: str) -> None:
    """They are evidence, not data."""
    with pytest.raises(DecodeError) as caught:
        read("DataTime=20261122120000;a21026-Rtd=1", cn=cn)
    assert caught.value.reason == "command"
    assert caught.value.frame is not None


@pytest.mark.parametrize("data", ["", "BeginTime=20261122110000;EndTime=20261122120000"])
def test_requests_are_no_uploads(data: str) -> None:
    """The same command numbers ask for data in the other direction."""
    with pytest.raises(DecodeError) as caught:
        read(data)
    assert caught.value.reason == "request"


@pytest.mark.parametrize(
    "sent",
    ["", "2026112212", "20261322120000", "20261122250000", "20261122126000", "19991122120000", "２０261122120000"],
)
def test_time_that_can_not_be_read(sent: str) -> None:
    """A value without its time is no reading."""
    with pytest.raises(DecodeError) as caught:
        read(f"DataTime={sent};a21026-Rtd=1")
    assert caught.value.reason == "data-time"


@pytest.mark.parametrize(
    ("sent", "quirk"),
    [
        ("20261122120000000", Quirk.DATA_TIME_LONG),
        ("2026112212000050", Quirk.DATA_TIME_LONG),
        ("20261122120000-20261122120500", Quirk.DATA_TIME_RANGE),
    ],
)
def test_times_of_other_shapes(sent: str, quirk: Quirk) -> None:
    """Milliseconds are cut off; of a range the start counts."""
    decoded = read(f"DataTime={sent};a21026-Rtd=1")
    assert decoded.time_ms == NOON_MS
    assert quirk in decoded.shape.quirks


@pytest.mark.parametrize(
    ("text", "value", "quirk"),
    [
        ("0", 0.0, None),
        ("-0.05", -0.05, None),
        ("007.10", 7.1, None),
        ("5.", 5.0, None),
        (".5", 0.5, None),
        ("+1.5", 1.5, Quirk.NUMBER_FORM),
        ("1.2E-3", 0.0012, Quirk.NUMBER_FORM),
        ("0.1234567890123456", 0.1234567890123456, Quirk.NUMBER_FORM),
        ("", None, Quirk.NO_VALUE),
        ("--", None, Quirk.NO_VALUE),
        ("NULL", None, Quirk.NO_VALUE),
        ("NaN", None, Quirk.NOT_A_NUMBER),
        ("-inf", None, Quirk.NOT_A_NUMBER),
        ("Infinity", None, Quirk.NOT_A_NUMBER),
        ("1e308", None, Quirk.OUT_OF_RANGE),
        ("1e999", None, Quirk.OUT_OF_RANGE),
        ("9" * 400, None, Quirk.OUT_OF_RANGE),
        ("6.90-12.49", None, Quirk.VALUE_RANGE),
        ("1.2.3", None, Quirk.UNREADABLE_VALUE),
        ("1_000", None, Quirk.UNREADABLE_VALUE),
        ("0x10", None, Quirk.UNREADABLE_VALUE),
        ("１２", None, Quirk.UNREADABLE_VALUE),
        ("12a", None, Quirk.UNREADABLE_VALUE),
    ],
)
def test_values(text: str, value: float | None, quirk: Quirk | None) -> None:
    """A value that can not be read is counted, gives no reading, and spoils no other."""
    decoded = read(f"DataTime=20261122120000;a21026-Rtd={text},a21026-Flag=N;a21002-Rtd=7,a21002-Flag=N")
    expected = [] if value is None else [("a21026", Stat.RTD, value, "N")]
    assert rows(decoded) == [*expected, ("a21002", Stat.RTD, 7.0, "N")]
    assert decoded.shape.quirks == (frozenset() if quirk is None else {quirk})


@pytest.mark.parametrize(
    ("sent", "flag", "quirk"),
    [
        ("N", "N", None),
        ("T", "T", None),
        ("0", "0", None),
        ("n", "N", Quirk.FLAG_CASE),
        ("Md", "?", Quirk.UNKNOWN_FLAG),
    ],
)
def test_marks(sent: str, flag: str, quirk: Quirk | None) -> None:
    """A mark that can not be read is not the same as none: it must not pass for normal."""
    decoded = read(f"DataTime=20261122120000;a21026-Rtd=1,a21026-Flag={sent}")
    assert rows(decoded)[0][3] == flag
    assert decoded.shape.quirks == (frozenset() if quirk is None else {quirk})


def test_one_mark_for_all() -> None:
    """At the end of the packet, for every item without its own."""
    decoded = read("DataTime=20261122120000;a21026-Rtd=1;a21002-Rtd=2,a21002-Flag=D;Flag=N")
    assert [row[3] for row in rows(decoded)] == ["N", "D"]
    assert decoded.shape.quirks == {Quirk.ONE_FLAG_FOR_ALL}


def test_fields_belong_by_code_and_not_by_place() -> None:
    """Comma and semicolon are mixed up in the field."""
    decoded = read("DataTime=20261122120000;a21026-Rtd=1;a21026-Flag=T,a21002-Rtd=2;a21002-Flag=N")
    assert [row[3] for row in rows(decoded)] == ["T", "N"]
    assert decoded.shape.quirks == {Quirk.SEPARATOR_MIXED}


def test_first_of_equal_keys_counts() -> None:
    """Both are kept in the packet."""
    packet = parse(segment("DataTime=20261122120000;a21026-Rtd=1,a21026-Rtd=2,a21026-Flag=N"))
    assert rows(decode(packet)) == [("a21026", Stat.RTD, 1.0, "N")]
    assert packet.items[0].fields[:2] == (("Rtd", "1"), ("Rtd", "2"))
    assert packet.quirks == {Quirk.DUPLICATE_KEY}


def test_unknown_factor_costs_only_itself() -> None:
    """The rest of the packet is read."""
    decoded = read("DataTime=20261122120000;zz9999-Rtd=1;a21026-Rtd=2,a21026-Flag=N")
    assert rows(decoded) == [("a21026", Stat.RTD, 2.0, "N")]
    assert decoded.shape.quirks == {Quirk.UNKNOWN_FACTOR}


@pytest.mark.parametrize(
    ("data", "quirk"),
    [
        ("DATATIME=20261122120000;A21026-RTD=1", Quirk.NAME_CASE),
        ("DataTime=20261122120000;a21026-Rtd=1;", Quirk.TRAILING_SEPARATOR),
        ("DataTime=20261122120000;;a21026-Rtd=1", Quirk.STRAY_SEPARATOR),
        (" DataTime=20261122120000; a21026-Rtd = 1 ", Quirk.BLANKS),
        ("DataTime=20261122120000;a21026-td=1", Quirk.SUFFIX_TYPO),
        ("DataTime=20261122120000;Lng=116.3;a21026-Rtd=1", Quirk.BARE_NAME),
        ("DataTime=20261122120000;a21026-Rtd=1,a21026-ZsCou=3", Quirk.UNUSED_FIELD),
        ("DataTime=20261122120000;a21026-Rtd=1,a21026-Ua=3", Quirk.UNKNOWN_SUFFIX),
        ("DataTime=20261122120000;21026-Rtd=1", Quirk.CODE_LETTER_MISSING),
        ("DataTime=20261122120000;rubbish;a21026-Rtd=1", Quirk.UNREADABLE_FIELD),
    ],
)
def test_data_areas_of_the_field(data: str, quirk: Quirk) -> None:
    """Each is understood and named."""
    decoded = read(data)
    assert [row[:3] for row in rows(decoded)] == [("a21026", Stat.RTD, 1.0)]
    assert decoded.shape.quirks == {quirk}


@pytest.mark.parametrize(
    ("head", "quirk"),
    [
        (b"QN=20261122120000123;ST=31;CN=2011;PW=;MN=A01234567890123456789012;Flag=4;", Quirk.PASSWORD_MISSING),
        (b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=;Flag=4;", Quirk.MN_MISSING),
        (b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=A_1;Flag=4;", Quirk.MN_SHAPE),
        (b"QN=2026112212;ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4;", Quirk.QN_SHAPE),
        (b"ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4;", Quirk.QN_MISSING),
        (b"QN=20261122120000123;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4;", Quirk.ST_MISSING),
        (b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=6;", Quirk.PACKET_NUMBER_MISSING),
        (
            b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4;PNO=1;",
            Quirk.PACKET_FLAG_MISSING,
        ),
        (b"QN=20261122120000123;ST=31;Flag=4;CN=2011;PW=1;MN=A01234567890123456789012;", Quirk.FIELD_ORDER),
        (b"QN=20261122120000123,ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4;", Quirk.COMMA_IN_HEAD),
        (b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4", Quirk.MISSING_SEPARATOR),
        (b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=A01234567890123456789012;FLAG=4;", Quirk.NAME_CASE),
        (b"QN=20261122120000123;ST=31;CN=2011;PW=1;MN=A01234567890123456789012;Flag=4;X=1;", Quirk.UNKNOWN_HEAD_FIELD),
    ],
)
def test_heads_of_the_field(head: bytes, quirk: Quirk) -> None:
    """Each is understood and named."""
    decoded = decode(parse(head + b"CP=&&DataTime=20261122120000;a21026-Rtd=1&&"))
    assert decoded.values == (1.0,)
    assert decoded.shape.quirks == {quirk}


@pytest.mark.parametrize(
    ("flag", "st", "qn", "code", "edition"),
    [
        (None, "31", None, "02", Edition.E2005),
        (0, "31", None, "S01", Edition.E2005),
        (1, "32", "20180101000000000", "011", Edition.E2005),
        (0, "31", "20180101000000000", "a21026", Edition.E2017),
        (4, "31", "20180101000000000", "a21026", Edition.E2017),
        (5, "31", "20180101000000000", "02", Edition.E2017),
        (9, "31", "20260101000000000", "a21026", Edition.E2025),
        (9, "31", "20240101000000000", "a21026", Edition.E2017),
        (9, "21", "20260101000000000", "w01018", Edition.E2017),
    ],
)
def test_edition_is_decided_by_the_packet(
    flag: int | None, st: str, qn: str | None, code: str, edition: Edition
) -> None:
    """Flag's version, unless surface water or a year before the edition says otherwise; else the shape of the codes."""
    decoded = read(f"DataTime=20261122120000;{code}-Rtd=1", flag=flag, st=st, qn=qn)
    assert decoded.shape.head.edition is edition
    assert (Quirk.FLAG_BEFORE_ITS_EDITION in decoded.shape.quirks) == (flag == 9 and edition is Edition.E2017)


@pytest.mark.parametrize(
    ("segment_", "reason"),
    [
        (b"", "no-data-area"),
        (b"QN=1;ST=31;CN=2011", "no-data-area"),
        (b"QN=1;ST=31;CN=2011;CP=&&DataTime=20261122120000", "not-closed"),
        (b"QN=1;ST=31;CP=&&&&", "no-command"),
        (b"QN=1;ST=31;CN=20x1;CP=&&&&", "no-command"),
    ],
)
def test_no_packet(segment_: bytes, reason: str) -> None:
    """What has no command or no data area says nothing."""
    with pytest.raises(DecodeError) as caught:
        parse(segment_)
    assert caught.value.reason == reason


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_in_the_data_area(data: bytes) -> None:
    """Nothing but DecodeError is raised."""
    for cn in (b"2011", b"2061"):
        try:
            decode(parse(b"QN=20261122120000123;ST=31;CN=%s;MN=1;CP=&&DataTime=20261122120000;%s&&" % (cn, data)))
        except DecodeError:
            continue
