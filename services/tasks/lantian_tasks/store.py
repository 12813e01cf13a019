"""The one motor door: issues and registry in MongoDB (ADR motor). Opened by `start`, never at import."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import ASCENDING, IndexModel, ReadPreference, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError

from lantian_kit.worker import Unavailable
from lantian_tasks import leases
from lantian_tasks.access.scope import EVERYTHING, Scope
from lantian_tasks.access_store import ACCESS_INDEXES, MotorAccess
from lantian_tasks.audit_store import AUDIT_INDEXES, AUDITED, WAITING_INDEX, MotorAudit
from lantian_tasks.case_store import CASE_INDEXES, MotorCases
from lantian_tasks.conditions import (
    alike,
    backlog,
    by_id,
    chunks,
    containing,
    counted,
    counted_among,
    page_of,
    sees_nothing,
    together,
    within,
)
from lantian_tasks.copy_store import COPY_INDEX, MotorCopies
from lantian_tasks.evidence_store import EVIDENCE_INDEXES, MotorEvidence
from lantian_tasks.hour_store import HOUR_INDEXES, PERIODS, MotorHours
from lantian_tasks.issue_queries import ISSUE_INDEXES, ORDERS, SEARCHED, index_of_count, issue_conditions
from lantian_tasks.leases import places_taken, reaching_the_store, settled
from lantian_tasks.ledger.document import (
    ANEW,
    HEAD_KEYS,
    head_of,
    issue_document,
    issue_of,
    standing_document,
    step_update,
)
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import OPEN_STATES, Head, Issue, Standing, Step
from lantian_tasks.outbox_store import drop_published, waiting
from lantian_tasks.ports import COPIED, SEARCHED_MOST, Backlog, IssueQuery, RecordQuery, Waiting
from lantian_tasks.registry.document import record_document, record_of, record_update
from lantian_tasks.registry.record import Record
from lantian_tasks.rule_store import MotorRules

Document = dict[str, Any]

ALL = IssueQuery(EVERYTHING, 1)
OPEN = replace(ALL, states=OPEN_STATES)
REGISTRY_INDEXES = [
    IndexModel([("kind", ASCENDING), ("_id", ASCENDING)], name="kind"),
    IndexModel([("source_id", ASCENDING), ("kind", ASCENDING)], name="source"),
    IndexModel([("enterprise_id", ASCENDING)], name="enterprise"),
    IndexModel([("waiting_ms", ASCENDING)], name="waiting", sparse=True),
]


class MotorStore:
    """LedgerStore and RegistryStore on MongoDB; a part of a process."""

    name = "store"
    issue_indexes: Sequence[IndexModel] = ISSUE_INDEXES
    case_indexes: Sequence[IndexModel] = CASE_INDEXES
    failure: "asyncio.Future[None] | None" = None

    def __init__(self, url: str, database: str, *, patience_seconds: float = 5.0) -> None:
        self._url = url
        self._database = database
        self._patience_ms = int(patience_seconds * 1000)
        self._client: AsyncIOMotorClient[Document] | None = None
        cases = self._cases_of()
        self.case, self.open_case, self.advance_case, self.cases = (
            cases.case,
            cases.open_case,
            cases.advance_case,
            cases.cases,
        )
        self.count_cases, self._move_cases = cases.count_cases, cases.move_cases
        self.due_cases, self.lease_case, self.release_case = cases.due_cases, cases.lease_case, cases.release_case
        self.postpone_case = cases.postpone_case
        self.waiting_cases, self.published_cases = cases.waiting_cases, cases.published_cases
        self.case_backlog = cases.case_backlog
        self.audit = MotorAudit(self._collection)
        self.access = MotorAccess(lambda: self._collection("access"))
        rules = MotorRules(lambda: self._collection("rules"))
        self.keep_rule_news, self.rule_news = rules.keep_rule_news, rules.rule_news
        hours = MotorHours(self._collection)
        self.keep_hours, self.hours = hours.keep_hours, hours.hours
        copies = MotorCopies(self._collection)
        self.waiting_copies, self.copied, self.copy_backlog = copies.waiting_copies, copies.copied, copies.copy_backlog
        evidence = MotorEvidence(lambda: self._collection("evidence"), self._bucket)
        self.keep_bytes, self.bytes_of = evidence.keep_bytes, evidence.bytes_of
        self.keep_piece, self.pieces, self.pieces_alike = (
            evidence.keep_piece,
            evidence.pieces,
            evidence.pieces_alike,
        )

    def _cases_of(self) -> MotorCases:
        return MotorCases(lambda: self._collection("cases"))

    async def start(self) -> None:
        """Connects and makes the indexes; waits for the store as long as it takes."""
        self._client = AsyncIOMotorClient(
            self._url,
            serverSelectionTimeoutMS=self._patience_ms,
            connectTimeoutMS=self._patience_ms,
            socketTimeoutMS=self._patience_ms * 4,
            appname="lantian-tasks",
        )
        while True:
            try:
                await self._make_indexes()
            except Unavailable as error:
                structlog.get_logger().warning("waiting for the store", error=str(error))
                await asyncio.sleep(0.5)
                continue
            return

    async def _make_indexes(self) -> None:
        with reaching_the_store():
            await self._issues.create_indexes(self.issue_indexes)
            await self._registry.create_indexes(REGISTRY_INDEXES)
            await self._collection("cases").create_indexes(self.case_indexes)
            for name in PERIODS.values():
                await self._collection(name).create_indexes(HOUR_INDEXES)
            for name in COPIED:
                await self._collection(name).create_indexes([COPY_INDEX])
            await self._collection("evidence").create_indexes(EVIDENCE_INDEXES)
            await self._collection("access").create_indexes(ACCESS_INDEXES)
            await self._collection("audit").create_indexes(AUDIT_INDEXES)
            for name in AUDITED:
                await self._collection(name).create_indexes([WAITING_INDEX])

    async def stop(self) -> None:
        if self._client is not None:
            self._client.close()

    @property
    def _issues(self) -> AsyncIOMotorCollection[Document]:
        return self._collection("issues")

    @property
    def _registry(self) -> AsyncIOMotorCollection[Document]:
        return self._collection("registry")

    def _collection(self, name: str) -> AsyncIOMotorCollection[Document]:
        return self._confirming()[name]

    def _bucket(self) -> AsyncIOMotorGridFSBucket:
        # The bucket's own write concern is not that of its uploads: those follow the database.
        return AsyncIOMotorGridFSBucket(self._confirming(), "evidence_files")

    def _confirming(self) -> AsyncIOMotorDatabase[Document]:
        """Whatever the URL says: written by the majority, and read from the primary, since a write on its revision can
        not be decided on what a secondary has so far.
        """
        if self._client is None:
            raise Unavailable("the store is not open")
        confirmed = WriteConcern(w="majority", j=True, wtimeout=self._patience_ms)
        primary = ReadPreference.PRIMARY
        return self._client.get_database(self._database, write_concern=confirmed, read_preference=primary)

    # Issues

    async def issue(self, issue_id: str, scope: Scope) -> Issue | None:
        with reaching_the_store():
            found = await self._issues.find_one({"_id": issue_id})
        if found is None or not scope.covers(found["division_code"], found["enterprise_id"]):
            return None
        return issue_of(found)

    async def open(self, step: Step) -> bool:
        with reaching_the_store():
            try:
                await self._issues.insert_one(issue_document(step.issue))
            except DuplicateKeyError:
                return False
        return True

    async def advance(self, step: Step, fence: int | None = None) -> bool:
        head = step.issue.head
        fenced = {} if fence is None else {"fence": fence}
        with reaching_the_store():
            # By _id and rev: find_one_and_update scans in SecantusDB (design 3). By its division as well, which the
            # step writes and a move of the enterprise changes without a revision.
            wanted = {"_id": head.issue_id, "rev": head.rev - 1, "division_code": step.division_code, **fenced}
            done = await self._issues.update_one(wanted, step_update(step))
        return done.matched_count == 1

    async def due_issues(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        return await leases.due(self._issues, now_ms, wall_ms, limit)

    async def lease_issue(self, issue_id: str, wall_ms: int, until_ms: int) -> int | None:
        return await leases.lease(self._issues, issue_id, wall_ms, until_ms)

    async def release_issue(self, issue_id: str, fence: int) -> None:
        await leases.release(self._issues, issue_id, fence)

    async def open_sources(self) -> list[str]:
        still_open = {"state": {"$in": [str(state) for state in OPEN_STATES]}}
        with reaching_the_store():
            found = await self._issues.find(still_open, {"source_id": 1}).to_list(length=None)
        return sorted({row["source_id"] for row in found})

    async def outdated_issues(self, limit: int) -> list[str]:
        with reaching_the_store():
            old = self._issues.find({"schema": {"$exists": False}}, {"_id": 1}).limit(limit)
            return [row["_id"] for row in await old.to_list(length=None)]

    async def settle_issue(self, issue_id: str, rev: int, standing: Standing) -> bool:
        with reaching_the_store():
            done = await self._issues.update_one(
                {"_id": issue_id, "rev": rev}, {"$set": standing_document(standing), **ANEW}
            )
        return done.matched_count == 1

    async def heads(self, query: IssueQuery) -> list[Head]:
        return [head_of(document) for document in await self._page_of_issues(query, HEAD_KEYS)]

    async def leads(self, query: IssueQuery) -> list[tuple[Head, bytes]]:
        found = await self._page_of_issues(query, (*HEAD_KEYS, "lead"))
        return [(head_of(document), bytes(document["lead"])) for document in found]

    async def stories(self, query: IssueQuery) -> list[tuple[Head, tuple[SealedEntry, ...]]]:
        found = await self._page_of_issues(query, (*HEAD_KEYS, "history"))
        return [(head_of(document), tuple(document["history"])) for document in found]

    async def count_issues(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        if sees_nothing(query.scope):
            return {}
        if query.text:  # parts of words stand in no index
            first = together(issue_conditions(replace(query, text="")))
            text = containing(query.text, SEARCHED)
            return await counted_among(self._issues, first, text, by, ORDERS["newest"], SEARCHED_MOST)
        wanted = together(issue_conditions(query))
        return await counted(self._issues, wanted, by, index_of_count(wanted, by))

    async def _page_of_issues(self, query: IssueQuery, keys: Sequence[str]) -> list[Document]:
        if sees_nothing(query.scope):
            return []
        projection = dict.fromkeys(keys, 1)
        conditions, order = issue_conditions(query), ORDERS[query.order]
        return await page_of(self._issues, conditions, order, query.after, query.limit, projection)

    async def waiting_issues(self, limit: int) -> list[Waiting]:
        return [Waiting(id_, events) for id_, events in await waiting(self._issues, limit)]

    async def published_issues(self, published: Mapping[str, int]) -> None:
        await drop_published(self._issues, published)

    async def open_by_severity(self) -> dict[int, int]:
        return {int(severity): count for (severity,), count in (await self.count_issues(OPEN, ("severity",))).items()}

    async def by_state(self) -> dict[str, int]:
        return {state: count for (state,), count in (await self.count_issues(ALL, ("state",))).items()}

    async def overdue(self, now_ms: int) -> int:
        return (await self.count_issues(replace(OPEN, due_before_ms=now_ms), ())).get((), 0)

    async def issue_backlog(self) -> Backlog:
        return await backlog(self._issues, "outbox.at_ms", lambda row: row["outbox"][0]["at_ms"])

    # Registry

    async def records(self, keys: Collection[str], scope: Scope) -> dict[str, Record]:
        records: list[Record] = []
        with reaching_the_store():
            for some in chunks(list(keys)):
                found = await self._registry.find(by_id(some)).to_list(length=None)
                records += map(record_of, found)
        return {r.key: r for r in records if scope.covers(r.belongs.division_code, r.belongs.enterprise_id)}

    async def page(self, query: RecordQuery) -> list[Record]:
        if sees_nothing(query.scope):
            return []
        owners = (("source_id", query.source_id), ("enterprise_id", query.enterprise_id))
        conditions: Document = {name: value for name, value in owners if value} | {"kind": str(query.kind)}
        if not query.voided:
            conditions["voided"] = False
        after = {"_id": {"$gt": f"{query.kind}/{query.after}"}} if query.after else {}
        text = containing(query.text, ("id", "entity.name") if query.names else ("id",)) if query.text else {}
        below = within(Scope((query.division_prefix,))) if query.division_prefix else {}
        wanted = together([dict(query.equal), conditions, after, text, below, within(query.scope)])
        with reaching_the_store():
            cursor = self._registry.find(wanted).sort("_id", ASCENDING).limit(query.limit)
            return [record_of(document) for document in await cursor.to_list(length=None)]

    async def limits_of(self, source_ids: Collection[str]) -> list[Record]:
        limits: list[Record] = []
        with reaching_the_store():
            for some in chunks(list(source_ids)):
                wanted = {"kind": "limit", "voided": False, "source_id": {"$in": some}}
                limits += map(record_of, await self._registry.find(wanted).to_list(length=None))
        return limits

    async def add(self, records: Sequence[Record]) -> set[str]:
        if not records:
            return set()
        with reaching_the_store():
            try:
                await self._registry.insert_many([record_document(record) for record in records], ordered=False)
            except BulkWriteError as error:
                return {records[place].key for place in places_taken(error)}
        return set()

    async def replace(self, record: Record) -> bool:
        with reaching_the_store():
            done = await self._registry.update_one({"_id": record.key, "rev": record.rev - 1}, record_update(record))
        return done.matched_count == 1

    async def move_enterprise(self, enterprise_id: str, division_code: str) -> None:
        wanted = {"enterprise_id": enterprise_id, "division_code": {"$ne": division_code}}
        with reaching_the_store():
            await self._registry.update_many(wanted, {"$set": {"division_code": division_code}, **ANEW})
            await self._issues.update_many(wanted, {"$set": {"division_code": division_code}, **ANEW})
        await self._move_cases(enterprise_id, division_code)

    async def move_source(self, source_id: str, enterprise_id: str, division_code: str) -> None:
        home = {"enterprise_id": enterprise_id, "division_code": division_code}
        with reaching_the_store():
            await self._registry.update_many({"source_id": source_id}, {"$set": home, **ANEW})

    async def waiting_records(self, limit: int) -> list[Record]:
        with reaching_the_store():
            cursor = settled(self._registry).find({"waiting_ms": {"$gt": 0}}).sort("waiting_ms", ASCENDING).limit(limit)
            return [record_of(document) for document in await cursor.to_list(length=None)]

    async def published_records(self, published: Mapping[str, int]) -> list[Record]:
        matched = 0
        with reaching_the_store():
            for rev, keys in alike(published):
                done = await self._registry.update_many({**by_id(keys), "rev": rev}, {"$unset": {"waiting_ms": ""}})
                matched += done.matched_count
        if matched == len(published):
            return []
        there = await self.records(list(published), EVERYTHING)
        return [record for record in there.values() if record.rev != published[record.key]]

    async def record_backlog(self) -> Backlog:
        return await backlog(self._registry, "waiting_ms", lambda row: row["waiting_ms"])
