"""Cards of issues: their columns, and what a list asks of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lantian_tasks.access.scope import Scope
from lantian_tasks.cards import BETWEEN, Cards, Condition, Row, Shape, one_of, within
from lantian_tasks.issue_queries import EQUAL, ISSUE_INDEXES, ORDERS, SEARCHED
from lantian_tasks.ports import IssueQuery

NUMBERS = ("rev", "severity", "registered_ms", "changed_ms", "due_ms")
WORDS = ("state", "division_code", "urgency", *EQUAL)


def card_of(document: Mapping[str, Any]) -> tuple[Any, ...]:
    """The row of an issue's document; what an older schema lacks is empty."""
    numbers = (document.get(name, 0) for name in NUMBERS)
    words = (str(document.get(name, "")) for name in WORDS)
    flags = BETWEEN.join(["", *document.get("flags", ()), ""])
    searched = BETWEEN.join(str(document.get(name, "")) for name in SEARCHED).lower()
    return (document["_id"], *numbers, *words, flags, searched)


SHAPE = Shape(NUMBERS, WORDS, ("flags", "searched"), ISSUE_INDEXES, card_of)


def conditions_of(query: IssueQuery) -> Iterator[Condition]:
    """What an issue of the query fulfils, page and order aside; says the same as issue_conditions."""
    yield from within(query.scope)
    if query.division_prefix:
        yield from within(Scope((query.division_prefix,)))
    for name in EQUAL:
        if value := getattr(query, name):
            yield f"{name} = ?", [value]
    if query.flag:
        yield "instr(flags, ?)", [f"{BETWEEN}{query.flag}{BETWEEN}"]
    if query.states:
        yield one_of("state", [str(state) for state in query.states])
    if query.severities:
        yield one_of("severity", query.severities)
    if query.due_before_ms or query.order == "due":
        yield "due_ms > 0", ()
    if query.due_before_ms:
        yield "due_ms < ?", [query.due_before_ms]
    if query.since_ms:
        yield "registered_ms >= ?", [query.since_ms]
    if query.until_ms:
        yield "registered_ms < ?", [query.until_ms]
    if query.text:
        yield "instr(searched, ?)", [query.text.lower()]


class IssueCards(Cards):
    """Of all issues."""

    def __init__(self) -> None:
        super().__init__(SHAPE)

    async def page(self, query: IssueQuery) -> list[Row]:
        """Id and order key of each row of a page, in order."""
        order = ORDERS[query.order]
        return await self.rows(conditions_of(query), order, query.after, query.limit, searching=bool(query.text))

    async def count(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Number of issues for each combination of these columns."""
        return await self.counted(conditions_of(query), by)
