"""A new SM4 key: asked for by the device, on the disk before it is sent, in no topic, used from then on."""

import re
from pathlib import Path

import pytest

from lantian_ingest.decoders.hj212 import reply, sm4
from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.decoders.hj212.segment import parse
from lantian_ingest.decoders.hj212.sm4 import KeyRing
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.hearing import Hearing
from lantian_ingest.dialogue.renewal import Renewal
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.judge import Judge
from lantian_ingest.pipeline import Pipeline
from lantian_ingest.sm4_keys import load
from lantian_proto.topics import COMMAND_STATES
from lantian_proto.v1.command_pb2 import Command, CommandState
from tests.unit.ingest.frames import MN, frame, segment
from tests.unit.ingest.rig import Rig

OLD = "0123456789abcdef"


class Encrypting(Rig):
    """A rig whose feed has a key."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        file.write_text(f"# keys\n{MN} {OLD}")
        self.keys, self.file = load(file), file
        renewal = Renewal(self.keys, file)
        self.desk = Desk(self.presence, self.publisher, self.clock, self.metrics, gap_seconds=0, renewal=renewal)
        events = FeedEvents(self.publisher, self.clock, self.metrics)
        hearing = Hearing(self.presence, self.desk, self.gaps, events, self.sightings)
        judge = Judge(self.feeds, Reader(), keys=self.keys)
        self.pipeline = Pipeline(self.intake, judge, Duplicates(), self.clock, self.metrics, hearing=hearing)

    def states(self) -> list[str]:
        """As published."""
        found = [CommandState.FromString(record.value or b"") for record in self.publisher.records(COMMAND_STATES)]
        return [state.state for state in found]


def packet(minute: int, key: str) -> bytes:
    """An upload of 2025 under a key."""
    text = segment(f"DataTime=2026112212{minute:02d}00;a21026-Rtd=1.5,a21026-Flag=N", flag=9)
    plain = frame(text)
    return plain.replace(text, sm4.encrypt(text, key.encode()))


async def test_device_asks_for_a_key_and_speaks_under_it(tmp_path: Path) -> None:
    """1014, its receipt, the new key under the old one; both open packets until the new one was used."""
    rig = Encrypting(tmp_path / "keys")
    rig.take(packet(0, OLD))
    rig.take(frame(segment("", cn="1014", flag=9)))
    await rig.settle()
    assert any(b"CN=9013" in answer for answer in rig.link.answers)
    rig.desk.turn()
    (piece,) = Framer().feed(rig.link.answers[-1])
    opened = sm4.decrypt(piece.segment, OLD.encode())
    assert b"NewSK" not in piece.segment
    found = re.search(rb"NewSK=([0-9a-f]{16})", opened)
    assert found is not None
    key = found[1].decode()
    assert load(rig.file).keys(MN) == (key.encode(), OLD.encode())
    assert not [record for record in rig.publisher.records(COMMAND_STATES) if key.encode() in (record.value or b"")]
    rig.take(packet(1, OLD) + packet(2, key) + packet(3, OLD))
    await rig.settle()
    assert rig.counts() == {"accepted": 5}
    assert set(rig.keys.keys(MN)) == {OLD.encode(), key.encode()}
    request = parse(opened)
    rig.take(reply.taken(request.qn, request.head) + reply.executed(request.qn, request.head))
    await rig.settle()
    assert rig.states() == ["queued", "sent", "accepted", "executed"]
    rig.take(packet(4, key))
    await rig.settle()
    assert rig.keys.keys(MN)[0] == key.encode()


async def test_feed_without_a_key_is_refused(tmp_path: Path) -> None:
    """In words, and nothing is sent."""
    rig = Rig()
    rig.take(frame(segment()))
    await rig.settle()
    rig.link.answers.clear()
    rig.desk.give(Command(command_id="c", feed_id=MN, kind="renew-key"))
    rig.desk.turn()
    exchange = rig.desk.find("c")
    assert exchange is not None
    assert (exchange.state, exchange.reason) == ("refused", "the feed has no SM4 key that could be renewed")
    assert not rig.link.answers


def test_key_that_can_not_be_kept_is_not_offered(tmp_path: Path) -> None:
    """A key that a restart forgets would lock the feed out."""
    ring = KeyRing()
    ring.put(MN, OLD.encode())
    with pytest.raises(ValueError, match="can not be written"):
        Renewal(ring, tmp_path / "nowhere" / "keys").offer(MN)
    assert ring.keys(MN) == (OLD.encode(),)


def test_same_key_until_it_was_used(tmp_path: Path) -> None:
    """A request sent again offers what the first one did."""
    file = tmp_path / "keys"
    file.write_text(f"{MN} {OLD}\n")
    renewal = Renewal(load(file), file)
    first = renewal.offer(MN)
    assert renewal.offer(MN) == first
    renewal.done(MN)
    assert renewal.current(MN) == first.encode()
    assert renewal.offer(MN) != first
