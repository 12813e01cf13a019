"""The schedule: a function of its arguments, every episode closes within the run."""

from pathlib import Path

import pytest

from lantian_simulator import truth
from lantian_simulator.plant import HOUR_MS
from lantian_simulator.season import Season

START = 1_768_474_800_000
SOURCES = [(f"s{number}", f"f{number}") for number in range(60)]


def plan(seed: int, hours: int = 12) -> list[truth.Episode]:
    return truth.schedule(
        SOURCES, seed=seed, start_ms=START, duration_ms=hours * HOUR_MS, plan=truth.Plan.for_sources(len(SOURCES))
    )


def test_the_same_seed_gives_the_same_truth() -> None:
    """And another seed another one."""
    assert plan(1) == plan(1)
    assert plan(1) != plan(2)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("hours", [11, 12, 24])
def test_every_episode_opens_and_closes_within_the_run(seed: int, hours: int) -> None:
    """An hour of clean data before, the closing after; the lengths that the rules need; one episode a source."""
    episodes = plan(seed, hours)
    assert dict.fromkeys(truth.RULES, 0).keys() == {episode.rule for episode in episodes}
    assert len(episodes) == len({episode.source for episode in episodes})
    margin = {truth.EXCEEDANCE: 4, truth.DROPOUT: 3, truth.FROZEN: 2}
    length = {truth.EXCEEDANCE: (2, 4), truth.DROPOUT: (2.9, 4), truth.FROZEN: (7, 8)}
    for episode in episodes:
        shortest, longest = length[episode.rule]
        assert episode.start_ms >= START + HOUR_MS
        assert episode.end_ms <= START + (hours - margin[episode.rule]) * HOUR_MS
        assert shortest * HOUR_MS <= episode.end_ms - episode.start_ms <= longest * HOUR_MS


def test_a_run_that_is_too_short_is_refused() -> None:
    """A frozen analyser could not be found in it."""
    with pytest.raises(ValueError, match="the episodes need"):
        plan(1, 10)


def test_too_few_sources_are_refused() -> None:
    """An episode needs a source of its own."""
    with pytest.raises(ValueError, match="need as many sources"):
        truth.schedule(SOURCES[:2], seed=1, start_ms=START, duration_ms=12 * HOUR_MS, plan=truth.Plan(1, 1, 1))


def test_truth_is_read_as_written(tmp_path: Path) -> None:
    """JSON lines there and back."""
    truth.write(tmp_path / "truth.jsonl", plan(4))
    assert plan(4) == truth.read(tmp_path / "truth.jsonl")


def test_a_season_gives_every_episode_to_its_plant() -> None:
    """Exceedances and holds change the gas, dropouts silence the logger."""
    season = Season.plan(40, seed=1, start_ms=START, duration_ms=12 * HOUR_MS)
    silent = {station.number for station in season.stations if station.silences}
    assert {episode.feed for episode in season.episodes if episode.rule == truth.DROPOUT} == silent
    assert len(season.outlets) == len({outlet.feed_id for outlet in season.outlets})
    assert len(season.outlets) == len({outlet.source_id for outlet in season.outlets})
    assert all("（演示）" in outlet.enterprise_name for outlet in season.outlets)
