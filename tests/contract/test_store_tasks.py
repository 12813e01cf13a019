"""What the ledger needs of a store, proved over the fake and over a real one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lantian_kit.worker import Unavailable
from lantian_tasks.access.scope import EVERYTHING, Scope, scope_of
from lantian_tasks.audit.examine import examine
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import fold, wanted
from lantian_tasks.ledger.issue import Issue, Place, State, Step
from lantian_tasks.ledger.moves import Command
from lantian_tasks.ports import Backlog, IssueQuery, RecordQuery, Store
from lantian_tasks.registry.record import Belongs, Kind, Record, Validity, change, void
from lantian_tasks.store import MotorStore
from tests.support.tasks_issues import (
    ASSIGN,
    ENTERPRISE,
    FACTS,
    NOW_MS,
    PATHS,
    PLACE,
    SUBMIT,
    a_frame,
    an_issue,
    command,
)
from tests.support.tasks_leads import START_MS, a_lead
from tests.support.tasks_real_store import a_real_store
from tests.support.tasks_store import FakeStore

ADMIN = Actor("admin-1", "administrator", "省厅")


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


def opening(number: int = 0, place: Place = PLACE, severity: int = 3, at_ms: int = NOW_MS) -> Step:
    """The step that opens issue `number`."""
    lead = a_lead(start_ms=START_MS + number * 3_600_000, severity=severity)
    step = fold(None, lead, lead.SerializeToString(), [a_frame(p) for p in wanted(None, lead)], place, at_ms)
    assert isinstance(step, Step)
    return step


def moved(issue: Issue, wish: Command, key: str = "k") -> Step:
    """The step of an allowed move."""
    step = act(issue, wish, key, FACTS)
    assert isinstance(step, Step), step
    return step


async def test_an_issue_comes_back_as_it_was_written(store: Store) -> None:
    """Bytes, hashes, numbers and texts; and its chain still holds."""
    step = opening()
    assert await store.open(step)
    kept = await store.issue(step.issue.issue_id, EVERYTHING)
    assert kept == step.issue
    assert kept is not None
    assert examine(kept).intact


async def test_every_step_comes_back(store: Store) -> None:
    """A whole life, step by step, is the same in the store as in memory."""
    step = opening()
    await store.open(step)
    for number, wish in enumerate(PATHS[State.CLOSED]):
        step = moved(step.issue, wish, f"key-{number}")
        assert await store.advance(step)
    lead = a_lead(revision=3)
    last = fold(step.issue, lead, lead.SerializeToString(), [a_frame(p) for p in wanted(step.issue, lead)], PLACE, 5)
    assert isinstance(last, Step)
    assert await store.advance(last)
    kept = await store.issue(last.issue.issue_id, EVERYTHING)
    assert kept == last.issue
    assert kept is not None
    assert examine(kept).intact


async def test_an_episode_is_opened_once(store: Store) -> None:
    """By its id, and by source, rule and episode whatever the id."""
    step = opening()
    assert await store.open(step)
    assert not await store.open(step)
    other_id = replace(step, issue=replace(step.issue, head=replace(step.issue.head, issue_id="iss-other")))
    assert not await store.open(other_id)
    assert await store.issue("iss-other", EVERYTHING) is None


async def test_fifty_openers_make_one_issue(store: Store) -> None:
    """Concurrent openers of the same episode: exactly one wins, exactly one document lies there."""
    answers = await asyncio.gather(*(store.open(opening()) for _ in range(50)))
    assert sorted(answers) == [False] * 49 + [True]
    assert len(await store.heads(IssueQuery(EVERYTHING, limit=100))) == 1


async def test_of_concurrent_moves_one_wins(store: Store) -> None:
    """Compare-and-set by revision: nothing is lost, nothing is written twice."""
    step = opening()
    await store.open(step)
    moves = [moved(step.issue, command("note", ENTERPRISE, f"note {number}"), f"k{number}") for number in range(20)]
    assert sorted(await asyncio.gather(*map(store.advance, moves))) == [False] * 19 + [True]
    kept = await store.issue(step.issue.issue_id, EVERYTHING)
    assert kept is not None
    assert (kept.head.rev, len(kept.history), len(kept.outbox), len(kept.requests)) == (2, 2, 2, 1)
    assert examine(kept).intact


async def test_a_step_on_a_missing_issue_is_not_written(store: Store) -> None:
    """No upsert by accident."""
    assert not await store.advance(moved(an_issue(), ASSIGN))
    assert await store.heads(IssueQuery(EVERYTHING, limit=10)) == []


async def test_the_list_is_paged_newest_first(store: Store) -> None:
    """Pages of three, with equal times among them, give every issue once and in order."""
    for number in range(10):
        await store.open(opening(number, at_ms=NOW_MS + number // 4))
    everything = await store.heads(IssueQuery(EVERYTHING, limit=100))
    keys = [(head.registered_ms, head.issue_id) for head in everything]
    assert keys == sorted(keys, reverse=True)
    assert len(keys) == 10
    paged: list[tuple[int, str]] = []
    while page := await store.heads(IssueQuery(EVERYTHING, limit=3, after=paged[-1] if paged else None)):
        paged += [(head.registered_ms, head.issue_id) for head in page]
    assert paged == keys


async def test_the_list_is_filtered(store: Store) -> None:
    """Each filter alone and together."""
    await store.open(opening(0, severity=1))
    await store.open(opening(1, severity=2, place=replace(PLACE, division_code="130102"), at_ms=NOW_MS + 5))
    step = opening(2, severity=3, place=replace(PLACE, division_code="130202"))
    await store.open(step)
    await store.advance(moved(step.issue, ASSIGN))

    async def severities(**filters: object) -> list[int]:
        query = IssueQuery(EVERYTHING, limit=10, **filters)  # type: ignore[arg-type]
        assert [head for head, _ in await store.leads(query)] == await store.heads(query)
        return sorted(head.severity for head in await store.heads(query))

    assert await severities() == [1, 2, 3]
    assert await severities(states=(State.ASSIGNED,)) == [3]
    assert await severities(states=(State.ASSIGNED, State.REGISTERED)) == [1, 2, 3]
    assert await severities(severities=(1, 2)) == [1, 2]
    assert await severities(division_prefix="1302") == [3]
    assert await severities(source_id="nowhere") == []
    assert await severities(rule_id="hour-exceedance", since_ms=NOW_MS + 1) == [2]
    assert await severities(severities=(1,), states=(State.ASSIGNED,)) == []


SCOPES = [
    Scope(),
    EVERYTHING,
    scope_of(["000000"]),
    scope_of(["130000"]),
    scope_of(["130100"]),
    scope_of(["130102"]),
    scope_of(["130100", "130200"]),
    scope_of(["610000"]),
    scope_of(["130000"], enterprise_id="e1"),
    scope_of(["130200"], enterprise_id="e1"),
    scope_of(["000000"], enterprise_id=""),
]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
async def test_every_read_keeps_to_the_scope(store: Store, scope: Scope) -> None:
    """Lists, single documents and records, the same rule everywhere."""
    places = [Place(f"e{n % 2}", "x", "y", code) for n, code in enumerate(["130102", "130181", "130202", "610100", ""])]
    for number, place in enumerate(places):
        await store.open(opening(number, place=place))
    await store.add([a_record(f"s{n}", Belongs("", p.enterprise_id, p.division_code)) for n, p in enumerate(places)])
    expected = sorted(p.division_code for p in places if scope.covers(p.division_code, p.enterprise_id))

    heads = await store.heads(IssueQuery(scope, limit=10))
    assert sorted(head.place.division_code for head in heads) == expected
    leads = await store.leads(IssueQuery(scope, limit=10))
    assert sorted(head.place.division_code for head, _ in leads) == expected
    ids = [opening(number).issue.issue_id for number in range(5)]
    singles = [issue for id_ in ids if (issue := await store.issue(id_, scope)) is not None]
    assert sorted(issue.head.place.division_code for issue in singles) == expected
    page = await store.page(RecordQuery(scope, Kind.SOURCE, limit=10))
    assert sorted(record.belongs.division_code for record in page) == expected
    records = await store.records([f"source/s{number}" for number in range(5)], scope)
    assert sorted(record.belongs.division_code for record in records.values()) == expected


async def test_the_outbox_of_issues(store: Store) -> None:
    """Waits in order, is cleared up to a sequence, and clearing disturbs no step decided before it."""
    assert await store.issue_backlog() == Backlog(0, 0)
    first, second = opening(0, at_ms=NOW_MS), opening(1, at_ms=NOW_MS - 1000)
    for step in (first, second):
        await store.open(step)
    assigned = moved(first.issue, ASSIGN)
    await store.advance(assigned)
    assert await store.issue_backlog() == Backlog(2, NOW_MS - 1000)
    waiting = await store.waiting_issues(10)
    assert [w.issue_id for w in waiting] == [second.issue.issue_id, first.issue.issue_id]
    assert waiting[1].events == assigned.issue.outbox
    assert [w.issue_id for w in await store.waiting_issues(1)] == [second.issue.issue_id]

    started = moved(assigned.issue, SUBMIT, "k2")  # decided while both earlier events wait
    await store.published_issues({first.issue.issue_id: 2, second.issue.issue_id: 1, "iss-none": 5})
    assert await store.advance(started)
    kept = await store.issue(first.issue.issue_id, EVERYTHING)
    assert kept is not None
    assert [event.sequence for event in kept.outbox] == [3]
    assert (len(kept.history), kept.head.rev) == (3, 3)
    await store.published_issues({first.issue.issue_id: 2})
    assert await store.issue_backlog() == Backlog(1, NOW_MS)
    await store.published_issues({first.issue.issue_id: 3})
    assert await store.waiting_issues(10) == []
    await store.published_issues({})


async def test_open_issues_are_counted(store: Store) -> None:
    """By severity, without the closed and the voided."""
    for number, severity in enumerate([1, 3, 3, 4]):
        await store.open(opening(number, severity=severity))
    for wish in PATHS[State.VOIDED]:
        issue = await store.issue(opening(3, severity=4).issue.issue_id, EVERYTHING)
        assert issue is not None
        assert await store.advance(moved(issue, wish))
    assert await store.open_by_severity() == {1: 1, 3: 2}


def a_record(
    id_: str, belongs: Belongs | None = None, kind: Kind = Kind.SOURCE, at_ms: int = NOW_MS, **entity: object
) -> Record:
    """A new record; its content is not judged here."""
    entity = entity or {"enterprise_id": "e1", "name": "1号排口", "kind": "outlet"}
    made = change(
        None, kind, id_, entity, Validity(), belongs or Belongs(id_, "e1", "130102"), actor=ADMIN, at_ms=at_ms
    )
    assert made is not None
    return made


def renamed(record: Record, name: str, at_ms: int = NOW_MS) -> Record:
    """Its next revision."""
    made = change(
        record,
        record.kind,
        record.id,
        {**record.entity, "name": name},
        record.validity,
        record.belongs,
        actor=ADMIN,
        at_ms=at_ms,
    )
    assert made is not None
    return made


async def test_records_come_back_as_they_were_written(store: Store) -> None:
    """New ones, existing ones left alone, next revisions on the one before only."""
    first, second = a_record("s1"), a_record("s2")
    assert await store.add([first]) == set()
    assert await store.add([renamed(first, "other"), second]) == {"source/s1"}
    assert await store.add([]) == set()
    assert await store.records(["source/s1", "source/s2", "source/s3"], EVERYTHING) == {
        "source/s1": first,
        "source/s2": second,
    }
    assert await store.records([], EVERYTHING) == {}
    changed = renamed(first, "2号排口")
    assert await store.replace(changed)
    assert not await store.replace(renamed(first, "3号排口"))
    assert (await store.records(["source/s1"], EVERYTHING))["source/s1"] == changed


async def test_records_are_paged_by_kind(store: Store) -> None:
    """In order of ids, voided ones only when asked for."""
    records = [a_record(f"s{number}") for number in range(5)]
    await store.add([*records, a_record("s9", kind=Kind.FEED, source_id="s1")])
    gone = void(records[2], actor=ADMIN, at_ms=NOW_MS, reason="拆除")
    assert gone is not None
    await store.replace(gone)

    async def ids(**filters: object) -> list[str]:
        query = RecordQuery(EVERYTHING, Kind.SOURCE, **{"limit": 10, **filters})  # type: ignore[arg-type]
        return [record.id for record in await store.page(query)]

    assert await ids() == ["s0", "s1", "s3", "s4"]
    assert await ids(voided=True) == ["s0", "s1", "s2", "s3", "s4"]
    assert await ids(limit=2) == ["s0", "s1"]
    assert await ids(after="s1", limit=2) == ["s3", "s4"]
    assert await ids(source_id="s3") == ["s3"]
    assert await ids(enterprise_id="e2") == []


async def test_limits_of_sources(store: Store) -> None:
    """Only limits, only of these sources, only in force."""
    limits = [a_record(f"l{n}", Belongs(f"s{n}", "e1", "130102"), Kind.LIMIT, value=1.0) for n in range(3)]
    await store.add([*limits, a_record("s0")])
    gone = void(limits[1], actor=ADMIN, at_ms=NOW_MS, reason="失效")
    assert gone is not None
    await store.replace(gone)
    assert await store.limits_of(["s0", "s1"]) == [limits[0]]
    assert await store.limits_of([]) == []


async def test_the_outbox_of_records(store: Store) -> None:
    """A change waits until this very revision was published; a newer one shows that it must be published again."""
    first, second = a_record("s1", at_ms=NOW_MS), a_record("s2", at_ms=NOW_MS - 7)
    await store.add([first, second])
    assert await store.record_backlog() == Backlog(2, NOW_MS - 7)
    assert [record.id for record in await store.waiting_records(10)] == ["s2", "s1"]
    assert await store.published_records({first.key: 1, second.key: 1}) == []
    assert await store.record_backlog() == Backlog(0, 0)
    assert await store.published_records({first.key: 1}) == []

    changed = renamed(first, "x")
    await store.replace(changed)
    assert await store.published_records({first.key: 1, second.key: 1}) == [changed]
    assert await store.waiting_records(10) == [changed]
    assert await store.published_records({first.key: 2}) == []
    assert await store.waiting_records(10) == []
    assert await store.published_records({}) == []


async def test_what_belongs_to_a_moved_owner_moves_with_it(store: Store) -> None:
    """An enterprise takes its records and issues to its division, a source takes its records to its enterprise."""
    await store.open(opening(0))
    enterprise = PLACE.enterprise_id
    await store.add(
        [a_record("s1", Belongs("s1", enterprise, "130102")), a_record("s2", Belongs("s2", "e2", "130102"))]
    )
    await store.move_enterprise(enterprise, "130202")
    heads = await store.heads(IssueQuery(EVERYTHING, limit=10))
    assert [head.place.division_code for head in heads] == ["130202"]
    page = await store.page(RecordQuery(EVERYTHING, Kind.SOURCE, limit=10))
    assert [record.belongs.division_code for record in page] == ["130202", "130102"]
    await store.move_source("s2", "e3", "610100")
    page = await store.page(RecordQuery(EVERYTHING, Kind.SOURCE, limit=10))
    assert page[1].belongs == Belongs("s2", "e3", "610100")


async def test_a_step_that_was_decided_before_a_move_does_not_bring_the_issue_back(store: Store) -> None:
    """A move of the enterprise changes no revision; the step is refused, decided again it is written."""
    step = opening(0)
    await store.open(step)
    decided = moved(step.issue, ASSIGN)
    await store.move_enterprise(PLACE.enterprise_id, "130202")
    assert not await store.advance(decided)
    there = await store.issue(step.issue.issue_id, EVERYTHING)
    assert there is not None
    assert (there.head.rev, there.head.place.division_code) == (1, "130202")
    assert await store.advance(moved(there, ASSIGN))
    (head,) = await store.heads(IssueQuery(EVERYTHING, limit=10))
    assert (head.state, head.place.division_code) == (State.ASSIGNED, "130202")
    assert await store.count_issues(IssueQuery(scope_of(["130102"]), 1), ()) == {(): 0}


async def test_a_store_that_is_away_is_unavailable() -> None:
    """Never an empty answer: the real one with nobody at its address, before and after it was opened."""
    store = MotorStore("mongodb://127.0.0.1:1/?directConnection=true", "x", patience_seconds=0.2)
    with pytest.raises(Unavailable):
        await store.issue("iss-1", EVERYTHING)
    starting = asyncio.create_task(store.start())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await store.issue("iss-1", EVERYTHING)
    with pytest.raises(Unavailable):
        await store.open(opening())
    with pytest.raises(Unavailable):
        await store.heads(IssueQuery(EVERYTHING, limit=1))
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await store.stop()
