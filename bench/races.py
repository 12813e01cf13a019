"""Acknowledgements that race escalations and sending, ten thousand weaves. Verb `make races`; minutes."""

import asyncio
import logging
import sys
import time
from collections import Counter

import structlog

from bench.pages import keep
from tests.support.notify_events import an_event
from tests.support.notify_office import Office
from tests.support.notify_race import met, raced


async def run(runs: int) -> Counter[str]:
    """What the races have met. AssertionError: a race that ended otherwise than it must, with its seed."""
    office = Office()
    office.staff("a", "b")
    await office.take(an_event())
    (fresh,) = office.calls.calls.values()
    seen: Counter[str] = Counter()
    for seed in range(runs):
        seen += met(await raced(office, fresh, seed))
    return seen


def main(runs: int = 10_000) -> int:
    """Runs, writes the result; an AssertionError names the seed of a race that was lost."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # races log much
    began = time.monotonic()
    seen = asyncio.run(run(runs))
    result = {"races": runs, "sent_after_acknowledgement": 0, "met": dict(seen), "seconds": time.monotonic() - began}
    rows: list[tuple[object, ...]] = [
        ("what", "number"),
        ("races, each of its own seed", runs),
        ("messages begun after a committed acknowledgement", 0),
        ("steps left pending after one", 0),
        ("messages sent before it", seen["sent"]),
        ("messages cancelled by it", seen["cancelled"]),
        ("races in which no step had begun", seen["never begun"]),
    ]
    text = (
        "One call with two people on duty, two timekeepers, a deliverer and somebody who acknowledges, over a store\n"
        "in memory; tasks change places at every call of the store as a seeded die says; `make races`. It ends at the\n"
        "first race in which a message begins after the acknowledgement was committed. That a race can be lost is\n"
        "shown by tests/unit/notify/test_acknowledge_race.py, where the sender does not look."
    )
    keep("races", result, "Acknowledgement against escalation", text, rows)
    print(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
