"""Several independent signs at one source within a time: what one alone does not prove (domain 5.2, hj212.md 11)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.layout import HOUR_MS
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Fact, Finding, Signal, SignalsFact, Verdict


class Combined(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `groups`: rules by what they look at; rules of one group are one sign, however many fire."""

    kind: ClassVar[str] = "combined"
    facts: ClassVar[tuple[type, ...]] = (SignalsFact,)

    groups: dict[str, tuple[str, ...]]
    closing: Closing = Closing()
    needed: int = 2
    within_hours: float = 6.0

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Signs that began or go on within the time of each other; the episode starts with the earliest of them."""
        if not isinstance(fact, SignalsFact):
            return None
        found: dict[str, Signal] = {}
        for name, rules in self.groups.items():
            near = [one for one in fact.signals if one.rule_id in rules and self._holds(one, fact.found_ms)]
            if near:
                found[name] = min(near, key=lambda one: (one.start_ms, one.rule_id, one.factor))
        if not found:
            return None
        enough = len(found) >= self.needed
        start = min(one.start_ms for one in found.values())
        end = max(one.end_ms for one in found.values())
        return Finding(
            source_id=fact.source_id,
            factor="",
            verdict=Verdict.BREACH if enough else Verdict.CLEAR,
            reason="combined" if enough else "normal",
            start_ms=start if enough else fact.found_ms,
            end_ms=end if enough else fact.found_ms,
            found_ms=fact.found_ms,
            weight=float(len(found)),
            confidence=min(0.95, 1.0 - _doubt(list(found.values()))),
            inputs={"signs": float(len(found)), "needed": float(self.needed)} | dict.fromkeys(found, 1.0),
            frames=fact.frames,
        )

    def _holds(self, signal: Signal, found_ms: int) -> bool:
        return signal.open or signal.end_ms >= found_ms - self.within_hours * HOUR_MS


def _doubt(signals: list[Signal]) -> float:
    """The chance that all of them are wrong, as if they were independent."""
    doubt = 1.0
    for signal in signals:
        doubt *= 1.0 - signal.confidence
    return doubt
