"""A value leaves its usual range while what it should follow stays (domain D21 and its signals)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window, day_of_hour
from lantian_alerts.rules.past import decided, of_usual, usual


class AgainstUsual(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: above or below so much of the usual value, or so much above it; `steady` factors must not move."""

    kind: ClassVar[str] = "against-usual"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    below: float = 0.0
    above: float = 0.0
    away: float = 0.0
    least: float = 0.0
    steady: tuple[str, ...] = ()
    moves: float = 0.1

    def demands(self) -> Demand:
        """Hours and shapes of the judged and the steady factors."""
        return Demand(deep=(*self.factors, *self.steady))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours that stand out of the last days."""
        if self.steady and not any(window.has(code).any() for code in self.steady):
            return np.zeros(window.rows, bool)
        now, typical = window.values(factor)[:, 0], window.usual(factor, day_of_hour(window.hour))
        with np.errstate(invalid="ignore"):
            found: Array = (now < self.below * typical) if self.below else np.zeros(window.rows, bool)
            if self.above:
                found = found | (now > self.above * typical)
            if self.away:
                found = found | (now > typical + self.away)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Against the median hour of the days before; at least one steady factor has to be there, when any is named."""
        if not isinstance(fact, SourceHourFact):
            return None
        now, typical = fact.past.value(fact.factor), usual(fact, fact.factor)
        if not np.isfinite([now, typical]).all() or typical < self.least:
            return None
        moves = [abs(of_usual(fact.past.value(code), usual(fact, code)) - 1.0) for code in self.steady]
        known = [move for move in moves if np.isfinite(move)]
        out = bool(self.below and now < self.below * typical)
        out |= bool(self.above and now > self.above * typical)
        out |= bool(self.away and now > typical + self.away)
        if self.steady and not known:
            return None
        return decided(
            fact,
            site,
            breach=out and all(move <= self.moves for move in known),
            reason="unusual",
            weight=abs(now / typical - 1.0) if typical else 0.0,
            confidence=0.5,
            inputs={"value": now, "usual": typical, "largest_move_percent": 100.0 * max(known, default=float("nan"))},
            evidence=(fact.factor, *self.steady),
            hours=12,
        )
