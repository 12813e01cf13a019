"""A station's particles fall far below its neighbours while its gases stay: spray or mist at the inlet (D25, F85)."""

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.rule import Closing, Demand, Finding, Verdict
from lantian_alerts.core.stations import Station, near, stations
from lantian_alerts.core.together import TogetherFact, TogetherHourFact

SMALLEST: Final = 1e-3
SCREEN_HOURS: Final = 24
SCREEN_SHARE: Final = 0.8


class StationInterference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `z`: robust deviations below its usual ratio to the neighbours' median; `fall`: to this share of it.

    `deepest`: below so small a share the monitor is being checked or broken, mist leaves more. `floor`: where the
    neighbours have less nobody sprays. `gases`: they do not wash out; each must keep its own ratio to the neighbours
    within `gas_z` deviations.
    """

    kind: ClassVar[str] = "station-interference"
    facts: ClassVar[tuple[type, ...]] = (TogetherHourFact,)

    factors: tuple[str, ...]
    gases: tuple[str, ...]
    closing: Closing = Closing()
    z: float = 3.0
    fall: float = 0.5
    deepest: float = 0.08
    gas_z: float = 3.0
    least_gases: int = 1
    days: int = 14
    least_hours: int = 72
    least_neighbours: int = 3
    radius_km: float = 30.0
    least_spread: float = 0.12
    floor: float = 20.0

    def demands(self) -> Demand:
        """Hours of particles and gases."""
        return Demand(history=(*self.factors, *self.gases))

    def depths(self) -> dict[str, int]:
        """The days in which the usual ratio is learnt."""
        return dict.fromkeys((*self.factors, *self.gases), self.days * 24)

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """All particles of the station have to fall: one alone is an instrument's fault."""
        code = self.factors[0]
        known = [one for one in stations(fact.registry, fact.tables.names(code), fact.start_ms) if not one.dust_site]
        for station in known:
            yield None
            others = near(station, known, self.radius_km)
            if self._low(fact, code, station, others) or station.name in fact.held:
                yield self._judge(fact, station, others)

    def _low(self, fact: TogetherFact, code: str, station: Station, others: list[Station]) -> bool:
        """A cheap look before the whole past is taken: the ratio is well below what it was in the last day."""
        own = fact.tables.series(code, station.name, SCREEN_HOURS)
        if not np.isfinite(own[-1]):
            return False
        around = self._around(fact, code, others, SCREEN_HOURS)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = own / around
        known = ratio[np.isfinite(ratio)]
        return bool(around[-1] >= self.floor and ratio[-1] <= SCREEN_SHARE * np.median(known))

    def _around(self, fact: TogetherFact, code: str, others: list[Station], hours: int) -> Array:
        rows = [fact.tables.row(code, other.name) for other in others]
        held = fact.tables.hours(code, hours, np.array([row for row in rows if row is not None], np.int64))
        enough = np.isfinite(held).sum(axis=0) >= self.least_neighbours
        found = np.full(hours, np.nan)
        if enough.any():
            found[enough] = np.nanmedian(held[:, enough], axis=0)
        return found

    def _away(self, fact: TogetherFact, code: str, station: Station, others: list[Station]) -> tuple[float, float]:
        """How far the ratio to the neighbours is from its usual one: robust deviations and a factor; NaN unknown."""
        hours = self.days * 24
        own, around = fact.tables.series(code, station.name, hours), self._around(fact, code, others, hours)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.log(np.maximum(own, SMALLEST) / np.maximum(around, SMALLEST))
        past = ratio[:-1][np.isfinite(ratio[:-1])]
        if len(past) < self.least_hours or not np.isfinite(ratio[-1]):
            return float("nan"), float("nan")
        middle = float(np.median(past))
        spread = max(self.least_spread, 1.4826 * float(np.median(np.abs(past - middle))))
        away = float(ratio[-1]) - middle
        return away / spread, float(np.exp(away))

    def _judge(self, fact: TogetherFact, station: Station, others: list[Station]) -> Finding:
        particles = [self._away(fact, code, station, others) for code in self.factors]
        gases = [z for code in self.gases for z, _ in [self._away(fact, code, station, others)] if np.isfinite(z)]
        judged = bool(np.isfinite(particles).all()) and len(gases) >= self.least_gases
        around = float(self._around(fact, self.factors[0], others, 1)[0])
        fell = judged and around >= self.floor and all(z < -self.z and fall <= self.fall for z, fall in particles)
        checked = fell and max(fall for _, fall in particles) < self.deepest
        breach = fell and not checked and all(abs(z) <= self.gas_z for z in gases)
        reason = "washed" if breach else "instrument" if checked else "fell-with-gases" if fell else "normal"
        code = self.factors[0]
        worst = max(fall for _, fall in particles) if judged else 1.0
        return Finding(
            source_id=station.name,
            factor=code,
            verdict=Verdict.BREACH if breach else Verdict.CLEAR if judged else Verdict.UNJUDGED,
            reason=reason if judged else "no-data",
            start_ms=fact.start_ms,
            end_ms=fact.end_ms,
            found_ms=fact.found_ms,
            weight=round(1.0 - worst, 2) if breach else 0.0,
            confidence=0.6,
            inputs={
                "value": _digits(fact.tables.series(code, station.name, 1)[0]),
                "neighbours": _digits(around),
                "stations": float(len(others)),
                "fall_percent": _digits(100.0 * (1.0 - worst)),
                "deviations": _digits(max(z for z, _ in particles)),
            } if breach else {},
            others=tuple(other.name for other in others) if breach else (),
        )  # fmt: skip


def _digits(value: float) -> float:
    return float(f"{float(value):.4g}")
