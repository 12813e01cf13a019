"""No question of the stores reads a collection whole, but for those that are meant to.

The commands are taken as the driver sends them, the indexes as the server has them; whether one serves the other is
said by the rules of MongoDB's planner. `make bench-ledger-server` asks a server for its own plans.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from pymongo import MongoClient

from lantian_kit.migrations import migrate
from lantian_notify import migrations as notify
from lantian_notify.calls.store import MongoCallStore
from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.parked.store import MongoParkedStore
from lantian_notify.silences.store import MongoSilenceStore
from lantian_notify.store import Connection
from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.ledger.issue import State
from lantian_tasks.ports import COPIED, CaseQuery, IssueQuery, RecordQuery
from lantian_tasks.registry.record import Kind
from lantian_tasks.store import MotorStore
from tests.support.store_commands import Heard, asked, is_served

CITY = scope_of(["130100"])
ISSUES: list[dict[str, Any]] = [
    {},
    {"states": (State.CLOSED,), "severities": (3,)},
    {"after": (5, "x")},
    {"order": "due", "due_before_ms": 9},
    {"flag": "escalated", "since_ms": 5},
    {"text": "x"},
    *({"order": order, "after": (3, "x")} for order in ("changed", "severity")),
    *({name: "x"} for name in ("source_id", "rule_id", "enterprise_id", "category", "channel", "unit", "person")),
    *({name: "x"} for name in ("round_id", "parent_id")),
]
CASES: list[dict[str, Any]] = [
    {},
    {"states": ("pushed",), "after": (5, "x")},
    {"order": "score", "least_score": 1.0},
    {"text": "x"},
    *({"keys": {name: "x"}} for name in ("source_id", "rule_id", "enterprise_id", "category", "channel")),
    *({"keys": {name: "x"}} for name in ("round_id", "dedupe")),
    *({"valid_on": "2026-11-30", "keys": keys} for keys in ({}, {"enterprise_id": "e"}, {"category": "city-policy"})),
]
OF_EARLIER_RELEASES = {("issues", "schema")} | {
    (name, "audit_ms,audited") for name in ("access", "cases", "issues", "registry")
}
"""Collection and fields of what looks for documents of earlier releases, at the start of tasks."""
INDEXED_BY_THE_DRIVER = {("evidence_files.files", "filename")}
"""GridFS makes this index with its first upload."""
MEANT = OF_EARLIER_RELEASES | INDEXED_BY_THE_DRIVER
MEANT_OF_NOTIFY = {("registry_changes_kept", "")}
"""All are read, at the start."""


def read_whole(heard: Heard, url: str, database: str) -> set[tuple[str, str]]:
    """Collections, and the fields of the filter, of what no index serves."""
    heard.listens = False
    found = set()
    with MongoClient[dict[str, Any]](url) as client:
        for command in heard.named("find", "aggregate", "distinct", "update", "delete"):
            collection = str(next(iter(command.values())))
            indexes = client[database][collection].index_information()
            for wanted, order, hint in asked(command):
                if not is_served(wanted, order, hint, indexes):
                    found.add((collection, ",".join(sorted(wanted))))
    return found


def of_tasks(store: MotorStore) -> Iterator[Callable[[], Awaitable[object]]]:
    """Every question that the service asks."""
    for filters in ISSUES:
        for scope in (EVERYTHING, CITY):
            query = IssueQuery(scope, 50, **filters)
            yield partial(store.heads, query)
            yield partial(store.count_issues, query, ())
            yield partial(store.count_issues, query, ("state", "division_code"))
    for filters in CASES:
        for scope in (EVERYTHING, CITY):
            cases = CaseQuery(scope, "lead", 50, **filters)
            yield partial(store.cases, cases)
            yield partial(store.count_cases, cases, ("keys.division_code", "state"))
    for records in (
        RecordQuery(EVERYTHING, Kind.SOURCE, 9),
        RecordQuery(CITY, Kind.SOURCE, 9, after="x", text="y", enterprise_id="e", division_prefix="1301"),
    ):
        yield partial(store.page, records)
    for name in COPIED:
        yield partial(store.waiting_copies, name, 9)
    yield from (store.copy_backlog, store.issue_backlog, store.case_backlog, store.record_backlog, store.open_sources)
    yield from (store.open_by_severity, store.by_state, store.audit.chains, store.audit.mark_old)
    for taking in (store.waiting_issues, store.waiting_cases, store.waiting_records, store.outdated_issues):
        yield partial(taking, 9)
    yield from (partial(store.audit.unaudited, 9), partial(store.audit.unanchored, 9), partial(store.overdue, 9))
    yield from (partial(store.audit.audit_head, "130100"), partial(store.audit.sealed_of, "issue/x"))
    yield from (
        partial(store.audit.links, "130100", 3, 9),
        partial(store.audit.anchored, [{"chain": "c", "sequence": 1}]),
    )
    yield from (partial(store.due_issues, 1, 1, 9), partial(store.due_cases, 1, 1, 9))
    yield from (partial(store.lease_issue, "x", 1, 2), partial(store.release_issue, "x", 1))
    yield from (partial(store.published_issues, {"x": 1, "y": 1}), partial(store.published_records, {"outlet/x": 1}))
    yield from (partial(store.move_enterprise, "e", "130102"), partial(store.move_source, "s", "e", "130102"))
    yield from (partial(store.limits_of, ["s"]), partial(store.records, ["outlet/x"], EVERYTHING))
    yield from (
        partial(store.keep_hours, "s", []),
        partial(store.hours, "s", 1, 2),
        partial(store.rule_news, ["a", "b"]),
    )
    yield from (
        partial(store.bytes_of, "0" * 64),
        partial(store.pieces, ["a", "b"]),
        partial(store.pieces_alike, ["0:ff"]),
    )
    yield from (partial(store.access.kept, "account/a"), partial(store.access.list_kept, "account", "", 9))
    yield partial(store.access.forget, "attempt", 9)


async def test_every_question_of_tasks_finds_its_rows_by_an_index(
    heard: Heard, store_url: str, store_database: str
) -> None:
    """But for those that look for documents of earlier releases."""
    store = MotorStore(store_url, store_database)
    await store.start()
    heard.commands.clear()
    for ask in of_tasks(store):
        await ask()
    assert len(heard.commands) > 150
    assert read_whole(heard, store_url, store_database) == MEANT
    await store.stop()


async def test_every_question_of_notify_finds_its_rows_by_an_index(
    heard: Heard, store_url: str, store_database: str
) -> None:
    """But for what it reads all of when it starts."""
    connection = Connection(store_url, store_database)
    deliveries, calls = MongoDeliveryStore(connection.database), MongoCallStore(connection.database)
    silences, parked = MongoSilenceStore(connection.database), MongoParkedStore(connection.database)
    for part in (deliveries, calls, silences, parked):
        await part.prepare()
    with MongoClient[dict[str, Any]](store_url) as client:
        migrate(client[store_database], notify.MIGRATIONS, say=lambda line: None)
    heard.commands.clear()
    for before in (None, (5, "x")):
        for state in (None, "failed"):
            await deliveries.page(state=state, endpoint_id=None, before=before, limit=9)
            await deliveries.page(state=state, endpoint_id="e", before=before, limit=9)
        await calls.page_calls(state=None, before=before, limit=9)
        await calls.page_calls(state="open", before=before, limit=9)
        await silences.page_silences(before=before, limit=9)
        await parked.page_parked(state=None, before=before, limit=9)
        await parked.page_parked(state="waiting", before=before, limit=9)
    for silence_id in (None, "s"):
        await deliveries.matching(state=None, endpoint_id=None, silence_id=silence_id, since_ms=1, limit=9)
    await deliveries.get("x")
    await deliveries.due_endpoints(1, 1)
    await deliveries.next_due_ms(1)
    await deliveries.claim("e", 1, 1, limit=9, owner="o", until_wall_ms=2)
    await deliveries.release("o")
    await deliveries.expire(1, 1)
    await deliveries.gathering("e", "g")
    await deliveries.placed("n")
    await deliveries.backlog()
    await deliveries.health("e")
    await calls.claim_calls(1, 1, limit=9, owner="o", until_wall_ms=2)
    await calls.next_call_ms(1)
    await calls.calls_of_issue("i")
    await silences.silences(1)
    await silences.due_silences(1)
    await silences.next_silence_ms(1)
    await parked.parked(9)
    await parked.kept_changes()
    await parked.drop_changes("k", 3)
    assert len(heard.commands) > 35
    assert read_whole(heard, store_url, store_database) == MEANT_OF_NOTIFY
    await connection.close()


def test_what_no_index_serves_is_noticed() -> None:
    """The rules can fail."""
    indexes: dict[str, dict[str, Any]] = {
        "_id_": {"key": [("_id", 1)]},
        "newest": {"key": [("at", -1), ("_id", -1)]},
        "waiting": {"key": [("waiting", 1)], "sparse": True},
    }
    assert is_served({"_id": 1}, [], "", indexes)
    assert is_served({"x": 1}, [("at", 1), ("_id", 1)], "", indexes)
    assert is_served({"$or": [{"_id": 1}, {"at": 2}]}, [], "", indexes)
    assert is_served({"waiting": {"$gt": 0}}, [], "", indexes)
    assert not is_served({"x": 1}, [], "", indexes)
    assert not is_served({"x": 1}, [("at", 1), ("_id", -1)], "", indexes)
    assert not is_served({"$or": [{"_id": 1}, {"x": 2}]}, [], "", indexes)
    assert not is_served({"waiting": {"$exists": False}}, [("waiting", 1)], "", indexes)
    assert not is_served({"at": {"$regex": "x"}}, [], "", indexes)
    assert not is_served({"_id": 1}, [], "none", indexes)
