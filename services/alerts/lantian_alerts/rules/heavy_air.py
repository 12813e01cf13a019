"""A city's day of heavy pollution by HJ 633: the index of the means of its stations (domain 2.1, F17)."""

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.rule import Closing, Demand, Episode, Finding, Verdict
from lantian_alerts.core.stations import Station, by_city, stations
from lantian_alerts.core.together import TogetherDayFact, TogetherFact
from lantian_alerts.core.wording import factor_names, number, span
from lantian_alerts.knowledge.air import (
    AVERAGING_OF_DAYS,
    MICROGRAMS,
    O3,
    POLLUTANTS,
    Aqi,
    aqi,
    category,
    highest_eight_hours,
)
from lantian_alerts.knowledge.limits import day_of

DAY_HOURS: Final = 24
DIGITS: Final = 2  # of a concentration: hours are shared in single precision


class HeavyAir(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `above`: the index of a heavy day; `least_hours`: a station's mean of a day needs so many."""

    kind: ClassVar[str] = "heavy-air"
    facts: ClassVar[tuple[type, ...]] = (TogetherDayFact,)

    factors: tuple[str, ...] = POLLUTANTS
    closing: Closing = Closing()
    above: int = 200
    least_hours: int = 20

    def demands(self) -> Demand:
        """Hours of the pollutants."""
        return Demand(history=self.factors)

    def depths(self) -> dict[str, int]:
        """A day."""
        return dict.fromkeys(self.factors, DAY_HOURS)

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """City by city: the mean over its stations by pollutant, then the index of the means."""
        names = {name for code in self.factors for name in fact.tables.names(code)}
        for members in by_city(stations(fact.registry, names, fact.start_ms)).values():
            yield None
            finding = self._city(fact, members)
            if finding is not None:
                yield finding

    def _city(self, fact: TogetherFact, members: list[Station]) -> Finding | None:
        days = {code: self._days(fact, code, members) for code in self.factors}
        counted = [at for at in range(len(members)) if any(np.isfinite(days[code][at]) for code in self.factors)]
        held = next((one for one in members if one.name in fact.held), None)
        if not counted and held is None:
            return None
        means = {code: _mean(values) for code, values in days.items()}
        index = aqi({(code, AVERAGING_OF_DAYS[code]): mean for code, mean in means.items()}, day_of(fact.start_ms))
        heavy = index.value is not None and index.value > self.above
        clear = index.published is not None and index.published <= self.above
        # The episode is the city's; it stands at the first station that counts, for as long as it goes on.
        own = held or members[counted[0]]
        return Finding(
            source_id=own.name,
            factor="",
            verdict=Verdict.BREACH if heavy else Verdict.CLEAR if clear else Verdict.UNJUDGED,
            reason="heavy" if heavy else "normal" if clear else "incomplete",
            start_ms=fact.start_ms,
            end_ms=fact.end_ms,
            found_ms=fact.found_ms,
            weight=float(index.value or 0) if heavy else 0.0,
            confidence=0.9,
            inputs=_told(index, means, len(counted)) if heavy else {},
            others=tuple(members[at].name for at in counted if members[at].name != own.name) if heavy else (),
        )

    def _days(self, fact: TogetherFact, code: str, members: list[Station]) -> Array:
        """What each station has of the day: its mean, of ozone the highest eight hours; NaN where too few."""
        hours = np.array([fact.tables.series(code, one.name, DAY_HOURS) for one in members]) * MICROGRAMS.get(code, 1)
        if code == O3:
            return np.array([highest_eight_hours(own) for own in hours])
        enough = np.isfinite(hours).sum(axis=1) >= self.least_hours
        found = np.full(len(members), np.nan)
        if enough.any():
            found[enough] = np.nanmean(hours[enough], axis=1)
        return found

    def summary(self, episode: Episode) -> tuple[str, str]:
        """The index, its class and the pollutant that makes it."""
        held = episode.inputs
        indices = {code: held[f"iaqi_{code}"] for code in POLLUTANTS if f"iaqi_{code}" in held}
        worst = [factor_names(code) for code, one in indices.items() if one == max(indices.values())]
        found, period = category(int(held["aqi"])), span(episode.start_ms, episode.end_ms)
        values = (number(held["aqi"]), number(held["stations"]), number(held["standard"]))
        days = number((episode.end_ms - episode.start_ms) / 86_400_000)
        zh = (
            f"{period}，全市 {values[1]} 个站点均值的AQI最高为 {values[0]}（{found.zh}，HJ 633-{values[2]}），"
            f"首要污染物{'、'.join(name for name, _, _ in worst)}，已持续 {days} 天。"
        )
        en = (
            f"{period}: AQI of the mean of {values[1]} stations up to {values[0]} ({found.en}, HJ 633-{values[2]}), "
            f"primary pollutant {', '.join(name for _, name, _ in worst)}; {days} days so far."
        )
        return zh, en


def _mean(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return round(float(known.mean()), DIGITS) if len(known) else None


def _told(index: Aqi, means: dict[str, float | None], stations_counted: int) -> dict[str, float]:
    told = {"aqi": float(index.value or 0), "stations": float(stations_counted)}
    told |= {"standard": float((index.version or "0")[-4:]), "missing": float(len(index.missing))}
    for (code, _), one in index.iaqis.items():
        mean = means[code]
        if one.value is not None and mean is not None:
            told |= {f"iaqi_{code}": float(one.value), f"mean_{code}": mean}
    return told
