"""Letters that were sent and broken glass, from task-events.v1 to whoever is told."""

import json

import pytest

from lantian_kit.worker import InvalidRecord
from lantian_notify.tasks_events import told_of
from lantian_proto.v1.issue_event_pb2 import Actor
from lantian_proto.v1.task_event_pb2 import TaskEvent
from tests.support.notify_events import NOW_MS, a_change
from tests.support.notify_office import Office


def a_task_event(kind: str, subject: str, **changes: object) -> TaskEvent:
    """About the city of the team."""
    event = TaskEvent(
        event_id=f"event-{subject}",
        subject_id=subject,
        subject_kind=subject.partition("/")[0],
        sequence=1,
        kind=kind,
        actor=Actor(actor_id="li.chu", role="province", organisation="河北省生态环境厅"),
        reason="跨省污染过程会商",
        at_ms=NOW_MS,
        division_code="130200",
        path="/v1/x",
    )
    for name, value in changes.items():
        setattr(event, name, value)
    return event


@pytest.fixture
def office() -> Office:
    """A team of the city that takes registered issues, and one that watches over access."""
    office = Office()
    office.teams.apply("team/team-1", a_change())
    watching = a_change("watch", division_code="1302", event_kinds=["glass-broken"])
    office.teams.apply("team/watch", watching)
    return office


async def test_broken_glass_is_told_to_who_watches_and_to_nobody_else(office: Office) -> None:
    """At once, with who, why and where; read twice it is told once."""
    event = a_task_event("glass-broken", "glass/1-130200")
    assert await office.take_task(event) == "notified"
    (delivery,) = office.store.deliveries.values()
    assert delivery.team_id == "watch"
    told = json.loads(delivery.body)
    assert told["type"] == "issue.glass-broken"
    assert told["data"]["issue"]["reason"] == "跨省污染过程会商"
    assert told["data"]["title"]["zh"] == "河北省生态环境厅 li.chu"
    assert await office.take_task(event) == "repeated"


async def test_leads_and_rounds_are_told_by_their_issues(office: Office) -> None:
    """Nobody hears of them from here."""
    for kind, subject in (("moved", "lead/1"), ("received", "round/1"), ("moved", "letter/1")):
        assert await office.take_task(a_task_event(kind, subject)) == "not-wanted"
    assert office.store.deliveries == {}


async def test_a_letter_is_told_to_the_teams_of_its_city(office: Office) -> None:
    """By the first of their ways; in words."""
    mail = [{"channel": "email", "address": "office@city.example"}]
    office.teams.apply("team/team-1", a_change(revision=2, contacts=mail))
    assert await office.take_task(a_task_event("letter-sent", "letter/1")) == "notified"
    (delivery,) = office.store.deliveries.values()
    assert (delivery.team_id, delivery.channel) == ("team-1", "email")
    letter = office.templates.letter(delivery.items)
    assert letter.title.startswith("【较重】预警通知函已发出")
    assert "河北省生态环境厅" in letter.bodies["text"]
    assert "跨省污染过程会商" in letter.bodies["sms"]
    assert letter.links == ()


def test_what_can_not_be_read_becomes_a_dead_letter() -> None:
    """With its reason; an empty record is of no kind."""
    with pytest.raises(InvalidRecord) as caught:
        told_of(b"\xff\xff")
    assert caught.value.reason == "undecodable"
    assert told_of(None) is None
