"""`make quality`: recall, precision and delay of every rule on simulated outlets, and every finding on real clean data.

Rules are tuned on the seeds of TUNING and reported on those of REPORTED. Results: bench/results/quality.{json,md},
written anew after each bundle of outlets, so that a run cut short leaves what it has found. Exit status 1: a rule had
no case that somebody has to find.
    python -m bench.quality [--seeds 902 904] [--outlets 2] [--tuning] [--skip-real] [--jobs 2] [--only MECHANISM ...]
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import quality_real, quality_report
from bench.machine import commit, facts
from bench.quality_expected import without_scenario
from bench.quality_score import Score, scored
from bench.quality_work import HONEST, SITES, TRUCKS, Done, bundles, cases, leads_of, worked
from lantian_alerts.detect import catalogues
from lantian_proto.v1.lead_pb2 import Lead
from lantian_simulator.scenarios.together import CITIES

TUNING: Final = (11, 12, 901)
REPORTED: Final = (902, 904, 905)  # two rules were mended on what 903 showed
REAL_TICK_MS: Final = 600_000
YEARS: Final = tuple(quality_real.YEAR_STARTS)
CLEAN: Final = (HONEST, SITES, TRUCKS, "honest-siblings", CITIES)
RESULTS: Final = Path(__file__).parent / "results"


def summed(done: Sequence[Done], planned: int, seeds: Sequence[int]) -> dict[str, Any]:
    """The scores of what was simulated so far."""
    entries = catalogues.shipped().entries
    rules = set(entries)
    instead = {rule: entry.inhibited_by for rule, entry in entries.items()}
    truths = [truth for one in done for truth in one.truths]
    leads = [Lead.FromString(data) for one in done for data in one.leads]
    scores = scored(truths, leads, rules, instead)
    clean = [one for one in done if one.case.mechanism in CLEAN]
    clean_leads = [Lead.FromString(data) for one in clean for data in one.leads]
    clean_scores = scored([truth for one in clean for truth in one.truths], clean_leads, rules)
    return {
        "seeds": list(seeds),
        "cases": {"done": len(done), "planned": planned},
        "outlet_months": round(sum(one.months for one in done), 1),
        "rules": {rule: score.as_json() for rule, score in scores.items()},
        "signals": sorted(rule for rule, entry in entries.items() if entry.signal),
        "all": _total({rule: score for rule, score in scores.items() if not entries[rule].signal}),
        "mechanisms": _by_mechanism(done),
        "missed": {rule: score.missed for rule, score in scores.items() if score.missed},
        "false": {rule: score.wrong for rule, score in scores.items() if score.wrong},
        "honest_outlet_months": round(sum(one.months for one in clean), 1),
        "honest_false": {rule: score.false for rule, score in clean_scores.items() if score.false},
        "without_scenario": sorted(without_scenario(rules)),
        "without_case": sorted(rule for rule, score in scores.items() if not score.wanted),
    }


def _total(scores: dict[str, Score]) -> dict[str, Any]:
    whole = Score()
    for score in scores.values():
        for name in ("wanted", "found", "instead", "true", "false"):
            setattr(whole, name, getattr(whole, name) + getattr(score, name))
        whole.delays += score.delays
    return whole.as_json()


def _by_mechanism(done: Sequence[Done]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in done:
        name = one.case.mechanism
        entry = found.setdefault(name, {"outlets": 0, "planned": 0, "with_finding": 0, "rules": Counter()})
        entry["outlets"] += 1
        entry["planned"] += one.planned
        spoke = {Lead.FromString(data).rule_id for data in one.leads}
        entry["with_finding"] += bool(spoke)
        entry["rules"].update(spoke)
    return found


def real(quick: bool) -> dict[str, Any]:
    """Every finding on the real data; `quick`: of a part of it."""
    found = {}
    turbine = quality_real.gas_turbine(YEARS[:1] if quick else YEARS)
    stations = quality_real.beijing_stations(2 if quick else 10, 0.25 if quick else 1.0)
    for name, scene in (("gas-turbine", turbine), ("stations", stations)):
        leads = leads_of(scene, REAL_TICK_MS)
        found[name] = {
            "months": round(scene.months, 1),
            "findings": len(leads),
            "severity_3_and_more": sum(lead.severity >= 3 for lead in leads),
            "by_rule": {
                f"{rule} severity {severity}": number
                for (rule, severity), number in sorted(Counter((lead.rule_id, lead.severity) for lead in leads).items())
            },
            "list": [quality_report.brief(lead) for lead in leads],
        }
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Runs, prints and keeps the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(REPORTED))
    parser.add_argument("--outlets", type=int, default=2, help="per mechanism and seed")
    parser.add_argument("--only", nargs="+", default=(), help="these mechanisms; prints only, keeps nothing")
    parser.add_argument("--tuning", action="store_true", help="the tuning seeds; prints only, keeps nothing")
    parser.add_argument("--skip-real", action="store_true")
    parser.add_argument("--only-real", action="store_true", help="the real data; prints only, keeps nothing")
    parser.add_argument("--minutes", type=float, default=600.0, help="start no further bundle after so many")
    parser.add_argument("--quick-real", action="store_true", help="a year of the turbine, a quarter of two stations")
    parser.add_argument("--fresh", action="store_true", help="use no bundle of an earlier run of the same code")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args(argv)
    began = time.monotonic()
    result: dict[str, Any] = {"machine": facts(), "commit": commit(), "tuned_on": list(TUNING)}
    kept = not (arguments.tuning or arguments.only or arguments.only_real)
    if not arguments.only_real:
        seeds = TUNING if arguments.tuning else arguments.seeds
        wanted = cases(seeds, arguments.outlets, arguments.only)
        done: list[Done] = []
        for one in worked(bundles(wanted), arguments.jobs, arguments.minutes, arguments.fresh):
            done += one
            result |= {"simulated": summed(done, len(wanted), seeds), "seconds": round(time.monotonic() - began, 1)}
            if kept:
                _keep(result)
    if not arguments.skip_real:
        result["real"] = real(arguments.quick_real)
        result["real_note"] = "A part only (--quick-real)." if arguments.quick_real else ""
        result["seconds"] = round(time.monotonic() - began, 1)
        if kept:
            _keep(result)
    sys.stdout.write(quality_report.markdown(result))
    return int(kept and bool(result["simulated"]["without_case"]))


def _keep(result: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (RESULTS / "quality.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "quality.md").write_text(quality_report.markdown(result), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
