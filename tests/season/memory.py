"""A store of plain objects with the indexes a season needs; the same promises as the fake of the contract suite."""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from lantian_tasks.access.scope import Scope
from lantian_tasks.ledger.case import Case, CaseStep
from lantian_tasks.ledger.issue import Head, Issue, Standing, Step
from lantian_tasks.ports import CaseQuery, IssueQuery, RecordQuery
from lantian_tasks.registry.record import Record

Kept = TypeVar("Kept", Issue, Case)


@dataclass
class Shelf(Generic[Kept]):
    """Objects by id with their leases, and a heap of their timers."""

    timer_of: Callable[[Kept], int]
    rows: dict[str, Kept] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    leased: dict[str, int] = field(default_factory=dict)
    _timers: list[tuple[int, str]] = field(default_factory=list)

    def put(self, id_: str, row: Kept) -> None:
        """Writes a row; its events are taken as published."""
        self.rows[id_] = row
        if self.timer_of(row):
            heapq.heappush(self._timers, (self.timer_of(row), id_))

    def due(self, now_ms: int, limit: int) -> list[str]:
        """Ids whose timer is due, in order; a time that was given up is dropped."""
        found: list[str] = []
        kept: list[tuple[int, str]] = []
        while self._timers and self._timers[0][0] <= now_ms and len(found) < limit:
            at_ms, id_ = heapq.heappop(self._timers)
            if self.timer_of(self.rows[id_]) == at_ms and id_ not in found:
                found.append(id_)
                kept.append((at_ms, id_))
        for row in kept:  # still due until whoever took it has written
            heapq.heappush(self._timers, row)
        return found

    def lease(self, id_: str, wall_ms: int, until_ms: int) -> int | None:
        """A fence, or None."""
        if self.leased.get(id_, 0) > wall_ms:
            return None
        self.leased[id_] = until_ms
        self.fences[id_] += 1
        return self.fences[id_]

    def release(self, id_: str, fence: int) -> None:
        """Ends a lease."""
        if self.fences[id_] == fence:
            self.leased.pop(id_, None)

    def fits(self, id_: str, rev: int, current: int | None, fence: int | None) -> bool:
        """Whether a write may go on."""
        return current == rev and fence in (None, self.fences[id_])


class SeasonStore:
    """What leads, rounds, rechecks and keepers ask of a store."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.issues: Shelf[Issue] = Shelf(lambda issue: issue.head.standing.timer_ms)
        self.shelf: Shelf[Case] = Shelf(lambda case: case.timer_ms)
        self._records = {record.key: record for record in records}
        self._episodes: set[tuple[str, str, str]] = set()
        self._of_source: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._of_enterprise: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._of_key: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.events = 0

    async def issue(self, issue_id: str, scope: Scope) -> Issue | None:
        return self.issues.rows.get(issue_id)

    async def open(self, step: Step) -> bool:
        head = step.issue.head
        episode = (head.source_id, head.rule_id, head.episode)
        if head.issue_id in self.issues.rows or episode in self._episodes:
            return False
        self._episodes.add(episode)
        self._of_source[head.source_id, head.rule_id].append(head.issue_id)
        self._of_enterprise[head.place.enterprise_id, head.standing.category].append(head.issue_id)
        return self._written(step)

    async def advance(self, step: Step, fence: int | None = None) -> bool:
        id_, rev = step.issue.issue_id, step.issue.head.rev - 1
        fits = self.issues.fits(id_, rev, self.issues.rows[id_].head.rev, fence)
        return fits and self._written(step)

    def _written(self, step: Step) -> bool:
        self.events += len(step.outgoing)
        self.issues.put(step.issue.issue_id, replace(step.issue, outbox=(), requests=()))
        return True

    async def heads(self, query: IssueQuery) -> list[Head]:
        if query.source_id and query.rule_id:
            ids: Iterable[str] = self._of_source[query.source_id, query.rule_id]
        elif query.enterprise_id and query.category:
            ids = self._of_enterprise[query.enterprise_id, query.category]
        else:
            ids = self.issues.rows
        heads = [self.issues.rows[id_].head for id_ in ids]
        found = [
            head
            for head in heads
            if head.place.division_code.startswith(query.division_prefix)
            and (not query.states or head.state in query.states)
            and (query.after is None or (head.registered_ms, head.issue_id) < query.after)
        ]
        return sorted(found, key=lambda head: (head.registered_ms, head.issue_id), reverse=True)[: query.limit]

    async def due_issues(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        return self.issues.due(now_ms, limit)

    async def lease_issue(self, issue_id: str, wall_ms: int, until_ms: int) -> int | None:
        return self.issues.lease(issue_id, wall_ms, until_ms)

    async def release_issue(self, issue_id: str, fence: int) -> None:
        self.issues.release(issue_id, fence)

    async def outdated_issues(self, limit: int) -> list[str]:
        return []

    async def settle_issue(self, issue_id: str, rev: int, standing: Standing) -> bool:
        issue = self.issues.rows[issue_id]
        if issue.head.rev != rev:
            return False
        self.issues.put(issue_id, replace(issue, head=replace(issue.head, standing=standing)))
        return True

    async def case(self, case_id: str, scope: Scope) -> Case | None:
        return self.shelf.rows.get(case_id)

    async def open_case(self, step: CaseStep) -> bool:
        if step.case.case_id in self.shelf.rows:
            return False
        return self._case_written(step)

    async def advance_case(self, step: CaseStep, fence: int | None = None) -> bool:
        id_, rev = step.case.case_id, step.case.rev - len(step.entries)
        return self.shelf.fits(id_, rev, self.shelf.rows[id_].rev, fence) and self._case_written(step)

    def _case_written(self, step: CaseStep) -> bool:
        self.events += len(step.outgoing)
        for name in ("dedupe", "round_id"):
            value = str(step.case.keys.get(name, ""))
            ids = self._of_key[name, value] if value else []
            if value and step.case.case_id not in ids[-1:]:
                ids.append(step.case.case_id)
        self.shelf.put(step.case.case_id, replace(step.case, outbox=(), requests=()))
        return True

    async def cases(self, query: CaseQuery) -> list[Case]:
        indexed = next((name for name in ("dedupe", "round_id") if name in query.keys), None)
        ids: Iterable[str] = (
            dict.fromkeys(self._of_key[indexed, str(query.keys[indexed])]) if indexed else self.shelf.rows
        )
        found = [
            case
            for case in map(self.shelf.rows.__getitem__, ids)
            if case.kind == query.kind
            and (not query.states or case.state in query.states)
            and str(case.keys["division_code"]).startswith(query.division_prefix)
            and all(case.keys.get(name) == value for name, value in query.keys.items())
            and case.created_ms >= query.since_ms
        ]

        def place(case: Case) -> tuple[float, str]:
            return (float(case.keys["score"]) if query.order == "score" else case.created_ms, case.case_id)

        there = (case for case in found if query.after is None or place(case) < query.after)
        return sorted(there, key=place, reverse=True)[: query.limit]

    async def count_cases(self, query: CaseQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        return {(): len(await self.cases(replace(query, limit=len(self.shelf.rows))))}

    async def due_cases(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        return self.shelf.due(now_ms, limit)

    async def lease_case(self, case_id: str, wall_ms: int, until_ms: int) -> int | None:
        return self.shelf.lease(case_id, wall_ms, until_ms)

    async def release_case(self, case_id: str, fence: int) -> None:
        self.shelf.release(case_id, fence)

    async def postpone_case(self, case_id: str, rev: int, timer_ms: int, fence: int) -> bool:
        case = self.shelf.rows[case_id]
        if not self.shelf.fits(case_id, rev + 1, case.rev, fence):
            return False
        self.shelf.put(case_id, replace(case, timer_ms=timer_ms))
        return True

    async def records(self, keys: Collection[str], scope: Scope) -> dict[str, Record]:
        return {key: self._records[key] for key in keys if key in self._records}

    async def page(self, query: RecordQuery) -> list[Record]:
        return [record for record in self._records.values() if record.kind == query.kind][: query.limit]
