"""Units and labels told from packets: only the impossible votes, the registry goes first, evidence is shown."""

import pytest

from lantian_ingest.decoders.hj212.decode import Decoded, decode
from lantian_ingest.decoders.hj212.habits import Evidence, Habits, Known, Label, Settled
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.segment import parse
from tests.unit.ingest.frames import MN, segment

NOON_MS = 1_795_320_000_000
HOUR_MS = 3_600_000
PLAIN = Known({})


def packet(data: str, *, cn: str = "2011", time: str = "20261122120000", qn: str = "20261122130003000") -> Decoded:
    """A packet of the one feed."""
    return decode(parse(segment(f"DataTime={time};{data}", cn=cn, qn=qn)))


def after(habits: Habits, *packets: Decoded, known: Known = PLAIN) -> Settled:
    """What becomes of the last of these packets."""
    *before, last = packets
    for each in before:
        habits.settle(each, known)
    return habits.settle(last, known)


@pytest.mark.parametrize(
    ("pressures", "converted"),
    [
        ([-123.0, -130.0, -118.0, -12.0], True),
        ([-0.12, -0.11, -0.13, -0.10], False),
        ([103.79, 103.8, 103.7, 103.6], False),  # absolute, in kPa
        ([101_325.0, 101_300.0, 101_280.0, 101_290.0], True),  # absolute, in Pa
        ([-12.0, -11.0, 5.0, 7.0], False),  # could be either
        ([-0.1, -0.2, -150.0, -0.1], False),  # one spike is no habit
        ([0.0, 0.0, 0.0, 0.0], False),
    ],
)
def test_pressure(pressures: list[float], converted: bool) -> None:
    """Pa becomes kPa once the packets leave no doubt; the quirk is counted on every converted packet."""
    settled = after(Habits(), *(packet(f"a01013-Rtd={value},a01013-Flag=N") for value in pressures))
    assert settled.decoded.values == (pressures[-1] * 0.001 if converted else pressures[-1],)
    assert (Quirk.PRESSURE_IN_PASCAL in settled.quirks) == converted


@pytest.mark.parametrize(
    ("flow", "velocity", "converted"),
    [
        (3434.0, 5.3, True),  # a duct of 648 m²
        (508_166.63, 11.0, True),
        (12.0, 7.0, False),  # m³/h would be a pipe of 5 cm²
        (5.407, 7.072, False),
        (800.0, 20.0, False),  # a power plant: nothing speaks against it
        (4000.0, 0.1, True),  # more than any stack, whatever the velocity
    ],
)
def test_flow(flow: float, velocity: float, converted: bool) -> None:
    """m³/h becomes m³/s, judged by the duct that the velocity would need."""
    each = packet(f"a00000-Rtd={flow},a00000-Flag=N;a01011-Rtd={velocity},a01011-Flag=N")
    settled = after(Habits(), each, each, each)
    assert settled.decoded.values[0] == pytest.approx(flow / 3600 if converted else flow)
    assert settled.decoded.values[1] == velocity
    assert (Quirk.FLOW_PER_HOUR in settled.quirks) == converted


def test_flow_by_the_hour_s_amount_and_the_amount_itself() -> None:
    """An hour's m³ are as many as m³/h; amounts are m³ either way and stay."""
    each = packet("a00000-Avg=420,a00000-Cou=420.0,a00000-Flag=N", cn="2061", time="20261122110000")
    settled = after(Habits(), each, each, each)
    assert settled.decoded.values == pytest.approx((420 / 3600, 420.0))
    other = packet("a00000-Avg=420,a00000-Cou=1512000,a00000-Flag=N", cn="2061", time="20261122110000")
    assert after(Habits(), other, other, other).decoded.values == (420.0, 1_512_000.0)


def test_values_that_are_marked_do_not_vote() -> None:
    """An instrument that is being calibrated shows anything."""
    each = packet("a01013-Rtd=-5000,a01013-Flag=C")
    assert after(Habits(), each, each, each, each).quirks == frozenset()


def test_the_registry_goes_first() -> None:
    """Whatever the packets seem to say; and units that no packet could tell."""
    each = packet("a01013-Rtd=-123,a01013-Flag=N;a21026-Rtd=35,a21026-Flag=N")
    habits = Habits()
    said = Known({"a01013": "kPa", "a21026": "µg/m³"})
    assert after(habits, each, each, each, each, known=said).decoded.values == pytest.approx((-123.0, 0.035))
    pascal = Known({"a01013": "Pa"})
    assert after(Habits(), packet("a01013-Rtd=-12"), known=pascal).decoded.values == pytest.approx((-0.012,))


def test_evidence_is_shown() -> None:
    """Votes for and against, and what follows from them."""
    habits = Habits()
    after(habits, *[packet("a01013-Rtd=-123,a01013-Flag=N")] * 4)
    assert habits.evidence(MN) == [Evidence("a01013", "Pa", 4, 0, True)]
    assert habits.evidence("nobody") == []


@pytest.mark.parametrize(
    ("cn", "time", "qn", "start", "moved"),
    [
        ("2061", "20261122120000", "20261122120003000", NOON_MS - HOUR_MS, True),  # sent when it began: can not be
        ("2061", "20261122110000", "20261122120003000", NOON_MS - HOUR_MS, False),
        ("2061", "20261122120000", "20261122124500000", NOON_MS, False),  # an hour under way
        ("2051", "20261122120000", "20261122120008000", NOON_MS - 60_000, True),
        ("2051", "20261122115900", "20261122120008000", NOON_MS - 60_000, False),
        ("2031", "20261122000000", "20261122000030000", NOON_MS - 36 * HOUR_MS, True),
        ("2031", "20261121000000", "20261122000030000", NOON_MS - 36 * HOUR_MS, False),
        ("2011", "20261122120000", "20261122120003000", NOON_MS, False),
    ],
)
def test_labels(cn: str, time: str, qn: str, start: int, moved: bool) -> None:
    """A period that would end after it was sent is named by its end."""
    settled = Habits().settle(packet("a21026-Avg=1", cn=cn, time=time, qn=qn))
    assert settled.start_ms == start
    assert (Quirk.LABELLED_BY_END in settled.quirks) == moved
    assert settled.decoded.time_ms != start or not moved  # DataTime stays as sent


def test_label_of_back_fill_follows_the_habit_and_the_registry() -> None:
    """Late hours say nothing of themselves; what the prompt ones said holds for them."""
    habits = Habits()
    prompt = packet("a21026-Avg=1", cn="2061", qn="20261122120003000")
    late = packet("a21026-Avg=1", cn="2061", time="20261120120000", qn="20261122120503000")
    assert habits.settle(late).start_ms == late.time_ms
    assert after(habits, prompt, prompt, prompt, late).start_ms == late.time_ms - HOUR_MS
    assert Habits().settle(late, Known({}, Label.END)).start_ms == late.time_ms - HOUR_MS
    assert Habits().settle(prompt, Known({}, Label.START)).start_ms == prompt.time_ms


def test_minute_interval_is_learnt_or_said() -> None:
    """The end of ten minutes is ten minutes after their start."""
    habits = Habits()
    first = packet("a21026-Avg=1", cn="2051", time="20261122115000", qn="20261122115001000")
    second = packet("a21026-Avg=1", cn="2051", time="20261122120000", qn="20261122120001000")
    assert after(habits, first, second).start_ms == NOON_MS - 600_000
    assert Habits().settle(second, Known({}, minute_interval=5)).start_ms == NOON_MS - 300_000


def test_a_record_that_did_not_come_does_not_change_the_interval() -> None:
    """Twenty minutes once are a gap; twice they are the interval. Back-fill and parts of a record teach nothing."""

    def minute(at: str) -> Decoded:
        return packet("a21026-Avg=1", cn="2051", time=f"20261122{at}00", qn=f"20261122{at}01000")

    def starts(habits: Habits, *times: str) -> list[int]:
        return [(habits.settle(decoded).start_ms - decoded.time_ms) // 60_000 for decoded in map(minute, times)]

    habits = Habits()
    mn = minute("1100").shape.head.mn
    assert starts(habits, "1100", "1110")[1:] == [-10]
    assert habits.interval_of(mn) == 0  # seen once
    assert starts(habits, "1120", "1140", "1140", "1130", "1150") == [-10] * 5
    assert habits.interval_of(mn) == 10
    assert starts(habits, "1210", "1230", "1250")[1:] == [-20, -20]
    assert habits.interval_of(mn) == 20
    assert starts(habits, "1255", "1300") == [-5, -5]  # a shorter one is no gap


def test_memory_is_bounded() -> None:
    """The sender known longest gives way."""
    habits = Habits(2)
    for mn in ("A", "B", "C"):
        habits.settle(decode(parse(segment("DataTime=20261122120000;a01013-Rtd=-123", mn=mn))))
    assert habits.evidence("A") == []
    assert habits.evidence("C")
