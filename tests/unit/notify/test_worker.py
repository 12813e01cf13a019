"""From a record of issue-events.v1 to deliveries: every record has one outcome."""

import pytest

from lantian_kit.worker import InvalidRecord, Unavailable
from lantian_notify.deliveries.delivery import Delivery
from lantian_notify.deliveries.stages import Unreachable
from lantian_notify.registry.teams import Contact
from lantian_notify.wording.render import payload
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from tests.support.notify_events import NOW_MS, a_change, an_event
from tests.support.notify_office import Office


@pytest.fixture
def bench() -> Office:
    """One team of the city, with a webhook and nobody on duty."""
    office = Office()
    office.clock.advance(0.005)
    office.teams.apply("team/team-1", a_change())
    return office


async def test_an_event_becomes_a_delivery_for_each_team(bench: Office) -> None:
    """Written down first, then the deliverer is told."""
    bench.teams.apply("team/team-2", a_change("team-2", division_code="130203"))
    assert await bench.take(an_event()) == "notified"
    assert bench.kicked == ["webhook:team-1", "webhook:team-2"]
    assert {d.team_id for d in bench.store.deliveries.values()} == {"team-1", "team-2"}
    assert {d.body for d in bench.store.deliveries.values()} == {payload(an_event())}
    assert {d.created_ms for d in bench.store.deliveries.values()} == {NOW_MS + 5}


async def test_a_record_read_twice_changes_nothing(bench: Office) -> None:
    """Not even what became of the delivery since."""
    await bench.take(an_event())
    bench.kicked.clear()
    before = dict(bench.store.deliveries)
    assert await bench.take(an_event()) == "repeated"
    assert bench.store.deliveries == before
    assert bench.kicked == []


async def test_a_repeat_after_half_the_work_does_the_other_half(bench: Office) -> None:
    """Killed between two teams: the second one is told at the second reading, the first not again."""
    await bench.take(an_event())
    bench.teams.apply("team/team-2", a_change("team-2"))
    bench.kicked.clear()
    assert await bench.take(an_event()) == "notified"
    assert bench.kicked == ["webhook:team-2"]


async def test_events_that_nobody_hears_of_are_counted_apart(bench: Office) -> None:
    """No team, no address, not wanted: three different things to mend."""
    assert await bench.take(an_event(division_code="610100")) == "parked"
    assert await bench.take(an_event(kind="moved")) == "not-wanted"
    assert await bench.take(an_event(kind="of-a-later-release")) == "not-wanted"
    bench.teams.apply("team/team-1", a_change(revision=2, webhook_url=""))
    assert await bench.take(an_event()) == "no-channel"
    assert bench.store.deliveries == {}


async def test_teams_are_those_of_the_time_of_the_event(bench: Office) -> None:
    """A team that began later does not hear of it."""
    bench.teams.apply("team/team-1", a_change(revision=2, valid_from_ms=NOW_MS + 1))
    bench.teams.apply("team/team-3", a_change("team-3", valid_from_ms=NOW_MS + 1))
    await bench.take(an_event())
    assert bench.kicked == ["webhook:team-1"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\xff\xff\xff", "undecodable"),
        (b"", "invalid"),
        (None, "invalid"),
        (an_event(event_id=""), "invalid"),
        (an_event(issue_id=""), "invalid"),
        (an_event(kind=""), "invalid"),
        (an_event(kind="x" * 201), "invalid"),
        (an_event(event_id="x" * 201), "invalid"),
        (an_event(path="/" * 201), "invalid"),
        (an_event(at_ms=0), "invalid"),
        (an_event(at_ms=-1), "invalid"),
        (an_event(at_ms=1 << 60), "invalid"),
    ],
)
async def test_an_unusable_record_has_a_reason(bench: Office, value: IssueEvent | bytes | None, reason: str) -> None:
    """It becomes a dead letter; nothing is written down."""
    with pytest.raises(InvalidRecord) as caught:
        await bench.take(value)
    assert caught.value.reason == reason
    assert bench.store.deliveries == {}


async def test_what_is_written_down_goes_out_even_if_the_next_insert_fails(bench: Office) -> None:
    """The first team does not wait for the second one's turn."""
    bench.teams.apply("team/team-2", a_change("team-2"))
    insert = bench.store.insert

    async def once(delivery: Delivery) -> bool:
        new = await insert(delivery)
        bench.store.away = True
        return new

    bench.store.insert = once  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await bench.take(an_event())
    assert bench.kicked == ["webhook:team-1"]


async def test_an_absent_store_is_no_fault_of_the_record(bench: Office) -> None:
    """The worker tries it again."""
    bench.store.away = True
    with pytest.raises(Unavailable):
        await bench.take(an_event())


def test_the_deliverer_finds_where_a_team_is_now(bench: Office) -> None:
    """Current address, nothing known, or void."""
    find = bench.handler.find_contact
    assert find("webhook", "team-1", NOW_MS) == Contact("webhook", "https://team.example/hook", "team-1")
    assert find("webhook", "unknown", NOW_MS) is None
    assert find("pigeon", "team-1", NOW_MS) is None
    bench.teams.apply("team/team-1", a_change(revision=2, webhook_url=""))
    assert find("webhook", "team-1", NOW_MS) == Unreachable("no-address")
    bench.teams.apply("team/team-1", a_change(revision=3, voided=True))
    assert find("webhook", "team-1", NOW_MS) == Unreachable("team-voided")
