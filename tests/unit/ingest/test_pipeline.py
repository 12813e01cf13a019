"""The promises of ingest: one outcome a frame, evidence kept, no answer before Kafka has both."""

import asyncio

import pytest

from lantian_ingest.decoders.hj212.frame import Framer
from lantian_proto.events import header
from lantian_proto.factors import by_code
from lantian_proto.readings import Columns, Edition, Stat, decode, pointed
from lantian_proto.topics import RAW_FRAMES, READINGS
from tests.unit.ingest.frames import MN, QN, frame, segment
from tests.unit.ingest.rig import SOURCE, FakeLink, Rig

GOOD = frame(segment())
TIME_MS = 1_795_320_000_000
REVISED = frame(segment("DataTime=20261122120000;a21026-Rtd=12.0,a21026-Flag=N"))


def batches(rig: Rig) -> list[Columns]:
    """Everything in readings.v1."""
    return [decode(record.value or b"") for record in rig.publisher.records(READINGS)]


async def test_frame_becomes_evidence_readings_and_an_answer() -> None:
    """The main road, field by field."""
    rig = Rig()
    assert rig.take(GOOD) == 1
    await rig.settle()
    (raw,) = rig.publisher.records(RAW_FRAMES)
    assert (raw.value, raw.key) == (GOOD, MN.encode())
    expected = {"outcome": "accepted", "verdict": "hj212", "edition": "1", "peer": rig.link.peer, "reason": ""}
    assert {name: header(raw.headers, name) for name in expected} == expected
    assert header(raw.headers, "received_ms") == str(rig.clock.now_ms())
    assert header(raw.headers, "ce_type") == "cn.lantian.frame.v1"
    (batch,) = batches(rig)
    factor = by_code("a21026")
    assert factor is not None
    assert batch.sources == [SOURCE]
    row = [column.tolist() for column in (batch.factor, batch.stat, batch.period, batch.time, batch.value, batch.flag)]
    assert row == [[factor.number], [Stat.RTD], [0], [TIME_MS], [35.2], [ord("N")]]
    assert batch.received.tolist() == [rig.clock.now_ms()]
    assert batch.edition.tolist() == [Edition.E2017]
    assert pointed(int(batch.seq[0])) == (raw.partition, raw.offset)
    (answer,) = rig.link.answers
    assert f"QN={QN};ST=91;CN=9014;".encode() in answer
    assert rig.counts() == {"accepted": 1}
    assert rig.link.settled_count == 1


async def test_no_answer_before_the_frame_is_acknowledged() -> None:
    """Promise 1, first half: and no readings before there is a pointer to the frame."""
    rig = Rig()
    rig.publisher.hold = True
    rig.take(GOOD)
    await rig.settle()
    assert not rig.link.answers
    assert not rig.publisher.records(READINGS)
    assert rig.counts() == {}


async def test_no_answer_before_the_readings_are_acknowledged() -> None:
    """Promise 1, second half."""
    rig = Rig()
    rig.publisher.hold = True
    rig.take(GOOD)
    await rig.settle()
    rig.publisher.release()
    await rig.settle()
    assert len(rig.publisher.records(READINGS)) == 1
    assert not rig.link.answers
    rig.publisher.release()
    await rig.settle()
    assert len(rig.link.answers) == 1
    assert rig.counts() == {"accepted": 1}


@pytest.mark.parametrize("good_before_failure", [0, 1])
async def test_delivery_failure_is_not_answered_and_the_resend_is_new(good_before_failure: int) -> None:
    """Whether the frame or its readings did not get there."""
    rig = Rig()
    rig.publisher.hold = True
    if good_before_failure:
        rig.take(GOOD)
        await rig.settle()
        rig.publisher.fail_next = 1
        rig.publisher.release()
        rig.publisher.hold = False
    else:
        rig.publisher.fail_next = 1
        rig.publisher.hold = False
        rig.take(GOOD)
    await rig.settle()
    assert not rig.link.answers
    assert rig.counts() == {"undelivered": 1}
    rig.take(GOOD)
    await rig.settle()
    assert rig.counts() == {"undelivered": 1, "accepted": 1}
    assert len(rig.link.answers) == 1
    assert sum(len(batch) for batch in batches(rig)) == 1


async def test_duplicate_is_kept_answered_and_not_counted_twice() -> None:
    """A resend has the same QN; its readings are there already."""
    rig = Rig()
    rig.take(GOOD)
    await rig.settle()
    rig.take(GOOD)
    await rig.settle()
    assert rig.counts() == {"accepted": 1, "duplicate": 1}
    assert len(rig.link.answers) == 2
    assert [header(record.headers, "outcome") for record in rig.publisher.records(RAW_FRAMES)] == [
        "accepted",
        "duplicate",
    ]
    assert sum(len(batch) for batch in batches(rig)) == 1


async def test_duplicate_of_a_frame_in_flight_waits_for_it() -> None:
    """An impatient device must not get the answer that the original did not get yet."""
    rig = Rig()
    rig.publisher.hold = True
    rig.take(GOOD)
    await rig.settle()
    resend = FakeLink()
    rig.take(GOOD, resend)
    await rig.settle()
    rig.publisher.release()  # both frames; not the readings
    await rig.settle()
    assert not resend.answers
    rig.publisher.release()
    await rig.settle()
    assert (len(rig.link.answers), len(resend.answers)) == (1, 1)
    assert rig.counts() == {"accepted": 1, "duplicate": 1}


async def test_duplicate_of_a_frame_that_fails_is_not_answered() -> None:
    """Its own bytes are in Kafka, the readings are not."""
    rig = Rig()
    rig.publisher.hold = True
    rig.take(GOOD)
    rig.take(GOOD)
    await rig.settle()
    rig.publisher.fail_next = 1
    rig.publisher.release()
    await rig.settle()
    assert not rig.link.answers
    assert rig.counts() == {"undelivered": 2}


async def test_revised_record_is_accepted_and_named() -> None:
    """Same key, other values: history, and evidence."""
    rig = Rig()
    rig.take(GOOD + REVISED)
    await rig.settle()
    assert rig.counts() == {"accepted": 2}
    assert rig.quirks() == {"revised": 1}
    assert [value for batch in batches(rig) for value in batch.value.tolist()] == [35.2, 12.0]


async def test_sub_packets_are_no_duplicates() -> None:
    """Same command and time, other number."""
    rig = Rig()
    for number in (1, 2):
        rig.take(frame(segment("DataTime=20261122120000;a21026-Rtd=1", flag=7, packet=f"PNUM=2;PNO={number};")))
    await rig.settle()
    assert rig.counts() == {"accepted": 2}
    assert not rig.quirks()


@pytest.mark.parametrize(
    ("stream", "outcome"),
    [
        (b"noise\r\n", "malformed"),
        (GOOD[:50], "malformed"),
        (segment() + b"\r\n", "malformed"),
        (frame(segment(), check=b"0000"), "wrong-check"),
        (frame(segment(mn="0" * 24)), "unknown-feed"),
        (frame(segment(mn="")), "unknown-feed"),
        (frame(segment(cn="1062")), "unsupported"),
        (frame(segment("")), "unsupported"),
        (frame(segment("DataTime=yesterday;a21026-Rtd=1")), "malformed"),
        (frame(b"QN=1;ST=31;CP=&&&&"), "malformed"),
        (b"##9999QN=1;" + b"x" * 9994 + b"&&0000\r\n", "too-large"),
        (frame(segment(), check=b"", length=40), "malformed"),
    ],
)
async def test_refused_frames(stream: bytes, outcome: str) -> None:
    """Kept as evidence, counted once, never answered; and the next good frame works."""
    rig = Rig()
    assert rig.take(stream) == 1
    await rig.settle()
    assert rig.counts() == {outcome: 1}
    (raw,) = rig.publisher.records(RAW_FRAMES)
    assert header(raw.headers, "outcome") == outcome
    assert stream.startswith((raw.value or b"?").rstrip(b"\r\n"))
    assert not rig.link.answers
    assert not rig.publisher.records(READINGS)
    rig.take(GOOD)
    await rig.settle()
    assert rig.counts() == {outcome: 1, "accepted": 1}
    assert len(rig.link.answers) == 1


async def test_wrong_password_looks_like_an_unknown_feed() -> None:
    """Whoever guesses learns nothing."""
    rig = Rig()
    rig.register(MN, SOURCE, password_sha256="00" * 32)
    rig.take(GOOD)
    rig.take(frame(segment(cn="9021")))
    await rig.settle()
    assert rig.counts() == {"unknown-feed": 2}
    assert not rig.link.answers


async def test_packet_without_readable_values_is_accepted() -> None:
    """Nothing to hand on, but received, kept and answered: the device must not send it for ever."""
    rig = Rig()
    rig.take(frame(segment("DataTime=20261122120000;a21026-Rtd=--;zz-Rtd=1")))
    await rig.settle()
    assert rig.counts() == {"accepted": 1}
    assert rig.quirks() == {"no-value": 1, "unknown-factor": 1}
    assert len(rig.link.answers) == 1
    assert not rig.publisher.records(READINGS)


async def test_periods_labelled_by_their_end_are_moved() -> None:
    """The feed's registration says so."""
    rig = Rig()
    rig.register(MN, SOURCE, period_labelled_by_end=True)
    rig.take(frame(segment("DataTime=20261122120000;a21026-Avg=1", cn="2061")))
    await rig.settle()
    (batch,) = batches(rig)
    assert batch.time.tolist() == [TIME_MS - 3_600_000]


async def test_bytes_add_up() -> None:
    """Every byte received is counted in one kind of piece."""
    rig = Rig()
    stream = b"noise\r\n" + GOOD + b"\r\n\r\n" + GOOD[:30] + b"##9999QN=1;" + b"x" * 9000 + REVISED
    rig.take(stream)
    await rig.settle()
    by_kind = rig._labels("lantian_ingest_bytes_total", "kind")
    assert sum(by_kind.values()) == len(stream)
    assert set(by_kind) == {"frame", "garbage", "blank", "too_large", "rest"}
    assert sum(rig.counts().values()) == rig.link.settled_count == 5


async def test_room_is_told_once_half_is_free() -> None:
    """Back-pressure for the transports."""
    rig = Rig(in_flight_frames=4)
    rig.publisher.hold = True
    told: list[bool] = []
    for minute in range(4):
        assert not rig.intake.full
        rig.take(frame(segment(f"DataTime=202611221200{minute:02d};zz-Rtd=1")))
    assert rig.intake.full
    rig.intake.when_room(lambda: told.append(rig.intake.full))
    await rig.settle()
    assert told == []
    rig.publisher.release()
    await rig.settle()
    assert told == [False]


async def test_drain_leaves_nothing_under_way() -> None:
    """An orderly end answers what it has."""
    rig = Rig()
    for minute in range(20):
        rig.take(frame(segment(f"DataTime=202611221200{minute:02d};a21026-Rtd=1")))
    await rig.intake.drain()
    assert len(rig.link.answers) == 20
    assert rig.counts() == {"accepted": 20}


async def test_order_of_one_feed_is_kept() -> None:
    """From the socket to both topics."""
    rig = Rig()
    framer = Framer()
    for number in range(50):
        data = frame(segment(f"DataTime=2026112212{number:02d}00;a21026-Rtd={number}"))
        rig.pipeline.take(framer.feed(data), rig.link)
        if number % 7 == 0:
            await asyncio.sleep(0)
    await rig.settle()
    values = [value for batch in batches(rig) for value in batch.value.tolist()]
    assert values == list(range(50))
    pointers = [pointed(int(seq))[1] for batch in batches(rig) for seq in batch.seq]
    assert pointers == list(range(50))
