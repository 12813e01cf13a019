"""`lantian audit verify` and `restore`: the chains of the store against audit.v1, and back from there."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import typer

from lantian_local import state as states
from lantian_local.layout import DEFAULT_HOME
from lantian_tasks.audit.chain import Broken, verify_chain, verify_subject
from lantian_tasks.ledger.history import verify

app = typer.Typer(help="The audit chains: are they what was written?", no_args_is_help=True)

DATABASE = "lantian_tasks"
LASTING = ("issues", "cases", "registry")
"""Collections whose documents stay for ever; sessions are forgotten after their time, their entries are not."""
Store = Annotated[str, typer.Option(envvar="LANTIAN_STORE_URL", help="MongoDB URL; default: the local suite's.")]
Kafka = Annotated[str, typer.Option(envvar="LANTIAN_KAFKA_BOOTSTRAP", help="Broker; default: the local suite's.")]
Database = Annotated[str, typer.Option(envvar="LANTIAN_STORE_DATABASE", help="Database of tasks.")]


@dataclass
class Report:
    """What was looked at, and the first broken entry of each chain."""

    chains: int = 0
    entries: int = 0
    anchored: int = 0
    documents: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return not self.broken


@app.command("verify")
def verify_(
    store: Store = "",
    kafka: Kafka = "",
    database: Database = DATABASE,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Recompute every chain, compare it with its anchor and with the documents; exit code 1 names what is broken."""

    def work(documents: Any, anchors: list[dict[str, Any]]) -> None:
        report = examine(documents, anchors)
        if as_json:
            sys.stdout.write(json.dumps(asdict(report) | {"intact": report.intact}, ensure_ascii=False) + "\n")
        else:
            for one in report.broken:
                sys.stdout.write(f"chain {one.chain}, entry {one.sequence}: {one.what}\n")
            sys.stdout.write(
                f"{report.chains} chains, {report.entries} entries, {report.anchored} of them anchored, "
                f"{report.documents} documents: {'intact' if report.intact else 'BROKEN'}\n"
            )
        if not report.intact:
            raise typer.Exit(1)

    _run(work, store, kafka, database)


@app.command()
def restore(store: Store = "", kafka: Kafka = "", database: Database = DATABASE) -> None:
    """Write the entries that audit.v1 has and the store lacks, after a restore or a rebuild; stop tasks first."""

    def work(documents: Any, anchors: list[dict[str, Any]]) -> None:
        places = {"chain": 1, "sequence": 1}
        kept = {(row["chain"], row["sequence"]) for row in documents["audit"].find({}, places)}
        missing = [one for one in anchors if (one["chain"], one["sequence"]) not in kept]
        for begin in range(0, len(missing), 500):
            documents["audit"].insert_many([dict(one) for one in missing[begin : begin + 500]])
        sys.stdout.write(f"{len(missing)} entries restored, {len(kept)} were there\n")

    _run(work, store, kafka, database)


def examine(documents: Any, anchors: list[dict[str, Any]]) -> Report:
    """The chains in a database against the entries of the topic, and the documents against the chains."""
    report = Report(anchored=len(anchors))
    by_chain: dict[str, dict[int, str]] = {}
    for one in anchors:
        known = by_chain.setdefault(one["chain"], {}).setdefault(one["sequence"], one["hash"])
        if known != one["hash"]:
            report.broken.append(Broken(one["chain"], one["sequence"], "was anchored twice, with different content"))
    sealed: dict[str, dict[int, tuple[str, int, str]]] = {}
    names = {*documents["audit"].distinct("chain"), *by_chain}
    for chain in sorted(names):
        report.chains += 1
        found = verify_chain(chain, _seen(documents, chain, sealed, report), by_chain.get(chain, {}))
        if isinstance(found, Broken):
            report.broken.append(found)
    for collection in LASTING:
        for document in documents[collection].find({}, {"history": 1}):
            report.documents += 1
            subject, history = f"{collection}/{document['_id']}", document["history"]
            broken = verify_subject(subject, history, sealed.pop(subject, {}))
            bad = verify(history, str(document["_id"]))
            if broken is None and bad is not None:
                broken = Broken(subject, bad + 1, "its hash does not fit what it says")
            if broken is not None:
                report.broken.append(broken)
    for subject, places in sorted(sealed.items()):
        if subject.partition("/")[0] in LASTING:
            chain, sequence, _ = places[min(places)]
            report.broken.append(Broken(chain, sequence, f"{subject} is gone"))
    return report


def _seen(
    documents: Any, chain: str, sealed: dict[str, dict[int, tuple[str, int, str]]], report: Report
) -> Iterator[Mapping[str, Any]]:
    rows = documents["audit"].find({"chain": chain}, {"_id": 0, "unanchored": 0}).sort([("sequence", 1), ("_id", 1)])
    for link in rows:
        report.entries += 1
        place = (chain, link["sequence"], link["subject_hash"])
        sealed.setdefault(link["subject"], {})[link["subject_sequence"]] = place
        yield link


async def anchors_of(bootstrap: str) -> list[dict[str, Any]]:
    """Every entry of audit.v1. Raises LookupError, KafkaError."""
    from lantian_kit.whole import read_whole
    from lantian_proto.topics import AUDIT

    return [json.loads(record.value or b"{}") async for record in read_whole(bootstrap, AUDIT)]


def _run(work: Callable[[Any, list[dict[str, Any]]], None], store: str, kafka: str, database: str) -> None:
    from aiokafka.errors import KafkaError
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    try:
        anchors = asyncio.run(anchors_of(_address(kafka, "kafka")))
        client: MongoClient[dict[str, Any]] = MongoClient(_address(store, "store"), serverSelectionTimeoutMS=10_000)
        try:
            work(client[database], anchors)
        finally:
            client.close()
    except (LookupError, ValueError, KafkaError, PyMongoError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from error


def _address(given: str, part: str) -> str:
    return given or states.address_of(DEFAULT_HOME.resolve(), part, f"name it with --{part}")
