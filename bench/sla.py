"""Due times against a minute-by-minute simulation: 100,000 random clocks of 2026 to 2030. Verb `make sla`; minutes."""

import random
import sys
from collections import Counter

from lantian_tasks.clocks.sla import due
from tests.support.tasks_clocks import CALENDAR, drawn, simulated, working_minutes


def main(cases: int = 100_000, seed: int = 2026) -> int:
    """Prints what was compared; 1 at the first difference."""
    rng, working = random.Random(seed), working_minutes()
    seen: Counter[str] = Counter()
    for number in range(cases):
        case = drawn(rng)
        found, expected = due(case.events, CALENDAR, case.span, case.part).at_ms, simulated(case, working)
        if found != expected:
            print(f"case {number}: {case} is due {found}, the minutes say {expected}")
            return 1
        seen[f"{case.span.unit}{', stands still' if expected is None else ''}"] += 1
    print(f"{cases} clocks are due when the minutes say: {dict(sorted(seen.items()))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
