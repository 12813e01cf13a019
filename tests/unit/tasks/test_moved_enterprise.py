"""An enterprise moves to another division while somebody is at one of its issues."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record as TopicRecord
from lantian_kit.worker import Unavailable
from lantian_proto.topics import LEADS
from lantian_tasks.access.scope import EVERYTHING, Scope
from lantian_tasks.changes.proposals import Proposals
from lantian_tasks.clocks.facts import shipped_facts
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.outbox import Outbox
from lantian_tasks.ports import CaseQuery, IssueQuery, RecordQuery
from lantian_tasks.registry.entities import Enterprise, Source
from lantian_tasks.registry.plan import Wish
from lantian_tasks.registry.record import Kind, Validity
from lantian_tasks.registry.service import Registry, Written
from lantian_tasks.worker import LeadHandler
from tests.support.tasks_api import PRINCIPALS, Api
from tests.support.tasks_bus import FakePublisher
from tests.support.tasks_issues import ASSIGNMENT, NOW_MS, PLACE
from tests.support.tasks_leads import a_lead
from tests.support.tasks_store import FakeStore

NEARBY, FAR = "130181", "130202"


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


def moving_between(api: Api, code: str) -> Callable[[str, Scope], Awaitable[Issue | None]]:
    """The store's read; right after the first the enterprise moves to `code`."""
    read, moves = api.store.issue, [code]

    async def issue(issue_id: str, scope: Scope) -> Issue | None:
        found = await read(issue_id, scope)
        if moves:
            await api.store.move_enterprise(PLACE.enterprise_id, moves.pop())
        return found

    return issue


BODY = {"move": "assign", **ASSIGNMENT}


async def test_a_move_is_decided_again_where_the_issue_lies_now(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the caller's divisions it is made all the same, and the issue stays in its new one."""
    issue = await api.holding()
    monkeypatch.setattr(api.store, "issue", moving_between(api, NEARBY))
    assert (await api.move(issue, BODY)).status_code == 200
    monkeypatch.undo()
    after = await api.store.issue(issue.issue_id, EVERYTHING)
    assert after is not None
    assert (after.state, after.head.place.division_code) == ("assigned", NEARBY)


async def test_who_may_not_see_where_it_went_moves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is that of an issue that is not there; nothing was written."""
    issue = await api.holding()
    monkeypatch.setattr(api.store, "issue", moving_between(api, FAR))
    assert (await api.move(issue, BODY)).status_code == 404
    monkeypatch.undo()
    after = await api.store.issue(issue.issue_id, EVERYTHING)
    assert after is not None
    assert (after.head.rev, after.state, after.head.place.division_code) == (1, "registered", FAR)


LEAD = a_lead()
HOME = PLACE.division_code


class NoFrames:
    """Every frame is gone from its topic."""

    async def fetch(self, topic: str, partition: int, offset: int) -> TopicRecord | None:
        """None."""
        return None


class Division:
    """A registry with one enterprise and its source, a ledger, and the writers that race each other."""

    def __init__(self) -> None:
        self.store = FakeStore()
        registry = CollectorRegistry()
        self.metrics = TasksMetrics(registry)
        proposals = Proposals(self.store, ManualClock(NOW_MS), shipped_facts(), lambda: None)
        self.registry = Registry(self.store, ManualClock(NOW_MS), self.metrics, lambda: None, proposals)
        self.leads = LeadHandler(
            self.store, NoFrames(), ManualClock(NOW_MS), KitMetrics(registry), self.metrics, lambda: None
        )

    async def fill(self) -> "Division":
        """The enterprise in its first division."""
        await self.write(
            Wish(Kind.ENTERPRISE, PLACE.enterprise_id, an_enterprise(HOME), Validity()),
            Wish(Kind.SOURCE, LEAD.source_id, a_source(), Validity()),
        )
        return self

    async def write(self, *wishes: Wish) -> None:
        """A write of an administrator that is carried out."""
        answers = await self.registry.write(PRINCIPALS["admin-1"], wishes)
        assert all(isinstance(answer, Written) for answer in answers), answers

    async def moves_to(self, code: str) -> None:
        """The enterprise moves, with all that hangs on it then."""
        await self.write(Wish(Kind.ENTERPRISE, PLACE.enterprise_id, an_enterprise(code), Validity()))

    async def take(self, revision: int = 1) -> str:
        """The lead comes in; its outcome."""
        value = a_lead(revision=revision).SerializeToString()
        return await self.leads.handle(TopicRecord(LEADS, 0, 1, NOW_MS, LEAD.source_id.encode(), value))

    async def lies_in(self) -> set[str]:
        """Divisions in which anything of the enterprise lies: one, when nothing strays."""
        issues = await self.store.heads(IssueQuery(EVERYTHING, 10))
        cases = await self.store.cases(CaseQuery(EVERYTHING, "lead", 10))
        records = [
            record for kind in Kind for record in await self.store.page(RecordQuery(EVERYTHING, kind, 10, voided=True))
        ]
        return (
            {issue.place.division_code for issue in issues}
            | {str(case.keys["division_code"]) for case in cases}
            | {record.belongs.division_code for record in records}
        )


def an_enterprise(code: str) -> Enterprise:
    """As somebody enters it."""
    return Enterprise(name=PLACE.enterprise_name, division_code=code, contacts=[])


def a_source(name: str = "1号排口") -> Source:
    """Of the enterprise."""
    return Source(enterprise_id=PLACE.enterprise_id, name=name, kind="outlet")


@pytest.fixture
async def division() -> Division:
    """Filled."""
    return await Division().fill()


def just_before(division: Division, name: str, what: Callable[[], Awaitable[object]]) -> None:
    """The first call of this method of the store happens right after `what`: everything it writes was read before."""
    method, still = getattr(division.store, name), [what]

    async def late(*given: Any, **named: Any) -> Any:
        if still:
            await still.pop()()
        return await method(*given, **named)

    setattr(division.store, name, late)


@pytest.mark.parametrize("writing", ["open_case", "open"])
async def test_a_new_issue_at_the_moment_of_the_move_lies_in_the_new_division(division: Division, writing: str) -> None:
    """The place was read before the move, lead or issue is written after everything was brought along."""
    just_before(division, writing, lambda: division.moves_to(FAR))
    assert await division.take() == "registered"
    assert await division.lies_in() == {FAR}


@pytest.mark.parametrize("writing", ["open_case", "open"])
async def test_a_worker_that_ended_in_between_is_made_up_for_by_the_next(division: Division, writing: str) -> None:
    """The issue was written, the look at its enterprise was not: the message comes again, and looks."""
    write, ended = getattr(division.store, writing), []

    async def written_and_away(step: Any) -> bool:
        await division.moves_to(FAR)
        done = await write(step)
        division.store.away = True
        ended.append(done)
        return bool(done)

    setattr(division.store, writing, written_and_away)
    with pytest.raises(Unavailable):
        await division.take()
    setattr(division.store, writing, write)
    division.store.away = False
    assert ended == [True]
    await division.take()
    assert await division.lies_in() == {FAR}


async def test_an_issue_learns_its_enterprise_at_the_moment_of_the_move(division: Division) -> None:
    """Registered when the source was not known, so lying nowhere: the step that says where says the new division."""
    division.store.reset()
    assert await division.take() == "registered"
    await division.fill()
    just_before(division, "advance", lambda: division.moves_to(FAR))
    assert await division.take(revision=2) == "episode-extended"
    (head,) = await division.store.heads(IssueQuery(EVERYTHING, 10))
    assert head.place.division_code == FAR


@pytest.mark.parametrize("name", ["add", "replace"])
async def test_a_source_written_at_the_moment_of_the_move_lies_in_the_new_division(
    division: Division, name: str
) -> None:
    """A new one and a changed one: both were planned on the old division."""
    just_before(division, name, lambda: division.moves_to(FAR))
    id_ = "another" if name == "add" else LEAD.source_id
    await division.write(Wish(Kind.SOURCE, id_, a_source("2号排口"), Validity()))
    assert await division.lies_in() == {FAR}


async def test_of_two_moves_the_last_one_counts(division: Division) -> None:
    """The first brings everything along only after the second has: it must not have the last word."""
    await division.take()
    just_before(division, "move_enterprise", lambda: division.moves_to(FAR))
    await division.moves_to(NEARBY)
    assert await division.lies_in() == {FAR}


async def test_a_process_that_ended_after_the_move_is_made_up_for_by_the_outbox(division: Division) -> None:
    """The enterprise was written, what hangs on it was not brought along: whoever publishes the change does so."""
    await division.take()
    bring = division.store.move_enterprise

    async def ended(enterprise_id: str, division_code: str) -> None:
        raise Unavailable("ended")

    division.store.move_enterprise = ended  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await division.moves_to(FAR)
    outbox = Outbox(division.store, FakePublisher(), division.metrics, poll_seconds=0.01)
    with pytest.raises(Unavailable):  # the change stays in the outbox until all of it is done
        await outbox.publish_records()
    assert await division.lies_in() == {HOME, FAR}
    division.store.move_enterprise = bring  # type: ignore[method-assign]
    assert await outbox.publish_records() > 0
    assert await division.lies_in() == {FAR}
    assert await outbox.publish_records() == 0
