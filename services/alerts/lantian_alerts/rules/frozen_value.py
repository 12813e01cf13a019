"""A value that stands still while the gas moves (domain D07, HJ 212 pattern F01)."""

from typing import Any, ClassVar

import msgspec

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Episode, Fact, Finding, RunEndFact, RunFact, Verdict
from lantian_alerts.core.views import mark_view
from lantian_alerts.core.wording import factor_names, number, span, with_unit

HOUR_MS = 3_600_000


class FrozenValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `floors`: factors the rule watches, and the value up to which equal readings are true lows."""

    kind: ClassVar[str] = "frozen-value"
    facts: ClassVar[tuple[type, ...]] = (RunFact, RunEndFact)

    closing: Closing = Closing()
    least_hours: float = 6.0
    least_values: int = 30
    least_hour_values: int = 8
    longest_gap_minutes: float = 60.0
    least_moves: int = 5
    floors: dict[str, float] = {}
    companions: tuple[str, ...] = ()
    suppressing_marks: tuple[str, ...] = ("stopped", "start-up", "shutdown", "fault", "calibration", "maintenance")
    long_hours: float = 24.0

    def demands(self) -> Demand:
        """Runs of equal values of the watched factors, and movement of the companions."""
        return Demand(
            run_ms=int(self.least_hours * HOUR_MS),
            run_values=self.least_values,
            run_hours=self.least_hour_values,
            run_gap_ms=int(self.longest_gap_minutes * 60_000),
            run_moves=self.least_moves,
            run_floors=self.floors,
            run_companions=self.companions,
        )

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A run is a breach unless a mark touches it; its end clears it."""
        if isinstance(fact, RunEndFact):
            return Finding(
                source_id=fact.source_id,
                factor=fact.factor,
                verdict=Verdict.CLEAR,
                reason="value-moves",
                start_ms=fact.at_ms,
                end_ms=fact.at_ms,
                found_ms=fact.found_ms,
            )
        if not isinstance(fact, RunFact):
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
        suppressing = next((mark.kind for mark in marks if mark.kind in self.suppressing_marks), None)
        if suppressing is not None:
            return Finding(verdict=Verdict.SUPPRESSED, reason=f"mark-{suppressing}", **common)
        hours = (fact.end_ms - fact.start_ms) / HOUR_MS
        return Finding(
            verdict=Verdict.BREACH,
            reason="retrospective" if fact.late else "frozen",
            weight=hours,
            confidence=0.8 if fact.companions else 0.5,
            inputs={
                "value": fact.value,
                "hours": hours,
                "equal_values": float(fact.values),
                "companion_changes": float(fact.moves),
                "companions_sent": float(fact.companions),
                "floor": self.floors.get(fact.factor, 0.0),
                "least_hours": self.least_hours,
            },
            samples=fact.samples,
            frames=fact.frames,
            **common,
        )

    def severity(self, episode: Episode) -> int:
        """2; 3 when it has stood still for a day. A frozen value is a sign, not a proof."""
        return 3 if episode.end_ms - episode.start_ms >= self.long_hours * HOUR_MS else 2

    def summary(self, episode: Episode) -> tuple[str, str]:
        """Which value, how long, how many readings, and what moved meanwhile."""
        name_zh, name_en, unit = factor_names(episode.factor)
        value = with_unit(episode.inputs.get("value", 0.0), unit)
        count = number(episode.inputs.get("equal_values", 0.0))
        hours = number((episode.end_ms - episode.start_ms) / HOUR_MS)
        moves = number(episode.inputs.get("companion_changes", 0.0))
        moved = episode.inputs.get("companions_sent", 0.0) > 0
        period = span(episode.start_ms, episode.end_ms)
        return (
            f"{period}，{name_zh}连续 {hours} 小时恒为 {value}（{count} 个相同值）"
            + (f"，同期烟气流量、流速或温度变化 {moves} 次。" if moved else "，该排口未上传流量、流速或温度。"),
            f"{period}: {name_en} stood at {value} for {hours} h ({count} equal values)"
            + (
                f" while flow, velocity or temperature changed {moves} times."
                if moved
                else "; the outlet sends no flow, velocity or temperature."
            ),
        )
