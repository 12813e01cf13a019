"""A season of three cities; `make season` runs all 51 (tests/season)."""

from tests.season.check import check
from tests.season.season import Plan, Season


async def test_a_small_season_balances() -> None:
    """Leads, issues, escalations, rechecks, relapses and scorecards add up."""
    season = Season(Plan(3, 80, 0.3, seed=7, quiet_days=20, relapse_days=(2, 10)))
    await season.run()
    found = check(season)
    assert sum(found["issues"].values()) > 10
    assert found["escalations_due_and_written"] > 20
    assert found["moves"]["draw"] >= 1
    assert found["relapses"] >= 1
    assert found["refused"] > 0
