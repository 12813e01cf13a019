"""Whatever comes in, it gets its outcome or its dead letter, and the next good frame works."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from lantian_kit.whole import read_whole
from lantian_local.demo import topics
from lantian_local.demo.stage import Stage
from lantian_proto.topics import ISSUE_EVENTS, LEADS, READINGS, REGISTRY, dead_letters_by, dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from lantian_simulator.frames import envelope, request_number, stamp
from tests.e2e.wire import PASSWORD, Device, hour_frame, local_ms, site

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEED = "E2E0000000000000000000BAD"[:24]
FACTOR = "a21026"
START_MS = local_ms(2021, 7, 22, 8)
MINUTE_MS = 60_000
UNREADABLE = b"\xff\x00 no message of ours"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def known(stage: Stage) -> AsyncIterator[Stage]:
    """The stage with the feed of this module registered; its limit is never reached."""
    rows = site(stage, FEED, FACTOR, 1e9)
    await stage.register(rows)
    yield stage


def real_time(minute: int, value: str = "12.5", station: str = FEED) -> tuple[str, bytes]:
    """QN and bytes of a good 2011 upload of that minute."""
    number = request_number(START_MS + minute * MINUTE_MS)
    content = f"DataTime={stamp(START_MS + minute * MINUTE_MS)};{FACTOR}-Rtd={value},{FACTOR}-Flag=N"
    segment = f"QN={number};ST=31;CN=2011;PW={PASSWORD};MN={station};Flag=5;CP=&&{content}&&"
    return number, envelope(segment.encode())


def broken() -> dict[str, bytes]:
    """Bad bytes by what is wrong with them."""
    noise = random.Random(212)
    _, good = real_time(1000)
    wrong_check = good[:-6] + (b"0000" if good[-6:-2] != b"0000" else b"1111") + good[-2:]
    return {
        "random bytes": noise.randbytes(3000),
        "half a frame": good[: len(good) // 2],
        "half a frame and a line end": good[: len(good) // 2] + b"\r\n",
        "a length of 9999": b"##9999" + good[6:],
        "a length that is no number": b"##abcd" + good[6:],
        "a wrong check code": wrong_check,
        "an unknown station": real_time(1001, station="F" * 24)[1],
        "not a number": real_time(1002, "NaN")[1],
        "infinite": real_time(1003, "inf")[1],
        "1e308": real_time(1004, "1e308")[1],
        "an empty value": real_time(1005, "")[1],
        "a year of 9999": envelope(
            f"QN=99991231235959999;ST=31;CN=2011;PW={PASSWORD};MN={FEED};Flag=5;"
            f"CP=&&DataTime=99991231235959;{FACTOR}-Rtd=1,{FACTOR}-Flag=N&&".encode()
        ),
        "an unknown command": envelope(f"QN=1;ST=31;CN=7777;PW={PASSWORD};MN={FEED};Flag=5;CP=&&&&".encode()),
        "nothing inside": envelope(b""),
        "text that is no UTF-8": envelope(b"QN=1;ST=31;CN=2011;MN=\xff\xfe;Flag=5;CP=&&\x80\x81&&"),
        "a megabyte of hashes": b"#" * (1 << 20),
    }


@pytest.mark.parametrize("what", sorted(broken()))
async def test_after_bad_bytes_the_next_good_frame_works(known: Stage, what: str) -> None:
    """On a new connection at once, and on the same one unless the gateway closed it."""
    minute = sorted(broken()).index(what) * 10
    device = Device(known)
    await device.send(broken()[what])
    other = Device(known)
    number, good = real_time(minute)
    await other.send(good)
    assert number == await answer_to(other, number)
    number, good = real_time(minute + 5)
    # What a half frame still waits for may swallow one frame; a logger repeats it, and then it must get through.
    await device.send(good)
    await device.send(good)
    assert number == await answer_to(device, number)
    device.close()
    other.close()


async def answer_to(device: Device, number: str) -> str:
    """Read replies until the 9014 to this request."""
    while True:
        reply = await device.reply()
        if reply.command == "9014" and reply.request == number:
            return reply.request


async def test_every_frame_has_one_outcome(known: Stage) -> None:
    """Everything that lies in raw-frames.v1 says what became of it, out of the closed list."""
    outcomes = {record.outcome for record in await topics.raw_frames(known.suite.kafka_bootstrap)}
    allowed = {"accepted", "duplicate", "malformed", "wrong-check", "unknown-feed", "unsupported", "too-large"}
    assert outcomes <= allowed
    assert {"accepted", "wrong-check", "unknown-feed", "malformed"} <= outcomes


async def test_unreadable_records_become_dead_letters_and_services_go_on(known: Stage) -> None:
    """One into every topic that a service consumes; then a frame still becomes a webhook."""
    bootstrap = known.suite.kafka_bootstrap
    before = await dead_letters(bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        placed = {
            (topic, sent.partition, sent.offset)
            for topic in (READINGS, LEADS, ISSUE_EVENTS, REGISTRY)
            if (sent := await producer.send_and_wait(topic, UNREADABLE, key=b"nonsense/1", partition=0))
        }
    finally:
        await producer.stop()
    feed = "E2E0000000000000000AFTER"
    rows = [row for row in site(known, feed, FACTOR, 10.0) if row["kind"] != "team"]
    await known.register(rows)
    number, frame = hour_frame(feed, local_ms(2021, 7, 22, 13), f"{FACTOR}-Avg=99.5,{FACTOR}-Flag=N")
    device = Device(known)
    await device.send(frame)
    assert number == await answer_to(device, number)
    await known.receiver.next(lambda delivery: delivery.body["data"]["source"]["id"] == f"s-{feed.lower()}")
    device.close()
    missing, letters = placed, before
    async with asyncio.timeout(60):
        while missing:
            await asyncio.sleep(0.5)
            letters = await dead_letters(bootstrap)
            missing = placed - letters.keys()
    letters = {place: letter for place, letter in letters.items() if place not in before}
    assert placed == letters.keys()
    for letter in letters.values():
        assert letter.reason
        assert letter.detail
        assert letter.group
        assert letter.value == UNREADABLE
    assert known.suite.state.ready()


async def dead_letters(bootstrap: str) -> dict[tuple[str, int, int], DeadLetter]:
    """All of them, by where the record lies that they are about."""
    letters = {}
    for topic in dead_letters_by():
        async for record in read_whole(bootstrap, topic):
            letter = DeadLetter()
            letter.ParseFromString(record.value or b"")
            assert topic == dead_letters_of(letter.group)
            letters[letter.topic, letter.partition, letter.offset] = letter
    return letters
