"""`lantian backup`, `lantian restore` and `lantian rebuild`."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from lantian_local import state as states
from lantian_local.layout import own_home

if TYPE_CHECKING:
    from lantian_local.backup.rebuilding import Comparison

DATABASES = ["lantian_tasks", "lantian_notify"]
GROUP, HOURS_GROUP = "tasks", "tasks-hours"
OVERLAP_MS = 3_600_000  # leads are taken again from an hour before the newest copy: a repeat changes nothing
SHOWN = 5

File = Annotated[Path, typer.Argument(help="The backup.")]
Store = Annotated[str, typer.Option(envvar="LANTIAN_STORE_URL", help="MongoDB URL; default: the local suite's.")]
Kafka = Annotated[str, typer.Option(envvar="LANTIAN_KAFKA_BOOTSTRAP", help="Broker; default: the local suite's.")]
Names = Annotated[list[str], typer.Option("--database", help="Databases; may be given several times.")]


def backup(file: File, store: Store = "", kafka: Kafka = "", database: Names = DATABASES) -> None:
    """Write the ledger and the notices to one file, with the places the services had reached in their topics."""
    from lantian_local.backup import offsets
    from lantian_local.backup import store as stores
    from lantian_local.backup.archive import Writer

    def work() -> None:
        reached = offsets.committed(_address(kafka, "kafka"))  # before the documents: what came later comes again
        with stores.connected(_address(store, "store")) as client, stores.one_moment(client) as session:
            head = stores.manifest(int(time.time() * 1000), session, reached)
            with Writer(file, head) as archive:
                count = stores.save(client, session, database, archive)
        moment = "of one moment" if head.snapshot else "read one after another: the store knows no snapshots"
        sys.stdout.write(f"{count} documents in {file}, {moment}\n")

    _refusing(work)


def restore(file: File, store: Store = "", kafka: Kafka = "") -> None:
    """Write a backup into an empty store and set the services back to where they stood; stop them first."""
    from lantian_local.backup import offsets
    from lantian_local.backup import store as stores
    from lantian_local.backup.archive import Reader

    def work() -> None:
        with Reader(file) as archive, stores.connected(_address(store, "store")) as client:
            archive.check()
            stores.demand_empty(client, archive)
            places = offsets.set_back(_address(kafka, "kafka"), archive.manifest.offsets)
            count = stores.restore(client, archive)
        sys.stdout.write(f"{count} documents restored, {places} partitions set back; start the services again\n")

    _refusing(work)


def rebuild(
    store: Store = "",
    kafka: Kafka = "",
    database: Annotated[str, typer.Option(help="Database of tasks.")] = DATABASES[0],
    compare: Annotated[bool, typer.Option("--check", help="Write nothing: compare the store with the topic.")] = False,
    newer: Annotated[
        bool, typer.Option("--newer", help="After a restore: write only what the topic has newer than the backup.")
    ] = False,
) -> None:
    """Fill the empty store of tasks from ledger.v1, and set its groups back in their topics; stop tasks first."""
    from lantian_local.backup import offsets, rebuilding
    from lantian_local.backup import store as stores
    from lantian_proto.topics import LEADS, READINGS

    def work() -> None:
        broker = _address(kafka, "kafka")
        with stores.connected(_address(store, "store"), dict) as client:
            if compare:
                _tell(asyncio.run(rebuilding.compare(broker, client, database)), sys.stdout)
                return
            if newer:
                stand = offsets.committed(broker)
                offsets.set_back(broker, {GROUP: stand.get(GROUP, {})})  # moves nothing, and refuses while tasks runs
                count = asyncio.run(rebuilding.catch_up(broker, client, database))
                digest = rebuilding.ledger_hash(client, database)
                sys.stdout.write(f"{count} documents are newer now, ledger {digest}; start the services again\n")
                return
            rebuilding.demand_empty(client, database)
            offsets.set_back_in_time(broker, HOURS_GROUP, READINGS, 0)  # refuses while tasks runs
            count, newest_ms = asyncio.run(rebuilding.rebuild(broker, client, database))
            offsets.set_back_in_time(broker, GROUP, LEADS, max(0, newest_ms - OVERLAP_MS))
            digest = rebuilding.ledger_hash(client, database)
        sys.stdout.write(f"{count} documents rebuilt, ledger {digest}; start the services again\n")

    _refusing(work)


def _tell(found: "Comparison", out: TextIO) -> None:
    out.write(f"{found.same} documents are the same in store and topic\n")
    for words, ids in (
        ("differ", found.different),
        ("lie in the store alone", found.only_in_store),
        ("lie in the topic alone", found.only_in_topic),
    ):
        if ids:
            out.write(f"{len(ids)} {words}, e.g. {', '.join(sorted(ids)[:SHOWN])}\n")
    if not found.equal:
        raise typer.Exit(1)


def check(file: File) -> None:
    """Read a backup against its own hashes."""
    from lantian_local.backup.archive import Reader

    def work() -> None:
        with Reader(file) as archive:
            archive.check()
            for name, collections in archive.manifest.databases.items():
                for collection, told in collections.items():
                    sys.stdout.write(f"{name}.{collection} {told.documents} {told.sha256}\n")

    _refusing(work)


def _address(given: str, part: str) -> str:
    """The address given, else that of the local suite. Raises LookupError."""
    return given or states.address_of(own_home(), part, f"name it with --{part}")


def _refusing(work: Callable[[], None]) -> None:
    """Says why not, in one line; exit code 1."""
    from kafka.errors import KafkaError
    from pymongo.errors import PyMongoError

    from lantian_local.backup.archive import Unsound
    from lantian_local.backup.ledger_topic import Damaged
    from lantian_local.backup.offsets import GroupBusy
    from lantian_local.backup.store import NotEmpty

    try:
        work()
    except (Unsound, Damaged, NotEmpty, GroupBusy, LookupError, OSError, PyMongoError, KafkaError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error
