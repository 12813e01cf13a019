"""Letters that were sent and broken glass, from task-events.v1 to whoever is told."""

import json

import pytest

from lantian_kit.worker import InvalidRecord
from lantian_notify.tasks_events import told_of
from lantian_notify.wording.letter import Templates
from lantian_proto.v1.issue_event_pb2 import Actor, ClockStep
from lantian_proto.v1.task_event_pb2 import TaskEvent
from tests.support.notify_events import NOW_MS, a_change, an_event
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


async def test_a_change_that_waits_is_told_to_those_who_decide(office: Office) -> None:
    """The teams of its place and above, by their robot; changes of one minute are one message."""
    robot = [{"channel": "wecom", "secret_name": "robot"}]
    office.teams.apply("team/team-1", a_change(revision=2, contacts=robot))
    for number in range(3):
        event = a_task_event(
            "change-proposed", f"change/{number}", division_code="130203", reason="绩效等级变更：甲厂 B → A"
        )
        assert await office.take_task(event) == "notified"
    (delivery,) = office.store.deliveries.values()
    assert (delivery.channel, len(delivery.items)) == ("wecom", 3)
    assert delivery.items[0]["summary"] == "绩效等级变更：甲厂 B → A"


async def test_the_rest_of_a_leads_way_and_rounds_are_told_by_their_issues(office: Office) -> None:
    """Nobody hears of them from here."""
    for kind, subject in (("moved", "lead/1"), ("received", "lead/1"), ("received", "round/1"), ("moved", "letter/1")):
        assert await office.take_task(a_task_event(kind, subject)) == "not-wanted"
    assert office.store.deliveries == {}


def a_lead_event(kind: str = "moved", subject: str = "lead/" + "a" * 32, **changes: object) -> TaskEvent:
    """About a lead of the district."""
    changes = {"division_code": "130203", "enterprise_name": "唐山示例钢铁有限公司", "reason": "", **changes}
    event = a_task_event(kind, subject, **changes)
    event.lead.CopyFrom(an_event().lead)
    return event


@pytest.mark.parametrize("move", ["push", "dispatch"])
async def test_a_pushed_lead_reaches_the_teams_of_its_city(office: Office, move: str) -> None:
    """Its clock of receipt runs from then on. A round's leads of one minute are one message that leads to them."""
    robot = [{"channel": "wecom", "secret_name": "robot"}]
    office.teams.apply("team/team-1", a_change(revision=2, contacts=robot))
    for number in range(3):
        event = a_lead_event(subject=f"lead/{number:032}", move=move, to_state="pushed")
        assert await office.take_task(event) == "notified"
    (delivery,) = office.store.deliveries.values()
    assert (delivery.team_id, delivery.channel, delivery.kind) == ("team-1", "wecom", "lead-pushed")
    letter = Templates(None, "https://city.example").letter(delivery.items)
    assert letter.title.startswith("【较重】3条消息：唐山示例钢铁有限公司")
    assert letter.links == (("详情", "https://city.example/leads"),)
    one = Templates(None, "https://city.example").letter(delivery.items[:1])
    assert one.links == (("详情", f"https://city.example/leads/{0:032}"),)
    assert "线索推送" in one.title
    assert "二氧化硫小时均值 52.1" in one.bodies["markdown"]


async def test_a_lead_that_nobody_receives_is_told_to_its_city_and_not_above(office: Office) -> None:
    """The clock of receipt has run out: an escalation like any other."""
    for team, division in (("team-1", "1302"), ("province", "13")):
        mail = [{"channel": "email", "address": f"{team}@city.example"}]
        office.teams.apply(f"team/{team}", a_change(team, 2, division_code=division, webhook_url="", contacts=mail))
    event = a_lead_event("escalated", move="escalate")
    event.step.CopyFrom(ClockStep(clock="receipt@3", step="not-received", title="超时未签收", to="city"))
    assert await office.take_task(event) == "notified"
    (delivery,) = office.store.deliveries.values()
    assert delivery.team_id == "team-1"
    assert "超时未签收" in office.templates.letter(delivery.items).bodies["sms"]


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


async def test_a_round_that_does_not_start_is_told_to_who_plans(office: Office) -> None:
    """With the reason, once, and a link to the round; county teams do not plan rounds."""
    for team, division in (("team-1", "1302"), ("county", "130203")):
        mail = [{"channel": "email", "address": f"{team}@city.example"}]
        office.teams.apply(f"team/{team}", a_change(team, 2, division_code=division, webhook_url="", contacts=mail))
    said = "第3轮次（计划人石家庄市大气办 office-1）：值班表中此刻无人值守"
    event = a_task_event("start-failed", "round/" + "b" * 32, move="fail-start", reason=said)
    assert await office.take_task(event) == "notified"
    (delivery,) = office.store.deliveries.values()
    assert (delivery.team_id, delivery.channel) == ("team-1", "email")
    letter = Templates(None, "https://city.example").letter(delivery.items)
    assert letter.title.startswith("【较重】轮次未能自动开始：")
    assert said in letter.title
    assert letter.links == (("详情", f"https://city.example/rounds/{'b' * 32}"),)
    assert all(said in body for body in letter.bodies.values())
    assert await office.take_task(event) == "repeated"


def test_what_can_not_be_read_becomes_a_dead_letter() -> None:
    """With its reason; an empty record is of no kind."""
    with pytest.raises(InvalidRecord) as caught:
        told_of(b"\xff\xff")
    assert caught.value.reason == "undecodable"
    assert told_of(None) is None
