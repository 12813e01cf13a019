"""Cards of leads and rounds: their columns, and what a list asks of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lantian_tasks.access.scope import Scope
from lantian_tasks.cards import BETWEEN, Cards, Condition, Row, Shape, one_of, within
from lantian_tasks.case_store import CASE_INDEXES, CASE_ORDERS, SEARCHED
from lantian_tasks.ports import CaseQuery

EQUAL = ("source_id", "rule_id", "enterprise_id", "category", "channel", "round_id", "dedupe", "task_kind")
"""Keys of a case that a list may name."""
WORDS = ("kind", "state", "division_code", "valid_from", "valid_to", *EQUAL)
CARD_KEYS = ("rev", "kind", "state", "created_ms", "keys", "data.title")
"""What of a document its card is made of."""
COUNTED = ("state", *(f"keys.{name}" for name in ("division_code", *EQUAL)))


def card_of(document: Mapping[str, Any]) -> tuple[Any, ...]:
    """The row of a case's document."""
    keys = document["keys"]
    flat = {**keys, "kind": document["kind"], "state": document["state"]}
    numbers = (document["rev"], keys.get("severity", 0), keys.get("score", 0.0), document["created_ms"])
    words = (str(flat.get(name, "")) for name in WORDS)
    return (document["_id"], *numbers, *words, BETWEEN.join(map(str, _searched(document))).lower())


def _searched(document: Mapping[str, Any]) -> Iterator[Any]:
    for name in SEARCHED:
        outer, _, inner = name.partition(".")
        yield document.get(outer, {}).get(inner, "")


SHAPE = Shape(("rev", "severity", "score", "created_ms"), WORDS, ("searched",), CASE_INDEXES, card_of)


def answerable(query: CaseQuery, by: Sequence[str] = ()) -> bool:
    """Whether the cards hold all that is asked."""
    return {*query.keys} <= {*EQUAL} and {*by} <= {*COUNTED}


def conditions_of(query: CaseQuery) -> Iterator[Condition]:
    """What a case of the query fulfils, page and order aside; says the same as case_conditions."""
    yield "kind = ?", [query.kind]
    yield from within(query.scope)
    if query.division_prefix:
        yield from within(Scope((query.division_prefix,)))
    for name, value in query.keys.items():
        yield f"{name} = ?", [str(value)]
    if query.states:
        yield one_of("state", [str(state) for state in query.states])
    if query.severities:
        yield one_of("severity", query.severities)
    if query.least_score:
        yield "score >= ?", [query.least_score]
    if query.since_ms:
        yield "created_ms >= ?", [query.since_ms]
    if query.until_ms:
        yield "created_ms < ?", [query.until_ms]
    if query.valid_on:
        yield "valid_from <= ? AND valid_to >= ?", [query.valid_on, query.valid_on]
    if query.text:
        yield "instr(searched, ?)", [query.text.lower()]


class CaseCards(Cards):
    """Of all leads and rounds."""

    def __init__(self) -> None:
        super().__init__(SHAPE)

    async def page(self, query: CaseQuery) -> list[Row]:
        """Id and order key of each row of a page, in order."""
        order = CASE_ORDERS[query.order]
        return await self.rows(conditions_of(query), order, query.after, query.limit, searching=bool(query.text))

    async def count(self, query: CaseQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Number of cases for each combination of these columns, named as the store names them."""
        return await self.counted(conditions_of(query), by)
