"""Between rules and episodes: orders that hold findings back, causes that explain symptoms, signals that combine.

Nothing is dropped in silence: a finding that is held back counts with the reason `order`, `inhibited-…` and is a
SUPPRESSED finding to its episode.
"""

import math
from collections import Counter
from typing import Final

import msgspec

from lantian_alerts.core.catalogue import Entry
from lantian_alerts.core.episodes import Change, Chart, Episodes
from lantian_alerts.core.guard import Guard
from lantian_alerts.core.layout import BLOCK_ROWS, HOUR_MS, KEPT_HOUR
from lantian_alerts.core.memory import Memory
from lantian_alerts.core.partition import Partition, frames
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Episode, Finding, Signal, SignalsFact, Verdict
from lantian_alerts.core.rulebook import Rulebook
from lantian_proto.v1.lead_pb2 import LEAD_STATE_OPEN

CHART_HOURS: Final = 26
COMPANIONS: Final = ("a19001", "a00000", "a01012")
DIGITS: Final = 5
EXPLAINED_SHARE: Final = 0.25


class Gate:
    """Takes findings to episodes; `outcomes` and `suppressed` are the engine's counters."""

    def __init__(
        self,
        rules: Rulebook,
        memory: Memory,
        partition: Partition,
        episodes: Episodes,
        outcomes: Counter[tuple[str, str]],
        suppressed: Counter[str],
        guard: Guard,
    ) -> None:
        self._rules, self._memory, self._partition, self._episodes = rules, memory, partition, episodes
        self._outcomes, self._suppressed, self._guard = outcomes, suppressed, guard
        self._combining = rules.catalogue.reading(SignalsFact)

    def take(self, entry: Entry, finding: Finding, site: Site) -> tuple[Finding, list[Change]]:
        """The finding as it counts, and what it changes, combined rules included."""
        if finding.verdict is Verdict.BREACH:
            finding = self._held_back(entry, finding, site)
        self._outcomes[entry.id, finding.reason] += 1
        changes = self._episodes.take(entry, finding)
        return finding, [told for change in changes for told in self.tell(change, site)]

    def tell(self, change: Change, site: Site) -> list[Change]:
        """A change as people get it, nothing for a signal; then what rules that combine make of it."""
        told = self._told(change)
        return [*([] if told is None else [told]), *self._combine(change, site)]

    def _held_back(self, entry: Entry, finding: Finding, site: Site) -> Finding:
        order = site.suppression(entry.id, finding.factor, finding.found_ms)
        if order is not None:
            self._suppressed[order.suppression_id] += 1
            return msgspec.structs.replace(finding, verdict=Verdict.SUPPRESSED, reason="order")
        for rule_id in entry.inhibited_by:
            for (_, other, factor), held in self._episodes.of_source(finding.source_id):
                if other != rule_id or factor not in ("", finding.factor):
                    continue
                for cause in (held.open, held.closed):
                    if cause is not None and not cause.retrospective and _explains(cause, finding):
                        reason = f"inhibited-{rule_id}"
                        return msgspec.structs.replace(finding, verdict=Verdict.SUPPRESSED, reason=reason)
        return finding

    def _combine(self, change: Change, site: Site) -> list[Change]:
        """What rules over the episodes of a source say after one of them has changed."""
        source_id = change.episode.source_id
        if not self._combining or change.episode.retrospective or self._is_combined(change.episode.rule_id):
            return []
        row = self._partition.row(source_id)
        signals = []
        for (_, rule_id, factor), held in self._episodes.of_source(source_id):
            for episode in (held.open, held.closed):
                if episode is not None and not episode.retrospective:
                    level = self._guard.severity(self._rules.of(episode), episode, change.found_ms)
                    if level is None:
                        continue
                    opened = episode is held.open
                    signals.append(
                        Signal(rule_id, factor, episode.start_ms, episode.end_ms, opened, level, episode.confidence)
                    )
        fact = SignalsFact(
            source_id=source_id,
            found_ms=change.found_ms,
            signals=tuple(signals),
            frames=frames(self._partition, row),
        )
        changes: list[Change] = []
        for entry in (self._rules.at(one, change.found_ms) for one in self._combining):
            finding = self._guard.judge(entry, fact, site)
            if finding is not None:
                changes += self.take(entry, finding, site)[1]
        return changes

    def _is_combined(self, rule_id: str) -> bool:
        return any(entry.id == rule_id for entry in self._combining)

    def _told(self, change: Change) -> Change | None:
        episode = change.episode
        if self._rules.of(episode).signal:
            return None
        others = {
            key[1]
            for key, held in self._episodes.of_source(episode.source_id)
            if key[1] != episode.rule_id and held.open is not None and not held.open.retrospective
        }
        return msgspec.structs.replace(change, others=tuple(sorted(others)), charts=self._charts(change))

    def _charts(self, change: Change) -> tuple[Chart, ...]:
        """The last day of the factor and of what explains it, with the first message of an episode."""
        episode, kept = change.episode, int(self._partition.state.scalars[KEPT_HOUR])
        if change.state != LEAD_STATE_OPEN or not self._memory.wanted or kept < 0:
            return ()
        block, index = divmod(self._partition.row(episode.source_id), BLOCK_ROWS)
        newest = max(kept, min(kept + 2, episode.end_ms // HOUR_MS - 1))
        past = self._memory.window(block, newest, 0).of(index)
        charts = []
        for code in dict.fromkeys((episode.factor, *COMPANIONS)):
            if not code or not past.has(code):
                continue
            means = tuple(_rounded(value) for value in past.hours(code, "mean", CHART_HOURS).tolist())
            if any(not math.isnan(value) for value in means):
                charts.append(Chart(code, (newest - CHART_HOURS + 1) * HOUR_MS, HOUR_MS, means))
        return tuple(charts)


def _explains(cause: Episode, finding: Finding) -> bool:
    """The cause takes up a quarter of the finding's period at least, or the instant it is about."""
    length = finding.end_ms - finding.start_ms
    common = min(max(cause.end_ms, cause.found_ms), finding.end_ms) - max(cause.start_ms, finding.start_ms)
    return common > 0 and common >= EXPLAINED_SHARE * length if length > 0 else common >= 0


def _rounded(value: float) -> float:
    return value if math.isnan(value) else float(f"{value:.{DIGITS}g}")
