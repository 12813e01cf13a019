"""One pollutant falls at once to another level while the gas and the other pollutants stay (domain D08, R058, R071)."""

from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, LOAD, OXYGEN, decided, middle, usual

BELOW_USUAL: Final = 0.75


class LevelShift(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: the median of the last `after` hours against that of `before` hours before them.

    `ratio`: falls at least to this share; `robust`: by so many robust standard deviations of the hours before;
    `steady`: flow and load change by no more; `others`: every other pollutant keeps this share at least.
    """

    kind: ClassVar[str] = "level-shift"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    floors: dict[str, float] = {}
    closing: Closing = Closing()
    before: int = 12
    after: int = 4
    ratio: float = 0.65
    sudden: float = 0.75
    robust: float = 4.0
    steady: float = 0.1
    oxygen: float = 0.8
    others: float = 0.8

    def demands(self) -> Demand:
        """Hours of the judged factors and of the gas."""
        return Demand(history=(OXYGEN, FLOW, LOAD), deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Hours well below the highest of the time before."""
        now, past = window.values(factor)[:, 0], window.values(factor, self.before, self.after)
        highest = np.where(np.isfinite(past), past, -np.inf).max(axis=1)
        with np.errstate(invalid="ignore"):
            found: Array = now <= self.ratio * highest
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The fall has to lie between the two stretches: the hours before it do not sink, the hours after stay low."""
        if not isinstance(fact, SourceHourFact):
            return None
        past, now = fact.past.values(fact.factor, self.before, self.after), fact.past.values(fact.factor, self.after)
        if np.isfinite(past).sum() < self.before - 3 or np.isfinite(now).sum() < self.after - 1:
            return None
        was, is_ = middle(past), middle(now)
        if was <= self.floors.get(fact.factor, 0.0):
            return None
        last, highest = middle(past[-3:]), float(np.nanmax(now))
        deviation = max(1.4826 * middle(np.abs(past - was)), 0.02 * was)
        moves = [self._ratio(fact, code) for code in (FLOW, LOAD)]
        kept = [self._ratio(fact, code) for code in self.factors if code != fact.factor]
        known, oxygen = [move for move in moves if np.isfinite(move)], self._oxygen(fact)
        others = [share for share in kept if np.isfinite(share)]
        alone = bool(others) and min(others) >= self.others
        still = bool(known) and all(abs(move - 1.0) <= self.steady for move in known) and oxygen <= self.oxygen
        usually = usual(fact, fact.factor)  # what has only come back from an excursion has not fallen
        known_low = not np.isfinite(usually) or is_ <= BELOW_USUAL * usually
        fell = (
            known_low
            and is_ <= self.ratio * was
            and highest <= self.sudden * last
            and was - is_ >= self.robust * deviation
        )
        return decided(
            fact,
            site,
            breach=fell and still and alone,
            reason="shifted",
            weight=1.0 - is_ / was,
            confidence=0.4,
            start_ms=fact.end_ms - self.after * 3_600_000,
            inputs={
                "level_before": was,
                "level": is_,
                "fall_percent": 100.0 * (1.0 - is_ / was),
                "deviations": (was - is_) / deviation,
                "others_kept_percent": 100.0 * min(others, default=float("nan")),
                "oxygen_change": oxygen,
            },
            evidence=(fact.factor, OXYGEN, FLOW),
            hours=self.before + self.after,
        )

    def _ratio(self, fact: SourceHourFact, code: str) -> float:
        was, is_ = middle(fact.past.values(code, self.before, self.after)), middle(fact.past.values(code, self.after))
        return is_ / was if was > 0 else float("nan")

    def _oxygen(self, fact: SourceHourFact) -> float:
        """Percentage points; 0 where none is sent."""
        was, is_ = (
            middle(fact.past.values(OXYGEN, n, back)) for n, back in ((self.before, self.after), (self.after, 0))
        )
        return abs(is_ - was) if np.isfinite([was, is_]).all() else 0.0
