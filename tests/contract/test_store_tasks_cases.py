"""Leads, rounds, leases and hours: proved over the fake and over a real store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lantian_proto.readings import Period
from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.clocks.keeper import next_step
from lantian_tasks.compliance.judge import Hour
from lantian_tasks.leads.moves import LEAD, Stage
from lantian_tasks.ledger.action import act as act_on_issue
from lantian_tasks.ledger.case import CaseStep, act, fingerprint
from lantian_tasks.ledger.intake import SYSTEM, fold
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.ledger.machine import Command
from lantian_tasks.ports import CaseQuery, Store, WaitingCase
from tests.support.tasks_api import a_case_of
from tests.support.tasks_issues import ENTERPRISE, FACTS, NOW_MS, PLACE, an_issue, command
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_real_store import a_real_store
from tests.support.tasks_store import FakeStore

LATER = NOW_MS + 40 * 24 * HOUR_MS


@pytest.fixture(params=["fake", "real", "carded"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store."""
    if request.param == "fake":
        yield FakeStore()
        return
    real = a_real_store(request)
    await real.start()
    yield real
    await real.stop()


def issue_number(number: int) -> Issue:
    """Issues of one source, an hour apart."""
    return an_issue(lead=a_lead(start_ms=START_MS + number * HOUR_MS))


def noted(step: CaseStep) -> CaseStep:
    """One more entry."""
    done = act(step.case, Command("merge", SYSTEM, NOW_MS, "", {"channel": "patrol", "text": "再报"}), "k", LEAD, FACTS)
    assert isinstance(done, CaseStep), done
    return done


async def test_a_case_comes_back_as_it_was_written(store: Store) -> None:
    """Every entry, and only in its division."""
    step = a_case_of(issue_number(0))
    assert await store.open_case(step)
    assert not await store.open_case(step)
    assert await store.case(step.case.case_id, EVERYTHING) == step.case
    more = noted(step)
    assert await store.advance_case(more)
    assert not await store.advance_case(more)
    kept = await store.case(step.case.case_id, scope_of(["130100"]))
    assert kept == more.case
    assert kept is not None
    assert kept.requests[0].fingerprint == fingerprint(
        Command("merge", SYSTEM, NOW_MS, "", {"channel": "patrol", "text": "再报"})
    )
    assert await store.case(step.case.case_id, scope_of(["130200"])) is None


async def test_cases_are_filtered_and_paged(store: Store) -> None:
    """Newest first; each filter; nothing outside of the scope."""
    steps = [a_case_of(issue_number(number)) for number in range(5)]
    for step in steps:
        await store.open_case(step)
    ids = sorted((step.case.case_id for step in steps), reverse=True)
    found = await store.cases(CaseQuery(EVERYTHING, "lead", 3))
    assert [case.case_id for case in found] == ids[:3]
    after = (found[-1].created_ms, found[-1].case_id)
    assert [case.case_id for case in await store.cases(CaseQuery(EVERYTHING, "lead", 9, after=after))] == ids[3:]

    async def count(**filters: object) -> int:
        return len(await store.cases(CaseQuery(EVERYTHING, "lead", 9, **filters)))  # type: ignore[arg-type]

    assert await count(states=(Stage.CONFIRMED,)) == 5
    assert await count(states=(Stage.CANDIDATE,)) == 0
    assert await count(keys={"source_id": a_lead().source_id, "channel": "detector"}) == 5
    assert await count(keys={"round_id": "r1"}) == 0
    assert await count(severities=(3,), least_score=1.0, since_ms=NOW_MS, division_prefix="1301") == 5
    assert await count(least_score=99.0) == await count(since_ms=NOW_MS + 1) == await count(division_prefix="14") == 0
    assert await store.cases(CaseQuery(scope_of(["130200"]), "lead", 9)) == []
    assert await store.cases(CaseQuery(EVERYTHING, "round", 9)) == []


async def test_events_of_cases_wait_and_are_cleared(store: Store) -> None:
    """In order, up to what was published."""
    step = a_case_of(issue_number(0))
    await store.open_case(step)
    assert await store.waiting_cases(9) == [WaitingCase(step.case.case_id, step.case.outbox)]
    assert (await store.case_backlog()).pending == 1
    await store.published_cases({step.case.case_id: 2})
    [waiting] = await store.waiting_cases(9)
    assert [event.sequence for event in waiting.events] == [3]
    await store.published_cases({step.case.case_id: 3})
    assert await store.waiting_cases(9) == []


async def test_a_timer_is_put_off_without_a_revision(store: Store) -> None:
    """By the holder of the lease, on the revision that was read."""
    step = a_case_of(issue_number(0))
    await store.open_case(step)
    case, id_ = step.case, step.case.case_id
    fence = await store.lease_case(id_, NOW_MS, NOW_MS + 10)
    assert fence is not None
    assert await store.postpone_case(id_, case.rev, LATER, fence)
    kept = await store.case(id_, EVERYTHING)
    assert kept is not None
    assert (kept.rev, kept.timer_ms, kept.history) == (case.rev, LATER, case.history)
    assert not await store.postpone_case(id_, case.rev + 1, NOW_MS, fence)
    assert not await store.postpone_case(id_, case.rev, NOW_MS, fence + 1)
    await store.release_case(id_, fence)
    assert await store.due_cases(LATER - 1, NOW_MS, 9) == []
    assert await store.due_cases(LATER, NOW_MS, 9) == [id_]


async def test_timers_are_found_leased_and_fenced(store: Store) -> None:
    """Those due longest first; one holder; a holder whose lease was taken over writes nothing."""
    for number in range(3):
        await store.open(Step(issue_number(number), "registered", (), ()))
    assert await store.due_issues(NOW_MS, NOW_MS, 9) == []
    due = await store.due_issues(LATER, NOW_MS, 9)
    assert len(due) == 3
    issue = await store.issue(due[0], EVERYTHING)
    assert issue is not None
    fences = await asyncio.gather(*(store.lease_issue(due[0], NOW_MS, NOW_MS + 10) for _ in range(10)))
    [old] = [fence for fence in fences if fence is not None]
    assert await store.due_issues(LATER, NOW_MS, 9) == due[1:]
    new = await store.lease_issue(due[0], NOW_MS + 20, NOW_MS + 30)
    assert new == old + 1
    step = next_step(issue, LATER, FACTS)
    assert step is not None
    assert not await store.advance(step, old)
    await store.release_issue(due[0], old)
    assert await store.lease_issue(due[0], NOW_MS + 25, NOW_MS + 40) is None
    assert await store.advance(step, new)
    await store.release_issue(due[0], new)
    assert await store.lease_issue(due[0], NOW_MS + 25, NOW_MS + 40) == new + 1
    assert await store.outdated_issues(9) == []
    assert await store.settle_issue(due[0], step.issue.head.rev, step.issue.head.standing)
    assert not await store.settle_issue(due[0], 99, step.issue.head.standing)


async def test_a_hundred_openers_make_one_issue(store: Store) -> None:
    """The unique index on (source, rule, episode), whoever is first."""
    lead = a_lead()
    step = fold(None, lead, lead.SerializeToString(), [], PLACE, NOW_MS)
    assert isinstance(step, Step)
    opened = await asyncio.gather(*(store.open(step) for _ in range(100)))
    assert opened.count(True) == 1
    kept = await store.issue(step.issue.issue_id, EVERYTHING)
    assert kept == step.issue


async def test_a_receipt_and_its_escalation_race(store: Store) -> None:
    """Twenty races through the store: one of the two writes on a revision, and none after the receipt."""
    for number in range(20):
        issue = an_issue(State.ASSIGNED, a_lead(start_ms=START_MS + number * HOUR_MS))
        await store.open(Step(issue, "registered", (), ()))
        timer = next_step(issue, LATER, FACTS)
        receipt = act_on_issue(issue, command("acknowledge", ENTERPRISE), "k", FACTS)
        assert isinstance(receipt, Step)
        assert timer is not None
        both = (timer, receipt) if number % 2 else (receipt, timer)
        assert sorted(await asyncio.gather(*(store.advance(step) for step in both))) == [False, True]


async def test_rule_news_are_kept_by_key(store: Store) -> None:
    """The last of each key; what is not there is left out, and so is everything of an empty question."""
    await store.keep_rule_news("catalogue", b"1")
    await store.keep_rule_news("catalogue", b"2")
    await store.keep_rule_news("replay/a", b"\x00\xff")
    assert await store.rule_news(["catalogue", "replay/a", "replay/b"]) == {"catalogue": b"2", "replay/a": b"\x00\xff"}
    assert await store.rule_news({"replay/b"}) == {}
    assert await store.rule_news([]) == {}


async def test_hours_are_kept_once(store: Store) -> None:
    """By source, time, factor and statistic; a revision replaces."""
    hours = [Hour(START_MS + n * HOUR_MS, "a21026", 12, 30.0 + n, 78) for n in range(30)]
    await store.keep_hours("s1", hours)
    await store.keep_hours("s1", [Hour(START_MS, "a21026", 12, 99.0, 78), Hour(START_MS, "a21026", 2, 1.0, 0)])
    found = sorted(
        await store.hours("s1", START_MS, START_MS + 30 * HOUR_MS), key=lambda hour: (hour.time_ms, hour.stat)
    )
    assert [hour.value for hour in found][:3] == [1.0, 99.0, 31.0]
    assert len(found) == 31
    assert len(await store.hours("s1", START_MS, START_MS + 2 * HOUR_MS)) == 3
    assert await store.hours("s2", 0, START_MS * 2) == []
    await store.keep_hours("s1", [Hour(START_MS, "a21026", 12, 7.0, 78)], Period.DAY)
    assert [day.value for day in await store.hours("s1", 0, START_MS * 2, Period.DAY)] == [7.0]
    assert await store.hours("s1", 0, START_MS * 2, Period.MINUTE) == []
    assert len(await store.hours("s1", START_MS, START_MS + 2 * HOUR_MS)) == 3
    await store.open(Step(issue_number(0), "registered", (), ()))
    assert await store.open_sources() == [a_lead().source_id]


async def test_leads_go_with_their_enterprise(store: Store) -> None:
    """And a step that was decided before does not bring the lead back; decided again it is written."""
    step = a_case_of(issue_number(0))
    assert await store.open_case(step)
    decided = noted(step)
    await store.move_enterprise(PLACE.enterprise_id, "130202")
    assert not await store.advance_case(decided)
    there = await store.case(step.case.case_id, scope_of(["130200"]))
    assert there is not None
    assert there.rev == step.case.rev
    assert await store.advance_case(noted(CaseStep(there, (), ())))
    listed = await store.cases(CaseQuery(scope_of(["130200"]), "lead", 9))
    assert [case.case_id for case in listed] == [step.case.case_id]
    assert await store.count_cases(CaseQuery(scope_of(["130100"]), "lead", 9), ()) == {(): 0}


async def test_means_that_come_at_once_are_all_kept(store: Store) -> None:
    """Forty days that nobody wrote to yet, twelve writers each: whoever comes second finds the first one's document."""
    outlets, writers = 40, 12

    async def write(outlet: int, writer: int) -> None:
        await store.keep_hours(f"s{outlet}", [Hour(START_MS + writer * 60_000, "a21026", 12, float(writer), 78)])

    for outlet in range(outlets):
        await asyncio.gather(*(write(outlet, writer) for writer in range(writers)))
        kept = await store.hours(f"s{outlet}", START_MS, START_MS + HOUR_MS)
        assert sorted(hour.value for hour in kept) == [float(writer) for writer in range(writers)], outlet
