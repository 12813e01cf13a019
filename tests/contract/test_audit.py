"""From documents into chains, anchors and back: over a real store; whatever is done to the store is found."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pymongo import MongoClient

from lantian_local.audit import Report, examine
from lantian_tasks.access.kept import write
from lantian_tasks.audit.appender import Appender
from lantian_tasks.audit.chain import SHA_256, SM3
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.issue import Issue, Step
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.store import MotorStore
from tests.support.tasks_api import a_case_of
from tests.support.tasks_bus import FakePublisher
from tests.support.tasks_issues import DISPATCHER, an_issue, command
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_tampering import WAYS


class Ledger:
    """A store with issues, their leads and an account, and the topic."""

    def __init__(self, store: MotorStore, url: str, database: str) -> None:
        self.store, self.publisher = store, FakePublisher()
        self.client: MongoClient[dict[str, Any]] = MongoClient(url)
        self.documents = self.client[database]

    def appender(self, algorithm: str = SHA_256) -> Appender:
        """One of several."""
        return Appender(self.store.audit, self.publisher, TasksMetrics(CollectorRegistry()), 1.0, algorithm)

    async def work(self, number: int) -> None:
        """An issue is opened and noted twice."""
        issue = an_issue(lead=a_lead(start_ms=START_MS + number * HOUR_MS))
        assert await self.store.open(Step(issue, "registered", (), ()))
        assert await self.store.open_case(a_case_of(issue))
        for text in ("一", "二"):
            issue = await self.note(issue, text)

    async def note(self, issue: Issue, text: str) -> Issue:
        """One more entry."""
        step = act(issue, command("note", DISPATCHER, reason=text), "")
        assert isinstance(step, Step), step
        assert await self.store.advance(step)
        return step.issue

    async def whole(self) -> None:
        """Appends and anchors until nothing waits."""
        appender = self.appender()
        while await appender.append() + await appender.anchor():
            pass

    def examined(self) -> Report:
        """As the command does."""
        return examine(self.documents, [json.loads(one.value or b"") for one in self.publisher.sent])


@pytest.fixture
async def ledger(store_url: str, store_database: str) -> AsyncIterator[Ledger]:
    """Two issues, audited and anchored."""
    store = MotorStore(store_url, store_database)
    await store.start()
    found = Ledger(store, store_url, store_database)
    for number in range(2):
        await found.work(number)
    await store.access.keep(write(None, "account/a", {}, 5, kind="added", actor=SYSTEM))
    await found.whole()
    yield found
    found.client.close()
    await store.stop()


async def test_everything_written_is_in_a_chain(ledger: Ledger) -> None:
    """One for the county, one for access; nothing waits, nothing is missing, a repeat adds nothing."""
    report = ledger.examined()
    assert report.intact, report
    assert [name for name, _ in await ledger.store.audit.chains()] == ["130102", "access"]
    entries = sum(len(d["history"]) for name in ("issues", "cases", "access") for d in ledger.documents[name].find())
    assert report.entries == report.anchored == entries
    assert await ledger.store.audit.unaudited(9) == []
    await ledger.store.audit.mark_old()
    ledger.documents["issues"].update_many({}, {"$set": {"audit_ms": 1}, "$unset": {"audited": ""}})
    await ledger.whole()
    assert ledger.examined() == report


async def test_appenders_side_by_side_give_each_place_once(ledger: Ledger) -> None:
    """Whoever is slower looks again; hashes of two kinds may meet in one chain."""
    for number in range(10, 14):
        await ledger.work(number)
    appenders = [ledger.appender(SHA_256), ledger.appender(SM3), ledger.appender()]
    while any(await asyncio.gather(*(one.append() for one in appenders))):
        pass
    await ledger.whole()
    report = ledger.examined()
    assert report.intact, report
    assert report.entries == sum(
        len(d["history"]) for name in ("issues", "cases", "access") for d in ledger.documents[name].find()
    )


async def test_an_appender_that_ends_in_between_loses_nothing(ledger: Ledger) -> None:
    """Between chain and document, and between topic and mark: the next one goes on."""
    await ledger.work(20)

    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    store, appender = ledger.store.audit, ledger.appender()
    store.audited = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError):
        await appender.append()
    del store.audited
    store.anchored = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError):
        await appender.anchor()
    del store.anchored
    await ledger.whole()
    assert ledger.examined().intact


Damage = Callable[[Any], object]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "an issue's history is changed": (
        lambda db: db.issues.update_one({}, {"$set": {"history.1.reason": "别的"}}),
        "its hash does not fit",
    ),
    "an issue's last entry is cut off": (lambda db: db.issues.update_one({}, {"$pop": {"history": 1}}), "is gone from"),
    "an issue is deleted": (lambda db: db.issues.delete_one({}), "is gone"),
    "a lead is deleted": (lambda db: db.cases.delete_one({}), "is gone"),
    "an entry of the chain is changed": (
        lambda db: db.audit.update_one({"sequence": 4, "chain": "130102"}, {"$set": {"actor_id": "x"}}),
        "changed",
    ),
    "an entry of the chain is deleted": (lambda db: db.audit.delete_one({"sequence": 4, "chain": "130102"}), "missing"),
    "the chain is cut off": (lambda db: db.audit.delete_many({"sequence": {"$gt": 4}, "chain": "130102"}), "cut off"),
    "the whole chain is deleted": (lambda db: db.audit.delete_many({"chain": "130102"}), "cut off"),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_damage_is_named(ledger: Ledger, name: str) -> None:
    """With the chain and the entry; damage to the chain with its place in it."""
    damage, what = DAMAGES[name]
    damage(ledger.documents)
    report = ledger.examined()
    assert not report.intact
    assert what in report.broken[0].what, report.broken
    place = {"cut off": 5, "whole": 1, "of the chain": 4}
    expected = [sequence for words, sequence in place.items() if words in name and "chain" in name]
    assert expected in ([], [report.broken[0].sequence])


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("at", [0, 3])
async def test_a_chain_that_was_tampered_with_is_named_at_its_entry(ledger: Ledger, name: str, at: int) -> None:
    """Also when it holds in itself: the topic knows what was written."""
    chain = "130102"
    rows = list(ledger.documents.audit.find({"chain": chain}, {"_id": 0}).sort("sequence", 1))
    ledger.documents.audit.delete_many({"chain": chain})
    if left := WAYS[name](rows, at):
        ledger.documents.audit.insert_many([dict(row) for row in left])
    first = ledger.examined().broken[0]
    assert (first.chain, first.sequence) == (chain, at + 1), first
