"""The simulated part of `make quality`: outlets in bundles, each bundle through one engine, finished bundles kept.

What an engine costs an hour hardly depends on how many outlets it holds (it works by blocks of 256), so outlets of all
mechanisms share one. Trucks, places and cities live shorter and have bundles of their own: in another's they would fall
silent for the rest of it.
"""

import hashlib
import json
import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from google.protobuf.json_format import ParseDict

from bench.quality_score import exceedances, honest
from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.detect.run import detect
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.site_event_pb2 import SiteEvent
from lantian_simulator.scenarios.emit import honest_outlet, kind_named, outlet_scene
from lantian_simulator.scenarios.hours import NEEDS_HOURS
from lantian_simulator.scenarios.kinds import KINDS
from lantian_simulator.scenarios.mechanisms import MECHANISMS
from lantian_simulator.scenarios.sites import HONEST_SITES, SITE_MECHANISMS, place_scene
from lantian_simulator.scenarios.tables import Scene, Truth, joined
from lantian_simulator.scenarios.together import OUTLET_GROUPS, TOGETHER, together_scene
from lantian_simulator.scenarios.vehicles import VEHICLE_MECHANISMS, Truck, truck_scene

START_MS: Final = 1_762_704_000_000  # 2025-11-10 in Beijing
DAYS: Final = 30
TICK_MS: Final = 120_000
HONEST: Final = "honest"
TRUCKS: Final = "honest-trucks"
SITES: Final = "honest-sites"
TRUCK_DAYS: Final = 8
SITE_DAYS: Final = 14
BUNDLE: Final = 24
ROOT: Final = Path(__file__).parents[1]
KEPT: Final = ROOT / ".local" / "quality"
CODE: Final = (
    "services/alerts/lantian_alerts",
    "simulator/lantian_simulator/scenarios",
    "bench",
    "proto/lantian_proto",
)
SUFFIXES: Final = (".py", ".yaml", ".csv")


class Case(NamedTuple):
    """One outlet, truck, place or group, and what is done to it."""

    seed: int
    mechanism: str
    number: int

    @property
    def truck(self) -> bool:
        """Whether it drives."""
        return self.mechanism in VEHICLE_MECHANISMS or self.mechanism == TRUCKS

    @property
    def site(self) -> bool:
        """Whether it is a place that sends events."""
        return self.mechanism in SITE_MECHANISMS or self.mechanism == SITES

    @property
    def together(self) -> bool:
        """Whether it is several sources at once."""
        return self.mechanism in TOGETHER

    @property
    def city(self) -> bool:
        """Whether it is a city's stations."""
        return self.together and self.mechanism not in OUTLET_GROUPS

    @property
    def division(self) -> str:
        """A county of its own, among the cases of one mechanism or bundle: cities must not be compared."""
        place = TOGETHER.index(self.mechanism) * 16 + self.seed % 4 * 4 + self.number % 4
        return f"{13 + place // 100}{place % 100:02d}02"


class Done(NamedTuple):
    """What came of one case; leads as messages."""

    case: Case
    truths: list[Truth]
    leads: list[bytes]
    months: float
    planned: int


def cases(seeds: Sequence[int], outlets: int, only: Sequence[str] = ()) -> list[Case]:
    """All mechanisms, so many outlets each, and an honest outlet of every kind; `only` some mechanisms."""
    every = (*MECHANISMS, *VEHICLE_MECHANISMS, TRUCKS, *SITE_MECHANISMS, *TOGETHER)
    names = [name for name in every if not only or name in only]
    found = [Case(seed, name, number) for seed in seeds for name in names for number in range(outlets)]
    if not only or HONEST in only:
        found += [Case(seed, HONEST, number) for seed in seeds for number in range(max(outlets, len(KINDS)))]
    if not only or SITES in only:
        found += [Case(seed, SITES, number) for seed in seeds for number in range(len(HONEST_SITES))]
    return found


def bundles(found: Sequence[Case]) -> list[tuple[Case, ...]]:
    """Cases that go through one engine; dealt out, so that a run cut short has something of everything."""
    dealt: list[tuple[Case, ...]] = []
    outlets = [case for case in found if not (case.truck or case.site or case.together)]
    cities = [case for case in found if case.city]
    groups = [case for case in found if case.together and not case.city]
    trucks, sites = [case for case in found if case.truck], [case for case in found if case.site]
    for ones in (outlets, trucks, sites, groups, cities):
        count = -(-len(ones) // BUNDLE)
        dealt += [tuple(ones[first::count]) for first in range(count)]
    return dealt


def scene_of(case: Case) -> tuple[Scene, list[Truth], int]:
    """The data of a case, the truth with the exceedances that can be derived, and how many mechanisms took effect."""
    name = f"{case.mechanism}-{case.seed}-{case.number}"
    if case.truck:
        truck = Truck(f"truck-{name}", case.seed, START_MS, TRUCK_DAYS)
        planned = 0 if case.mechanism == TRUCKS else int(VEHICLE_MECHANISMS[case.mechanism](truck))
        scene = truck_scene(truck)
        return scene, list(scene.truths), planned
    if case.site:
        builder = HONEST_SITES[case.number] if case.mechanism == SITES else SITE_MECHANISMS[case.mechanism][0]
        place = builder(f"site-{name}", case.seed, START_MS, SITE_DAYS)
        planned = 0 if case.mechanism == SITES else int(SITE_MECHANISMS[case.mechanism][1](place))
        scene = place_scene(place)
        return scene, list(scene.truths), planned
    if case.together:
        scene = together_scene(case.mechanism, name, case.division, case.seed, START_MS, DAYS)
        derived = (
            [] if case.city else [truth for entry in scene.registry["sources"] for truth in _derived(scene, entry)]
        )
        return scene, [*scene.truths, *derived], int(bool(scene.truths))
    planned = 0
    for attempt in range(len(KINDS)):  # not every mechanism fits every kind of outlet
        kind = KINDS[(case.number + case.seed + len(case.mechanism) + attempt) % len(KINDS)]
        source = f"{kind.key}-{name}"
        outlet = honest_outlet(source, kind, case.seed, START_MS, DAYS)
        planned = 0 if case.mechanism == HONEST else int(MECHANISMS[case.mechanism](outlet))
        if planned or case.mechanism == HONEST:
            break
    scene = outlet_scene(outlet, hours=(case.number + case.seed) % 2 == 0 or case.mechanism in NEEDS_HOURS)
    truths = list(scene.truths)
    at = scene.columns.sources.index(source)
    truths += exceedances(source, kind, scene.columns, outlet.marks, at, sure=honest(truths))
    return scene, truths, planned


def _derived(scene: Scene, entry: Mapping[str, Any]) -> list[Truth]:
    """Exceedances of one outlet of a group."""
    source, at = entry["id"], scene.columns.sources.index(entry["id"])
    sure = honest(truth for truth in scene.truths if truth.source == source)
    return exceedances(source, kind_named(entry["name"]), scene.columns, entry["marks"], at, sure=sure)


def leads_of(scene: Scene, tick_ms: int, *, signals: bool = False) -> list[Lead]:
    """Findings of a scene by the shipped catalogue; `signals`: those that are told to no one as well, to be scored."""
    registry = registry_file.registry_of(registry_file.parse(json.dumps(scene.registry)))
    catalogue = catalogues.shipped()
    if signals:
        entries = {id_: msgspec.structs.replace(entry, signal=False) for id_, entry in catalogue.entries.items()}
        catalogue = msgspec.structs.replace(catalogue, entries=entries)
    said = [ParseDict(one, SiteEvent()) for one in scene.statements]
    return detect(catalogue, registry, scene.columns, tick_ms=tick_ms, statements=said).leads


def run(bundle: Sequence[Case]) -> list[Done]:
    """Simulates and detects; findings go to the case they belong to."""
    found = [scene_of(case) for case in bundle]
    owner = {name: place for place, (scene, _, _) in enumerate(found) for name in scene.columns.sources}
    leads: list[list[bytes]] = [[] for _ in bundle]
    for lead in leads_of(joined(scene for scene, _, _ in found), TICK_MS, signals=True):
        leads[owner[lead.source_id]].append(lead.SerializeToString())
    return [
        Done(case, truths, told, scene.months, planned)
        for case, (scene, truths, planned), told in zip(bundle, found, leads, strict=True)
    ]


def worked(work: Sequence[tuple[Case, ...]], jobs: int, minutes: float, fresh: bool) -> Iterator[list[Done]]:
    """Bundles as they are done, those kept from an earlier run of the same code first; each process compiles once."""
    began, code, rest, count = time.monotonic(), _code(), [], 0
    KEPT.mkdir(parents=True, exist_ok=True)
    for bundle in work:
        kept = KEPT / f"{_key(code, bundle)}.pickle"
        if kept.exists() and not fresh:
            count += 1
            yield pickle.loads(kept.read_bytes())  # written by this program, under the checkout
        else:
            rest.append(bundle)
    if not rest:
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(run, bundle): bundle for bundle in rest[:jobs]}
        rest = rest[jobs:]
        while waiting:
            for one in wait(waiting, return_when=FIRST_COMPLETED).done:
                done = one.result()
                (KEPT / f"{_key(code, waiting.pop(one))}.pickle").write_bytes(pickle.dumps(done))
                count += 1
                seconds = time.monotonic() - began
                sys.stderr.write(f"{count} of {len(work)} bundles of outlets, {seconds:.0f} s\n")
                yield done
                if rest and seconds < 60 * minutes:
                    bundle = rest.pop(0)
                    waiting[pool.submit(run, bundle)] = bundle


def _code() -> bytes:
    """A fingerprint of everything that decides what comes out."""
    seen = hashlib.sha256()
    for folder in CODE:
        for path in sorted(one for one in (ROOT / folder).rglob("*") if one.suffix in SUFFIXES):
            if not path.name.startswith(("quality_report", "quality_notes", "quality_expected", "quality.py")):
                seen.update(path.read_bytes())
    return seen.digest()


def _key(code: bytes, bundle: Sequence[Case]) -> str:
    return hashlib.sha256(code + repr(bundle).encode()).hexdigest()[:24]
