"""Outlets, episodes and loggers of one run, put together from a seed."""

from collections import defaultdict
from dataclasses import dataclass

from lantian_simulator import truth
from lantian_simulator.logger import Station
from lantian_simulator.plant import Excess, Hold, Stack
from lantian_simulator.registry import PASSWORD, Outlet, outlets


@dataclass(frozen=True)
class Season:
    """Who is simulated and what happens to them."""

    outlets: list[Outlet]
    episodes: list[truth.Episode]
    stations: list[Station]

    @classmethod
    def plan(
        cls, count: int, *, seed: int, start_ms: int, duration_ms: int, plan: truth.Plan | None = None
    ) -> "Season":
        """Return the season of `count` stacks from `start_ms` on. Raises ValueError when the run is too short."""
        all_outlets = outlets(count, seed)
        episodes = truth.schedule(
            [(outlet.source_id, outlet.feed_id) for outlet in all_outlets],
            seed=seed,
            start_ms=start_ms,
            duration_ms=duration_ms,
            plan=plan or truth.Plan.for_sources(count),
        )
        changes: defaultdict[str, list[Excess | Hold]] = defaultdict(list)
        silences: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for episode in episodes:
            change = episode.change()
            if change is None:
                silences[episode.source].append((episode.start_ms, episode.end_ms))
            else:
                changes[episode.source].append(change)
        stations = [
            Station(
                number=outlet.feed_id,
                password=PASSWORD,
                stack=Stack(outlet.number, outlet.industry, seed, changes[outlet.source_id]),
                silences=tuple(silences[outlet.source_id]),
            )
            for outlet in all_outlets
        ]
        return cls(all_outlets, episodes, stations)
