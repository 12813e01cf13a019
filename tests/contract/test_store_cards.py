"""The local store begins over a ledger that is there already: at work at once, and its cards follow."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lantian_kit.worker import Unavailable
from lantian_tasks import catching_up
from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.carded_store import CardedStore
from lantian_tasks.catching_up import CatchingUp
from lantian_tasks.leads.moves import LEAD
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.case import CaseStep
from lantian_tasks.ledger.case import act as act_on_case
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.ledger.machine import Command
from lantian_tasks.ports import CaseQuery, IssueQuery
from lantian_tasks.store import MotorStore
from tests.support.tasks_api import a_case_of
from tests.support.tasks_issues import ASSIGN, FACTS, NOW_MS, PLACE, an_issue
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead

ISSUES = IssueQuery(EVERYTHING, 3)
LEADS = CaseQuery(EVERYTHING, "lead", 3)


def issue_number(number: int) -> Issue:
    """Issues of one source, an hour apart."""
    return an_issue(lead=a_lead(start_ms=START_MS + number * HOUR_MS))


@pytest.fixture
async def filled(store_url: str, store_database: str) -> list[Issue]:
    """Four issues and their leads, written by a process that has ended."""
    store = MotorStore(store_url, store_database)
    await store.start()
    issues = [issue_number(number) for number in range(4)]
    for issue in issues:
        assert await store.open(Step(issue, "registered", (), ()))
        assert await store.open_case(a_case_of(issue))
    await store.stop()
    return issues


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Cards are written once it is set; whoever needs them all does not wait."""
    opened, run = asyncio.Event(), CatchingUp.run

    async def later(self: CatchingUp, now_ms: int) -> None:
        await opened.wait()
        await run(self, now_ms)

    monkeypatch.setattr(CatchingUp, "run", later)
    monkeypatch.setattr(catching_up, "PATIENCE_SECONDS", 0)
    return opened


@pytest.fixture
async def store(
    filled: list[Issue], gate: asyncio.Event, store_url: str, store_database: str
) -> AsyncIterator[CardedStore]:
    """Started over them."""
    store = CardedStore(store_url, store_database, lambda: NOW_MS)
    await store.start()
    yield store
    await store.stop()


async def test_it_works_before_its_cards_are_written(store: CardedStore, filled: list[Issue]) -> None:
    """What is narrow the store answers, what is one document too; what needs every card is told to come back."""
    assert await store.issue(filled[0].issue_id, EVERYTHING) is not None
    narrow = IssueQuery(EVERYTHING, 9, source_id=filled[0].head.source_id)
    assert len(await store.heads(narrow)) == 4
    assert await store.count_issues(narrow, ()) == {(): 4}
    leads = CaseQuery(EVERYTHING, "lead", 9, keys={"source_id": filled[0].head.source_id})
    assert len(await store.cases(leads)) == 4
    assert await store.count_cases(leads, ("state",)) == {("confirmed",): 4}
    for question in (store.heads(ISSUES), store.count_issues(ISSUES, ()), store.cases(LEADS), store.open_sources()):
        with pytest.raises(Unavailable, match="cards of"):
            await question


async def test_what_is_written_meanwhile_stands(store: CardedStore, filled: list[Issue], gate: asyncio.Event) -> None:
    """A new issue, a move, a move of the enterprise: the cards that are read afterwards undo none of it."""
    step = act(filled[0], ASSIGN, "k", FACTS)
    assert isinstance(step, Step)
    assert await store.advance(step)
    assert await store.open(Step(issue_number(4), "registered", (), ()))
    await store.move_enterprise(PLACE.enterprise_id, "130202")
    case = await store.case(a_case_of(filled[0]).case.case_id, EVERYTHING)
    assert case is not None
    merged = Command("merge", SYSTEM, NOW_MS, "", {"channel": "patrol", "text": "再报"})
    noted = act_on_case(case, merged, "k", LEAD, FACTS)
    assert isinstance(noted, CaseStep)
    assert await store.advance_case(noted)
    gate.set()
    await store.carded()
    assert await store.count_issues(IssueQuery(scope_of(["130200"]), 1), ("state",)) == {
        ("registered",): 4,
        ("assigned",): 1,
    }
    assert await store.count_issues(IssueQuery(scope_of(["130100"]), 1), ()) == {(): 0}
    assert [head.state for head in await store.heads(IssueQuery(EVERYTHING, 9, states=(State.ASSIGNED,)))] == [
        State.ASSIGNED
    ]
    leads = CaseQuery(EVERYTHING, "lead", 1)
    assert await store.count_cases(leads, ("keys.division_code", "state")) == {("130202", "confirmed"): 4}


async def test_then_it_answers_as_the_plain_store(
    store: CardedStore, gate: asyncio.Event, store_url: str, store_database: str
) -> None:
    """The same pages in the same order, whole or by parts."""
    gate.set()
    await store.carded()
    plain = MotorStore(store_url, store_database)
    await plain.start()
    assert await store.heads(ISSUES) == await plain.heads(ISSUES) != []
    assert await store.cases(LEADS) == await plain.cases(LEADS) != []
    assert await store.count_cases(LEADS, ("keys.rule_id", "state")) == await plain.count_cases(
        LEADS, ("keys.rule_id", "state")
    )
    await plain.stop()
