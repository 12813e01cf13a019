"""The filters of lists of issues, once: as a dependency of FastAPI, and as a query of the store."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from lantian_tasks.access.principals import Calling
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.ledger.issue import Head, State
from lantian_tasks.ports import IssueQuery
from lantian_tasks.preconditions import cursor_of, position_of

LATEST_MS = 253_402_300_799_999
Cursor = Annotated[str | None, Query(max_length=400, description="next_cursor of the page before")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most rows of the page")]
States = Annotated[list[State], Query(description="Any of these states")]
Severities = Annotated[list[Annotated[int, Query(ge=1, le=4)]], Query(description="Any of these severities")]
Division = Annotated[str | None, Query(pattern=r"^\d{6}$", description="This division and those below it")]
Time = Annotated[int, Query(ge=0, le=LATEST_MS, description="ms since 1970 UTC")]
Word = Annotated[str, Query(max_length=64)]
Text = Annotated[str, Query(max_length=200)]


def query_of(
    principal: Calling,
    state: States = [],  # noqa: B006  # FastAPI copies defaults; the OpenAPI document shows them
    severity: Severities = [],  # noqa: B006
    division: Division = None,
    source: Annotated[Word, Query(description="This source")] = "",
    rule: Annotated[Word, Query(description="This rule")] = "",
    enterprise: Annotated[Word, Query(description="This enterprise")] = "",
    category: Annotated[Word, Query(description="This category")] = "",
    channel: Annotated[Word, Query(description="From this channel")] = "",
    flag: Annotated[Word, Query(description="With this flag")] = "",
    unit: Annotated[Text, Query(description="This unit is responsible")] = "",
    person: Annotated[Text, Query(description="This person is responsible")] = "",
    round_id: Annotated[Word, Query(description="Found in this round")] = "",
    parent: Annotated[Word, Query(description="What came back after this issue")] = "",
    due_before_ms: Annotated[Time, Query(description="Due before; with the present time: overdue")] = 0,
    since_ms: Annotated[Time, Query(description="Registered at or after")] = 0,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> IssueQuery:
    """The query of a list, one row more than asked for: it tells whether another page follows."""
    after = None
    if cursor:
        at_ms, issue_id = position_of(cursor, int, str)
        after = (int(at_ms), str(issue_id))
    return IssueQuery(
        scope=principal.scope,
        limit=limit + 1,
        states=tuple(state),
        severities=tuple(severity),
        division_prefix=prefix_of(division) if division else "",
        source_id=source,
        rule_id=rule,
        since_ms=since_ms,
        after=after,
        enterprise_id=enterprise,
        category=category,
        channel=channel,
        flag=flag,
        unit=unit,
        person=person,
        round_id=round_id,
        parent_id=parent,
        due_before_ms=due_before_ms,
    )


Filtered = Annotated[IssueQuery, Depends(query_of)]
Row = TypeVar("Row")


def page_of(
    query: IssueQuery, found: Sequence[Row], head_of: Callable[[Row], Head]
) -> tuple[Sequence[Row], str | None]:
    """The rows asked for, and the cursor of the next page."""
    limit = query.limit - 1
    if len(found) <= limit:
        return found, None
    last = head_of(found[limit - 1])
    return found[:limit], cursor_of(last.registered_ms, last.issue_id)
