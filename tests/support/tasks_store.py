"""A store in memory that keeps the promises of the real one; tests/contract/test_store_tasks.py runs over both."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import bson

from lantian_proto.readings import Period
from lantian_tasks.access.scope import Scope
from lantian_tasks.compliance.judge import Hour
from lantian_tasks.copy_store import copy_of
from lantian_tasks.evidence.piece import Piece
from lantian_tasks.ledger.case import Case, CaseStep, case_document, case_of, case_update
from lantian_tasks.ledger.document import (
    ANEW,
    UNCOPIED,
    head_of,
    issue_document,
    issue_of,
    outgoing_of,
    standing_document,
    step_update,
)
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import OPEN_STATES, Head, Issue, Standing, Step
from lantian_tasks.ports import Backlog, CaseQuery, Copy, IssueQuery, RecordQuery, Waiting, WaitingCase
from lantian_tasks.registry.document import record_document, record_of, record_update
from lantian_tasks.registry.record import Record
from tests.support.tasks_files import FakeFiles
from tests.support.tasks_queries import HEAVY, case_place, counted, fits, issue_place, matches, value_of
from tests.support.tasks_rules import FakeRules

Document = dict[str, Any]


class Collected:
    """Documents by id, kept as BSON so that nothing is shared with the caller and nothing foreign gets in."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}

    def get(self, id_: str) -> Document | None:
        """A copy, or None."""
        return bson.decode(self._rows[id_]) if id_ in self._rows else None

    def put(self, document: Mapping[str, Any]) -> None:
        """Writes a whole document."""
        self._rows[document["_id"]] = bson.encode(document)

    def all(self) -> Iterable[Document]:
        """Copies of all."""
        return [bson.decode(row) for row in self._rows.values()]

    def due(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        """Ids of those whose timer is due and that are not leased, as the real store finds them."""
        found = [d for d in self.all() if 0 < d.get("timer_ms", 0) <= now_ms]
        found.sort(key=lambda d: int(d["timer_ms"]))
        return [d["_id"] for d in found[:limit] if d.get("lease_ms", 0) <= wall_ms]

    def lease(self, id_: str, wall_ms: int, until_ms: int) -> int | None:
        """A fence, or None."""
        document = self.get(id_)
        if document is None or document.get("lease_ms", 0) > wall_ms:
            return None
        document |= {"lease_ms": until_ms, "fence": document.get("fence", 0) + 1}
        self.put(document)
        return int(document["fence"])

    def release(self, id_: str, fence: int) -> None:
        """Ends a lease of this fence."""
        document = self.get(id_)
        if document is not None and document.get("fence") == fence:
            self.put({**document, "lease_ms": 0})

    def update(self, id_: str, rev: int, update: Document, fence: int | None = None, **equal: str) -> bool:
        """Compare-and-set with $set and $push, as the real store is asked to."""
        document = self.get(id_)
        wanted = {"rev": rev, **({} if fence is None else {"fence": fence}), **equal}
        if document is None or any(document.get(name) != value for name, value in wanted.items()):
            return False
        document |= update["$set"]
        for name, added in update.get("$inc", {}).items():
            document[name] = document.get(name, 0) + added
        for name, pushed in update["$push"].items():
            document[name] = document[name] + pushed.get("$each", [pushed])
        self.put(document)
        return True


class FakeStore(FakeFiles, FakeRules):
    """LedgerStore and RegistryStore. Set `away` and every call raises Unavailable."""

    def __init__(self) -> None:
        self.away = False
        self.issues = Collected()
        self.registry = Collected()
        self._cases = Collected()
        self._hours: dict[tuple[Period, str, int, str, int], Hour] = {}
        self.files: dict[str, bytes] = {}
        self.news: dict[str, bytes] = {}
        self.pieces_kept: dict[str, Piece] = {}

    def reset(self) -> None:
        """Empty again, and without whatever a test put over its methods."""
        vars(self).clear()
        FakeStore.__init__(self)

    async def issue(self, issue_id: str, scope: Scope) -> Issue | None:
        self._reach()
        found = self.issues.get(issue_id)
        if found is None or not scope.covers(found["division_code"], found["enterprise_id"]):
            return None
        return issue_of(found)

    async def open(self, step: Step) -> bool:
        self._reach()
        new = issue_document(step.issue)
        for document in self.issues.all():
            if document["_id"] == new["_id"] or all(
                document[name] == new[name] for name in ("source_id", "rule_id", "episode")
            ):
                return False
        self.issues.put(new)
        return True

    async def advance(self, step: Step, fence: int | None = None) -> bool:
        self._reach()
        head, lay_in = step.issue.head, step.division_code
        return self.issues.update(head.issue_id, head.rev - 1, step_update(step), fence, division_code=lay_in)

    async def due_issues(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        self._reach()
        return self.issues.due(now_ms, wall_ms, limit)

    async def lease_issue(self, issue_id: str, wall_ms: int, until_ms: int) -> int | None:
        self._reach()
        return self.issues.lease(issue_id, wall_ms, until_ms)

    async def release_issue(self, issue_id: str, fence: int) -> None:
        self._reach()
        self.issues.release(issue_id, fence)

    async def outdated_issues(self, limit: int) -> list[str]:
        self._reach()
        return [d["_id"] for d in self.issues.all() if "schema" not in d][:limit]

    async def settle_issue(self, issue_id: str, rev: int, standing: Standing) -> bool:
        self._reach()
        return self.issues.update(issue_id, rev, {"$set": standing_document(standing), "$push": {}, **ANEW})

    async def heads(self, query: IssueQuery) -> list[Head]:
        return [head for head, _ in await self.leads(query)]

    async def leads(self, query: IssueQuery) -> list[tuple[Head, bytes]]:
        return [(head_of(document), document["lead"]) for document in self._page(query)]

    async def stories(self, query: IssueQuery) -> list[tuple[Head, tuple[SealedEntry, ...]]]:
        return [(head_of(document), tuple(document["history"])) for document in self._page(query)]

    def _page(self, query: IssueQuery) -> list[Document]:
        self._reach()
        matching = [document for document in self.issues.all() if matches(query, document)]
        matching.sort(key=lambda document: issue_place(query, document), reverse=query.order != "due")
        return matching[: query.limit]

    async def count_issues(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        self._reach()
        return counted((d for d in self.issues.all() if matches(query, d)), by)

    async def waiting_issues(self, limit: int) -> list[Waiting]:
        self._reach()
        waiting = sorted((d for d in self.issues.all() if d["outbox"]), key=lambda d: int(d["outbox"][0]["at_ms"]))
        return [Waiting(d["_id"], tuple(map(outgoing_of, d["outbox"]))) for d in waiting[:limit]]

    async def published_issues(self, published: Mapping[str, int]) -> None:
        self._reach()
        for issue_id, sequence in published.items():
            document = self.issues.get(issue_id)
            if document is not None:
                document["outbox"] = [event for event in document["outbox"] if event["sequence"] > sequence]
                self.issues.put(document)

    async def open_by_severity(self) -> dict[int, int]:
        self._reach()
        counts: dict[int, int] = {}
        for document in self.issues.all():
            if document["state"] in OPEN_STATES:
                counts[document["severity"]] = counts.get(document["severity"], 0) + 1
        return counts

    async def by_state(self) -> dict[str, int]:
        self._reach()
        return dict(Counter(str(document["state"]) for document in self.issues.all()))

    async def overdue(self, now_ms: int) -> int:
        self._reach()
        still_open = [d for d in self.issues.all() if d["state"] in OPEN_STATES]
        return sum(0 < d.get("due_ms", 0) < now_ms for d in still_open)

    async def issue_backlog(self) -> Backlog:
        self._reach()
        return _backlog(d["outbox"][0]["at_ms"] for d in self.issues.all() if d["outbox"])

    async def case(self, case_id: str, scope: Scope) -> Case | None:
        self._reach()
        found = self._cases.get(case_id)
        if found is None or not scope.covers(found["keys"]["division_code"], found["keys"]["enterprise_id"]):
            return None
        return case_of(found)

    async def open_case(self, step: CaseStep) -> bool:
        self._reach()
        if self._cases.get(step.case.case_id) is not None:
            return False
        self._cases.put(case_document(step.case))
        return True

    async def advance_case(self, step: CaseStep, fence: int | None = None) -> bool:
        self._reach()
        kept = self._cases.get(step.case.case_id)
        if kept is None or kept["keys"]["division_code"] != step.case.keys["division_code"]:
            return False
        return self._cases.update(step.case.case_id, step.case.rev - len(step.entries), case_update(step), fence)

    async def cases(self, query: CaseQuery) -> list[Case]:
        self._reach()
        found = [d for d in self._cases.all() if fits(query, d)]
        found.sort(key=lambda d: case_place(query, d), reverse=True)
        light = [{name: value for name, value in d.items() if name not in HEAVY} for d in found[: query.limit]]
        return [case_of(document) for document in light]

    async def count_cases(self, query: CaseQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        self._reach()
        return counted((d for d in self._cases.all() if fits(query, d)), by)

    async def due_cases(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        self._reach()
        return self._cases.due(now_ms, wall_ms, limit)

    async def lease_case(self, case_id: str, wall_ms: int, until_ms: int) -> int | None:
        self._reach()
        return self._cases.lease(case_id, wall_ms, until_ms)

    async def release_case(self, case_id: str, fence: int) -> None:
        self._reach()
        self._cases.release(case_id, fence)

    async def postpone_case(self, case_id: str, rev: int, timer_ms: int, fence: int) -> bool:
        self._reach()
        return self._cases.update(case_id, rev, {"$set": {"timer_ms": timer_ms}, "$push": {}, **ANEW}, fence)

    async def waiting_cases(self, limit: int) -> list[WaitingCase]:
        self._reach()
        waiting = sorted((d for d in self._cases.all() if d["outbox"]), key=lambda d: int(d["outbox"][0]["at_ms"]))
        return [WaitingCase(d["_id"], tuple(map(outgoing_of, d["outbox"]))) for d in waiting[:limit]]

    async def published_cases(self, published: Mapping[str, int]) -> None:
        self._reach()
        for case_id, sequence in published.items():
            document = self._cases.get(case_id)
            if document is not None:
                document["outbox"] = [event for event in document["outbox"] if event["sequence"] > sequence]
                self._cases.put(document)

    async def open_sources(self) -> list[str]:
        self._reach()
        return sorted({d["source_id"] for d in self.issues.all() if d["state"] in OPEN_STATES})

    async def keep_hours(self, source_id: str, hours: Sequence[Hour], period: Period = Period.HOUR) -> None:
        self._reach()
        self._hours |= {(period, source_id, hour.time_ms, hour.factor, hour.stat): hour for hour in hours}

    async def hours(self, source_id: str, from_ms: int, to_ms: int, period: Period = Period.HOUR) -> list[Hour]:
        self._reach()
        kept = [hour for key, hour in self._hours.items() if key[:2] == (period, source_id)]
        return [hour for hour in kept if from_ms <= hour.time_ms < to_ms]

    async def case_backlog(self) -> Backlog:
        self._reach()
        return _backlog(d["outbox"][0]["at_ms"] for d in self._cases.all() if d["outbox"])

    async def records(self, keys: Collection[str], scope: Scope) -> dict[str, Record]:
        self._reach()
        found = [record_of(document) for key in keys if (document := self.registry.get(key)) is not None]
        return {r.key: r for r in found if scope.covers(r.belongs.division_code, r.belongs.enterprise_id)}

    async def page(self, query: RecordQuery) -> list[Record]:
        self._reach()
        found = self._sorted(
            lambda d: (
                d["kind"] == query.kind
                and query.scope.covers(d["division_code"], d["enterprise_id"])
                and (query.voided or not d["voided"])
                and query.source_id in ("", d["source_id"])
                and query.enterprise_id in ("", d["enterprise_id"])
                and d["id"] > query.after
                and d["division_code"].startswith(query.division_prefix)
                and all(value_of(d, name) == value for name, value in query.equal)
                and any(
                    query.text.lower() in str(x).lower()
                    for x in (d["id"], d["entity"].get("name", "") if query.names else "")
                )
            )
        )
        return found[: query.limit]

    async def limits_of(self, source_ids: Collection[str]) -> list[Record]:
        self._reach()
        return self._sorted(lambda d: d["kind"] == "limit" and not d["voided"] and d["source_id"] in source_ids)

    def _sorted(self, wanted: Callable[[Document], bool]) -> list[Record]:
        return [record_of(d) for d in sorted(self.registry.all(), key=lambda d: str(d["_id"])) if wanted(d)]

    async def add(self, records: Sequence[Record]) -> set[str]:
        self._reach()
        existing = {record.key for record in records if self.registry.get(record.key) is not None}
        for record in records:
            if record.key not in existing:
                self.registry.put(record_document(record))
        return existing

    async def replace(self, record: Record) -> bool:
        self._reach()
        return self.registry.update(record.key, record.rev - 1, record_update(record))

    async def move_enterprise(self, enterprise_id: str, division_code: str) -> None:
        self._reach()
        for collection in (self.registry, self.issues):
            for document in collection.all():
                if document["enterprise_id"] == enterprise_id:
                    collection.put({**document, "division_code": division_code, **_one_more(document)})
        for case in self._cases.all():
            if case["keys"]["enterprise_id"] == enterprise_id:
                keys = {**case["keys"], "division_code": division_code}
                self._cases.put({**case, "keys": keys, **_one_more(case)})

    async def move_source(self, source_id: str, enterprise_id: str, division_code: str) -> None:
        self._reach()
        for document in self.registry.all():
            if document["source_id"] == source_id:
                home = {"enterprise_id": enterprise_id, "division_code": division_code}
                self.registry.put({**document, **home, **_one_more(document)})

    async def waiting_records(self, limit: int) -> list[Record]:
        self._reach()
        waiting = sorted((d for d in self.registry.all() if "waiting_ms" in d), key=lambda d: int(d["waiting_ms"]))
        return [record_of(document) for document in waiting[:limit]]

    async def published_records(self, published: Mapping[str, int]) -> list[Record]:
        self._reach()
        moved_on = []
        for key, rev in published.items():
            document = self.registry.get(key)
            if document is None:
                continue
            if document["rev"] != rev:
                moved_on.append(record_of(document))
                continue
            document.pop("waiting_ms", None)
            self.registry.put(document)
        return moved_on

    async def record_backlog(self) -> Backlog:
        self._reach()
        return _backlog(d["waiting_ms"] for d in self.registry.all() if "waiting_ms" in d)

    async def waiting_copies(self, collection: str, limit: int) -> list[Copy]:
        self._reach()
        found = [d for d in self._collected[collection].all() if UNCOPIED in d]
        return [copy_of(collection, d) for d in found if not d.get("outbox") and "waiting_ms" not in d][:limit]

    async def copied(self, copies: Sequence[Copy]) -> None:
        self._reach()
        for copy in copies:
            document = self._collected[copy.collection].get(copy.id)
            if document is not None and (document["rev"], document.get(UNCOPIED)) == (copy.rev, copy.writes):
                del document[UNCOPIED]
                self._collected[copy.collection].put(document)

    async def copy_backlog(self) -> int:
        self._reach()
        return sum(UNCOPIED in document for rows in self._collected.values() for document in rows.all())

    @property
    def _collected(self) -> dict[str, Collected]:
        return {"issues": self.issues, "cases": self._cases, "registry": self.registry}


def _one_more(document: Document) -> Document:
    return {UNCOPIED: document.get(UNCOPIED, 0) + 1}


def _backlog(times: Iterable[int]) -> Backlog:
    waiting = list(times)
    return Backlog(len(waiting), min(waiting, default=0))
