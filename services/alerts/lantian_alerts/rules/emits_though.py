"""Gas flows, burns or is hot, or power is drawn, though the source is said to stand (D15, D24, D28)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, LOAD, OXYGEN, TEMPERATURE, decided, of_usual, unjudged, usual


class EmitsThough(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `claims`: marks that say it stands; `responses`: emergency measures that say it must."""

    kind: ClassVar[str] = "emits-though"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = ("",)
    closing: Closing = Closing()
    claims: tuple[str, ...] = ()
    flags: tuple[int, ...] = ()
    responses: tuple[str, ...] = ()
    least_signals: int = 2
    flow_share: float = 0.2
    power_share: float = 0.15
    oxygen: float = 19.0
    temperature: float = 70.0
    load: float = 15.0
    power: tuple[str, ...] = ()

    def demands(self) -> Demand:
        """Hours and shapes of flow and power, hours of temperature, oxygen and load."""
        return Demand(history=(OXYGEN, TEMPERATURE, LOAD), deep=(FLOW, *self.power))

    def screen(self, window: Window, factor: str) -> Array:
        """Sources of which something could say that they stand."""
        found = np.zeros(window.rows, bool)
        if self.claims:
            found |= window.registered("mark")
        if self.responses:
            found |= window.registered("response")
        if self.flags:
            for code in (FLOW, OXYGEN, TEMPERATURE):
                found |= np.isin(window.hours(code, "mark")[:, 0], self.flags)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Counts independent signs: one is a suspicion, two are likely (domain 5.2)."""
        if not isinstance(fact, SourceHourFact):
            return None
        said = self._said(fact, site)
        if said is None:
            return None
        flow, usual_flow = float(fact.past.hours(FLOW, "mean")[0]), usual(fact, FLOW)
        oxygen, temperature = (float(fact.past.hours(code, "mean")[0]) for code in (OXYGEN, TEMPERATURE))
        load = float(fact.past.hours(LOAD, "mean")[0])
        power = [
            of_usual(float(fact.past.hours(code, "mean")[0]), usual(fact, code))
            for code in self.power
            if fact.past.has(code)
        ]
        shares = [share for share in power if np.isfinite(share)]
        signs = {
            "flow_goes_on": usual_flow > 0 and flow > self.flow_share * usual_flow,
            "oxygen_low": oxygen < self.oxygen,
            "gas_hot": temperature > self.temperature,
            "load_reported": load > self.load,
            "power_drawn": any(share > self.power_share for share in shares),
        }
        known = np.isfinite([flow, oxygen, temperature, load]).any() or bool(shares)
        if not known:
            return unjudged(fact, "no-data")
        count = sum(signs.values())
        return decided(
            fact,
            site,
            breach=count >= self.least_signals,
            reason="emitting",
            excuses=(),
            weight=float(count),
            confidence=0.8 if count >= 2 else 0.5,
            inputs={
                **{name: float(sign) for name, sign in signs.items()},
                "signals": count,
                "flow": flow,
                "usual_flow": usual_flow,
                "oxygen_percent": oxygen,
                "temperature": temperature,
                "load_percent": load,
                "power_share_percent": 100.0 * max(shares, default=float("nan")),
            },
            evidence=(FLOW, OXYGEN, TEMPERATURE, LOAD, *self.power),
            hours=12,
        )

    def _said(self, fact: SourceHourFact, site: Site) -> bool | None:
        """True when mark, flag or response covers the whole hour; None when nothing does."""
        for mark in site.marks(fact.start_ms, fact.end_ms):
            if (
                mark.kind in self.claims
                and mark.start_ms <= fact.start_ms
                and (mark.end_ms or fact.end_ms) >= fact.end_ms
            ):
                return True
        if self.flags and any(
            int(fact.past.hours(code, "mark")[0]) in self.flags for code in (FLOW, OXYGEN, TEMPERATURE)
        ):
            return True
        for duty in site.responses(fact.start_ms, fact.end_ms):
            whole = duty.start_ms <= fact.start_ms and (duty.end_ms or fact.end_ms) >= fact.end_ms
            if duty.measure in self.responses and whole:
                return True
        return None
