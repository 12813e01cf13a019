"""Back-fill takes its share and no more, and live frames do not wait for it."""

from tests.unit.ingest.frames import frame, segment
from tests.unit.ingest.rig import FakeLink, Rig


def old(number: int) -> bytes:
    """A record of days ago."""
    return frame(segment(f"DataTime=202311{number // 24 + 1:02d}{number % 24:02d}0000;a21026-Avg=1", cn="2061"))


def test_share_is_kept_and_unused_allowance_is_lost() -> None:
    """By the numbers: 100 a second are 5 a turn."""
    rig = Rig()
    let_go: list[object] = []
    rig.lane.launch = let_go.append
    rig.take(b"".join(old(number) for number in range(60)))
    now = 1000.0
    rig.lane.turn(now)
    assert len(let_go) == 10  # two turns' worth after a long rest
    for turn in range(1, 5):
        rig.lane.turn(now + turn * 0.05 + 1e-6)
        assert len(let_go) == 10 + 5 * turn
    rig.lane.turn(now + 60)
    assert len(let_go) == 40
    assert len(rig.lane) == 20


async def test_live_overtakes_backfill_of_others_and_late_frames_wait_unanswered() -> None:
    """In their order among themselves."""
    rig = Rig()
    rig.take(old(0) + old(1))
    live = FakeLink("192.0.2.9:1")
    rig.take(frame(segment()), live)
    for _ in range(5):
        await rig.breathe()
    assert len(live.answers) == 1
    assert not rig.link.answers
    assert rig.link.late_count == 2
    await rig.settle()
    assert len(rig.link.answers) == 2
    assert rig.counts() == {"accepted": 3}
    seen = rig.sightings.get(rig.sightings.names()[0])
    assert seen is not None
    assert seen.late == 2


async def test_full_lane_is_told_and_stop_fails_what_waits() -> None:
    """Senders of back-fill are not read then; what was not let go is not acknowledged."""
    rig = Rig()
    for number in range(20):
        assert not rig.intake.late_full
        rig.take(old(number))
    assert rig.intake.late_full
    assert not rig.intake.full
    await rig.lane.stop()
    assert rig.counts() == {"undelivered": 20}
    assert not rig.link.answers


async def test_hour_just_ended_is_not_late() -> None:
    """Late counts from the end of the period: an hour labelled by its start is an hour old when it ends."""
    rig = Rig()
    rig.clock.advance(1_795_320_000 - 1_700_000_000)  # 12:00 of 2026-11-22, +08:00
    rig.take(frame(segment("DataTime=20261122100000;a21026-Avg=1", cn="2061")))
    rig.take(frame(segment("DataTime=20261122110000;a21026-Avg=1", cn="2061")))
    assert rig.link.late_count == 0
    rig.take(frame(segment("DataTime=20261122000000;a21026-Avg=1", cn="2031")))
    assert rig.link.late_count == 0
    rig.take(frame(segment("DataTime=20261122090000;a21026-Avg=1", cn="2061")))
    assert rig.link.late_count == 1
    await rig.settle()


async def test_what_the_sender_calls_resent_is_late() -> None:
    """RF=1 of 2025, whatever its time."""
    rig = Rig()
    text = segment(flag=9, qn="20261122120000123").replace(b"CP=&&", b"RF=1;CP=&&", 1)
    rig.take(frame(text))
    assert rig.link.late_count == 1
    await rig.settle()
    assert rig.counts() == {"accepted": 1}
