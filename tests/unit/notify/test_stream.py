"""The live stream: each sees its own, and goes on exactly where it left off."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.access.scope import Scope
from lantian_kit.clock import ManualClock
from lantian_kit.records import Record
from lantian_notify.access import Principal
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.registry.teams import Teams
from lantian_notify.stream.stream import Place, StreamBusy, Streams, WrongId, read_id, write_id
from lantian_proto.topics import ISSUE_EVENTS, LEADS
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.registry_pb2 import Enterprise, RegistryChange, Source
from tests.support.notify_events import NOW_MS, an_event

MINISTRY = Principal("m", "ministry", Scope(("",)))
TANGSHAN = Principal("t", "city-office", Scope(("1302",)))
PLANT = Principal("p", "enterprise", Scope(("1302",), "ent-1"))


class FakeFeed:
    """Two partitions of issue events and one of leads, in memory; a reader waits until there is more."""

    def __init__(self) -> None:
        self.records: dict[Place, list[Record]] = {(ISSUE_EVENTS, 0): [], (ISSUE_EVENTS, 1): [], (LEADS, 0): []}
        self.more = asyncio.Event()

    def put(self, topic: str, partition: int, value: bytes) -> None:
        """One more record."""
        rows = self.records[topic, partition]
        rows.append(Record(topic, partition, len(rows), NOW_MS, b"k", value))
        self.more.set()

    async def ends(self) -> dict[Place, int]:
        """Next offsets."""
        return {place: len(rows) for place, rows in self.records.items()}

    async def open(self, places: Mapping[Place, int]) -> "FakeReader":
        """From these offsets on."""
        return FakeReader(self, dict(places))


class FakeReader:
    """Reads on."""

    def __init__(self, feed: FakeFeed, places: dict[Place, int]) -> None:
        self.feed = feed
        self.places = places
        self.closed = False

    async def read(self, wall_seconds: float) -> Sequence[Record]:
        """What is there; else what comes."""
        while True:
            found = [one for place, rows in self.feed.records.items() for one in rows[self.places[place] :]][:2]
            for one in found:
                self.places[one.topic, one.partition] = one.offset + 1
            if found:
                return found
            self.feed.more.clear()
            await self.feed.more.wait()

    async def close(self) -> None:
        """Notes it."""
        self.closed = True


def some_teams() -> Teams:
    """Source src-1 belongs to ent-1 in Tangshan."""
    teams = Teams()
    source = Source(source_id="src-1", enterprise_id="ent-1")
    enterprise = Enterprise(enterprise_id="ent-1", division_code="130203")
    for change in (
        RegistryChange(kind="source", id="src-1", revision=1, source=source),
        RegistryChange(kind="enterprise", id="ent-1", revision=1, enterprise=enterprise),
    ):
        teams.apply(f"{change.kind}/{change.id}", change.SerializeToString())
    return teams


@pytest.fixture
def feed() -> FakeFeed:
    """Nothing in it."""
    return FakeFeed()


@pytest.fixture
def streams(feed: FakeFeed) -> Streams:
    """For two clients."""
    return Streams(feed, some_teams(), ManualClock(NOW_MS), NotifyMetrics(CollectorRegistry()), clients_at_most=2)


def parsed(data: bytes) -> dict[str, str]:
    """One event of the stream by its fields."""
    rows = (line.partition(":") for line in data.decode().splitlines() if line)
    return {name: value.strip() for name, _, value in rows}


async def take(streams: Streams, caller: Principal, count: int, last_id: str = "") -> tuple[list[Any], str]:
    """So many events, and the id of the last; then the client goes."""
    places = await streams.begin(last_id)
    following = streams.follow(caller, places)
    found: list[Any] = []
    async for data in following:
        event = parsed(data)
        last_id = event["id"]
        if "data" in event:
            found.append((event["event"], json.loads(event["data"])))
        if len(found) == count:
            break
    await following.aclose()  # type: ignore[attr-defined]
    return found, last_id


async def test_a_client_goes_on_exactly_where_it_left(feed: FakeFeed, streams: Streams) -> None:
    """After every single event, over all partitions: nothing twice, nothing missing, whatever came meanwhile."""
    _, last_id = await take(streams, MINISTRY, 0)
    names = [f"e{number:02}" for number in range(20)]
    for number, name in enumerate(names):
        feed.put(ISSUE_EVENTS, number % 2, an_event(event_id=name).SerializeToString())
    seen = []
    for _ in names:
        (found,), last_id = await take(streams, MINISTRY, 1, last_id)
        seen.append(found[1]["event_id"])
    assert sorted(seen) == names
    assert [name for name in seen if int(name[1:]) % 2] == names[1::2]


async def test_a_new_client_begins_now_and_has_an_id_before_the_first_event(feed: FakeFeed, streams: Streams) -> None:
    """What came before is history; what comes after the first line is not lost when the line breaks."""
    feed.put(ISSUE_EVENTS, 0, an_event(event_id="old").SerializeToString())
    _, first_id = await take(streams, MINISTRY, 0)
    feed.put(ISSUE_EVENTS, 0, an_event(event_id="new").SerializeToString())
    ((_, event),), _ = await take(streams, MINISTRY, 1, first_id)
    assert event["event_id"] == "new"


async def test_a_partition_that_is_new_is_read_from_its_beginning(feed: FakeFeed, streams: Streams) -> None:
    """An id of before knows nothing of it."""
    _, last_id = await take(streams, MINISTRY, 0)
    feed.records[ISSUE_EVENTS, 2] = []
    feed.put(ISSUE_EVENTS, 2, an_event(event_id="there").SerializeToString())
    ((_, event),), _ = await take(streams, MINISTRY, 1, last_id)
    assert event["event_id"] == "there"


def record(topic: str, value: bytes) -> Record:
    """A record of a topic."""
    return Record(topic, 0, 0, NOW_MS, b"k", value)


@pytest.mark.parametrize(
    ("caller", "division", "source", "sees"),
    [
        (MINISTRY, "610100", "other", True),
        (MINISTRY, "", "other", True),
        (TANGSHAN, "130203", "other", True),
        (TANGSHAN, "130100", "other", False),
        (TANGSHAN, "", "other", False),
        (PLANT, "130203", "src-1", True),
        (PLANT, "130203", "other", False),
        (Principal("x", "enterprise", Scope(("",))), "130203", "src-1", False),
    ],
)
def test_each_sees_its_own_issues(streams: Streams, caller: Principal, division: str, source: str, sees: bool) -> None:
    """By division, and an enterprise by itself."""
    event = an_event(division_code=division)
    event.lead.source_id = source
    assert (streams.shown(record(ISSUE_EVENTS, event.SerializeToString()), caller) is not None) == sees


@pytest.mark.parametrize(
    ("caller", "source", "sees"),
    [(MINISTRY, "unknown", True), (TANGSHAN, "src-1", True), (TANGSHAN, "unknown", False), (PLANT, "src-1", False)],
)
def test_each_sees_its_own_leads(streams: Streams, caller: Principal, source: str, sees: bool) -> None:
    """A lead has no division of its own: the registry knows it. Enterprises see none."""
    lead = Lead(lead_id="l", source_id=source)
    assert (streams.shown(record(LEADS, lead.SerializeToString()), caller) is not None) == sees


def test_numbers_are_masked_for_who_does_not_act(streams: Streams) -> None:
    """The ministry reads masks; the rule is that of personal.yaml."""
    event = an_event()
    event.person, event.reason = "王工 13800001234", "冀A·12312"
    found = streams.shown(record(ISSUE_EVENTS, event.SerializeToString()), MINISTRY)
    assert found is not None
    assert ("138****1234" in found[1], "冀A·***12" in found[1], "13800001234" in found[1]) == (True, True, False)


def test_what_is_no_event_is_passed_over(streams: Streams) -> None:
    """One poison record does not end the stream."""
    for topic in (ISSUE_EVENTS, LEADS):
        assert streams.shown(record(topic, b"\xff\xff"), MINISTRY) is None
        assert streams.shown(record(topic, b""), MINISTRY) is None


async def test_clients_are_bounded_and_let_go_at_the_end(feed: FakeFeed, streams: Streams) -> None:
    """The third is refused; a stop ends the others."""
    following = [streams.follow(MINISTRY, await streams.begin("")) for _ in range(2)]
    for one in following:
        await anext(one)
    with pytest.raises(StreamBusy):
        await streams.begin("")
    ends = [asyncio.create_task(anext(one, b"over")) for one in following]
    await asyncio.sleep(0)
    await streams.stop()
    assert [end.done() and end.result() for end in ends] == [b"over", b"over"]


@pytest.mark.parametrize("text", ["x", "i1", "l1.i2.z", "i-1.l0", "i1,,2.l", "i1.l1\n", "i" + "9" * 16 + ".l", "i1 .l"])
def test_a_wrong_id_is_refused(text: str) -> None:
    """Not taken for the beginning."""
    if text == "i1":
        assert read_id(text) == {(ISSUE_EVENTS, 0): 1}
        return
    with pytest.raises(WrongId):
        read_id(text)


def test_an_id_says_every_place() -> None:
    """There and back."""
    places = {(ISSUE_EVENTS, 0): 12, (ISSUE_EVENTS, 1): 0, (LEADS, 0): 7}
    assert write_id(places) == "i12,0.l7"
    assert read_id(write_id(places)) == places
    assert read_id(write_id({})) == {}
