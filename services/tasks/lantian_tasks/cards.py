"""Cards of documents in the memory of this process: what lists filter, order and count by, in a table of SQLite.

For a store that reads every document to list a few. One process alone writes the documents then, and writes their cards
with them. A card names the document and never stands for it: what a list shows is read from the store.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import DESCENDING, IndexModel

from lantian_tasks.access.scope import Scope
from lantian_tasks.conditions import Document

BETWEEN = "\x1f"
"""Between the texts of a joined column: a separator of ASCII that nobody types."""
IN_DOUBT_SECONDS = 30.0
"""How long a write whose end nobody saw may still arrive: longer than the store's client waits."""
Condition = tuple[str, Sequence[Any]]
Row = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """Columns beside the id, and the indexes of the collection, of which a table takes those it has the columns for.

    `joined` columns hold several texts; they are searched and never counted.
    """

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    joined: tuple[str, ...]
    indexes: Sequence[IndexModel]
    card_of: Callable[[Mapping[str, Any]], tuple[Any, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """In the order of the row that `card_of` makes."""
        return ("id", *self.numbers, *self.words, *self.joined)

    def put(self, conflict: str) -> str:
        """The statement that writes a card; `conflict` says what becomes of one that is there."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO cards ({', '.join(self.columns)}) VALUES ({marks}) ON CONFLICT (id) DO {conflict}"

    def newer(self) -> str:
        """On conflict: the revision that is not older stands."""
        columns = ", ".join(f"{name} = excluded.{name}" for name in self.columns[1:])
        return f"UPDATE SET {columns} WHERE excluded.rev >= cards.rev"

    def made(self) -> Iterator[str]:
        """The statements that make the table."""
        # Without a type: a number stays what it is, whole or not.
        numbers = ", ".join(f"{name} NOT NULL" for name in self.numbers)
        words = ", ".join(f"{name} TEXT NOT NULL" for name in (*self.words, *self.joined))
        yield f"CREATE TABLE cards (id TEXT PRIMARY KEY, {numbers}, {words}) WITHOUT ROWID"
        for index in self.indexes:
            keys = {_column(name): way for name, way in index.document["key"].items()}
            if keys.keys() <= set(self.columns) - set(self.joined):
                columns = ", ".join(name + (" DESC" if way == DESCENDING else "") for name, way in keys.items())
                yield f'CREATE INDEX "by_{index.document["name"]}" ON cards ({columns})'


def _column(name: str) -> str:
    return "id" if name == "_id" else name.removeprefix("keys.")


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


def one_of(name: str, values: Sequence[Any]) -> Condition:
    """A column that has one of some values."""
    return f"{name} IN ({', '.join('?' * len(values))})", values


class Cards:
    """The table. Questions run in a thread of their own, so that a long one stops nobody else."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._table = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        for statement in shape.made():
            self._table.execute(statement)
        self._keep, self._fill = shape.put(shape.newer()), shape.put("NOTHING")
        self._one_at_a_time = threading.Lock()
        self._closed = False
        self._in_doubt: dict[str, float] = {}

    def keep(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """The cards of these documents; one of an older revision than the card changes nothing."""
        self._put(self._keep, documents)

    def fill(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """The cards of these documents, for those that have none: what was read may be older than what was written."""
        self._put(self._fill, documents)

    def _put(self, statement: str, documents: Iterable[Mapping[str, Any]]) -> None:
        rows = list(map(self._shape.card_of, documents))
        with self._one_at_a_time:
            if self._closed:
                return  # a thread outlives the task that waited for it; nobody asks these cards any more
            # One transaction: a third of the time.
            self._table.execute("BEGIN")
            self._table.executemany(statement, rows)
            self._table.execute("COMMIT")

    def close(self) -> None:
        """Ends the table, after whoever is at it: a table that is closed under a statement takes the process along."""
        with self._one_at_a_time:
            self._closed = True
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
        """Documents to be looked up before the next question."""
        now = time.monotonic()
        ids = list(self._in_doubt)
        self._in_doubt = {id_: until for id_, until in self._in_doubt.items() if until > now}
        return ids

    async def rows(
        self,
        conditions: Iterable[Condition],
        order: tuple[str, int],
        after: tuple[Any, str] | None,
        limit: int,
        *,
        searching: bool,
    ) -> list[Row]:
        """Id and order key of a page of the list, in order.

        `searching`: one condition reads the texts. Then all cards are read as they lie and sorted, for walking them
        in order takes more than twice as long where few match.
        """
        key, direction = _column(order[0]), order[1]
        way, beyond = ("DESC", "<") if direction == DESCENDING else ("ASC", ">")
        wanted = list(conditions)
        if after is not None:
            wanted.append((f"({key}, id) {beyond} (?, ?)", after))
        by = f"+{key}" if searching else key
        return await self._ask(f"SELECT id, {key}", wanted, f"ORDER BY {by} {way}, id {way} LIMIT ?", [limit])

    async def counted(self, conditions: Iterable[Condition], by: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Number of documents for each combination of these columns."""
        names = list(map(_column, by))
        unknown = set(names) - set(self._shape.columns)
        if unknown:
            raise ValueError(f"not on the cards: {sorted(unknown)}")
        selected = "".join(f"{name}, " for name in names)
        group = f"GROUP BY {', '.join(names)}" if names else ""
        rows = await self._ask(f"SELECT {selected}COUNT(*)", list(conditions), group, ())
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
