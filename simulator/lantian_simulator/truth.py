"""What is injected and when: the truth the findings are checked against.

The schedule is a function of seed, sources, start and duration. Every episode opens and closes within the run: an
exceedance leaves compliant hours behind it, a frozen analyser moves again, a silent feed speaks again in time.
A source carries one episode at most, so that a finding can belong to one episode only.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lantian_simulator.industries import POLLUTANTS
from lantian_simulator.plant import HOUR_MS, MINUTE_MS, Excess, Hold

EXCEEDANCE = "hour-exceedance"
DROPOUT = "data-dropout"
FROZEN = "frozen-value"
RULES = (EXCEEDANCE, DROPOUT, FROZEN)

MINIMUM_HOURS = 11
"""A frozen analyser needs 7 hours to be found, an hour before it and the drain after it."""

_SILENT_FROM_MS = 6 * MINUTE_MS


@dataclass(frozen=True)
class Episode:
    """One injected episode: the rule that must find it, where, and from when to when (ms UTC of the suite)."""

    source: str
    feed: str
    factor: str
    rule: str
    start_ms: int
    end_ms: int
    multiple: float = 0.0
    """For an exceedance, about how many times the limit; 0 otherwise."""

    def change(self) -> Excess | Hold | None:
        """Return what the plant has to do for it; None for a dropout, which is the logger's doing."""
        if self.rule == EXCEEDANCE:
            return Excess(self.factor, self.start_ms, self.end_ms, self.multiple)
        if self.rule == FROZEN:
            return Hold(self.factor, self.start_ms, self.end_ms)
        return None


@dataclass(frozen=True)
class Plan:
    """How many episodes of each kind."""

    exceedances: int
    dropouts: int
    frozen: int

    @classmethod
    def for_sources(cls, count: int) -> "Plan":
        """Return a plan in which about one source in eight has an episode."""
        return cls(max(1, count // 20), max(1, count // 40), max(1, count // 30))


def schedule(
    sources: Sequence[tuple[str, str]], *, seed: int, start_ms: int, duration_ms: int, plan: Plan
) -> list[Episode]:
    """Return the episodes for (source id, feed id) pairs, in order of time.

    `start_ms` is the first instant of traffic; all episodes end two hours or more before `start_ms + duration_ms`.
    Raises ValueError when the run is too short or has too few sources.
    """
    first = -(-start_ms // HOUR_MS)
    last = (start_ms + duration_ms) // HOUR_MS
    if last - first < MINIMUM_HOURS:
        raise ValueError(f"the run has {last - first} whole hours, the episodes need {MINIMUM_HOURS}")
    wanted = plan.exceedances + plan.dropouts + plan.frozen
    if wanted > len(sources):
        raise ValueError(f"{wanted} episodes need as many sources, there are {len(sources)}")
    draw = np.random.default_rng((seed, 7))
    chosen = iter([sources[index] for index in draw.permutation(len(sources))[:wanted]])

    def begin(length: int, before: int, after: int) -> int:
        return (first + int(draw.integers(before, last - first - length - after, endpoint=True))) * HOUR_MS

    episodes = []
    for _ in range(plan.exceedances):
        source, feed = next(chosen)
        length = int(draw.integers(2, 4, endpoint=True))
        start = begin(length, 1, 4)
        factor = str(draw.choice(POLLUTANTS))
        multiple = round(float(draw.uniform(1.5, 2.4)), 2)
        episodes.append(Episode(source, feed, factor, EXCEEDANCE, start, start + length * HOUR_MS, multiple))
    for _ in range(plan.dropouts):
        source, feed = next(chosen)
        length = int(draw.integers(3, 4, endpoint=True))
        start = begin(length, 1, 3)
        episodes.append(Episode(source, feed, "", DROPOUT, start + _SILENT_FROM_MS, start + length * HOUR_MS))
    for _ in range(plan.frozen):
        source, feed = next(chosen)
        length = int(draw.integers(7, min(8, last - first - 3), endpoint=True))
        start = begin(length, 1, 2)
        factor = str(draw.choice(POLLUTANTS))
        episodes.append(Episode(source, feed, factor, FROZEN, start, start + length * HOUR_MS))
    return sorted(episodes, key=lambda episode: (episode.start_ms, episode.source))


def write(path: Path, episodes: Iterable[Episode]) -> None:
    """Write the episodes as JSON lines."""
    path.write_text("".join(json.dumps(asdict(episode)) + "\n" for episode in episodes), encoding="utf-8")


def read(path: Path) -> list[Episode]:
    """Read what `write` wrote."""
    return [Episode(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
