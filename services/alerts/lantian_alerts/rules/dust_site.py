"""PM10 at a construction site above that of its county by more than the local standard allows (DB13/2934-2019)."""

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.rule import Closing, Demand, Finding, Verdict
from lantian_alerts.core.stations import stations
from lantian_alerts.core.together import TogetherFact, TogetherHourFact

DAY_HOURS: Final = 24


class DustSite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `above`: the site's hour less the county's; `provinces`: first digits where the standard holds.

    `least_share`: of the county's stations that sent in the last day so many must have the hour, or it has no mean.
    """

    kind: ClassVar[str] = "dust-site"
    facts: ClassVar[tuple[type, ...]] = (TogetherHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    above: float = 80.0
    least_share: float = 0.75
    provinces: tuple[str, ...] = ("13",)

    def demands(self) -> Demand:
        """Hours of the factor."""
        return Demand(history=self.factors)

    def depths(self) -> dict[str, int]:
        """An hour; the chart of a lead shows a day."""
        return dict.fromkeys(self.factors, DAY_HOURS)

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """Against the mean of the stations with the same division, which is the county; without one nothing is said."""
        for code in self.factors:
            known = stations(fact.registry, fact.tables.names(code), fact.start_ms)
            sites = [one for one in known if one.dust_site and one.division.startswith(self.provinces)]
            for site in sites:
                yield None
                value = float(fact.tables.series(code, site.name, 1)[0])
                others = [one.name for one in known if not one.dust_site and one.division == site.division]
                county = self._mean(np.array([fact.tables.series(code, name, DAY_HOURS) for name in others]))
                judged = bool(np.isfinite([value, county]).all())
                breach = judged and value - county > self.above
                yield Finding(
                    source_id=site.name,
                    factor=code,
                    verdict=Verdict.BREACH if breach else Verdict.CLEAR if judged else Verdict.UNJUDGED,
                    reason="dusty" if breach else "normal" if judged else "no-data",
                    start_ms=fact.start_ms,
                    end_ms=fact.end_ms,
                    found_ms=fact.found_ms,
                    weight=value - county if breach else 0.0,
                    confidence=0.8,
                    inputs={
                        "value": round(value, 1), "county_mean": round(county, 1), "above": round(value - county, 1),
                        "allowed": self.above,
                    } if breach else {},
                )  # fmt: skip

    def _mean(self, days: Array) -> float:
        """The county's newest hour, of (stations, hours); NaN where too many of its stations have none."""
        if not len(days):
            return float("nan")
        there, usual = np.isfinite(days[:, -1]), np.isfinite(days).any(axis=1)
        if not there.any() or there.sum() < self.least_share * usual.sum():
            return float("nan")
        return float(days[there, -1].mean())
