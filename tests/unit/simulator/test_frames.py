"""Frames out and replies in."""

import pytest

from lantian_simulator import reports
from lantian_simulator.checkcode import check_code
from lantian_simulator.frames import FrameError, envelope, identity, read_reply, request_number, stamp, upload
from lantian_simulator.industries import INDUSTRIES
from lantian_simulator.plant import Stack

START = 1_768_474_800_000  # 2026-01-15 19:00 in local time


def test_times_are_local() -> None:
    """UTC+8, with milliseconds in the QN."""
    assert stamp(START) == "20260115190000"
    assert request_number(START + 7) == "20260115190000007"


def test_the_largest_frame_fits() -> None:
    """A day upload of all factors stays within 1,024 bytes of segment and 950 bytes of content."""
    for number, industry in enumerate(INDUSTRIES):
        content = reports.day(Stack(number, industry, 1).samples(START, 24))
        frame = upload(number="1" * 17, command="2031", station="A" * 24, password="123456", content=content)
        assert len(content) <= 946
        assert len(frame) == 12 + int(frame[2:6])


def test_hour_and_real_time_come_from_the_same_samples() -> None:
    """The hour's mean is the mean of its minutes, the real-time value is one of them."""
    samples = Stack(0, INDUSTRIES[0], 1).samples(START, 1)
    assert f"a21026-Avg={samples.measured['a21026'].mean():.2f}," in reports.hour(samples)
    assert f"a21026-ZsAvg={samples.converted['a21026'].mean():.2f}," in reports.hour(samples)
    assert reports.hour(samples).startswith("DataTime=20260115190000;a34013-Min=")
    assert f"a21026-Rtd={samples.measured['a21026'][20]:.2f}," in reports.real_time(samples, 20)
    assert reports.real_time(samples, 20).startswith("DataTime=20260115192000;")


def test_a_day_of_few_hours_is_marked() -> None:
    """Fewer than 20 hours: D."""
    stack = Stack(0, INDUSTRIES[0], 1)
    assert "a21026-Flag=D" in reports.day(stack.samples(START, 19))
    assert "a21026-Flag=N" in reports.day(stack.samples(START, 20))


def test_a_reply_is_read() -> None:
    """QN and CN of a 9014."""
    frame = envelope(b"QN=20260115190000007;ST=91;CN=9014;PW=123456;MN=X;Flag=4;CP=&&&&")
    assert (read_reply(frame).command, read_reply(frame).request) == ("9014", "20260115190000007")
    assert identity(frame) == ("X", "9014", "20260115190000007")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"##00",
        b"#x0010",
        b"##0010abc",
        b"##0004QN=1" + b"%04X\r\n" % (check_code(b"QN=1") ^ 1),
        envelope(b"ST=91;CN=9014;CP=&&&&"),
        b"##0002\xff\xffZZZZ\r\n",
    ],
)
def test_a_broken_reply_is_refused(frame: bytes) -> None:
    """Cut, mistyped or nameless."""
    with pytest.raises(FrameError):
        read_reply(frame)


def test_a_segment_over_the_limit_is_refused() -> None:
    """HJ 212-2017 6.3.1."""
    with pytest.raises(FrameError):
        envelope(b"x" * 1025)
