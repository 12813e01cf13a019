"""Nothing comes from a source (domain D04); data must keep flowing in every state of the plant (domain 1.1)."""

from typing import Any, ClassVar

import msgspec

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Episode, Fact, Finding, ReturnFact, SilenceFact, Verdict
from lantian_alerts.core.views import mark_view
from lantian_alerts.core.wording import MARKS, local, number

HOUR_MS = 3_600_000


class DataDropout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. Silence is measured while ingest is alive; a source never seen gets a longer grace."""

    kind: ClassVar[str] = "data-dropout"
    facts: ClassVar[tuple[type, ...]] = (SilenceFact, ReturnFact)

    closing: Closing = Closing()
    intervals: float = 3.0
    least_minutes: float = 60.0
    unseen_hours: float = 24.0
    tier_hours: tuple[float, float] = (4.0, 24.0)
    excusing_marks: tuple[str, ...] = ("stopped",)

    def demands(self) -> Demand:
        """Silence from so many intervals on, at least so long; two more tiers."""
        return Demand(
            silence_intervals=self.intervals,
            silence_least_ms=int(self.least_minutes * 60_000),
            silence_unseen_ms=int(self.unseen_hours * HOUR_MS),
            silence_tiers_ms=(int(self.tier_hours[0] * HOUR_MS), int(self.tier_hours[1] * HOUR_MS)),
        )

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Silence of a source that has a feed; a mark never excuses it, it only lowers the severity."""
        if isinstance(fact, ReturnFact):
            return Finding(
                source_id=fact.source_id,
                factor="",
                verdict=Verdict.CLEAR,
                reason="data-returned",
                start_ms=fact.found_ms,
                end_ms=fact.found_ms,
                found_ms=fact.found_ms,
            )
        if not isinstance(fact, SilenceFact):
            return None
        marks = site.marks(fact.since_ms, fact.found_ms)
        common: dict[str, Any] = {
            "source_id": fact.source_id,
            "factor": "",
            "start_ms": fact.since_ms,
            "end_ms": fact.found_ms,
            "found_ms": fact.found_ms,
        }
        if not site.feeds(fact.found_ms):
            return Finding(verdict=Verdict.UNJUDGED, reason="no-feed-in-force", **common)
        if fact.skew_ms:  # data come, with a time long past: asked again when they have ended for as long
            return Finding(verdict=Verdict.UNJUDGED, reason="clock", **common)
        return Finding(
            verdict=Verdict.BREACH,
            reason="silent" if fact.seen else "never-seen",
            weight=float(fact.tier),
            inputs={
                "silent_hours": fact.silent_ms / HOUR_MS,
                "threshold_hours": fact.due_ms / HOUR_MS,
                "tier": float(fact.tier),
                "ever_seen": float(fact.seen),
                "marked_stopped": float(any(mark.kind in self.excusing_marks for mark in marks)),
            },
            marks=tuple(mark_view(mark) for mark in marks),
            frames=fact.frames,
            **common,
        )

    def severity(self, episode: Episode) -> int:
        """The tier, at least 1 and at most 3, one less while the source is marked as stopped."""
        tier = int(episode.inputs.get("tier", 1.0))
        return max(1, min(3, tier) - int(episode.inputs.get("marked_stopped", 0.0)))

    def summary(self, episode: Episode) -> tuple[str, str]:
        """Since when, how long, and which marks touch the time."""
        hours, due = episode.inputs.get("silent_hours", 0.0), episode.inputs.get("threshold_hours", 0.0)
        kinds = sorted({mark.kind for mark in episode.marks})
        marks_zh = "、".join(MARKS.get(kind, (kind, kind))[0] for kind in kinds)
        marks_en = ", ".join(MARKS.get(kind, (kind, kind))[1] for kind in kinds)
        if episode.inputs.get("ever_seen", 1.0) == 0.0:
            since_zh, since_en = "登记以来从未收到数据", "no data since it was registered"
        else:
            at = local(episode.start_ms)
            since_zh, since_en = f"自 {at} 起未收到任何数据", f"no data since {at}"
        return (
            f"{since_zh}，已中断 {number(hours)} 小时（阈值 {number(due)} 小时）"
            + (f"；期间有标记：{marks_zh}，但任何工况下均应保持联网传输。" if kinds else "。"),
            f"{since_en}: silent for {number(hours)} h (threshold {number(due)} h)"
            + (f"; marked meanwhile: {marks_en}, yet data must flow in every state." if kinds else "."),
        )
