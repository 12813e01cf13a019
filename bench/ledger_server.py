"""The questions of bench/ledger.py put to a server at an address, with the plan of each: `make bench-ledger-server`.

    python -m bench.ledger_server mongodb://host/?replicaSet=rs0 --about "MongoDB 8.0.17, a replica set of three"

Fills a database of its own on that server (dropped before and after) with a season's ledger, makes the indexes that the
service makes there (MotorStore), asks, and has every command that the store sent explained. Fails when a question takes
longer than the target, or reads a collection whole.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

from pymongo import MongoClient, monitoring
from pymongo.errors import OperationFailure

from bench.ledger_questions import ROUNDS, Ask, lead_questions, questions, timed
from bench.ledger_season import filled
from bench.pages import keep
from bench.plans import Plan, plan_of
from lantian_tasks.case_store import CASE_INDEXES
from lantian_tasks.issue_queries import ISSUE_INDEXES
from lantian_tasks.store import MotorStore

TARGET_MS = 100
DATABASE = "lantian_bench_ledger"
EXPLAINED = ("find", "aggregate", "count", "distinct")
OF_THE_DRIVER = ("lsid", "$db", "$clusterTime", "$readPreference", "readConcern", "apiVersion", "txnNumber")
Row = dict[str, Any]


class Heard(monitoring.CommandListener):
    """The commands that ask something, as the driver sends them."""

    def __init__(self) -> None:
        self.commands: list[Row] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Keeps what `explain` takes."""
        if event.command_name in EXPLAINED:
            kept = {name: value for name, value in event.command.items() if name not in OF_THE_DRIVER}
            self.commands.append(kept)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Whoever asked is told."""


def plans(client: MongoClient[Row], commands: Sequence[Row]) -> list[Plan]:
    """Of each command. Raises OperationFailure where the server explains none of its kind, NoPlan."""
    database = client[DATABASE]
    return [plan_of(database.command("explain", command, verbosity="executionStats")) for command in commands]


async def answers(url: str, issues: int, rounds: int) -> dict[str, Row]:
    """Times and plans of every question."""
    heard = Heard()
    monitoring.register(heard)
    store = MotorStore(url, DATABASE, patience_seconds=60)
    await store.start()
    found: dict[str, Row] = {}
    with MongoClient[Row](url) as client:
        for name, ask in (*questions(store, issues), *lead_questions(store)):
            found[name] = {**await timed(name, ask, rounds), **await explained(client, heard, ask)}
    await store.stop()
    return found


async def explained(client: MongoClient[Row], heard: Heard, ask: Ask) -> Row:
    """What the plans of one question say, together."""
    heard.commands.clear()
    await ask()
    commands = list(heard.commands)
    try:
        of_each = await asyncio.to_thread(plans, client, commands)
    except OperationFailure as error:
        return {"not_explained": str(error)}
    documents = [plan.documents for plan in of_each if plan.documents is not None]
    return {
        "collections_read_whole": sum(plan.collections for plan in of_each),
        "indexes": sorted({name for plan in of_each for name in plan.indexes}),
        "indexes_read_without_bound": sorted({name for plan in of_each for name in plan.whole}),
        "sorts": any(plan.sorts for plan in of_each),
        "documents_read": sum(documents) if documents else None,
    }


def indexed(client: MongoClient[Row]) -> float:
    """Makes the indexes of what is asked about, on the full collections; seconds."""
    began = time.monotonic()
    client[DATABASE]["issues"].create_indexes(ISSUE_INDEXES)
    client[DATABASE]["cases"].create_indexes(CASE_INDEXES)
    return time.monotonic() - began


def line(name: str, row: Row) -> tuple[object, ...]:
    """A row of the page for people."""
    if "not_explained" in row:
        return (name, row["p50_ms"], row["p95_ms"], "not explained", "", "")
    indexes = [
        f"{one} (from end to end)" if one in row["indexes_read_without_bound"] else one for one in row["indexes"]
    ]
    entered = ", ".join(indexes) or "none"
    whole = "**yes**" if row["collections_read_whole"] else "no"
    return (name, row["p50_ms"], row["p95_ms"], entered, whole, "yes" if row["sorts"] else "no")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fills, asks, explains, writes the result; 1 when a question was slow or read a collection whole."""
    parser = argparse.ArgumentParser(description="The ledger's questions to a server of MongoDB's protocol.")
    parser.add_argument("url", help="where it listens; its database lantian_bench_ledger is dropped")
    parser.add_argument("--about", required=True, help="what it is, with its version, as the result shall say")
    parser.add_argument("--name", default="ledger-server", help="name of the result's files")
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--leads", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments)
    with MongoClient[Row](chosen.url) as client:
        client.drop_database(DATABASE)
        seconds, size = filled(chosen.url, chosen.issues, chosen.leads, DATABASE)
        index_seconds = indexed(client)
        found = asyncio.run(answers(chosen.url, chosen.issues, chosen.rounds))
        client.drop_database(DATABASE)
    slow = sorted(name for name, row in found.items() if row["p95_ms"] > TARGET_MS)
    whole = sorted(name for name, row in found.items() if row.get("collections_read_whole"))
    silent = sorted(name for name, row in found.items() if "not_explained" in row)
    result = {
        "server": chosen.about,
        "issues": chosen.issues,
        "leads": chosen.leads,
        "bytes_each": size,
        "fill_seconds": round(seconds),
        "index_seconds": round(index_seconds),
        "target_p95_ms": TARGET_MS,
        "slower_than_target": slow,
        "reads_a_collection_whole": whole,
        "not_explained": silent,
        "questions": found,
    }
    text = (
        f"{chosen.about}. {size} bytes an issue, {chosen.issues:,} issues and {chosen.leads:,} leads filled in\n"
        f"{seconds:.0f} s, indexed in {index_seconds:.0f} s; `make bench-ledger-server`. p95 above {TARGET_MS} ms: "
        f"{len(slow)} of {len(found)}.\nA collection is read whole by {len(whole)}, {len(silent)} are not explained."
    )
    head = ("question (page of 50)", "p50 ms", "p95 ms", "indexes entered", "reads the collection whole", "sorts")
    keep(chosen.name, result, f"A ledger of {chosen.issues:,} issues on a server", text, [head, *_lines(found)])
    return 1 if slow or whole else 0


def _lines(found: dict[str, Row]) -> list[tuple[object, ...]]:
    return [line(name, row) for name, row in found.items()]


if __name__ == "__main__":
    sys.exit(main())
