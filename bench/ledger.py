"""Lists, filters, searches and counts over a large ledger on the local store. Verb `make bench-ledger`; minutes.

Fills a SecantusDB of its own with issues drawn from real documents in several states, then asks what the console asks,
through the store that the service uses there (CardedStore), and writes bench/results/ledger.{json,md}. MongoDB itself
can not be had here: tests/unit/tasks/test_indexes.py says which index serves each query there.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bson
from pymongo import MongoClient

from lantian_local.part import Child, await_ready, in_silence
from lantian_local.ports import PortLease
from lantian_local.store import store as store_part
from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.carded_store import CardedStore
from lantian_tasks.issue_queries import ISSUE_INDEXES
from lantian_tasks.ledger.document import issue_document
from lantian_tasks.ledger.issue import State
from lantian_tasks.ports import IssueQuery
from lantian_tasks.registry.divisions import campaign
from lantian_tasks.store import MotorStore
from tests.support.tasks_issues import NOW_MS, an_issue

RESULTS = Path(__file__).resolve().parent / "results"
TARGET_MS = 500
ROUNDS = 40
MOST_MS = 8_000
"""For one question: what takes longer is slow, and known well enough."""
BATCH = 1000
APART_MS = 150_000
"""Between two issues: half a year for 100,000."""
DATABASE = "lantian"
RULES = ("hour-exceedance", "data-dropout", "frozen-value", "treatment-idle", "false-mark")
CATEGORIES = ("exceedance", "dropout", "data-quality", "treatment-off", "fraud")
STATES = (State.REGISTERED, State.ASSIGNED, State.RECTIFYING, State.CLOSE_REQUESTED, State.CLOSED, State.ARCHIVED)


def drawn(number: int, rng: random.Random, models: list[dict[str, Any]]) -> dict[str, Any]:
    """An issue of a season: a real document under another name, place and time."""
    city = str(rng.choice(campaign())["code"])
    plant, rule = rng.randrange(40), rng.randrange(len(RULES))
    enterprise = f"{city}-e{plant}"
    registered = NOW_MS + number * APART_MS
    return {
        **rng.choice(models),
        "_id": f"iss-{number:032x}",
        "number": f"LT-{number:08d}",
        "source_id": f"{enterprise}-s{rng.randrange(6)}",
        "rule_id": RULES[rule],
        "category": CATEGORIES[rule],
        "episode": f"a21026@{number}",
        "lead_id": f"{number:032x}",
        "severity": rng.choices((1, 2, 3, 4), (2, 5, 4, 1))[0],
        "enterprise_id": enterprise,
        "enterprise_name": f"{city}第{plant}{rng.choice(['钢铁', '焦化', '水泥', '玻璃'])}有限公司",
        "source_name": f"{plant}号排口",
        "division_code": city[:4] + f"{rng.randrange(1, 20):02d}",
        "unit": f"单位{plant}",
        "person": f"责任人{rng.randrange(300)}",
        "round_id": f"{number // 40:032x}" if rng.random() < 0.3 else "",
        "registered_ms": registered,
        "changed_ms": registered + rng.randrange(10**9),
        "due_ms": registered + rng.randrange(30) * 86_400_000 if rng.random() < 0.5 else 0,
        "flags": ["escalated"] if rng.random() < 0.1 else [],
        "outbox": [],
        "requests": [],
    }


def filled(url: str, issues: int) -> tuple[float, int]:
    """Writes the issues; seconds and the mean size of a document in bytes."""
    rng = random.Random(2026)
    models = []
    for state in STATES:
        document = issue_document(an_issue(state))
        models.append({**document, "outbox": []})
    began, sizes = time.monotonic(), 0
    with MongoClient[dict[str, Any]](url) as client:
        for begin in range(0, issues, BATCH):
            batch = [drawn(number, rng, models) for number in range(begin, min(begin + BATCH, issues))]
            sizes += len(bson.encode(batch[0]))
            client[DATABASE]["issues"].insert_many(batch, ordered=False)
            if begin % 10_000 == 0:
                print(f"{begin} issues, {time.monotonic() - began:.0f} s", flush=True)
    return time.monotonic() - began, sizes * BATCH // max(issues, 1)


Ask = Callable[[IssueQuery], Awaitable[Any]]


def questions(store: MotorStore, issues: int) -> Iterator[tuple[str, Ask, IssueQuery]]:
    """What the console asks."""
    page = IssueQuery(EVERYTHING, 51)
    city = replace(page, scope=scope_of(["130100"]))
    middle = (NOW_MS + issues // 2 * APART_MS, "iss-x")
    lists = {
        "newest": page,
        "newest, page in the middle": replace(page, after=middle),
        "newest of a city": city,
        "state": replace(page, states=(State.RECTIFYING,)),
        "state and severity of a city": replace(city, states=(State.RECTIFYING,), severities=(3, 4)),
        "division below a province": replace(page, division_prefix="1301"),
        "enterprise": replace(page, enterprise_id="130100-e7"),
        "category": replace(page, category="fraud"),
        "flag": replace(page, flag="escalated"),
        "person": replace(page, person="责任人7"),
        "round": replace(page, round_id=f"{issues // 80:032x}"),
        "overdue, earliest first": replace(page, order="due", due_before_ms=NOW_MS + issues * APART_MS // 2),
        "gravest first": replace(page, order="severity"),
        "changed last": replace(page, order="changed"),
        "search": replace(page, text="焦化"),
        "search for a number": replace(page, text=f"LT-{issues // 2:08d}"),
    }
    for name, query in lists.items():
        yield f"list: {name}", store.heads, query
    for name in ("newest", "newest of a city", "state", "division below a province", "overdue, earliest first"):
        yield f"count: {name}", lambda query: store.count_issues(query, ()), lists[name]
    yield "count by state", lambda query: store.count_issues(query, ("state",)), page
    yield "count by state of a city", lambda query: store.count_issues(query, ("state",)), city


class Bench(CardedStore):
    """Without the indexes that lists from cards do not use: the local store takes most of an hour to write them all."""

    async def _make_indexes(self) -> None:
        await self._issues.create_indexes([index for index in ISSUE_INDEXES if index.document["name"] == "newest"])


async def measured(url: str, issues: int, rounds: int) -> tuple[float, dict[str, dict[str, float]]]:
    """Seconds until the store is ready, and milliseconds of each question: p50 and p95."""
    store = Bench(url, DATABASE, lambda: NOW_MS + issues * APART_MS, patience_seconds=60)
    began = time.monotonic()
    await store.start()
    ready = time.monotonic() - began
    found: dict[str, dict[str, float]] = {}
    for name, ask, query in questions(store, issues):
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            await ask(query)
            times.append((time.perf_counter() - began) * 1000)
            if sum(times) > MOST_MS:
                break
        times.sort()
        found[name] = {"p50_ms": round(times[len(times) // 2], 1), "p95_ms": round(times[int(len(times) * 0.95)], 1)}
        print(f"{name}: {found[name]}", flush=True)
    await store.stop()
    return ready, found


def main(issues: int = 100_000, rounds: int = ROUNDS) -> int:
    """Fills, asks, writes the result; 1 when a question took longer than the target."""
    lease = PortLease()
    with tempfile.TemporaryDirectory(prefix="lantian-bench-") as folder:
        part = store_part(Path(folder) / "store", port=lease.any())
        part.prepare(in_silence)
        child = Child(part)
        try:
            await_ready(child, 60)

            async def indexes() -> None:
                store = Bench(part.address, DATABASE, lambda: NOW_MS)
                await store.start()
                await store.stop()

            asyncio.run(indexes())
            seconds, size = filled(part.address, issues)
            ready, times = asyncio.run(measured(part.address, issues, rounds))
        finally:
            child.stop()
            lease.release()
    slow = sorted(name for name, row in times.items() if row["p95_ms"] > TARGET_MS)
    result = {
        "issues": issues,
        "bytes_each": size,
        "fill_seconds": round(seconds),
        "ready_seconds": round(ready, 1),
        "target_p95_ms": TARGET_MS,
        "slower_than_target": slow,
        "questions": times,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=2)
    (RESULTS / "ledger.json").write_text(text + "\n", encoding="utf-8")
    rows = [f"| {name} | {row['p50_ms']} | {row['p95_ms']} |" for name, row in times.items()]
    head = (
        f"# A ledger of {issues:,} issues on the local store\n\n"
        f"SecantusDB, {size} bytes an issue, filled in {seconds:.0f} s by bulk insert; `make bench-ledger`.\n"
        f"Lists are answered from cards in the memory of tasks, written in {ready:.0f} s when it starts. "
        f"The target on this store is\np95 ≤ {TARGET_MS} ms; slower: {', '.join(slow) or 'none'}. "
        "MongoDB could not be had where this was measured.\n\n"
        "| question (page of 50) | p50 ms | p95 ms |\n|---|---|---|\n"
    )
    (RESULTS / "ledger.md").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
