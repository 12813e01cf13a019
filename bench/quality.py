"""`make quality`: recall, precision and delay of every rule on simulated outlets, and every finding on real clean data.

Rules are tuned on the seeds of TUNING and reported on those of REPORTED. Results: bench/results/quality.{json,md}.
    python -m bench.quality [--seeds 901 902] [--outlets 2] [--tuning] [--skip-real] [--jobs 2]
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import quality_real, quality_report
from bench.machine import facts
from bench.quality_expected import without_scenario
from bench.quality_score import Score, exceedances, honest, scored
from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.detect.run import detect
from lantian_proto.v1.lead_pb2 import Lead
from lantian_simulator.scenarios.emit import honest_outlet, outlet_scene
from lantian_simulator.scenarios.kinds import KINDS
from lantian_simulator.scenarios.mechanisms import MECHANISMS
from lantian_simulator.scenarios.tables import Scene, Truth, joined
from lantian_simulator.scenarios.vehicles import VEHICLE_MECHANISMS, Truck, truck_scene

TUNING: Final = (11, 12)
REPORTED: Final = (901, 902, 903)
START_MS: Final = 1_762_704_000_000  # 2025-11-10 in Beijing
DAYS: Final = 30
TICK_MS: Final = 60_000
REAL_TICK_MS: Final = 600_000
YEARS: Final = tuple(quality_real.YEAR_STARTS)
RESULTS: Final = Path(__file__).parent / "results"
HONEST: Final = "honest"
TRUCKS: Final = "honest-trucks"
TRUCK_DAYS: Final = 8


class Job(NamedTuple):
    """Outlets of one seed and one mechanism, or honest ones."""

    seed: int
    mechanism: str
    outlets: int
    first: int


class Done(NamedTuple):
    """What came of a job."""

    job: Job
    truths: list[Truth]
    leads: list[bytes]
    months: float
    planned: int


def scene_of(job: Job) -> tuple[Scene, list[Truth], int]:
    """The outlets' data, and the truth with the exceedances that can be derived."""
    scenes, truths, planned = [], [], 0
    if job.mechanism in VEHICLE_MECHANISMS or job.mechanism == TRUCKS:
        return trucks_of(job)
    for number in range(job.first, job.first + job.outlets):
        kind = KINDS[(number + job.seed + len(job.mechanism)) % len(KINDS)]
        source = f"{job.mechanism}-{kind.key}-{job.seed}-{number}"
        outlet = honest_outlet(source, kind, job.seed, START_MS, DAYS)
        if job.mechanism != HONEST:
            planned += MECHANISMS[job.mechanism](outlet)
        scene = outlet_scene(outlet, hours=(number + job.seed) % 2 == 0 or job.mechanism == "hours-forged")
        truths += scene.truths
        if honest(scene.truths):
            truths += exceedances(source, kind, scene.columns, outlet.marks, scene.columns.sources.index(source))
        scenes.append(scene)
    return joined(scenes), truths, planned


def trucks_of(job: Job) -> tuple[Scene, list[Truth], int]:
    """The trucks' data and their truth."""
    scenes, planned = [], 0
    for number in range(job.outlets):
        truck = Truck(f"{job.mechanism}-truck-{job.seed}-{number}", job.seed, START_MS, TRUCK_DAYS)
        if job.mechanism != TRUCKS:
            planned += VEHICLE_MECHANISMS[job.mechanism](truck)
        scenes.append(truck_scene(truck))
    return joined(scenes), [truth for scene in scenes for truth in scene.truths], planned


def run(job: Job) -> Done:
    """Simulates and detects."""
    scene, truths, planned = scene_of(job)
    return Done(job, truths, [lead.SerializeToString() for lead in leads_of(scene, TICK_MS)], scene.months, planned)


def leads_of(scene: Scene, tick_ms: int) -> list[Lead]:
    """Findings of a scene by the shipped catalogue."""
    registry = registry_file.registry_of(registry_file.parse(json.dumps(scene.registry)))
    return detect(catalogues.shipped(), registry, scene.columns, tick_ms=tick_ms).leads


def _worked(work: Sequence[Job], jobs: int, minutes: float) -> list[Done]:
    """What was done in time; each process compiles once."""
    until, done = time.monotonic() + 60 * minutes, []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(run, job) for job in work[: 2 * jobs]}
        rest = list(work[2 * jobs :])
        while waiting:
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            done += [one.result() for one in finished]
            while rest and len(waiting) < 2 * jobs and time.monotonic() < until:
                waiting.add(pool.submit(run, rest.pop(0)))
            sys.stderr.write(f"{len(done)} of {len(work)} groups\n")
    return done


def simulated(seeds: Sequence[int], outlets: int, jobs: int, minutes: float) -> dict[str, Any]:
    """All mechanisms over the seeds, or as many as the time allows."""
    rules = set(catalogues.shipped().entries)
    work = [
        Job(seed, name, outlets, first)
        for seed in seeds
        for first in range(0, len(KINDS), outlets)
        for name in (HONEST,)
    ]
    others = [Job(seed, name, outlets, 0) for seed in seeds for name in (*MECHANISMS, *VEHICLE_MECHANISMS, TRUCKS)]
    step = max(1, len(others) // len(work))
    for place, job in enumerate(work):  # spread, so that a run cut short is still balanced
        others.insert(place * (step + 1), job)
    done = _worked(others, jobs, minutes)
    truths = [truth for one in done for truth in one.truths]
    leads = [Lead.FromString(data) for one in done for data in one.leads]
    scores = scored(truths, leads, rules)
    clean = [one for one in done if one.job.mechanism in (HONEST, TRUCKS)]
    clean_leads = [Lead.FromString(data) for one in clean for data in one.leads]
    clean_truths = [truth for one in clean for truth in one.truths]
    clean_scores = scored(clean_truths, clean_leads, rules)
    return {
        "seeds": list(seeds),
        "groups": {"done": len(done), "planned": len(others)},
        "outlet_months": round(sum(one.months for one in done), 1),
        "rules": {rule: score.as_json() for rule, score in scores.items()},
        "all": _total(scores.values()),
        "mechanisms": _by_mechanism(done),
        "missed": {rule: score.missed for rule, score in scores.items() if score.missed},
        "false": {rule: score.wrong for rule, score in scores.items() if score.wrong},
        "honest_outlet_months": round(sum(one.months for one in clean), 1),
        "honest_false": {rule: score.false for rule, score in clean_scores.items() if score.false},
        "without_scenario": sorted(without_scenario(rules)),
    }


def _total(scores: Any) -> dict[str, Any]:
    whole = Score()
    for score in scores:
        for name in ("wanted", "found", "true", "false"):
            setattr(whole, name, getattr(whole, name) + getattr(score, name))
        whole.delays += score.delays
    return whole.as_json()


def _by_mechanism(done: Sequence[Done]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in done:
        entry = found.setdefault(one.job.mechanism, {"outlets": 0, "planned": 0, "with_finding": 0, "rules": Counter()})
        entry["outlets"] += one.job.outlets
        entry["planned"] += one.planned
        leads = [Lead.FromString(data) for data in one.leads]
        entry["with_finding"] += len({lead.source_id for lead in leads})
        entry["rules"].update({lead.rule_id for lead in leads})
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
    parser.add_argument("--tuning", action="store_true", help="the tuning seeds; prints only, keeps nothing")
    parser.add_argument("--skip-real", action="store_true")
    parser.add_argument("--minutes", type=float, default=600.0, help="start no further group after so many")
    parser.add_argument("--quick-real", action="store_true", help="a year of the turbine, a quarter of two stations")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args(argv)
    began = time.monotonic()
    seeds = TUNING if arguments.tuning else arguments.seeds
    result: dict[str, Any] = {"simulated": simulated(seeds, arguments.outlets, arguments.jobs, arguments.minutes)}
    if not arguments.skip_real:
        result["real"] = real(arguments.quick_real)
        result["real_note"] = "A part only (--quick-real)." if arguments.quick_real else ""
    result |= {"machine": facts(), "seconds": round(time.monotonic() - began, 1), "tuned_on": list(TUNING)}
    text = quality_report.markdown(result)
    sys.stdout.write(text)
    if not arguments.tuning:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "quality.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "quality.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
