"""What an outlet's logger sends: 10-minute and hour data, with process signals, and its entry in the registry."""

from typing import Any

import numpy as np

from lantian_proto.readings import Period, Stat
from lantian_simulator.scenarios.honest import live
from lantian_simulator.scenarios.kinds import FLOW, KINDS, RESOLUTION, Kind
from lantian_simulator.scenarios.outlet import DAMPER, LINE, Outlet, Reported, rounded
from lantian_simulator.scenarios.tables import Gathered, Scene, Series

TEN, HOUR = 10, 60
HOUR_SECONDS, KG_A_MG = 3600, 1e-6
LEAST_MINUTES = 45
LOAD = "i33400"


def outlet_scene(outlet: Outlet, *, hours: bool = True) -> Scene:
    """Everything the outlet sends; without `hours` the platform has to make the hour means itself."""
    measured, converted = outlet.reported()
    gathered = Gathered()
    delay = outlet.draw.integers(2_000, 15_000, outlet.minutes // TEN)
    late = outlet.draw.integers(20_000, 90_000, outlet.minutes // HOUR)
    for stat, values in ((Stat.AVG, measured), (Stat.ZS_AVG, converted)):
        for factor, minutes in values.items():
            if outlet.real_time:
                instant = Stat.RTD if stat is Stat.AVG else Stat.ZS_RTD
                _period(outlet, gathered, factor, instant, minutes, 1, Period.REAL_TIME, 5_000)
            else:
                _period(outlet, gathered, factor, stat, minutes, TEN, Period.MINUTE, delay)
            if hours:
                _period(outlet, gathered, factor, stat, minutes, HOUR, Period.HOUR, late)
    if hours:
        _reports(outlet, gathered, measured, converted, late)
    for factor in outlet.kind.levels:
        blocks = measured[factor].reshape(-1, TEN)
        sent = ~np.isnan(blocks).any(axis=1)
        times = outlet.times[::TEN]
        if outlet.real_time:
            continue
        for stat, found in ((Stat.MIN, blocks.min(axis=1)), (Stat.MAX, blocks.max(axis=1))):
            off = outlet.clock_ms[::TEN]
            flags = _flags(outlet, TEN)
            gathered.add(outlet.source, factor, stat, Period.MINUTE, times + off, found, flags, delay - off, sent)
    signals = {LOAD: outlet.load * 100} | outlet.signals
    for code, signal in signals.items():
        told = np.where(outlet.running | (code in (DAMPER, LINE)), signal, 0.0).astype(np.float64).round(2)
        told[outlet.lost] = np.nan
        # The control system knows nothing of the monitor's marks.
        _period(outlet, gathered, code, Stat.AVG, told, TEN, Period.MINUTE, delay, marked=False)
    return Scene(
        registry_of(outlet, hours), gathered.columns(), list(outlet.truths), outlet.days / 30, outlet.statements
    )


def _reports(outlet: Outlet, gathered: Gathered, measured: Reported, converted: Reported, late: Any) -> None:
    """What a logger says of its hours beside their means, and hours it sends again."""
    for factor, (first, end, share, delay_ms) in outlet.restated.items():
        for stat, values in ((Stat.AVG, measured), (Stat.ZS_AVG, converted)):
            if factor in values:
                again = np.full(outlet.minutes, np.nan)
                again[first * HOUR : end * HOUR] = values[factor][first * HOUR : end * HOUR] * share
                _period(outlet, gathered, factor, stat, again, HOUR, Period.HOUR, late + delay_ms)
    off = outlet.clock_ms[::HOUR]
    times, flags = outlet.times[::HOUR] + off, _flags(outlet, HOUR)
    for factor in sorted(outlet.extremes):
        blocks = measured[factor].reshape(-1, HOUR)
        for stat, found in ((Stat.MIN, blocks.min(axis=1)), (Stat.MAX, blocks.max(axis=1))):
            gathered.add(outlet.source, factor, stat, Period.HOUR, times, rounded(factor, found), flags, late - off)
    flow = measured[FLOW].reshape(-1, HOUR).mean(axis=1) * HOUR_SECONDS
    for factor, (first, end, share) in outlet.amounts.items():
        amount = flow if factor == FLOW else measured[factor].reshape(-1, HOUR).mean(axis=1) * flow * KG_A_MG
        booked = amount.copy()
        booked[first:end] *= share
        gathered.add(outlet.source, factor, Stat.COU, Period.HOUR, times, booked.round(4), flags, late - off)


def _period(
    outlet: Outlet,
    gathered: Gathered,
    factor: str,
    stat: Stat,
    minutes: Series,
    length: int,
    period: Period,
    delay: Any,
    marked: bool = True,
) -> None:
    blocks = minutes.reshape(-1, length)
    flags = outlet.flag.reshape(-1, length) if marked else np.full(blocks.shape, ord("N"), np.uint8)
    counted = np.isfinite(blocks) & (flags == ord("N"))
    here = np.isfinite(blocks)
    used = np.where((counted.sum(axis=1) > 0)[:, None], counted, here)
    total = np.where(used, blocks, 0.0).sum(axis=1)
    number = used.sum(axis=1)
    mean = np.full(len(blocks), np.nan)
    mean[number > 0] = total[number > 0] / number[number > 0]
    sent = here[:, -1].copy()  # what is not over when the link is down is not sent
    if length == HOUR:
        sent &= here.sum(axis=1) >= LEAST_MINUTES
    step = RESOLUTION.get(factor)
    if length == HOUR and factor in outlet.hour_scale:
        mean = mean * outlet.hour_scale[factor]
    values = np.round(mean, 2) if step is None else rounded(factor, mean)
    off = outlet.clock_ms[::length]
    times = outlet.times[::length] + off  # what the logger's clock says; it is sent when it is sent
    told = _flags(outlet, length) if marked else ord("N")
    gathered.add(outlet.source, factor, stat, period, times, values, told, delay - off, sent)


def _flags(outlet: Outlet, length: int) -> Any:
    """N when three quarters of the period are normal, else the mark that most of the rest carry."""
    flags = outlet.flag.reshape(-1, length)
    normal = (flags == ord("N")).sum(axis=1)
    found = np.full(len(flags), ord("N"), np.uint8)
    for place in np.flatnonzero(normal < 0.75 * length).tolist():
        others = flags[place][flags[place] != ord("N")]
        found[place] = np.bincount(others).argmax()
    return found


def registry_of(outlet: Outlet, hours: bool = True) -> dict[str, Any]:
    """The outlet's entry, in the form of `lantian detect`."""
    kind = outlet.kind
    facts: dict[str, Any] = {
        "industry": kind.industry,
        "process": kind.process,
        "special_region": True,
        "commitment": "ultra-low" if kind.ultra_low else "",
        "city_code": "130200",
        "conditions": kind.conditions,
    }
    interval = {"real_time_interval_seconds": 60} if outlet.real_time else {"minute_interval_minutes": 10}
    feed = {"id": f"feed-{outlet.source}", "sends_hours": hours} | interval
    entry = {"id": outlet.source, "name": kind.key, "outlet": facts, "feeds": [feed], "limits": outlet.stated}
    return {"sources": [entry | {"marks": outlet.marks}], "changes": outlet.entities}


def kind_named(key: str) -> Kind:
    """A kind of outlet. Raises KeyError."""
    return {kind.key: kind for kind in KINDS}[key]


def honest_outlet(source: str, kind: Kind, seed: int, start_ms: int, days: int) -> Outlet:
    """An outlet with an honest month behind it; mechanisms may be added before it is emitted."""
    outlet = Outlet(source, kind, seed, start_ms, days)
    live(outlet)
    return outlet
