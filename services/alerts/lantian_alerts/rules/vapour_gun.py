"""A fuelling gun's vapour to liquid ratio is out of bounds, or looks made up (GB 20952-2020 annex E; vehicle.md 7).

The fabrication seen in a terminal's own code replaces what is out of bounds by 1.00 to 1.19, every value as likely as
the other: nothing ever beyond, nothing like a bell, and a spread no real pump with so narrow a range has.
"""

from typing import ClassVar, Literal

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import back_of, decided

RATIO = "r07301"


class VapourGun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `ratio`: more than `share` of the hours with sales outside `lowest` to `highest`. `fabricated`: all
    sales of a day within `floor` to `ceiling`, and their spread within the hours at least `spread`."""

    kind: ClassVar[str] = "vapour-gun"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    check: Literal["ratio", "fabricated"]
    factors: tuple[str, ...] = (RATIO,)
    closing: Closing = Closing()
    least_sales: int = 20
    lowest: float = 0.9
    highest: float = 1.3
    share: float = 0.25
    floor: float = 0.995
    ceiling: float = 1.195
    spread: float = 0.045

    def demands(self) -> Demand:
        """Hours of the ratio."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Guns with enough sales."""
        found: Array = window.hours(factor, "n", 26).sum(axis=1) >= self.least_sales
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A day with too few sales says nothing."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        sales, means, spreads, highs, lows = (
            fact.past.hours(fact.factor, name, 24, back) for name in ("n", "mean", "spread", "high", "low")
        )
        busy = (sales > 0) & np.isfinite(means)
        if sales[busy].sum() < self.least_sales:
            return None
        out = (means[busy] < self.lowest) | (means[busy] > self.highest)
        share = float(sales[busy][out].sum() / sales[busy].sum())
        within = float(np.sqrt((sales[busy] * spreads[busy] ** 2).sum() / sales[busy].sum()))
        lowest, highest = float(np.nanmin(lows[busy])), float(np.nanmax(highs[busy]))
        made_up = lowest >= self.floor and highest <= self.ceiling and within >= self.spread
        return decided(
            fact,
            site,
            breach=share > self.share if self.check == "ratio" else made_up,
            reason=self.check,
            excuses=(),
            weight=share if self.check == "ratio" else 1.0,
            confidence=0.5,
            inputs={
                "sales": float(sales[busy].sum()),
                "share_percent": 100.0 * share,
                "lowest": lowest,
                "highest": highest,
                "spread": within,
            },
            evidence=self.factors,
        )
