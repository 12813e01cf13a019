"""People on duty are called until somebody acknowledges; messages of groups wait for each other; silences hold back."""

from dataclasses import replace

import pytest

from lantian_notify.calls.links import LinkRefused, Links, digest_of
from lantian_notify.channels.base import GiveUp
from lantian_notify.silences.silence import Match, Silence, remind_ms
from lantian_proto.v1.issue_event_pb2 import Actor
from lantian_proto.v1.registry_pb2 import ContactPoint
from tests.support.notify_events import NOW_MS, a_change, an_event
from tests.support.notify_office import HOUR_MS, LINK_KEY, Office, a_roster, a_shift

MINUTE = 60.0


@pytest.fixture
async def office() -> Office:
    """A city team with a and b on duty, and the province."""
    office = Office()
    office.staff("a", "b")
    return office


def told(office: Office) -> list[str]:
    """Who got something, in order, by address."""
    names = {f"1380000{sum(name.encode()):04}": name for name in ("a", "b", "c")} | {"13900000000": "province"}
    return [names.get(message.address, message.address) for message in office.channel.messages]


async def turn(office: Office, minutes: float = 0.0) -> None:
    """Time goes on; what is due is done and sent."""
    office.clock.advance(minutes * MINUTE)
    await office.timekeeper.look()
    await office.deliver_all()


async def test_an_unanswered_call_goes_to_the_next_on_duty_and_then_up(office: Office) -> None:
    """0, 15, 30 and 60 minutes; a team without a contact is passed over at once; then it is exhausted."""
    assert await office.take(an_event()) == "notified"
    await turn(office)
    assert told(office) == ["a"]
    await turn(office, 14.9)
    assert told(office) == ["a"]
    await turn(office, 0.2)
    assert told(office) == ["a", "b"]
    await turn(office, 15)  # the team itself has no contact: the next step is not waited for
    assert told(office) == ["a", "b", "province"]
    (call,) = office.calls.calls.values()
    assert [step.state for step in call.steps] == ["done", "done", "nobody", "done"]
    assert call.state == "exhausted"
    await turn(office, 600)
    assert len(told(office)) == 3
    assert office.value("lantian_notify_call_steps_total", to="team", result="nobody") == 1


async def test_an_acknowledgement_stops_it(office: Office) -> None:
    """In the same write; the person in the link is on record."""
    await office.take(an_event())
    await turn(office)
    (call,) = office.calls.calls.values()
    url = next(iter(office.store.deliveries.values())).link_url
    said = office.links.read(url.rpartition("/")[2], office.clock.now_ms())
    assert (said.call_id, said.recipient_digest) == (call.call_id, digest_of("person/a"))
    office.calls.calls[call.call_id] = replace(call.acknowledged("person/a", "link", NOW_MS), rev=call.rev + 1)
    for _ in range(10):
        await turn(office, 30)
    assert told(office) == ["a"]


async def test_a_message_that_can_not_arrive_brings_the_next_step_forward(office: Office) -> None:
    """Nobody waits fifteen minutes for a number that does not exist."""
    office.channel.always[f"1380000{sum(b'a'):04}"] = GiveUp("gone", disables=True)
    await office.take(an_event())
    await turn(office)
    assert office.hurried == 1
    await turn(office)
    assert told(office) == ["a", "b"]


async def test_after_a_downtime_steps_are_late_but_in_order_and_not_at_once(office: Office) -> None:
    """Whoever is told late still gets a minute before the next one is."""
    await office.take(an_event())
    office.clock.advance(3 * 3600.0)
    await turn(office)
    assert told(office) == ["a"]
    await turn(office, 1.1)
    await turn(office, 1.1)
    assert told(office) == ["a", "b", "province"]


async def test_two_replicas_take_a_step_once(office: Office) -> None:
    """The one that was frozen is refused; the ids are the same, so nobody is told twice."""
    await office.take(an_event())
    other = office.another_timekeeper("other")
    now, wall = office.clock.now_ms(), office.clock.wall_ms()
    (frozen,) = await office.calls.claim_calls(now, wall, limit=1, owner="me", until_wall_ms=wall + 1)
    office.clock.advance(1)
    await other.look()
    await office.timekeeper.step(frozen)
    assert office.value("lantian_notify_fenced_total") == 1
    await office.deliver_all()
    assert told(office) == ["a"]


async def test_moving_the_issue_by_hand_answers_the_call(office: Office) -> None:
    """The service's own moves do not."""
    await office.take(an_event())
    await turn(office)
    await office.take(an_event(event_id="e2", kind="moved"))
    (call,) = office.calls.calls.values()
    assert call.state == "open"
    event = an_event(event_id="e3", kind="moved")
    event.actor.CopyFrom(Actor(actor_id="li", role="city-office"))
    await office.take(event)
    (call,) = office.calls.calls.values()
    assert (call.state, call.acknowledged_by, call.acknowledged_via) == ("acknowledged", "li", "ledger")


async def test_whoever_is_on_duty_at_the_time_of_the_step_is_called(office: Office) -> None:
    """The shift changes between two steps."""
    change = NOW_MS + 10 * 60_000
    shifts = (a_shift("a", end_ms=change), a_shift("b", end_ms=change), a_shift("c", start_ms=change))
    office.teams.apply("duty-roster/r1", a_roster("r1", "team-1", *shifts, revision=2))
    await office.take(an_event())
    await turn(office)
    await turn(office, 16)  # only c is there now, and second on duty is nobody: the team, then the province
    assert told(office) == ["a", "province"]


async def test_a_repeat_calls_nobody_again(office: Office) -> None:
    """One event, one call."""
    await office.take(an_event())
    assert await office.take(an_event()) == "repeated"
    assert len(office.calls.calls) == 1


async def test_minor_and_late_leads_wake_nobody(office: Office) -> None:
    """The duty route wants severity 2 and above, and nothing retrospective."""
    minor, late = an_event(), an_event(event_id="e2")
    minor.lead.severity = 1
    late.lead.retrospective = True
    assert [await office.take(minor), await office.take(late)] == ["no-channel", "no-channel"]
    assert office.calls.calls == {}


class TestLinks:
    """Tokens of links."""

    links = Links((LINK_KEY,), "https://notify.example/")

    def token(self, call: str = "call_" + "ab" * 16, ends_ms: int = NOW_MS + 5000) -> str:
        """A good one."""
        return self.links.acknowledge_url(call, "person/a", ends_ms).rpartition("/")[2]

    def test_a_token_says_what_it_was_made_for(self) -> None:
        """And is short enough for an SMS."""
        assert len(self.token()) == 59
        assert self.links.read(self.token(), NOW_MS).call_id == "call_" + "ab" * 16

    def test_any_change_is_refused(self) -> None:
        """Every character counts, and so does every other spelling of the same bytes."""
        good = self.token()
        for place in range(len(good)):
            for sign in "AQgw":
                changed = good[:place] + sign + good[place + 1 :]
                if changed != good:
                    with pytest.raises(LinkRefused):
                        self.links.read(changed, NOW_MS)
        for wrong in ("", "=", good + "=", good + "A", good[:-1], "é", good.lower(), "x" * 59):
            with pytest.raises(LinkRefused):
                self.links.read(wrong, NOW_MS)

    def test_a_token_ends(self) -> None:
        """And says that this is all that is wrong with it."""
        with pytest.raises(LinkRefused) as refused:
            self.links.read(self.token(ends_ms=NOW_MS), NOW_MS)
        assert refused.value.expired

    def test_keys_are_replaced_one_after_the_other(self) -> None:
        """The old one still verifies, and no other does."""
        new = b"another-key-of-plain-words-for-tests"
        both = Links((new, LINK_KEY), "https://notify.example")
        assert both.read(self.token(), NOW_MS).call_id
        fresh = both.acknowledge_url("call_" + "ab" * 16, "person/a", NOW_MS + 5000).rpartition("/")[2]
        with pytest.raises(LinkRefused):
            self.links.read(fresh, NOW_MS)

    def test_without_a_key_or_an_address_there_are_no_links(self) -> None:
        """Messages then hold none; a short key stops the start."""
        assert Links((), "https://n.example").acknowledge_url("call_" + "ab" * 16, "a", NOW_MS) == ""
        assert Links((LINK_KEY,), "").acknowledge_url("call_" + "ab" * 16, "a", NOW_MS) == ""
        with pytest.raises(ValueError, match="32 bytes"):
            Links((b"short",), "")


@pytest.fixture
async def group() -> Office:
    """A city team with a WeCom robot and nobody on duty."""
    office = Office()
    robot = [ContactPoint(channel="wecom", secret_name="robot-1")]
    office.teams.apply("team/team-1", a_change(webhook_url="", contacts=robot))
    return office


async def test_leads_of_one_enterprise_go_into_one_message(group: Office) -> None:
    """Within a minute; another enterprise has its own, and a later one begins a new message."""
    for number in range(5):
        assert await group.take(an_event(event_id=f"e{number}")) == "notified"
    await group.take(an_event(event_id="other", enterprise_name="另一家"))
    assert [len(delivery.items) for delivery in group.store.deliveries.values()] == [5, 1]
    await group.deliver_all()
    assert group.channel.messages == []
    group.clock.advance(61)
    await group.deliver_all()
    assert sorted("5条消息" in message.body.decode() for message in group.channel.messages) == [False, True]
    assert await group.take(an_event(event_id="late")) == "notified"
    assert len(group.store.deliveries) == 3


async def test_an_event_lies_in_one_message_however_often_it_is_read(group: Office) -> None:
    """Before and after the message went out, and when the process was killed between plan and write."""
    await group.take(an_event(event_id="e1"))
    await group.take(an_event(event_id="e2"))
    assert [await group.take(an_event(event_id=name)) for name in ("e1", "e2")] == ["repeated", "repeated"]
    group.clock.advance(61)
    await group.deliver_all()
    assert [await group.take(an_event(event_id=name)) for name in ("e1", "e2")] == ["repeated", "repeated"]
    assert len(group.channel.messages) == 1
    (delivery,) = group.store.deliveries.values()
    await group.take(an_event(event_id="e3"))
    planned = next(id_ for id_, place in group.store.notices.items() if place not in (delivery.delivery_id,))
    del group.store.deliveries[planned]  # planned, not written
    assert await group.take(an_event(event_id="e3")) == "notified"
    assert sum(len(one.items) for one in group.store.deliveries.values()) == 3


async def test_the_gravest_do_not_wait(group: Office) -> None:
    """Severity 4 takes the others of its group along at once."""
    await group.take(an_event(event_id="e1"))
    grave = an_event(event_id="e2")
    grave.lead.severity = 4
    await group.take(grave)
    await group.deliver_all()
    (message,) = group.channel.messages
    assert "2条消息" in message.body.decode()


async def test_a_robot_gets_no_more_than_its_rate_and_the_gravest_first(group: Office) -> None:
    """A hundred wait after an outage: never more than twenty in any minute, by severity, then age (F-15)."""
    for number in range(100):
        event = an_event(event_id=f"e{number:03}", enterprise_name=f"企业{number}")
        event.lead.severity = 1 + number % 3
        await group.take(event)
    group.clock.advance(24 * 3600)
    deliverer = group.another("me")
    await deliverer.start()
    for _ in range(3000):
        await group.quiet_for(30)
        if len(group.channel.messages) == 100:
            break
        group.clock.advance(1)
    await deliverer.stop()
    times = group.channel.at_ms
    assert len(times) == 100
    assert all(sum(start <= at < start + 60_000 for at in times) <= 20 for start in times)
    urgencies = [group.store.deliveries[message.notice_id].urgency for message in group.channel.messages]
    assert urgencies == sorted(urgencies, reverse=True)
    assert {len(one.attempts) for one in group.store.deliveries.values()} == {1}  # waiting is no attempt


def a_silence(**changes: object) -> Silence:
    """Two days over the whole city, from now."""
    plain = Silence(
        "silence_1", "active", "li", "计划检修", "team-1", Match(divisions=("1302",), max_severity=3), NOW_MS,
        NOW_MS + 48 * HOUR_MS, NOW_MS, remind_ms(NOW_MS, NOW_MS + 48 * HOUR_MS),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_a_silence_holds_back_and_loses_nothing(office: Office) -> None:
    """Written down as muted; the gravest and what says that it is over go through; after its end all do."""
    office.teams.apply("team/team-1", a_change(revision=2, event_kinds=["registered", "voided"]))
    await office.silences.insert_silence(a_silence())
    assert await office.take(an_event()) == "muted"
    assert {delivery.state for delivery in office.store.deliveries.values()} == {"muted"}
    assert {call.state for call in office.calls.calls.values()} == {"muted"}
    assert office.value("lantian_notify_held_back_total") == 2
    await turn(office)
    assert office.channel.messages == []
    grave = an_event(event_id="e2")
    grave.lead.severity = 4
    assert await office.take(grave) == "notified"
    assert await office.take(an_event(event_id="e3", kind="voided")) == "notified"
    office.clock.advance(48 * 3600)
    assert await office.take(an_event(event_id="e4")) == "notified"


async def test_the_owner_is_told_before_and_at_the_end(office: Office) -> None:
    """Once each, by the team's own way; the end says how much was held back."""
    contacts = [ContactPoint(channel="email", address="office@team.example")]
    office.teams.apply("team/team-1", a_change(revision=2, webhook_url="", contacts=contacts))
    await office.silences.insert_silence(a_silence())
    await office.take(an_event())
    await turn(office, 43 * 60)
    assert office.channel.messages == []
    for _ in range(3):
        await turn(office, 15)
    (first,) = office.channel.messages
    assert "将于" in first.body.decode()
    for _ in range(3):
        await turn(office, 24 * 60)
    _, second = office.channel.messages
    assert "暂缓1条" in second.body.decode()
    assert office.silences.held["silence_1"].state == "ended"
