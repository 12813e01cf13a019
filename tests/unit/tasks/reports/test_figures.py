"""Figures from histories: what they count, and that parts add up to the whole."""

from dataclasses import replace

import pytest

from lantian_tasks.leads.moves import Stage
from lantian_tasks.ledger.issue import State
from lantian_tasks.ledger.machine import Role
from lantian_tasks.ledger.moves import MOVES as TABLE
from lantian_tasks.reports.collect import month_of
from lantian_tasks.reports.figures import Leads, city_of, figures, leads_of, trail_of
from lantian_tasks.reports.words import MOVES, ROLES, STAGES, STATES
from tests.support.tasks_issues import AFTER_NOTICE_MS, DAY_MS, PROVINCE, after, an_issue, command


def test_the_figures_of_a_closed_issue() -> None:
    """Stages from their first move; what was escalated, rechecked or failed counts once each time."""
    closed = an_issue(State.CLOSED)
    found = trail_of(closed.head, closed.history)
    assert (found.city, found.month, found.category, found.state) == ("130100", "2026-11", "exceedance", "closed")
    assert found.spans["whole_hours"] == (AFTER_NOTICE_MS - closed.history[0]["at_ms"]) / 3_600_000
    assert len(found.spans) == 6
    draw = command("draw", PROVINCE, at_ms=AFTER_NOTICE_MS + DAY_MS, seed="s")
    other = replace(PROVINCE, actor_id="province-2")
    failed = after(
        closed, draw, command("fail-recheck", other, at_ms=AFTER_NOTICE_MS + 2 * DAY_MS, conclusion="假整改")
    )
    again = trail_of(failed.head, failed.history)
    assert (again.rechecked, again.failed, again.state) == (1, 1, "rectifying")


def test_parts_add_up() -> None:
    """Voided issues are counted apart; shares of nothing are None."""
    issues = [an_issue(state) for state in (State.REGISTERED, State.RECTIFYING, State.CLOSED, State.VOIDED)]
    fraud = replace(issues[0].head, standing=replace(issues[0].head.standing, category="fraud"))
    rows = [*(trail_of(i.head, i.history) for i in issues), trail_of(fraud, issues[0].history)]
    found = figures(rows, Leads(confirmed=3, partly=1, unfounded=4, other=2))
    assert (found.issues, found.voided, found.open, found.closed, found.fraud) == (4, 1, 3, 1, 1)
    assert (found.closed_share, found.overdue_share, found.recheck_failed_share) == (0.25, 0.0, None)
    assert found.leads.precision == 0.5
    assert found.medians["whole_hours"] is not None
    empty = figures([])
    assert (empty.issues, empty.closed_share, empty.leads.precision) == (0, None, None)
    assert leads_of({"confirmed": 1, "candidate": 2, "voided": 1}) == Leads(1, 0, 0, 3)


@pytest.mark.parametrize(
    ("division", "city"),
    [("130102", "130100"), ("130100", "130100"), ("1302", "130200"), ("110105", "110000"), ("", ""), ("13", "130000")],
)
def test_cities_of_divisions(division: str, city: str) -> None:
    """Districts of a municipality belong to it."""
    assert city_of(division) == city


def test_months_are_local() -> None:
    """December has an end too."""
    begin, end = month_of("2026-12")
    assert (end - begin) // DAY_MS == 31
    assert begin % DAY_MS == 16 * 3_600_000


def test_every_code_has_its_chinese_word() -> None:
    """No paper shows a code."""
    assert set(STATES) == set(State)
    assert set(STAGES) == set(Stage)
    assert set(ROLES) >= {*Role, "system"} - {"security"}
    assert set(MOVES) == set(TABLE)
