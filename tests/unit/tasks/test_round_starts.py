"""Rounds that start by themselves: at their time, once, and when they can not it is said once and tried again."""

import asyncio
from itertools import pairwise
from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.clocks.case_keeper import CaseKeeper
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.history import Actor, Entry, is_long, seal, verify
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.rounds.service import Rounds
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_changes import changes_over
from tests.support.tasks_issues import FACTS, NOW_MS
from tests.unit.tasks.test_leads_api import move, report, stage
from tests.unit.tasks.test_rounds_api import HOUR_MS, act, built, planned, staffed

MINUTE_S = 60
AGAIN_S = FACTS.policy.rounds.start.again_minutes * MINUTE_S
HOUR_S = 3600


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


def a_keeper(api: Api) -> CaseKeeper:
    """One of the workers over the store of the API."""

    def written() -> None:
        """Nobody waits for the outbox here."""

    store, clock, metrics = api.store, api.clock, TasksMetrics(CollectorRegistry())
    leads = Leads(store, clock, FACTS, "full", written)
    rounds = Rounds(store, clock, FACTS, written)
    return CaseKeeper(store, clock, metrics, FACTS, leads, rounds, changes_over(store, clock), written)


async def kept(api: Api, round_id: str) -> Case:
    """The round as it lies in the store."""
    found = await api.store.case(f"round/{round_id}", EVERYTHING)
    assert found is not None
    return found


def failures(case: Case) -> list[tuple[str, int]]:
    """Cause, and when it is tried again, of each failure that was sealed."""
    failed = [entry["fields"] for entry in case.history if entry["kind"] == "start-failed"]
    return [(fields["cause"], fields.get("again_ms", 0)) for fields in failed]


async def test_a_built_round_starts_at_its_time(api: Api) -> None:
    """Not before; as a person's start does; its leads follow."""
    await staffed(api, roster=False)
    round_id, lead = await built(api)
    keeper = a_keeper(api)
    shown = (await api.get(f"/v1/rounds/{round_id}")).json()
    assert shown["starts_itself_ms"] == shown["starts_ms"] == NOW_MS + HOUR_MS
    api.clock.advance(HOUR_S - 1)
    assert await keeper.look() == 0
    api.clock.advance(1)
    assert await keeper.look() == 2
    started = (await api.get(f"/v1/rounds/{round_id}")).json()
    assert (started["state"], started["recipients"], started["starts_itself_ms"]) == ("started", ["t1"], 0)
    [entry] = [entry for entry in started["history"] if entry["move"] == "start"]
    assert (entry["actor"]["role"], entry["at_ms"]) == ("system", NOW_MS + HOUR_MS)
    assert await stage(api, lead) == "pushed"
    assert await keeper.look() == 0


async def test_after_downtime_two_workers_start_it_once(api: Api) -> None:
    """Two days late, at once, both looking."""
    await staffed(api, roster=False)
    round_id, _ = await built(api)
    api.clock.advance(49 * HOUR_S)
    await asyncio.gather(a_keeper(api).look(), a_keeper(api).look())
    case = await kept(api, round_id)
    assert [entry["move"] for entry in case.history].count("start") == 1
    assert case.state == "started"


async def test_what_nobody_looked_at_for_days_is_left_to_people(api: Api) -> None:
    """A round of last week is not pushed by surprise: that is said once, and a person may start it."""
    await staffed(api, roster=False)
    round_id, lead = await built(api)
    api.clock.advance(8 * 24 * HOUR_S)
    await a_keeper(api).look()
    await a_keeper(api).look()
    assert failures(await kept(api, round_id)) == [("too-late", 0)]
    assert await stage(api, lead) == "in-round"
    assert (await act(api, round_id, "start")).json()["state"] == "started"


async def test_nobody_on_duty_is_sealed_once_and_tried_again(api: Api) -> None:
    """Each quarter of an hour, without a trace each time; it starts with the shift."""
    await staffed(api, (3, 12))
    round_id, _ = await built(api)
    keeper = a_keeper(api)
    api.clock.advance(HOUR_S)
    for _ in range(7):
        await keeper.look()
        api.clock.advance(AGAIN_S)
    case = await kept(api, round_id)
    assert failures(case) == [("nobody-on-duty", NOW_MS + HOUR_MS + AGAIN_S * 1000)]
    assert case.timer_ms == NOW_MS + 3 * HOUR_MS - AGAIN_S * 1000
    shown = (await api.get(f"/v1/rounds/{round_id}")).json()
    assert (shown["start_failed"], shown["starts_itself_ms"]) == ("nobody-on-duty", case.timer_ms)
    api.clock.advance(AGAIN_S)
    await keeper.look()
    assert (await kept(api, round_id)).state == "started"


async def test_trying_ends_and_says_so(api: Api) -> None:
    """No team all day: two entries, the last without a next try; then it rests until a person starts it."""
    round_id, _ = await built(api)
    keeper = a_keeper(api)
    for _ in range(30 * 4):
        api.clock.advance(AGAIN_S)
        await keeper.look()
    case = await kept(api, round_id)
    assert [cause for cause, _ in failures(case)] == ["no-team", "no-team"]
    assert failures(case)[-1][1] == case.timer_ms == 0
    assert "不再自动重试" in case.history[-1]["reason"]
    assert "石家庄市大气办 office-1" in case.history[-1]["reason"]
    await staffed(api, roster=False)
    assert (await act(api, round_id, "start")).json()["state"] == "started"


async def test_a_round_whose_leads_are_gone_does_not_start(api: Api) -> None:
    """By nobody: there is nothing to push."""
    await staffed(api, roster=False)
    round_id, lead = await built(api)
    assert (await move(api, lead, "office-1", "void", reason="误报")).status_code == 200
    api.clock.advance(HOUR_S)
    await a_keeper(api).look()
    assert [cause for cause, _ in failures(await kept(api, round_id))] == ["no-leads"]
    assert "no leads" in assert_problem(await act(api, round_id, "start"), 409, "guard")["detail"]


async def test_a_draft_at_its_start_is_told_to_its_planner_once(api: Api) -> None:
    """Built afterwards there is a moment to look at it, then it starts."""
    await staffed(api, roster=False)
    await report(api)
    round_id = (await planned(api)).json()["round_id"]
    keeper = a_keeper(api)
    api.clock.advance(2 * HOUR_S)
    for _ in range(3):
        await keeper.look()
        api.clock.advance(HOUR_S)
    case = await kept(api, round_id)
    assert failures(case) == [("not-built", 0)]
    assert case.timer_ms == 0
    assert [event.kind for event in case.outbox] == ["received", "start-failed"]
    shown = (await act(api, round_id, "build")).json()
    shown = (await api.get(f"/v1/rounds/{round_id}")).json()
    assert (shown["starts_itself_ms"], shown["start_failed"]) == (api.clock.now_ms() + AGAIN_S * 1000, "")
    assert await keeper.look() == 0
    api.clock.advance(AGAIN_S)
    await keeper.look()
    assert (await kept(api, round_id)).state == "started"


async def test_a_round_planned_late_has_missed_nothing(api: Api) -> None:
    """Nobody is told; once it is built there is a moment to look at it."""
    await staffed(api, roster=False)
    await report(api)
    round_id = (await planned(api, starts_ms=NOW_MS - HOUR_MS)).json()["round_id"]
    assert await a_keeper(api).look() == 0
    assert (await act(api, round_id, "build")).status_code == 200
    assert (await kept(api, round_id)).timer_ms == NOW_MS + AGAIN_S * 1000


async def test_a_person_starts_earlier_or_calls_it_off(api: Api) -> None:
    """Then nothing happens by itself any more."""
    await staffed(api, roster=False)
    first, _ = await built(api)
    assert (await act(api, first, "start")).json()["state"] == "started"
    await report(api, reference="12369-2", place="另一工地")
    second = (await planned(api, "second")).json()["round_id"]
    assert (await act(api, second, "build")).status_code == 200
    assert (await act(api, second, "cancel", reason="天气转好")).status_code == 200
    api.clock.advance(HOUR_S)
    assert await a_keeper(api).look() == 0


async def test_a_round_takes_as_many_leads_as_its_quota_says(api: Api) -> None:
    """Sixty of seventy; nothing is cut at fifty."""
    for number in range(70):
        await report(api, reference=f"12369-{number}", place=f"工地{number}")
    round_id = (await planned(api, quota=60)).json()["round_id"]
    shown = (await act(api, round_id, "build")).json()
    assert (len(shown["leads"]), shown["lead_count"]) == (60, 60)
    [row] = (await api.get("/v1/rounds")).json()["items"]
    assert (row["lead_count"], "leads" in row) == (60, False)
    problem = assert_problem(await planned(api, "more", quota=1001), 422, "invalid")
    assert "1000" in problem["errors"][0]["detail"]


async def test_a_build_that_finds_nothing_says_so(api: Api) -> None:
    """In a sentence, and the round stays a draft."""
    round_id = (await planned(api)).json()["round_id"]
    assert "no screened lead" in assert_problem(await act(api, round_id, "build"), 409, "guard")["detail"]


async def test_a_round_is_not_built_without_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its document stays far below what a store takes; what leads on is still possible."""
    await staffed(api, roster=False)
    round_id, _ = await built(api)
    monkeypatch.setattr("lantian_tasks.rounds.service.is_long", lambda history, most: True)
    assert_problem(await act(api, round_id, "build"), 409, "too-long")
    assert (await act(api, round_id, "start")).json()["state"] == "started"


def test_the_largest_document_of_a_round_stays_below_what_a_store_takes() -> None:
    """A thousand leads and teams, built until it is refused: the history ends at 6 MB, 16 MB are allowed."""
    leads = [f"{number:032x}" for number in range(1000)]
    history: tuple[Any, ...] = ()
    actor = Actor("office-1", "city-office", "石家庄市大气办")
    while not is_long(history, FACTS.policy.issue.most_entries):
        entry = Entry("moved", "built", "built", actor, NOW_MS, move="build", fields={"leads": leads})
        history = (*history, seal("round/x", history, entry))
    assert len(bson.encode({"history": [*history], "leads": leads})) < 9 * 1024 * 1024


ACTIONS = st.lists(
    st.sampled_from(["look", "look", "later", "later", "much-later", "team", "build", "note", "start"]), max_size=14
)


@given(ACTIONS)
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
def test_whatever_happens_a_round_starts_once_and_not_before_its_time(actions: list[str]) -> None:
    """The chain holds; a cause is not said twice in a row but for the last time; each look comes to rest."""

    async def run() -> None:
        api = Api()
        round_id, _ = await built(api)
        for action in actions:
            if action == "look":
                await asyncio.gather(a_keeper(api).look(), a_keeper(api).look())
                assert await a_keeper(api).look() == 0
            elif action == "later":
                api.clock.advance(20 * MINUTE_S)
            elif action == "much-later":
                api.clock.advance(30 * HOUR_S)
            elif action == "team":
                await staffed(api, roster=False)
            else:
                await act(api, round_id, action, **({"reason": "记"} if action == "note" else {}))
        case = await kept(api, round_id)
        assert verify(case.history, case.case_id) is None
        starts = [entry for entry in case.history if entry["move"] == "start"]
        assert len(starts) <= 1
        assert all(e["at_ms"] >= case.data["starts_ms"] for e in starts if e["actor"]["role"] == "system")
        said = [(cause, bool(again)) for cause, again in failures(case)]
        if "build" not in actions:
            assert all(one != other for one, other in pairwise(said))

    asyncio.run(run())
