"""A setting of an analyser or logger is changed, filed as a calibration or repair or not (D17, F21, F22)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.layout import HOUR_MS
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Fact, Finding, StatementFact, Verdict
from lantian_alerts.core.views import mark_view


class ParameterChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `infos`: what is said, e.g. i13001; `grave`: settings that scale values; `change`: least share."""

    kind: ClassVar[str] = "parameter-change"
    facts: ClassVar[tuple[type, ...]] = (StatementFact,)

    says: tuple[str, ...] = ("parameter",)
    infos: tuple[str, ...] = ()
    grave: tuple[str, ...] = ()
    change: float = 0.001
    filed: tuple[str, ...] = ("calibration", "maintenance", "fault")
    near_hours: float = 1.0
    closing: Closing = Closing()

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Only what differs from what the same feed said before; a calibration drifts a slope by parts of a percent."""
        if not isinstance(fact, StatementFact) or fact.kind not in self.says or fact.before is None:
            return None
        if self.infos and fact.info not in self.infos:
            return None
        if fact.text.strip() == fact.before.strip():
            return self._found(fact, site, Verdict.CLEAR, "unchanged", 0.0)
        now, before = fact.number, fact.number_before
        share = 1.0
        if now is not None and before is not None:
            share = abs(now - before) / max(abs(before), 1e-9)
            if share < self.change:
                return self._found(fact, site, Verdict.CLEAR, "slight", share)
        return self._found(fact, site, Verdict.BREACH, "changed", share)

    def _found(self, fact: StatementFact, site: Site, verdict: Verdict, reason: str, share: float) -> Finding:
        margin = int(self.near_hours * HOUR_MS)
        marks = site.marks(fact.time_ms - margin, fact.time_ms + margin) if verdict is Verdict.BREACH else []
        filed = any(mark.kind in self.filed for mark in marks)
        inputs = {"change_percent": 100.0 * share, "filed": float(filed)}
        if fact.number is not None:
            inputs["value"] = fact.number
        if fact.number_before is not None:
            inputs["value_before"] = fact.number_before
        if fact.info[1:].isdigit():
            inputs["setting"] = float(fact.info[1:])
        return Finding(
            source_id=fact.source_id,
            factor=fact.factor,
            verdict=verdict,
            reason="filed" if filed else reason,
            start_ms=fact.time_ms,
            end_ms=fact.time_ms,
            found_ms=fact.found_ms,
            weight=0.0 if filed else 2.0 if fact.info in self.grave else 1.0,
            confidence=0.5 if filed else 0.8,
            inputs=inputs,
            marks=tuple(mark_view(mark) for mark in marks),
            frames=fact.frames,
        )
