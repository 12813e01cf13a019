"""Due times against a minute-by-minute simulation: 100,000 random clocks of 2026 to 2030. Verb `make sla`; minutes."""

import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime

from bench.pages import keep
from lantian_tasks.clocks.sla import due
from tests.support.tasks_clocks import CALENDAR, Drawn, drawn, simulated, working_minutes

EIGHT_HOURS = 8 * 3600


def year(ms: int) -> int:
    """Local year of a moment."""
    return datetime.fromtimestamp(ms / 1000 + EIGHT_HOURS, UTC).year


def kinds_of(case: Drawn, expected: int | None) -> list[str]:
    """What a case is an example of."""
    found = [f"in {case.span.unit}", f"begins in {year(case.events[0].at_ms)}"]
    if expected is None:
        return [*found, "stands still for ever"]
    if year(expected) != year(case.events[0].at_ms):
        found.append(f"runs over the end of {year(case.events[0].at_ms)}")
    names = {event.kind for event in case.events}
    return [*found, *(f"with {name}" for name in ("pause", "extend") if name in names)]


def main(cases: int = 100_000, seed: int = 2026) -> int:
    """Writes what was compared; 1 at the first difference, which is printed."""
    rng, working = random.Random(seed), working_minutes()
    seen: Counter[str] = Counter()
    began = time.monotonic()
    for number in range(cases):
        case = drawn(rng)
        found, expected = due(case.events, CALENDAR, case.span, case.part).at_ms, simulated(case, working)
        if found != expected:
            print(f"case {number}: {case} is due {found}, the minutes say {expected}")
            return 1
        seen.update(kinds_of(case, expected))
    counts = dict(sorted(seen.items()))
    result = {
        "cases": cases,
        "differences": 0,
        "seed": seed,
        "kinds": counts,
        "seconds": round(time.monotonic() - began, 1),
    }
    text = (
        f"{cases:,} random clocks (seed {seed}): working days, days and hours; pauses, extensions, overridden days,\n"
        "half and three quarters of a span. The reckoning gives the minute that counting minute by minute gives;\n"
        "`make sla` ends at the first difference. A case is of several kinds."
    )
    rows: list[tuple[object, ...]] = [("cases", "number"), ("all", cases), ("differences", 0), *counts.items()]
    keep("sla", result, "Due times against the minutes", text, rows)
    print(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
