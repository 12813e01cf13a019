"""Events without a team wait for the registry; changes the registry announced survive a restart."""

import asyncio

import pytest

from lantian_kit.clock import ManualClock
from lantian_notify.registry.announced import Announced
from lantian_notify.registry.teams import Teams
from lantian_proto.v1.registry_pb2 import ContactPoint, Enterprise, RegistryChange, Source
from tests.support.notify_calls import FakeParkedStore
from tests.support.notify_events import NOW_MS, a_change, an_event
from tests.support.notify_office import Office


async def test_an_event_waits_for_the_registry_to_learn_its_team() -> None:
    """Parked once, told as soon as the team is known, even one that began after the event."""
    office = Office()
    assert await office.take(an_event()) == "parked"
    assert await office.take(an_event()) == "repeated"
    await office.timekeeper.look()
    assert office.store.deliveries == {}
    office.clock.advance(600)
    office.teams.apply("team/team-1", a_change(valid_from_ms=NOW_MS + 500_000))
    await office.timekeeper.look()
    assert [delivery.team_id for delivery in office.store.deliveries.values()] == ["team-1"]
    assert office.parked.events["event-1"].state == "told"
    assert office.value("lantian_notify_parked_total", end="told") == 1


async def test_an_event_that_nobody_serves_is_shown_in_the_end() -> None:
    """After its time, and not before; another team does not help."""
    office = Office(team_wait_seconds=3600)
    await office.take(an_event())
    office.teams.apply("team/other", a_change("other", division_code="61"))
    office.clock.advance(3599)
    await office.timekeeper.look()
    assert [one.state for one in office.parked.events.values()] == ["waiting"]
    office.clock.advance(1)
    await office.timekeeper.look()
    assert [one.state for one in office.parked.events.values()] == ["nobody"]
    assert office.value("lantian_notify_parked_total", end="nobody") == 1


async def test_an_early_warning_goes_to_the_enterprise_alone() -> None:
    """And an exceedance to the regulators, as in 电子督办."""
    office = Office()
    office.teams.apply("team/team-1", a_change())
    phone = ContactPoint(channel="sms", address="13800000001")
    for change in (
        RegistryChange(kind="source", id="src-1", revision=1, source=Source(source_id="src-1", enterprise_id="e")),
        RegistryChange(
            kind="enterprise", id="e", revision=1, enterprise=Enterprise(enterprise_id="e", contacts=[phone])
        ),
    ):
        office.teams.apply(f"{change.kind}/{change.id}", change.SerializeToString())
    early = an_event(event_id="early")
    early.lead.rule_id = "spot-exceedance"
    assert await office.take(early) == "notified"
    assert await office.take(an_event()) == "notified"
    told = {delivery.event_id: delivery.endpoint_id for delivery in office.store.deliveries.values()}
    assert told == {"early": "sms:enterprise/e", "event-1": "webhook:team-1"}


async def kept(store: FakeParkedStore, clock: ManualClock, *records: tuple[str, bytes | None]) -> Teams:
    """The teams of a process that reads these records and ends."""
    teams = Teams()
    part = Announced(store, teams, clock)
    await part.start()
    for key, value in records:
        part.apply(key, value)
    await part.drained()
    await part.stop()
    return teams


async def test_a_team_whose_change_is_announced_is_known_after_a_restart() -> None:
    """Compaction left the revision of next week alone; the one in force was kept here."""
    store, clock = FakeParkedStore(), ManualClock(NOW_MS)
    future = ("team/t", a_change("t", 2, name="new", valid_from_ms=NOW_MS + 5000))
    await kept(store, clock, ("team/t", a_change("t", 1, name="old")), future)
    teams = await kept(store, clock, future)
    assert [team.name for team in teams.in_force(NOW_MS)] == ["old"]
    assert [team.name for team in teams.in_force(NOW_MS + 5000)] == ["new"]
    clock.advance(6)
    await kept(store, clock, ("team/t", a_change("t", 3, name="newest")))
    assert [revision for _, revision in store.changes] == [3]
    await kept(store, clock, ("team/t", None))
    assert store.changes == {}


async def test_an_absent_store_delays_the_start_and_loses_no_change() -> None:
    """It waits, and goes on."""
    store, clock = FakeParkedStore(), ManualClock(NOW_MS)
    store.away = True
    part = Announced(store, Teams(), clock)
    starting = asyncio.create_task(part.start())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not starting.done()
    store.away = False
    clock.advance(2)
    await starting
    store.away = True
    part.apply("team/t", a_change("t"))
    for _ in range(20):
        await asyncio.sleep(0)
    store.away = False
    clock.advance(2)
    await part.drained()
    assert [key for key, _ in store.changes] == ["team/t"]
    await part.stop()


@pytest.mark.parametrize("kind", ["team", "duty-roster", "enterprise", "source"])
def test_a_record_of_another_kind_under_a_key_is_refused(kind: str) -> None:
    """It becomes a dead letter."""
    change = RegistryChange(kind=kind, id="x", revision=1)
    with pytest.raises(ValueError, match="without the"):
        Teams().apply(f"{kind}/x", change.SerializeToString())
    change.mark.SetInParent()
    with pytest.raises(ValueError, match="with a mark"):
        Teams().apply(f"{kind}/x", change.SerializeToString())
