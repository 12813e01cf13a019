"""What the console asks of a large ledger, and how long the answers take."""

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from bench.ledger_season import APART_MS
from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.ledger.issue import State
from lantian_tasks.ports import CaseQuery, IssueQuery
from lantian_tasks.store import MotorStore
from tests.support.tasks_issues import NOW_MS

ROUNDS = 40
MOST_MS = 8_000
"""For one question: what takes longer is slow, and known well enough."""
Ask = Callable[[], Awaitable[Any]]


def questions(store: MotorStore, issues: int) -> Iterator[tuple[str, Ask]]:
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
        yield f"list: {name}", partial(store.heads, query)
    for name in ("newest", "newest of a city", "state", "division below a province", "overdue, earliest first"):
        yield f"count: {name}", partial(store.count_issues, lists[name], ())
    yield "count by state", partial(store.count_issues, page, ("state",))
    yield "count by state of a city", partial(store.count_issues, city, ("state",))


def lead_questions(store: MotorStore) -> Iterator[tuple[str, Ask]]:
    """What the console asks about leads."""
    page = CaseQuery(EVERYTHING, "lead", 51)
    city = replace(page, scope=scope_of(["130100"]))
    lists = {
        "newest": page,
        "newest of a city": city,
        "state": replace(page, states=("pushed",)),
        "state and severity of a city": replace(city, states=("pushed",), severities=(3, 4)),
        "rule": replace(page, keys={"rule_id": "false-mark"}),
        "enterprise": replace(page, keys={"enterprise_id": "130100-e7"}),
        "highest score": replace(page, order="score"),
        "score cut": replace(page, least_score=4.9),
        "search": replace(page, text="焦化"),
        "search for nothing that is there": replace(page, text="查无此企业"),
    }
    for name, query in lists.items():
        yield f"leads: {name}", partial(store.cases, query)
    by = ("keys.division_code", "state")
    yield "leads: count by division and state", partial(store.count_cases, page, by)


async def timed(name: str, ask: Ask, rounds: int) -> dict[str, float]:
    """Asks again and again; milliseconds, told as they come."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - began) * 1000)
        if sum(times) > MOST_MS:
            break
    times.sort()
    row = {"p50_ms": round(times[len(times) // 2], 1), "p95_ms": round(times[int(len(times) * 0.95)], 1)}
    print(f"{name}: {row}", flush=True)
    return row
