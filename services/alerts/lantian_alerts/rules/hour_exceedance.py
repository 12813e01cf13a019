"""An hour mean above the limit in force (domain D01); the hour is the unit of judgement of the emission standards."""

from typing import Any, ClassVar

import msgspec

from lantian_alerts.core.flags import Mark
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Episode, Fact, Finding, HourFact, LimitView, Verdict
from lantian_alerts.core.views import limit_view, mark_view
from lantian_alerts.core.wording import FLAGS, factor_names, number, span, with_unit
from lantian_alerts.knowledge.validity import GUARD_O2, held_against
from lantian_proto.v1.registry_pb2 import Limit

HOUR_MS = 3_600_000


class HourExceedance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. Oxygen in percent by volume; ratios are value over limit."""

    kind: ClassVar[str] = "hour-exceedance"
    facts: ClassVar[tuple[type, ...]] = (HourFact,)

    closing: Closing = Closing()
    oxygen_guard_percent: float = GUARD_O2
    suppressing_marks: tuple[str, ...] = ("stopped", "start-up", "shutdown", "fault", "calibration", "maintenance")
    high_hours: int = 3
    high_ratio: float = 2.0
    grave_hours: int = 24
    grave_ratio: float = 5.0
    not_statutory: tuple[str, ...] = ("ultra-low", "plan")

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """An hour is judged against every limit in force; the one it exceeds most is the strictest for it."""
        if not isinstance(fact, HourFact):
            return None
        limits = site.limits(fact.factor, fact.start_ms)
        if not limits:
            return None
        marks = site.marks(fact.start_ms, fact.end_ms)
        common: dict[str, Any] = {
            "source_id": fact.source_id,
            "factor": fact.factor,
            "start_ms": fact.start_ms,
            "end_ms": fact.end_ms,
            "found_ms": fact.found_ms,
            "retrospective": fact.late,
            "marks": tuple(mark_view(mark) for mark in marks),
        }
        if fact.mark != Mark.NORMAL:
            return Finding(verdict=Verdict.SUPPRESSED, reason=f"flag-{FLAGS[Mark(fact.mark)]}", **common)
        suppressing = next((mark.kind for mark in marks if mark.kind in self.suppressing_marks), None)
        if suppressing is not None:
            return Finding(verdict=Verdict.SUPPRESSED, reason=f"mark-{suppressing}", **common)
        if not fact.enough:
            return Finding(verdict=Verdict.UNJUDGED, reason="incomplete-hour", **common)
        judged = [(self._value(fact, limit), limit) for limit in limits]
        values = [(value, limit) for value, limit in judged if isinstance(value, float)]
        if not values:
            return Finding(verdict=Verdict.UNJUDGED, reason=str(judged[0][0]), **common)
        value, limit = max(values, key=lambda pair: pair[0] / pair[1].value)
        ratio = value / limit.value
        if ratio <= 1.0:
            return Finding(verdict=Verdict.CLEAR, reason="compliant", **common)
        contradicting = [one for v, one in values if v <= one.value and _rival(one, limit)]
        statutory = max((v / one.value for v, one in values if one.basis not in self.not_statutory), default=0.0)
        return Finding(
            verdict=Verdict.BREACH,
            reason="retrospective" if fact.late else "exceeding",
            weight=ratio,
            confidence=0.3 if contradicting else 1.0 if fact.reported else 0.9,
            inputs=self._inputs(fact, value, limit, ratio, statutory)
            | ({"contradicting_limit": contradicting[0].value} if contradicting else {}),
            limit=limit_view(limit),
            samples=fact.samples,
            frames=fact.frames,
            **common,
        )

    def _value(self, fact: HourFact, limit: Limit) -> float | str:
        """The mean to hold against a limit, or why there is none."""
        reference = limit.reference_oxygen_percent
        return held_against(reference, fact.measured, fact.converted, fact.oxygen, self.oxygen_guard_percent)

    @staticmethod
    def _inputs(fact: HourFact, value: float, limit: Limit, ratio: float, statutory: float) -> dict[str, float]:
        inputs = {
            "hour_mean": value,
            "limit": limit.value,
            "ratio": ratio,
            "statutory_ratio": statutory,
            "reported_by_device": float(fact.reported),
            "reference_oxygen_percent": limit.reference_oxygen_percent,
        }
        if fact.measured is not None:
            inputs["measured_mean"] = fact.measured
        if fact.oxygen is not None:
            inputs["oxygen_percent"] = fact.oxygen
        if not fact.reported:
            inputs |= {"valid_minutes": float(fact.valid_minutes), "values": float(fact.values)}
        return inputs

    def severity(self, episode: Episode) -> int:
        """One hour over a statutory limit is 2; three hours or twice the limit 3; a day or five times 4."""
        if "contradicting_limit" in episode.inputs:
            return 1  # the registry has to be put right first
        statutory = episode.inputs.get("statutory_ratio", 0.0) > 1.0
        if statutory and (episode.breaches >= self.grave_hours or episode.weight >= self.grave_ratio):
            return 4
        if episode.breaches >= self.high_hours or episode.weight >= self.high_ratio:
            return 3 if statutory else 2
        return 2 if statutory else 1

    def summary(self, episode: Episode) -> tuple[str, str]:
        """Which hours, the worst mean, the limit and its standard."""
        name_zh, name_en, unit = factor_names(episode.factor)
        limit = episode.limit or LimitView("", 0.0, 0.0, "", "")
        value = with_unit(episode.inputs.get("hour_mean", 0.0), unit)
        period, allowed = span(episode.start_ms, episode.end_ms), with_unit(limit.value, unit)
        times = number(episode.weight)
        converted = limit.reference_oxygen > 0
        at_zh = f"（基准氧 {number(limit.reference_oxygen)} % 折算）" if converted else "（实测）"
        at_en = f" at {number(limit.reference_oxygen)} % O2" if converted else " as measured"
        count = episode.breaches
        rival = episode.inputs.get("contradicting_limit")
        doubt_zh = "" if rival is None else f"登记中另有同类限值 {with_unit(rival, unit)}，互相矛盾，请先更正登记。"
        doubt_en = "" if rival is None else f" The registry also holds {with_unit(rival, unit)}: put it right first."
        return (
            f"{period}，{name_zh}小时均值超标 {count} 小时，最高 {value}{at_zh}，"
            f"为限值 {allowed}（{limit.clause or limit.basis}）的 {times} 倍。{doubt_zh}",
            f"{period}: {name_en} hour mean above the limit for {count} h, worst {value}{at_en}, "
            f"{times} times the limit of {allowed} ({limit.clause or limit.basis}).{doubt_en}",
        )


def _rival(one: Limit, other: Limit) -> bool:
    """Two limits of one basis, average and reference that can not both be right."""
    alike = (one.basis, one.reference_oxygen_percent, one.clause) == (
        other.basis,
        other.reference_oxygen_percent,
        other.clause,
    )
    return alike and one.limit_id != other.limit_id and one.value != other.value
