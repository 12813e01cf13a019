"""Reads what reports are made of, page by page, so that other requests go on meanwhile."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lantian_tasks.access.scope import Scope
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Head
from lantian_tasks.pages import pages, place_of_head
from lantian_tasks.ports import CaseQuery, IssueQuery, Store
from lantian_tasks.reports.figures import Figures, Leads, Trail, city_of, figures, leads_of, trail_of
from lantian_tasks.reports.stop_orders import StopOrder, stop_orders
from lantian_tasks.reports.verifiers import Verifier, verifiers
from lantian_tasks.reports.words import LOCAL

PAGE = 500
Story = tuple[Head, Sequence[SealedEntry]]


@dataclass(frozen=True, slots=True)
class Period:
    """What a report is about: registrations in a period, ms since 1970 UTC, end exclusive, 0 is open."""

    scope: Scope
    division_prefix: str = ""
    since_ms: int = 0
    until_ms: int = 0


async def stories(store: Store, query: IssueQuery) -> AsyncIterator[list[Story]]:
    """All issues of a query with their histories, newest first. Raises Unavailable."""
    query = replace(query, limit=PAGE, order="newest")
    async for page in pages(
        lambda after: store.stories(replace(query, after=after)), PAGE, lambda story: place_of_head(story[0])
    ):
        yield list(page)


def _issues(period: Period) -> IssueQuery:
    return IssueQuery(
        period.scope,
        PAGE,
        division_prefix=period.division_prefix,
        since_ms=period.since_ms,
        until_ms=period.until_ms,
    )


async def trails(store: Store, period: Period) -> list[Trail]:
    """Figures of every issue of a period. Raises Unavailable."""
    found: list[Trail] = []
    async for page in stories(store, _issues(period)):
        found += [trail_of(head, history) for head, history in page]
    return found


async def leads_by_city(store: Store, period: Period) -> dict[str, Leads]:
    """Leads of a period by city. Raises Unavailable."""
    query = CaseQuery(
        period.scope,
        "lead",
        1,
        division_prefix=period.division_prefix,
        since_ms=period.since_ms,
        until_ms=period.until_ms,
    )
    counts = await store.count_cases(query, ("keys.division_code", "state"))
    by_city: dict[str, dict[str, int]] = {}
    for (division, state), count in counts.items():
        states = by_city.setdefault(city_of(division), {})
        states[state] = states.get(state, 0) + count
    return {city: leads_of(states) for city, states in by_city.items()}


async def verifications(store: Store, period: Period) -> list[Verifier]:
    """Who verified issues of a period, and what rechecks found of it. Raises Unavailable."""
    return verifiers([story async for page in stories(store, _issues(period)) for story in page])


async def orders_to_stop(store: Store, period: Period) -> list[StopOrder]:
    """Orders to stop, limit or seal production in issues of a period, newest first. Raises Unavailable."""
    ordered = replace(_issues(period), flag="stop-order")
    return stop_orders([story async for page in stories(store, ordered) for story in page])


async def scorecard(store: Store, period: Period) -> tuple[Figures, dict[str, Figures]]:
    """The whole, and each city of it. Raises Unavailable."""
    found, leads = await trails(store, period), await leads_by_city(store, period)
    cities = sorted({trail.city for trail in found} | set(leads))
    rows = {city: figures([t for t in found if t.city == city], leads.get(city)) for city in cities}
    return figures(found, _sum(leads.values())), rows


async def series(store: Store, period: Period) -> dict[str, Figures]:
    """Figures by month, local time: issues by their registration, leads by their receipt. Raises Unavailable."""
    found = await trails(store, period)
    months = {}
    for month in sorted({trail.month for trail in found}):
        begin_ms, end_ms = month_of(month)
        until_ms = min(end_ms, period.until_ms or end_ms)
        part = replace(period, since_ms=max(begin_ms, period.since_ms), until_ms=until_ms)
        leads = _sum((await leads_by_city(store, part)).values())
        months[month] = figures((trail for trail in found if trail.month == month), leads)
    return months


def month_of(month: str) -> tuple[int, int]:
    """Begin and end of 2026-11 in China, ms since 1970 UTC, end exclusive."""
    year, number = (int(part) for part in month.split("-"))
    begin = datetime(year, number, 1, tzinfo=LOCAL)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=LOCAL)
    return int(begin.timestamp() * 1000), int(end.timestamp() * 1000)


def _sum(parts: Iterable[Leads]) -> Leads:
    rows = list(parts)
    return Leads(*(sum(getattr(row, name) for row in rows) for name in ("confirmed", "partly", "unfounded", "other")))
