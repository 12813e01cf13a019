"""The time of a phone beside the ledger's: judged, sealed, and never a reason for a clock to run otherwise."""

from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_tasks.ledger.case import fingerprint
from lantian_tasks.ledger.device_time import DeviceTime, device_time, followed, judged
from lantian_tasks.ledger.history import Actor, Entry, digest, seal, verify
from lantian_tasks.ledger.machine import Command
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import FACTS, NOW_MS
from tests.unit.tasks.test_leads_api import report
from tests.unit.tasks.test_rounds_api import planned

RULES = FACTS.policy.device_time
MINUTE, HOUR = 60_000, 3_600_000
SKEW = RULES.skew_minutes * MINUTE
OFFICE = Actor("office-1", "city-office", "大气办")
TIMES = st.integers(NOW_MS - 200 * HOUR, NOW_MS + 200 * HOUR)


def entry(at_ms: int, from_state: str = "", to_state: str = "pushed", device: DeviceTime | None = None) -> Any:
    """An entry of a history."""
    sealed = judged(device, at_ms, (), RULES).sealed if device else None
    return seal("lead/1", (), Entry("moved", from_state, to_state, OFFICE, at_ms, device=sealed))


def flags(said: DeviceTime, at_ms: int = NOW_MS, history: Any = ()) -> list[str]:
    """What is said of a time."""
    return judged(said, at_ms, history, RULES).sealed["flags"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (DeviceTime(NOW_MS), []),
        (DeviceTime(NOW_MS, NOW_MS), []),
        (DeviceTime(NOW_MS + SKEW), []),
        (DeviceTime(NOW_MS + SKEW + 1), ["clock-ahead"]),
        (DeviceTime(NOW_MS - RULES.sent_later_minutes * MINUTE - 1), ["sent-later"]),
        (DeviceTime(NOW_MS - RULES.longest_offline_hours * HOUR - 1), ["sent-later", "back-dated"]),
        # A clock that is two hours ahead and says so: the act was half an hour ago.
        (DeviceTime(NOW_MS + 90 * MINUTE, NOW_MS + 120 * MINUTE), ["clock-ahead", "sent-later"]),
        (DeviceTime(NOW_MS - 100 * HOUR, NOW_MS - 100 * HOUR), ["clock-behind"]),
    ],
)
def test_what_is_said_of_a_time(said: DeviceTime, expected: list[str]) -> None:
    """Each bound of the policy, with and without what the phone shows at sending."""
    assert flags(said) == expected


def test_it_is_compared_with_what_it_follows_and_not_with_reminders() -> None:
    """A receipt in a basement is no back-dating because the system reminded meanwhile, or because all came at once."""
    pushed, reminded = entry(NOW_MS - 3 * HOUR), entry(NOW_MS - HOUR, "pushed", "pushed")
    received = DeviceTime(NOW_MS - 2 * HOUR)
    assert flags(received, history=[pushed, reminded]) == ["sent-later"]
    accepted = entry(NOW_MS, "pushed", "accepted", received)
    assert flags(DeviceTime(NOW_MS - 2 * HOUR + MINUTE), history=[pushed, accepted]) == ["sent-later"]
    assert flags(DeviceTime(NOW_MS - 4 * HOUR), history=[pushed]) == ["sent-later", "back-dated"]
    assert flags(DeviceTime(NOW_MS - 3 * HOUR - SKEW), history=[pushed]) == ["sent-later"]
    assert followed([pushed, accepted]) == NOW_MS - 2 * HOUR


@given(happened=TIMES, error=st.integers(-100 * HOUR, 100 * HOUR), at=TIMES)
@settings(max_examples=200, derandomize=True, database=None)
def test_a_wrong_clock_makes_no_difference_but_its_own_flag(happened: int, error: int, at: int) -> None:
    """Whatever a clock lacks: with what it shows at sending the act is where a right clock would have put it."""
    right = judged(DeviceTime(happened, at), at, (), RULES)
    wrong = judged(DeviceTime(happened + error, at + error), at, (), RULES)
    assert wrong.sealed["happened_ms"] == right.sealed["happened_ms"] == happened
    assert (wrong.sealed["delay_ms"], wrong.objection) == (right.sealed["delay_ms"], right.objection)
    own = {"clock-ahead"} if error > SKEW else {"clock-behind"} if error < -SKEW else set()
    assert set(wrong.sealed["flags"]) == set(right.sealed["flags"]) | own
    assert wrong.sealed["stated_ms"] + wrong.sealed["correction_ms"] == happened


@given(st.lists(st.tuples(TIMES, st.booleans()), min_size=1, max_size=8))
@settings(max_examples=50, derandomize=True, database=None)
def test_a_chain_holds_with_and_without_times_of_phones(acts: list[tuple[int, bool]]) -> None:
    """What was sealed without one is hashed as before; a time that is changed, put in or taken out is found."""
    history: tuple[Any, ...] = ()
    for at_ms, spoke in acts:
        sealed = judged(DeviceTime(at_ms - HOUR), at_ms, history, RULES).sealed if spoke else None
        history = (*history, seal("lead/1", history, Entry("noted", "a", "a", OFFICE, at_ms, device=sealed)))
    assert verify(history, "lead/1") is None
    for place, row in enumerate(history):
        assert ("device" in row) is acts[place][1]
        changed = {**row, "device": {**(row.get("device") or {}), "happened_ms": 1}}
        assert verify([*history[:place], changed, *history[place + 1 :]]) == place


def test_the_same_request_is_the_same_whatever_the_phone_shows_at_sending() -> None:
    """When it happened is part of what was asked for; requests of before have the fingerprint they had."""
    plain = Command("accept", OFFICE, NOW_MS)
    once, again = (Command("accept", OFFICE, NOW_MS, device=DeviceTime(5, sent)) for sent in (7, 9))
    assert fingerprint(once) == fingerprint(again) != fingerprint(plain)
    assert fingerprint(plain) == digest({"move": "accept", "reason": "", "fields": {}})
    assert fingerprint(Command("accept", OFFICE, NOW_MS, device=DeviceTime(6, 7))) != fingerprint(once)
    assert device_time(None, 7) is None


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


async def pushed(api: Api) -> str:
    """A lead that its team was sent."""
    lead = await report(api)
    headers = {"If-Match": await tag(api, lead), "Idempotency-Key": "push"}
    body = {"move": "dispatch", "reason": "就近"}
    assert (await api.call("POST", f"/v1/leads/{lead}/moves", "office-1", headers, json=body)).status_code == 200
    return lead


async def tag(api: Api, lead: str) -> str:
    """Its revision."""
    return (await api.get(f"/v1/leads/{lead}")).headers["ETag"]


async def accept(api: Api, lead: str, key: str, **more: Any) -> httpx.Response:
    """A receipt as the queue of a phone sends it."""
    headers = {"If-Match": await tag(api, lead), "Idempotency-Key": key}
    return await api.call("POST", f"/v1/leads/{lead}/moves", "team-1", headers, json={"move": "accept", **more})


async def test_a_receipt_without_a_network_is_sealed_with_both_times(api: Api) -> None:
    """Sent twice with another clock it is the same request; histories of before say nothing of phones."""
    lead = await pushed(api)
    api.clock.advance(6 * 3600)
    now = api.clock.now_ms()
    done = now - 4 * HOUR
    first = await accept(api, lead, "k", happened_ms=done, sent_ms=now)
    again = await accept(api, lead, "k", happened_ms=done, sent_ms=now + 5)
    assert (first.status_code, again.json()) == (200, first.json())
    history = first.json()["history"]
    sealed = {"happened_ms": done, "stated_ms": done, "correction_ms": 0, "delay_ms": 4 * HOUR, "flags": ["sent-later"]}
    assert (history[-1]["at_ms"], history[-1]["device"]) == (now, sealed)
    assert all("device" not in row for row in history[:-1])
    assert all(one["hash"] == two["previous_hash"] for one, two in pairwise(history))
    assert verify(history) is None
    assert_problem(await accept(api, lead, "k", happened_ms=done + 1, sent_ms=now), 422, "key-reused")


@pytest.mark.parametrize(("after_h", "done_h", "words"), [(6, 3, "未超时"), (9, 8, "已超时")])
async def test_who_reads_why_a_time_is_due_sees_what_was_done_offline(
    api: Api, after_h: int, done_h: int, words: str
) -> None:
    """The clock stops when the ledger hears of it, as ever; whether it was in time by the phone stands beside that."""
    lead = await pushed(api)
    start = api.clock.now_ms()
    api.clock.advance(after_h * 3600)
    assert (await accept(api, lead, "k", happened_ms=start + done_h * HOUR)).status_code == 200
    shown = (await api.get(f"/v1/leads/{lead}/clocks")).json()["clocks"]
    receipt = next(clock for clock in shown if clock["name"] == "receipt")
    assert (receipt["due_ms"], receipt["end_ms"]) == (start + 4 * HOUR, start + after_h * HOUR)
    assert (receipt["running"], receipt["happened_ms"]) == (False, start + done_h * HOUR)
    assert words in receipt["why"][-1]["zh"]
    inspect = next(clock for clock in shown if clock["name"] == "inspect")
    assert (inspect["running"], inspect["start_ms"]) == (True, start + after_h * HOUR)


async def test_back_dating_takes_a_reason(api: Api) -> None:
    """Before it was pushed at all: refused with the input to blame, taken with a reason and flagged."""
    lead = await pushed(api)
    early = api.clock.now_ms() - 2 * HOUR
    problem = assert_problem(await accept(api, lead, "a", happened_ms=early), 422, "back-dated")
    assert [row["field"] for row in problem["errors"]] == ["body.reason"]
    taken = await accept(api, lead, "b", happened_ms=early, reason="电话通知后先到现场")
    assert "back-dated" in taken.json()["history"][-1]["device"]["flags"]


async def test_a_photo_bears_the_phones_time_once(api: Api) -> None:
    """What the phone says of the photo is its time; a file may be older than where its lead stands."""
    lead = await pushed(api)
    now = api.clock.now_ms()
    params: dict[str, Any] = {"kind": "record", "taken_ms": now - HOUR, "sent_ms": now + HOUR}
    key = {"Idempotency-Key": "f"}
    sent = await api.call("POST", f"/v1/leads/{lead}/evidence", "team-1", key, content=b"record", params=params)
    assert sent.json()["taken_ms"] == now - 2 * HOUR
    params["sent_ms"] += 5_000
    again = await api.call("POST", f"/v1/leads/{lead}/evidence", "team-1", key, content=b"record", params=params)
    assert again.json() == sent.json()
    last = (await api.get(f"/v1/leads/{lead}")).json()["history"][-1]
    assert (last["device"]["happened_ms"], last["device"]["correction_ms"]) == (now - 2 * HOUR, -HOUR)
    assert last["device"]["flags"] == ["clock-ahead", "sent-later"]


async def test_a_time_that_is_none_is_refused(api: Api) -> None:
    """As every other input."""
    lead = await pushed(api)
    for wrong in (0, -1, 1.5, "now", 10**16):
        assert_problem(await accept(api, lead, "a", happened_ms=wrong), 422, "invalid")


async def test_issues_and_rounds_take_it_too(api: Api) -> None:
    """The same two names in each request of a move."""
    issue = await api.holding()
    noted = await api.move(issue, {"move": "note", "reason": "电话核实", "happened_ms": NOW_MS - HOUR})
    assert noted.json()["entry"]["device"]["happened_ms"] == NOW_MS - HOUR
    await report(api)
    round_id = (await planned(api)).json()["round_id"]
    headers = {"If-Match": '"1"', "Idempotency-Key": "k"}
    body = {"move": "build", "happened_ms": NOW_MS - HOUR, "sent_ms": NOW_MS, "reason": "手机办理"}
    built = await api.call("POST", f"/v1/rounds/{round_id}/moves", "office-1", headers, json=body)
    moved = next(row for row in built.json()["history"] if row["move"] == "build")
    assert moved["device"]["happened_ms"] == NOW_MS - HOUR
