"""All that a query of the store finds, page by page, so that other requests go on meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.issue import Head

Row = TypeVar("Row")
Place = TypeVar("Place")
"""Order key and id of a row, after which the next page begins."""


async def pages(
    read: Callable[[Place | None], Awaitable[Sequence[Row]]], most: int, place: Callable[[Row], Place]
) -> AsyncIterator[Sequence[Row]]:
    """Pages of `most` rows until one is shorter; none is empty. Raises what `read` raises."""
    after: Place | None = None
    while True:
        page = await read(after)
        if page:
            yield page
        if len(page) < most:
            return
        after = place(page[-1])


def place_of_case(case: Case) -> tuple[float, str]:
    """In the order newest."""
    return case.created_ms, case.case_id


def place_by_score(case: Case) -> tuple[float, str]:
    """In the order score."""
    return float(case.keys["score"]), case.case_id


def place_of_head(head: Head) -> tuple[int, str]:
    """In the order newest."""
    return head.registered_ms, head.issue_id
