"""Pages of what is the caller's own: rows of others leave no trace, neither in sizes of pages nor in cursors."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Query

from lantian_notify.problems import LONGEST_CURSOR, cursor_of

AT_ONCE = 200
Cursor = Annotated[str | None, Query(max_length=LONGEST_CURSOR)]
Limit = Annotated[int, Query(ge=1, le=200)]
Place = tuple[int, str]
Row = TypeVar("Row")


async def own_page(
    read: Callable[[Place | None], Awaitable[list[Row]]],
    own: Callable[[Row], bool],
    place: Callable[[Row], Place],
    before: Place | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """The first `limit` own rows behind a place, and the cursor behind them; `read` gives AT_ONCE rows or the last."""
    found: list[Row] = []
    while True:
        rows = await read(before)
        found += filter(own, rows)
        if len(found) > limit or len(rows) < AT_ONCE:
            break
        before = place(rows[-1])
    return found[:limit], cursor_of(*place(found[limit - 1])) if len(found) > limit else None
