"""Cards of issues in the memory of this process: what lists filter, order and count by, in a table of SQLite.

For a store that reads every document to list a few. One process alone writes the issues then, and writes its cards
with them. A card names the document and never stands for it: what a list shows is read from the store.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pymongo import DESCENDING

from lantian_tasks.access.scope import Scope
from lantian_tasks.conditions import Document
from lantian_tasks.issue_queries import EQUAL, ISSUE_INDEXES, ORDERS, SEARCHED
from lantian_tasks.ports import IssueQuery

NUMBERS = ("rev", "severity", "registered_ms", "changed_ms", "due_ms")
WORDS = ("state", "division_code", "urgency", *EQUAL)
JOINED = ("flags", "searched")
COLUMNS = ("id", *NUMBERS, *WORDS, *JOINED)
BETWEEN = "\x1f"
"""Between the texts of a joined column: a separator of ASCII that nobody types."""
IN_DOUBT_SECONDS = 30.0
"""How long a write whose end nobody saw may still arrive: longer than the store's client waits."""
Condition = tuple[str, Sequence[Any]]
PUT = (
    f"INSERT INTO cards ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) ON CONFLICT (id) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in COLUMNS[1:])} WHERE excluded.rev >= cards.rev"
)


def card_of(document: Mapping[str, Any]) -> tuple[Any, ...]:
    """The row of an issue's document; what an older schema lacks is empty."""
    numbers = (document.get(name, 0) for name in NUMBERS)
    words = (str(document.get(name, "")) for name in WORDS)
    flags = BETWEEN.join(["", *document.get("flags", ()), ""])
    searched = BETWEEN.join(str(document.get(name, "")) for name in SEARCHED).lower()
    return (document["_id"], *numbers, *words, flags, searched)


def within(scope: Scope) -> list[Condition]:
    """The scope as conditions; the same rule as Scope.covers, proved equal by the contract suite."""
    found: list[Condition] = []
    if not scope.is_country:
        ranges = list(scope.ranges())
        bounds = " OR ".join(["(division_code >= ? AND division_code < ?)"] * len(ranges)) or "FALSE"
        found.append((f"({bounds})", [bound for both in ranges for bound in both]))
    if scope.enterprise_id is not None:
        found.append(("enterprise_id = ?", [scope.enterprise_id]))
    return found


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
        yield f"state IN ({', '.join('?' * len(query.states))})", [str(state) for state in query.states]
    if query.severities:
        yield f"severity IN ({', '.join('?' * len(query.severities))})", query.severities
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


class IssueCards:
    """The table. Questions run in a thread of their own, so that a long one stops nobody else."""

    def __init__(self) -> None:
        self._table = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        numbers = ", ".join(f"{name} INTEGER NOT NULL" for name in NUMBERS)
        words = ", ".join(f"{name} TEXT NOT NULL" for name in (*WORDS, *JOINED))
        self._table.execute(f"CREATE TABLE cards (id TEXT PRIMARY KEY, {numbers}, {words}) WITHOUT ROWID")
        for index in ISSUE_INDEXES:
            keys = {"id" if name == "_id" else name: way for name, way in index.document["key"].items()}
            if keys.keys() <= set(COLUMNS) - set(JOINED):
                columns = ", ".join(name + (" DESC" if way == DESCENDING else "") for name, way in keys.items())
                self._table.execute(f'CREATE INDEX "by_{index.document["name"]}" ON cards ({columns})')
        self._one_at_a_time = threading.Lock()
        self._in_doubt: dict[str, float] = {}

    def keep(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """The cards of these documents; one of an older revision than the card changes nothing."""
        with self._one_at_a_time:
            self._table.executemany(PUT, map(card_of, documents))

    def close(self) -> None:
        """Ends the table."""
        self._table.close()

    @contextlib.contextmanager
    def doubting(self, ids: Sequence[str]) -> Iterator[None]:
        """Around a write: if nobody saw how it ended, what the cards of these say is in doubt for a while."""
        try:
            yield
        except BaseException:
            self._in_doubt |= dict.fromkeys(ids, time.monotonic() + IN_DOUBT_SECONDS)
            raise

    @property
    def in_doubt(self) -> list[str]:
        """Issues to be looked up before the next question."""
        now = time.monotonic()
        ids = list(self._in_doubt)
        self._in_doubt = {id_: until for id_, until in self._in_doubt.items() if until > now}
        return ids

    async def page(self, query: IssueQuery) -> list[str]:
        """Ids of a page of the list, in order."""
        key, direction = ORDERS[query.order]
        way, beyond = ("DESC", "<") if direction == DESCENDING else ("ASC", ">")
        conditions = list(conditions_of(query))
        if query.after is not None:
            conditions.append((f"({key}, id) {beyond} (?, ?)", query.after))
        rows = await self._ask("SELECT id", conditions, f"ORDER BY {key} {way}, id {way} LIMIT ?", [query.limit])
        return [row[0] for row in rows]

    async def count(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Number of issues for each combination of these columns."""
        unknown = set(by) - set(COLUMNS)
        if unknown:
            raise ValueError(f"not on the cards: {sorted(unknown)}")
        names = "".join(f"{name}, " for name in by)
        group = f"GROUP BY {', '.join(by)}" if by else ""
        rows = await self._ask(f"SELECT {names}COUNT(*)", list(conditions_of(query)), group, ())
        return {tuple(map(str, row[:-1])): row[-1] for row in rows}

    async def _ask(self, select: str, conditions: Sequence[Condition], rest: str, more: Sequence[Any]) -> list[Any]:
        where = " AND ".join(text for text, _ in conditions) or "TRUE"
        values = [value for _, some in conditions for value in some]
        question = f"{select} FROM cards WHERE {where} {rest}"
        return await asyncio.to_thread(self._answer, question, [*values, *more])

    def _answer(self, question: str, values: Sequence[Any]) -> list[Any]:
        with self._one_at_a_time:
            return self._table.execute(question, values).fetchall()


def in_order(ids: Sequence[str], documents: Iterable[Document]) -> list[Document]:
    """Documents in the order of their ids; one that is gone leaves no gap."""
    found = {document["_id"]: document for document in documents}
    return [found[id_] for id_ in ids if id_ in found]
