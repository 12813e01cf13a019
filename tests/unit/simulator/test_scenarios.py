"""Simulated outlets and trucks: the same for a seed, honest where nothing is done, changed where the label says."""

import json

import numpy as np
import pytest
import yaml

from bench.quality_expected import EXPECTED
from bench.quality_report import NOTES
from bench.quality_score import exceedances
from lantian_alerts.detect import registry_file
from lantian_proto import factors
from lantian_proto.readings import Columns, Period, Stat
from lantian_simulator.scenarios.city import PM10, PM25, City
from lantian_simulator.scenarios.emit import honest_outlet, kind_named, outlet_scene
from lantian_simulator.scenarios.kinds import FLOW, KINDS, NOX, O2, PM, SO2, TEMPERATURE, Kind
from lantian_simulator.scenarios.mechanisms import CLEAR, MECHANISMS
from lantian_simulator.scenarios.outlet import DAY, Outlet
from lantian_simulator.scenarios.sites import SITE_MECHANISMS, place_scene
from lantian_simulator.scenarios.tables import DAY_MS, HOUR_MS, Scene, Series, Truth, joined
from lantian_simulator.scenarios.together import CITY_CLEAR, station_mist, together_scene
from lantian_simulator.scenarios.vehicles import STEPS, VEHICLE_MECHANISMS, Truck, truck_scene

START = 1_762_704_000_000  # 2025-11-10 in Beijing
POWER = kind_named("power")
OF_ITSELF = ("dropout", "heavy-haze", "dust-month")
"""Happens in every run, whatever is done."""


def outlet(name: str = "o", kind: Kind = POWER, seed: int = 3, days: int = 12) -> Outlet:
    """An honest outlet."""
    return honest_outlet(name, kind, seed, START, days)


def planned(mechanism: str) -> Outlet:
    """An outlet to which something was done; seeds and kinds are tried until there is room for it."""
    for kind in (POWER, *KINDS):
        for seed in range(12):
            found = outlet(mechanism, kind, seed, days=30)
            if MECHANISMS[mechanism](found):
                return found
    raise AssertionError(f"{mechanism} found no room")


def told(scene: Scene) -> list[bytes]:
    """The columns as bytes."""
    return [
        np.asarray(getattr(scene.columns, name)).tobytes() for name in ("source", "factor", "time", "value", "flag")
    ]


def test_a_seed_is_a_scene() -> None:
    """The same twice; another for another seed or name."""
    assert told(outlet_scene(outlet())) == told(outlet_scene(outlet()))
    assert told(outlet_scene(outlet())) != told(outlet_scene(outlet(seed=4)))
    assert told(outlet_scene(outlet())) != told(outlet_scene(outlet("p")))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_honest_outlets_are_honest(kind: Kind) -> None:
    """Nothing is labelled; converted values follow from the measured ones; oxygen and loads are possible."""
    one = outlet(kind=kind)
    assert one.truths == []
    measured, converted = one.reported()
    sent = np.isfinite(measured[O2])
    assert sent.mean() > 0.97
    oxygen = np.minimum(measured[O2][sent], 19.0)
    expected = measured[NOX][sent] * (21 - kind.reference_oxygen) / (21 - oxygen)
    assert np.abs(converted[NOX][sent] - expected).max() <= 0.0051 * (21 - kind.reference_oxygen)
    assert 0 <= measured[O2][sent].min() <= measured[O2][sent].max() <= 21
    normal = (one.flag == ord("N")) & one.running & (one.warming == 0) & sent
    assert np.median(converted[NOX][normal]) == pytest.approx(one.level[NOX], rel=0.35)


def test_scene_is_in_order_of_reception() -> None:
    """Frames stand together, nothing is received before its period has ended, and the registry is one."""
    scene = outlet_scene(outlet())
    columns: Columns = scene.columns
    assert (np.diff(columns.received) >= 0).all()
    assert (np.diff(columns.seq) >= 0).all()
    hours = columns.period == int(Period.HOUR)
    assert (columns.received[hours] >= columns.time[hours] + 3_600_000).all()
    registry = registry_file.registry_of(registry_file.parse(json.dumps(scene.registry)))
    assert registry.site("o").limits(NOX, START)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_mechanism_is_labelled_within_the_run(mechanism: str) -> None:
    """Each plans something, labels it with its own source and span, and its data can be sent."""
    one = planned(mechanism)
    assert one.truths
    for truth in one.truths:
        assert truth.source == mechanism
        assert START <= truth.start_ms < truth.end_ms <= START + 31 * DAY_MS
    scene = outlet_scene(one)
    assert len(scene.columns) > 10_000
    registry_file.parse(json.dumps(scene.registry))


@pytest.mark.parametrize("seed", [11, 12, 901])
@pytest.mark.parametrize("mechanism", [*CLEAR, *CITY_CLEAR, "unplugged-on-the-way"])
def test_a_strength_with_a_floor_has_to_be_found(mechanism: str, seed: int) -> None:
    """Whatever is drawn, somebody has to find it, and it says why its floor lies where it does."""
    assert len(yaml.safe_load(NOTES.read_text("utf-8"))["floors"][mechanism]) > 60
    if mechanism in CITY_CLEAR:
        truths = together_scene(mechanism, "city", "130202", seed, START, 30).truths
    elif mechanism in CLEAR:
        outlets = [outlet(mechanism, kind, seed, days=30) for kind in KINDS]
        truths = [truth for one in outlets if CLEAR[mechanism](one) for truth in one.truths]
    else:
        truck = Truck(mechanism, seed, START, 8)
        assert VEHICLE_MECHANISMS[mechanism](truck)
        truths = truck.truths
    asked = [truth for truth in truths if EXPECTED[truth.mechanism].must and truth.mechanism not in OF_ITSELF]
    assert asked
    assert all(truth.sure for truth in asked)


def test_leak_and_dilution_differ_as_in_the_field() -> None:
    """Air in the duct cools the gas and adds flow; air in the sample line changes the analysers alone."""
    plain, leaking, thin = (outlet(days=4) for _ in range(3))
    leaking.leak[DAY:] = 0.3
    thin.dilution[DAY:] = 0.3
    before, leaked, thinned = (one.reported()[0] for one in (plain, leaking, thin))
    kept = (plain.flag == ord("N")) & plain.running & np.isfinite(before[O2])
    kept[:DAY] = False

    def mean(values: dict[str, Series], factor: str) -> float:
        return float(values[factor][kept].mean())

    for changed in (leaked, thinned):
        assert mean(changed, NOX) < 0.75 * mean(before, NOX)
        assert mean(changed, O2) > mean(before, O2) + 3
    assert mean(leaked, TEMPERATURE) < mean(before, TEMPERATURE) - 5
    assert mean(leaked, FLOW) > 1.2 * mean(before, FLOW)
    assert mean(thinned, TEMPERATURE) == pytest.approx(mean(before, TEMPERATURE))
    assert mean(thinned, FLOW) == pytest.approx(mean(before, FLOW))


def test_failed_filters_exceed_by_the_law() -> None:
    """A treatment that fails grossly is an exceedance by the oracle, which knows no engine."""
    plain, broken = (Outlet("o", POWER, 3, START, 4) for _ in range(2))
    assert _exceeding(plain, outlet_scene(plain)) == []
    broken.removal[PM][2 * DAY : 2 * DAY + 600] = 1 - 12 * (1 - POWER.removal[PM])
    found = [truth for truth in _exceeding(broken, outlet_scene(broken)) if truth.factor == PM]
    assert len(found) == 1
    assert abs(found[0].start_ms - broken.ms(2 * DAY)) <= 3_600_000


def _exceeding(one: Outlet, scene: Scene) -> list[Truth]:
    return exceedances(one.source, one.kind, scene.columns, one.marks, scene.columns.sources.index(one.source))


def test_minutes_and_hours_agree() -> None:
    """The hour mean is the mean of its 10-minute means where all are normal."""
    columns = outlet_scene(outlet()).columns
    rows = (columns.stat == int(Stat.AVG)) & (columns.flag == ord("N")) & (columns.source == 0)
    number = factors.by_code(SO2)
    assert number is not None
    rows &= columns.factor == number.number
    tens = rows & (columns.period == int(Period.MINUTE))
    hours = rows & (columns.period == int(Period.HOUR))
    by_hour: dict[int, list[float]] = {}
    for time, value in zip(columns.time[tens].tolist(), columns.value[tens].tolist(), strict=True):
        by_hour.setdefault(time // 3_600_000, []).append(value)
    compared = 0
    for time, value in zip(columns.time[hours].tolist(), columns.value[hours].tolist(), strict=True):
        values = by_hour.get(time // 3_600_000, [])
        if len(values) == 6:
            compared += 1
            assert value == pytest.approx(sum(values) / 6, rel=0.25)
    assert compared > 200


@pytest.mark.parametrize("mechanism", VEHICLE_MECHANISMS)
def test_trucks(mechanism: str) -> None:
    """Each mechanism is labelled, and the trip's data stay possible."""
    truck = Truck(mechanism, 5, START, 8)
    assert VEHICLE_MECHANISMS[mechanism](truck)
    assert len(truck.truths) == 1
    scene = truck_scene(truck)
    assert len(scene.columns) > 11 * 8 * STEPS // 20
    assert np.isfinite(scene.columns.value).all()


@pytest.mark.parametrize("mechanism", SITE_MECHANISMS)
def test_sites(mechanism: str) -> None:
    """Places of events: each mechanism is labelled within the run, and the registry takes what it changes."""
    builder, done = SITE_MECHANISMS[mechanism]
    place = builder(mechanism, 5, START, 14)
    assert done(place)
    (truth,) = place.truths
    assert START <= truth.start_ms < truth.end_ms <= START + 15 * DAY_MS
    scene = place_scene(place)
    assert (np.diff(scene.columns.received) >= 0).all()
    registry_file.parse(json.dumps(scene.registry))


def test_joined_scenes_keep_everything() -> None:
    """Rows, sources, truths and registry entries add up."""
    scenes = [outlet_scene(outlet(name, days=3)) for name in ("a", "b")]
    both = joined(scenes)
    assert len(both.columns) == sum(len(scene.columns) for scene in scenes)
    assert sorted(both.columns.sources) == ["a", "b"]
    assert (np.diff(both.columns.received) >= 0).all()
    assert len(both.registry["sources"]) == 2


def hours_of(scene: Scene, source: str, code: str) -> dict[int, float]:
    """Hour means that a source of a scene sends of a factor."""
    factor, columns = factors.by_code(code), scene.columns
    assert factor is not None
    rows = (columns.factor == factor.number) & (columns.source == columns.sources.index(source))
    rows &= (columns.period == int(Period.HOUR)) & (columns.stat == int(Stat.AVG)) & (columns.flag == ord("N"))
    return dict(zip(columns.time[rows].tolist(), columns.value[rows].tolist(), strict=True))


def test_a_cloned_outlet_sends_what_its_sibling_measures() -> None:
    """Up to slope and offset while it is cloned, its own values before."""
    scene = together_scene("cloned-outlet", "works", "130202", 5, START, 20)
    [truth] = [one for one in scene.truths if one.mechanism == "cloned-outlet"]
    code = "a21002"
    one, other = (hours_of(scene, f"works-{letter}", code) for letter in "ab")

    def alike(start_ms: int, end_ms: int) -> float:
        times = [time for time in one if time in other and start_ms <= time < end_ms]
        return float(np.corrcoef([one[time] for time in times], [other[time] for time in times])[0, 1])

    assert alike(truth.start_ms, truth.end_ms) > 0.999
    assert alike(START, truth.start_ms) < 0.99


def test_mist_washes_particles_and_no_gas() -> None:
    """At one station; the other stations of the city go on."""
    city = City("city", "130202", 5, START, 18)
    before = {code: held.copy() for code, held in city.values.items()}
    station_mist(city)
    [truth] = city.truths
    changed = {code: np.argwhere(city.values[code] != before[code]) for code in before}
    assert {code for code, places in changed.items() if len(places)} == {PM10, PM25}
    assert {city.station(place) for place, _ in changed[PM10].tolist()} == {truth.source}
    assert len(changed[PM10]) == (truth.end_ms - truth.start_ms) // HOUR_MS
