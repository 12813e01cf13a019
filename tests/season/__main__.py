"""`make season`: 51 cities, half a year; the result goes to bench/results/season.json and season.md."""

import asyncio
import json
import sys
import time
from pathlib import Path

from tests.season.check import check
from tests.season.season import Plan, Season

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results"


def main(cities: int = 51, days: int = 182) -> int:
    """Runs and checks; an AssertionError names what does not add up."""
    plan = Plan(cities=cities, days=days, leads_per_city_day=0.3)
    season = Season(plan)
    began = time.monotonic()
    asyncio.run(season.run())
    ran = time.monotonic() - began
    found = check(season)
    found |= {"plan": repr(plan), "seconds": round(ran, 1)}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True)
    (RESULTS / "season.json").write_text(text + "\n", encoding="utf-8")
    rows = [f"| {name} | {value} |" for name, value in found.items() if not isinstance(value, dict)]
    for name in ("leads", "issues", "moves", "scorecard"):
        rows += [f"| {name}: {key} | {value} |" for key, value in found[name].items()]
    head = (
        "# A season in minutes\n\nThe suite's own rules, services and keepers over a store in memory; `make season`.\n"
        "Checked: every path is legal and every chain holds, every step of every clock that came due was written once\n"
        "and no other, every failed recheck reopened, leads and issues balance, scorecards add up to the whole.\n\n"
        "| what | number |\n|---|---|\n"
    )
    (RESULTS / "season.md").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
