"""What each command says: devices, site information, notices, replies, electricity, production conditions."""

from typing import Any

import pytest

from lantian_ingest.decoders.hj212.decode import Decoded, Reply, decode, learnable
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.segment import DecodeError, parse
from lantian_ingest.decoders.hj212.site import Kind
from lantian_proto.factors import by_number
from lantian_proto.readings import Edition, Period, Stat
from tests.unit.ingest.frames import segment

NOON_MS = 1_795_320_000_000
TIME = "DataTime=20261122120000"


def read(data: str, codes: dict[str, str] | None = None, **head: Any) -> Decoded:
    """What a packet with this data area says."""
    return decode(parse(segment(data, **head)), codes or {})


def rows(decoded: Decoded) -> list[tuple[str, Stat, float]]:
    """Code, statistic and value of each reading."""
    shape = decoded.shape
    found = zip(shape.factors, shape.stats, decoded.values, strict=True)
    return [(by_number(factor).code, Stat(stat), value) for factor, stat, value in found]


def said(decoded: Decoded) -> list[tuple[str, str, str, str]]:
    """Kind, factor, what and text of each statement."""
    return [(event.kind, event.code, event.info, event.text) for event in decoded.events]


def test_treatment_devices() -> None:
    """SBn-RS are states of an instant, SBn-RT hours of a day."""
    states = read(f"{TIME};SB1-RS=1;SB12-RS=0", cn="2021")
    assert rows(states) == [("SBRS01", Stat.RTD, 1.0), ("SBRS12", Stat.RTD, 0.0)]
    hours = read(f"{TIME};SB1-RT=23.5", cn="2041")
    assert rows(hours) == [("SBRT01", Stat.COU, 23.5)]
    assert hours.shape.period is Period.DAY


def test_parameters_of_several_analysers_keep_apart() -> None:
    """Each is about the factor named before it."""
    decoded = read(
        f"{TIME};PolId=a21026;i13001-Info=300.0,i13008-Info=1.02;PolId=a21002;i13001-Info=100;i13007-Info=-0.5",
        cn="3020",
    )
    assert said(decoded) == [
        (Kind.PARAMETER, "a21026", "i13001", "300.0"),
        (Kind.PARAMETER, "a21026", "i13008", "1.02"),
        (Kind.PARAMETER, "a21002", "i13001", "100"),
        (Kind.PARAMETER, "a21002", "i13007", "-0.5"),
    ]
    assert [event.number for event in decoded.events] == [300.0, 1.02, 100.0, -0.5]
    assert {event.time_ms for event in decoded.events} == {NOON_MS}
    assert Quirk.DUPLICATE_KEY not in decoded.shape.quirks


def test_log_may_hold_separators() -> None:
    """The text stands between two pairs of slashes."""
    decoded = read(f"{TIME};PolId=a21026;i11001-Info=//更换滤芯, 校准;ok=1//;i12001-Info=3", cn="3020")
    assert said(decoded) == [
        (Kind.LOG, "a21026", "i11001", "更换滤芯, 校准;ok=1"),
        (Kind.STATE, "a21026", "i12001", "3"),
    ]


def test_cabin_and_sample_line_are_readings() -> None:
    """Codes of factors.csv give readings and no statement; the rest of the packet is as it is."""
    decoded = read(f"{TIME};i33001-Info=121.5;i33101-Info=24.9;i12003-Info=1", cn="3020")
    assert rows(decoded) == [("i33001", Stat.RTD, 121.5), ("i33101", Stat.RTD, 24.9)]
    assert said(decoded) == [(Kind.ALARM, "", "i12003", "1")]


@pytest.mark.parametrize(
    ("cn", "data", "statement"),
    [
        ("1001", "i23005-Info=AB12", (Kind.IDENTITY, "", "i23005", "AB12")),
        ("1011", "PolId=w01018;SystemTime=20261122115900", (Kind.PARAMETER, "w01018", "SystemTime", "20261122115900")),
        ("1021", "02-LowValue=1,02-UpValue=35", (Kind.PARAMETER, "a21026", "LowValue", "1")),
        ("1061", "RtdInterval=30", (Kind.PARAMETER, "", "RtdInterval", "30")),
        ("1063", "MinInterval=10", (Kind.PARAMETER, "", "MinInterval", "10")),
        ("2062", f"{TIME};w01018-SampleRd=49,w01018-StandardValue=50", (Kind.CHECK, "w01018", "SampleRd", "49")),
        ("2072", "AlarmTime=20261122120000;02-Ala=51.2;AlarmType=1", (Kind.ALARM, "a21026", "Ala", "51.2")),
        ("2081", f"{TIME};RestartTime=20261122115800", (Kind.RESTART, "", "RestartTime", "20261122115800")),
        ("3015", f"{TIME};VaseNo=3", (Kind.LOG, "", "VaseNo", "3")),
        ("3017", "PolId=w01018;CstartTime=000000;CTime=2", (Kind.PARAMETER, "w01018", "CstartTime", "000000")),
        ("3018", "PolId=w01018;Stime=40", (Kind.PARAMETER, "w01018", "Stime", "40")),
        ("3019", f"{TIME};PolId=w01018;w01018-SN=0100C1", (Kind.IDENTITY, "w01018", "SN", "0100C1")),
    ],
)
def test_statements(cn: str, data: str, statement: tuple[str, str, str, str]) -> None:
    """One of each command."""
    decoded = read(data, cn=cn)
    assert said(decoded)[0] == statement
    assert decoded.values == ()
    assert decoded.events[0].time_ms == NOON_MS


@pytest.mark.parametrize(
    ("cn", "data"),
    [
        ("1001", "WarnTime=5"),
        ("1011", "PolId=w01018"),
        ("1012", "SystemTime=20261122115900"),
        ("1014", "SKCreateTime=20261122115900000,NewSK=0000000000000000"),
        ("1061", ""),
        ("1062", "RtdInterval=30"),
        ("2061", "BeginTime=20261122100000,EndTime=20261122120000"),
        ("2062", "BeginTime=20261122100000;EndTime=20261122120000"),
        ("3019", "PolId=w01018"),
        ("3020", "PolId=w01018;InfoId=i11001;BeginTime=20261122100000,EndTime=20261122120000"),
        ("3021", "PolId=w01018;InfoId=i13004;i13004-Info=168.0"),
        ("3024", "PolId=w01018"),
    ],
)
def test_requests(cn: str, data: str) -> None:
    """What only a platform sends is never taken for what a device says."""
    with pytest.raises(DecodeError) as caught:
        read(data, cn=cn)
    assert caught.value.reason == "request"


@pytest.mark.parametrize("cn", ["1013", "9015", "9021"])
def test_notices_say_nothing(cn: str) -> None:
    """They are accepted, and answered; the time is QN's."""
    decoded = read("", cn=cn)
    assert (decoded.values, decoded.events, decoded.reply) == ((), (), None)
    assert decoded.time_ms == NOON_MS


@pytest.mark.parametrize(
    ("cn", "data", "head", "reply"),
    [
        ("9011", "QnRtn=1", {}, Reply("9011", "20261122120000123", 1)),
        ("9012", "ExeRtn=100", {}, Reply("9012", "20261122120000123", 100)),
        ("9014", "", {}, Reply("9014", "20261122120000123", None)),
        (
            "9012",
            "QN=20040516010101001;ExeRtn=2",
            {"qn": None, "flag": None},
            Reply("9012", "20040516010101001", 2),
        ),
        ("9013", "QN=20040516010101001", {"qn": None, "flag": 0}, Reply("9013", "20040516010101001", None)),
        ("9011", "QnRtn=one", {}, Reply("9011", "20261122120000123", None)),
    ],
)
def test_replies(cn: str, data: str, head: dict[str, Any], reply: Reply) -> None:
    """To commands of ours, in the form of each edition."""
    assert read(data, cn=cn, st="91", **head).reply == reply


def test_furnace_temperature_and_raw_data_of_2025() -> None:
    """2111 is a mean of five minutes, 2013 the result of a batch."""
    furnace = read(f"{TIME};a01901-Avg=912.4", cn="2111", flag=9)
    assert rows(furnace) == [("a01901", Stat.AVG, 912.4)]
    assert furnace.shape.period is Period.MINUTE
    assert furnace.shape.head.edition is Edition.E2025
    raw = read(
        f"{TIME};w01018-SampleTime=20261122110000,w01018-CompleteTime=20261122114000,w01018-SampleType=1,"
        "w01018-Avg=17.5,w01018-Flag=N",
        cn="2013",
        flag=9,
        st="32",
    )
    assert rows(raw) == [("w01018", Stat.AVG, 17.5)]


def test_noise() -> None:
    """`Data` is the instant's or the period's value; day and night of Leq have codes of their own."""
    assert rows(read(f"{TIME};LA-Rtd=61.2", cn="2011", st="23")) == [("LA", Stat.RTD, 61.2)]
    assert rows(read(f"{TIME};Leq-Data=60.5;L10-Data=63", cn="2061", st="23")) == [
        ("Leq", Stat.AVG, 60.5),
        ("L10", Stat.AVG, 63.0),
    ]
    day = read(f"{TIME};Leq-Data=60.5,Leq-DayData=62,Leq-NightData=51.5", cn="2031", st="23")
    assert rows(day) == [("Leq", Stat.AVG, 60.5), ("Ld", Stat.AVG, 62.0), ("Ln", Stat.AVG, 51.5)]
    assert rows(read(f"{TIME};Leq-Data=60.5", cn="2052", st="23", flag=9)) == [("Leq", Stat.RTD, 60.5)]


def test_electricity_of_one_meter() -> None:
    """A system of its own before 2025: the suffix says what is measured."""
    decoded = read(f"{TIME};f21011-Ua=222.0,f21011-Ia=0.21,f21011-cos=0.811,f21011-Ept=12", st="80")
    assert [row[0] for row in rows(decoded)] == ["elUa01", "elIa01", "elPf01", "elEp01"]


def test_electricity_of_several_meters_needs_the_feed_s_map() -> None:
    """Nobody else can say which meter is which; unmapped ones are counted and give nothing."""
    data = f"{TIME};f21011-Ua=222.0;f31011-Ua=380;ele01-Rtd=1"
    plain = read(data, st="80")
    assert plain.values == ()
    assert Quirk.UNKNOWN_FACTOR in plain.shape.quirks
    mapped = read(data, {"f21011-Ua": "elUa01", "f31011-Ua": "elUa02", "ele01": "elOn01"}, st="80")
    assert rows(mapped) == [("elUa01", Stat.RTD, 222.0), ("elUa02", Stat.RTD, 380.0), ("elOn01", Stat.RTD, 1.0)]


def test_key_production_conditions() -> None:
    """A state is a statement, a number a reading."""
    decoded = read(f"{TIME};p99101-Rtd=St;p99102-Rtd=85.5", st="45", flag=9)
    assert said(decoded) == [(Kind.STATE, "p99101", "Rtd", "St")]
    assert rows(decoded) == [("p99102", Stat.RTD, 85.5)]
    assert Quirk.UNREADABLE_VALUE not in decoded.shape.quirks


def test_process_and_bypass_codes() -> None:
    """Families of up to 99 devices."""
    decoded = read(f"{TIME};g10101-Rtd=1,g10101-Flag=N;g11602-Rtd=3;g30801-Rtd=0.41", st="51")
    assert [row[0] for row in rows(decoded)] == ["g10101", "g11602", "g30801"]


def test_vendor_names() -> None:
    """Devices that write a name for a code."""
    decoded = read(f"{TIME};PM25-Rtd=35,PM25-Flag=N;TEM-Rtd=21;XYZ-Rtd=1", st="22")
    assert [row[0] for row in rows(decoded)] == ["a34004", "a01001"]
    assert {Quirk.VENDOR_NAME, Quirk.UNKNOWN_FACTOR} <= decoded.shape.quirks


def test_marks_of_2005_and_later_keep_apart() -> None:
    """The letter stays, the edition goes with it; a mark of 2005 in a later packet is said."""
    old = read(f"{TIME};02-Rtd=1,02-Flag=P;01-Rtd=2,01-Flag=F", flag=0)
    assert old.shape.head.edition is Edition.E2005
    assert (old.flags, Quirk.FLAG_OF_OTHER_EDITION in old.shape.quirks) == (b"PF", False)
    new = read(f"{TIME};a21026-Rtd=1,a21026-Flag=P;a34013-Rtd=2,a34013-Flag=F")
    assert new.shape.head.edition is Edition.E2017
    assert (new.flags, Quirk.FLAG_OF_OTHER_EDITION in new.shape.quirks) == (b"PF", True)


def test_states_are_never_learnt_as_layouts() -> None:
    """What is a number now may be a state in the next packet."""
    packet = parse(segment(f"{TIME};p99101-Rtd=1", st="45", flag=9))
    assert not learnable(packet, decode(packet))
