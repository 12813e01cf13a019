"""The filters of lists of issues, once: as a dependency of FastAPI, and as a query of the store."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request

from lantian_proto.both import Both
from lantian_tasks.access.personal_data import reads_in_full
from lantian_tasks.access.principals import Calling
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.issue import Head, State
from lantian_tasks.ports import CaseQuery, IssueOrder, IssueQuery
from lantian_tasks.preconditions import cursor_of, position_of
from lantian_tasks.problems import ProblemError

LATEST_MS = 253_402_300_799_999
Cursor = Annotated[str | None, Query(max_length=400, description="next_cursor of the page before")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most rows of the page")]
States = Annotated[list[State], Query(description="Any of these states")]
Severities = Annotated[list[Annotated[int, Query(ge=1, le=4)]], Query(description="Any of these severities")]
Division = Annotated[str | None, Query(pattern=r"^\d{6}$", description="This division and those below it")]
Time = Annotated[int, Query(ge=0, le=LATEST_MS, description="ms since 1970 UTC")]
Word = Annotated[str, Query(max_length=64)]
Text = Annotated[str, Query(max_length=200)]

Search = Annotated[str, Query(max_length=100, description="Stands in name, number or title; letters of either case")]
Number = TypeVar("Number", int, float)


def place_of(cursor: str | None, order: str, kind: type[Number]) -> tuple[Number, str] | None:
    """The place behind which a page begins. Raises ProblemError 400 for a cursor of another list or order."""
    if not cursor:
        return None
    of, at, id_ = position_of(cursor, str, kind, str)
    if of != order:
        raise ProblemError(
            400, Both("the cursor is of another order", "翻页位置属于另一种排序，请从头翻页"), slug="cursor"
        )
    return kind(at), str(id_)


def query_of(
    request: Request,
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
    until_ms: Annotated[Time, Query(description="Registered before; 0: any")] = 0,
    q: Search = "",
    order: Annotated[
        IssueOrder,
        Query(description="newest: registered; changed; severity: gravest first; due: earliest first, if there is one"),
    ] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> IssueQuery:
    """The query of a list, one row more than asked for: it tells whether another page follows."""
    return IssueQuery(
        scope=principal.scope,
        limit=limit + 1,
        states=tuple(state),
        severities=tuple(severity),
        division_prefix=prefix_of(division) if division else "",
        source_id=source,
        rule_id=rule,
        since_ms=since_ms,
        after=place_of(cursor, order, int),
        order=order,
        text=q.strip(),
        until_ms=until_ms,
        enterprise_id=enterprise,
        category=category,
        channel=channel,
        flag=flag,
        unit=unit,
        person=person,
        round_id=round_id,
        parent_id=parent,
        due_before_ms=due_before_ms,
        people=reads_in_full(request),
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
    at = {
        "newest": last.registered_ms,
        "changed": last.changed_ms,
        "severity": last.severity,
        "due": last.standing.due_ms,
    }
    return found[:limit], cursor_of(query.order, at[query.order], last.issue_id)


def case_page(query: CaseQuery, found: Sequence[Case]) -> tuple[Sequence[Case], str | None]:
    """The same for leads, rounds and letters: the query asked for one row more than the page has."""
    limit = query.limit - 1
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    at = last.created_ms if query.order == "newest" else float(last.keys["score"])
    return found[:limit], cursor_of(query.order, at, last.case_id)
