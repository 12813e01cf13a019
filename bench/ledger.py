"""Lists, filters, searches and counts over a large ledger on the local store. Verb `make bench-ledger`; minutes.

Fills a SecantusDB of its own with a season's ledger, then asks what the console asks, through the store that the
service uses there (CardedStore), and writes bench/results/ledger.{json,md}. For another server: bench/ledger_server.py.
"""

import asyncio
import sys
import time
from dataclasses import dataclass

from bench.document_store import document_store
from bench.ledger_questions import ROUNDS, lead_questions, questions, timed
from bench.ledger_season import APART_MS, DATABASE, filled
from bench.pages import keep
from lantian_kit.worker import Unavailable
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.carded_store import CardedStore
from lantian_tasks.case_store import CASE_INDEXES
from lantian_tasks.issue_queries import ISSUE_INDEXES
from lantian_tasks.ledger.issue import Head
from lantian_tasks.ports import IssueQuery
from lantian_tasks.store import MotorStore
from tests.support.tasks_issues import NOW_MS

TARGET_MS = 500
PAGE = 51


class Bench(CardedStore):
    """With the one index by which the cards are read: the others make the filling alone take most of an hour."""

    async def _make_indexes(self) -> None:
        for name, indexes in (("issues", ISSUE_INDEXES), ("cases", CASE_INDEXES)):
            newest = [index for index in indexes if index.document["name"] == "newest"]
            await self._collection(name).create_indexes(newest)


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds until tasks is at work, until it shows the newest page, until all cards are there; each question's
    milliseconds."""

    ready: float
    newest: float
    carded: float
    times: dict[str, dict[str, float]]


async def measured(url: str, issues: int, rounds: int) -> Measured:
    """Starts the store as the service does, and asks."""
    store = Bench(url, DATABASE, lambda: NOW_MS + issues * APART_MS, patience_seconds=60)
    began = time.monotonic()
    await store.start()
    ready = time.monotonic() - began
    while len(await newest(store)) < PAGE:
        pass  # it waits itself
    shown = time.monotonic() - began
    await store.carded()
    carded = time.monotonic() - began
    found: dict[str, dict[str, float]] = {}
    for name, ask in (*questions(store, issues), *lead_questions(store)):
        found[name] = await timed(name, ask, rounds)
    await store.stop()
    return Measured(ready, shown, carded, found)


async def newest(store: MotorStore) -> list[Head]:
    """The page that the console shows first; nothing while it is told to come back."""
    try:
        return await store.heads(IssueQuery(EVERYTHING, PAGE))
    except Unavailable:
        return []


def main(issues: int = 100_000, leads: int = 50_000, rounds: int = ROUNDS) -> int:
    """Fills, asks, writes the result; 1 when a question took longer than the target."""
    with document_store() as address:

        async def indexes() -> None:
            store = Bench(address, DATABASE, lambda: NOW_MS)
            await store.start()
            await store.stop()

        asyncio.run(indexes())
        seconds, size = filled(address, issues, leads)
        found = asyncio.run(measured(address, issues, rounds))
    times = found.times
    slow = sorted(name for name, row in times.items() if row["p95_ms"] > TARGET_MS)
    result = {
        "issues": issues,
        "leads": leads,
        "bytes_each": size,
        "fill_seconds": round(seconds),
        "ready_seconds": round(found.ready, 1),
        "newest_page_seconds": round(found.newest, 1),
        "carded_seconds": round(found.carded),
        "target_p95_ms": TARGET_MS,
        "slower_than_target": slow,
        "questions": times,
    }
    text = (
        f"SecantusDB, {size} bytes an issue, {issues:,} issues and {leads:,} leads filled in {seconds:.0f} s by bulk\n"
        "insert, with the one index by which cards are read; `make bench-ledger`. Lists are answered from cards in\n"
        f"the memory of tasks. It is at work {found.ready:.1f} s after its start, shows the newest page after "
        f"{found.newest:.1f} s and has\nall cards after {found.carded:.0f} s; until then a wide list is told to come "
        f"back. The target on this store is\np95 ≤ {TARGET_MS} ms; slower: {', '.join(slow) or 'none'}. "
        "MongoDB could not be had where this was measured."
    )
    rows: list[tuple[object, ...]] = [("question (page of 50)", "p50 ms", "p95 ms")]
    rows += [(name, row["p50_ms"], row["p95_ms"]) for name, row in times.items()]
    keep("ledger", result, f"A ledger of {issues:,} issues on the local store", text, rows)
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
