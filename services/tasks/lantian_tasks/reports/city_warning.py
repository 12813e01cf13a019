"""What a letter to a city is filled with: figures of a period, what is late, what the season's plan says."""

from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.issue import OPEN_STATES
from lantian_tasks.ports import IssueQuery, Store
from lantian_tasks.registry.divisions import city_name
from lantian_tasks.reports import papers
from lantian_tasks.reports.collect import Period, scorecard


async def warning_values(
    store: Store, facts: Facts, city: str, period: Period, reason: str, now_ms: int
) -> dict[str, object]:
    """The values of the form. Raises Unavailable."""
    whole, _ = await scorecard(store, period)
    late = await store.heads(
        IssueQuery(
            period.scope,
            papers.MOST_ROWS,
            states=OPEN_STATES,
            division_prefix=period.division_prefix,
            since_ms=period.since_ms,
            until_ms=period.until_ms,
            due_before_ms=now_ms,
            order="due",
        )
    )
    measures = facts.policy.measures(day_of(now_ms))
    return papers.warning(city_name(city), whole, late, measures, reason, period.since_ms, period.until_ms, now_ms)
