"""The amount reported for an hour is not concentration times flow (HJ 212 pattern F15; HJ 212-2017 formula 34)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Fact, Finding, OddHourFact, Verdict
from lantian_alerts.rules.past import odd_finding

KG_A_MG = 1e-6


class AmountMismatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: deviation in percent of what was expected; beyond `unit_ratio` it is a unit mixed up."""

    kind: ClassVar[str] = "amount-mismatch"
    facts: ClassVar[tuple[type, ...]] = (OddHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    percent: float = 20.0
    unit_ratio: float = 5.0

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """kg against mg/m³ × m³; loggers that send no amount or nought are passed over.

        Wet gas for dry makes some ten percent. An amount of the converted value is wrong as well, but nobody's secret.
        """
        if not isinstance(fact, OddHourFact) or fact.factor not in self.factors:
            return None
        if not fact.measured or not fact.amount or not fact.flow_amount:
            return None
        expected = fact.measured * fact.flow_amount * KG_A_MG
        ratio = fact.amount / expected
        if abs(ratio - 1.0) <= self.percent / 100.0:
            return None
        of_converted = (fact.converted or 0.0) * fact.flow_amount * KG_A_MG
        if of_converted and abs(fact.amount / of_converted - 1.0) <= self.percent / 100.0:
            return odd_finding(fact, site, Verdict.UNJUDGED, "converted", 0.0, {})
        inputs = {"amount": fact.amount, "expected": expected, "hour_mean": fact.measured, "ratio": ratio}
        unit = not 1.0 / self.unit_ratio <= ratio <= self.unit_ratio
        verdict, reason = (Verdict.UNJUDGED, "unit") if unit else (Verdict.BREACH, "disagrees")
        return odd_finding(fact, site, verdict, reason, max(ratio, 1.0 / ratio) if ratio > 0 else 0.0, inputs)
