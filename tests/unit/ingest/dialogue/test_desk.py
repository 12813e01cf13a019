"""Commands on their way to devices: through the pipeline, on a link that remembers."""

import re
from dataclasses import replace

import pytest

from lantian_ingest.decoders.hj212 import reply
from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.decoders.hj212.segment import Head, parse
from lantian_ingest.dialogue.recalls import Recalls
from lantian_proto.topics import COMMAND_STATES
from lantian_proto.v1.command_pb2 import Command, CommandState
from tests.unit.ingest.frames import MN, frame, segment
from tests.unit.ingest.rig import FakeLink, Rig

HOUR_MS = 3_600_000
BEGIN = 1_699_963_200_000  # 20:00 of 2023-11-14, +08:00


def recall(command_id: str = "c1", **fields: object) -> Command:
    """Three hours."""
    given: dict[str, object] = {
        "feed_id": MN,
        "kind": "recall-hours",
        "begin_ms": BEGIN,
        "end_ms": BEGIN + 2 * HOUR_MS,
    } | fields
    return Command(command_id=command_id, **given)  # type: ignore[arg-type]


def hour(number: int) -> bytes:
    """An hour of the day of BEGIN."""
    return frame(segment(f"DataTime=20231114{20 + number:02d}0000;a21026-Avg={number},a21026-Flag=N", cn="2061"))


async def present(rig: Rig) -> None:
    """The device sends something, so that it is there."""
    rig.take(frame(segment("DataTime=20231115061320;a21026-Rtd=1")))
    await rig.settle()
    rig.link.answers.clear()


def states(rig: Rig) -> list[tuple[str, str]]:
    """Command and state, as published."""
    found = [CommandState.FromString(record.value or b"") for record in rig.publisher.records(COMMAND_STATES)]
    return [(state.command.command_id, state.state) for state in found]


def asked(link: FakeLink) -> tuple[str, Head]:
    """QN and head of the last request on a link; it is taken off."""
    (piece,) = Framer().feed(link.answers.pop())
    request = parse(piece.segment)
    return request.qn, request.head


async def test_recall_from_command_to_executed() -> None:
    """Every step published once, records counted, and the request as the standard has it."""
    rig = Rig()
    await present(rig)
    rig.desk.give(recall())
    rig.desk.turn()
    text = rig.link.answers[-1].decode()
    assert re.search(rf"QN=\d{{17}};ST=31;CN=2061;PW=123456;MN={MN};Flag=5;CP=&&BeginTime=20231114200000;", text)
    assert "EndTime=20231114220000&&" in text
    qn, head = asked(rig.link)
    rig.take(reply.taken(qn, head))
    for number in range(3):
        rig.take(hour(number))
    await rig.settle()
    rig.take(reply.executed(qn, head))
    await rig.settle()
    assert states(rig) == [("c1", "queued"), ("c1", "sent"), ("c1", "accepted"), ("c1", "executed")]
    exchange = rig.desk.find("c1")
    assert exchange is not None
    assert (exchange.records, exchange.attempts) == (3, 1)
    assert rig.counts()["accepted"] == 6


async def test_one_at_a_time_and_not_without_a_link() -> None:
    """The second waits for the end of the first, both for the device."""
    rig = Rig()
    rig.desk.give(recall("c1"))
    rig.desk.give(Command(command_id="c2", feed_id=MN, kind="set-time"))
    rig.desk.turn()
    assert states(rig) == [("c1", "queued"), ("c2", "queued")]
    await present(rig)
    rig.link.open = False
    rig.desk.turn()
    assert not rig.link.answers
    rig.link.open = True
    rig.desk.turn()
    rig.desk.turn()
    qn, head = asked(rig.link)
    assert not rig.link.answers
    rig.take(reply.taken(qn, head, 2))
    await rig.settle()
    rig.desk.turn()
    assert b"CN=1012" in rig.link.answers[-1]
    assert states(rig)[2:] == [("c1", "sent"), ("c1", "refused"), ("c2", "sent")]


async def test_no_answer_is_asked_again_then_given_up() -> None:
    """Under a new QN each time."""
    rig = Rig()
    await present(rig)
    rig.desk.give(recall())
    numbers = []
    for _ in range(6):
        rig.desk.turn()
        if rig.link.answers:
            numbers.append(asked(rig.link)[0])
        rig.clock.advance(11)
    assert len(set(numbers)) == 4
    assert states(rig)[-1] == ("c1", "timed-out")


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (recall(kind="explode"), "unknown kind"),
        (recall(end_ms=BEGIN - 1), "behind its begin"),
        (recall(end_ms=BEGIN + 32 * 24 * HOUR_MS), "31 days"),
        (recall(begin_ms=0, end_ms=0), "has a begin"),
        (recall(kind="adopt", begin_ms=0), "has a begin"),
        (recall(feed_id=""), "no feed"),
        (recall(kind="set-real-time-interval", interval=29), "30 to 3600"),
        (recall(kind="set-minute-interval", interval=7), "one of"),
        (recall(kind="comparison-sample"), "factor"),
        (recall(kind="comparison-sample", factor="a;b"), "factor"),
    ],
)
async def test_commands_that_can_not_be(command: Command, reason: str) -> None:
    """Refused at once, in words, and published."""
    rig = Rig()
    exchange = rig.desk.give(command)
    assert (exchange.state, states(rig)) == ("refused", [(command.command_id, "refused")])
    assert reason in exchange.reason
    await rig.settle()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"kind": "set-time"}, "CN=1012;PW=123456;.*CP=&&SystemTime=20231115061320&&"),
        ({"kind": "set-real-time-interval", "interval": 60}, "CN=1062;.*CP=&&RtdInterval=60&&"),
        ({"kind": "set-minute-interval", "interval": 10}, "CN=1064;.*CP=&&MinInterval=10&&"),
        ({"kind": "comparison-sample", "factor": "a21026"}, "CN=3014;.*CP=&&PolId=a21026&&"),
        ({"kind": "recall-days"}, "CN=2031;.*CP=&&BeginTime="),
        ({"kind": "recall-minutes"}, "CN=2051;.*CP=&&BeginTime="),
    ],
)
async def test_every_kind_as_it_goes_out(fields: dict[str, object], text: str) -> None:
    """To the device that last spoke, under its own password."""
    rig = Rig()
    await present(rig)
    rig.desk.give(recall(**fields))  # type: ignore[arg-type]  # all but the id
    rig.desk.turn()
    assert re.search(text, rig.link.answers[-1].decode())


async def test_open_commands_of_one_feed_are_bounded_and_repeats_are_one() -> None:
    """A flood is refused, the same id is the same command."""
    rig = Rig()
    assert rig.desk.give(recall("c1")) is rig.desk.give(recall("c1"))
    for number in range(60):
        rig.desk.give(recall(f"d{number}"))
    refused = [each for each in rig.desk.exchanges if each.state == "refused"]
    assert len(refused) == 11
    assert refused[0].reason == "too many commands are open"
    assert len(rig.desk.exchanges) == 61
    await rig.settle()


async def test_replies_of_a_stranger_change_nothing() -> None:
    """Only a feed's own 9011 counts."""
    rig = Rig()
    await present(rig)
    rig.register("E" * 24, "other")
    rig.desk.give(recall())
    rig.desk.turn()
    qn, head = asked(rig.link)
    rig.take(reply.taken(qn, replace(head, mn="E" * 24), 2))
    rig.take(reply.taken("20200101000000000", head, 2))
    await rig.settle()
    assert states(rig)[-1] == ("c1", "sent")


async def test_device_that_asks_for_the_time_gets_it() -> None:
    """1013 is answered by 9013 and followed by 1012, once a minute at most."""
    rig = Rig()
    rig.take(frame(segment("PolId=w01018", cn="1013")))
    rig.take(frame(segment("PolId=w01018", cn="1013")))
    await rig.settle()
    assert [b"CN=9013" in answer for answer in rig.link.answers] == [True, True]
    rig.desk.turn()
    assert b"CN=1012" in rig.link.answers[-1]
    assert [state for _, state in states(rig)] == ["queued", "sent"]


async def test_gap_becomes_a_recall_and_the_records_fill_it() -> None:
    """By itself, after the delay, in the device's own labels."""
    rig = Rig()
    rig.clock.advance(12 * 3600)
    recalls = Recalls(rig.gaps, rig.desk, rig.clock, rig.metrics, delay_seconds=600)
    rig.take(hour(0) + hour(3))
    await rig.settle()
    recalls.look()
    assert states(rig) == []
    rig.clock.advance(600)
    recalls.look()
    recalls.look()
    ((command, state),) = states(rig)
    assert state == "queued"
    rig.link.answers.clear()
    rig.desk.turn()
    assert b"CP=&&BeginTime=20231114210000;EndTime=20231114220000&&" in rig.link.answers[-1]
    qn, head = asked(rig.link)
    rig.take(reply.taken(qn, head) + hour(1) + hour(2) + reply.executed(qn, head))
    await rig.settle()
    exchange = rig.desk.find(command)
    assert exchange is not None
    assert (exchange.state, exchange.records, len(rig.gaps)) == ("executed", 2, 0)
