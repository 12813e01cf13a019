"""`lantian backup` and `restore` over a real store and broker."""

import asyncio
import uuid
import zipfile
from pathlib import Path
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.structs import OffsetAndMetadata
from pymongo import MongoClient
from typer.testing import CliRunner

from lantian_kit.bus import create_topics
from lantian_local.__main__ import app
from lantian_local.backup import offsets
from lantian_proto.topics import LEADS, TOPICS


class Desk:
    """The commands, aimed at one database of the shared store."""

    def __init__(self, store_url: str, bootstrap: str, database: str, folder: Path) -> None:
        self.client: MongoClient[dict[str, Any]] = MongoClient(store_url)
        self.database = self.client[database]
        self.file = folder / "ledger.backup"
        self._names = {"store": store_url, "kafka": bootstrap, "database": database}

    def backup(self) -> tuple[int, str]:
        """Exit code and output."""
        return self._run("backup", "store", "kafka", "database")

    def restore(self) -> tuple[int, str]:
        """Exit code and output."""
        return self._run("restore", "store", "kafka")

    def check(self) -> tuple[int, str]:
        """Exit code and output."""
        return self._run("backup-check")

    def _run(self, command: str, *names: str) -> tuple[int, str]:
        options = [word for name in names for word in (f"--{name}", self._names[name])]
        done = CliRunner().invoke(app, [command, str(self.file), *options])
        return done.exit_code, done.output


@pytest.fixture
def desk(store_url: str, kafka: str, store_database: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Three issues, a counter, and groups that stand somewhere."""
    create_topics(kafka, [TOPICS[LEADS]], replication=1, partitions_override=1)
    found = Desk(store_url, kafka, store_database, tmp_path)
    found.database.issues.insert_many([{"_id": f"iss-{n}", "number": n, "frames": [b"\x00\xff" * n]} for n in range(3)])
    found.database.issues.create_index([("number", -1)], name="numbers", unique=True)
    found.database.counters.insert_one({"_id": "130100-2026", "next": 4})
    yield found
    found.client.close()


def contents(desk: Desk) -> dict[str, Any]:
    """Documents and indexes of every collection."""
    return {
        name: (list(desk.database[name].find(sort=[("_id", 1)])), sorted(desk.database[name].index_information()))
        for name in desk.database.list_collection_names()
    }


def test_what_was_destroyed_comes_back_as_it_was(desk: Desk) -> None:
    """Documents, bytes, indexes."""
    before = contents(desk)
    code, output = desk.backup()
    assert (code, "4 documents" in output) == (0, True), output
    assert desk.check()[0] == 0
    for name in before:
        desk.database.drop_collection(name)
    code, output = desk.restore()
    assert (code, "4 documents restored" in output) == (0, True), output
    assert contents(desk) == before


def test_nothing_is_written_over(desk: Desk) -> None:
    """A store that holds anything of it stays as it is."""
    assert desk.backup()[0] == 0
    desk.database.issues.delete_many({})
    desk.database.issues.insert_one({"_id": "iss-9", "number": 9})
    before = contents(desk)
    code, output = desk.restore()
    assert code == 1
    assert "is not empty; nothing was written" in output
    assert contents(desk) == before


def test_a_damaged_backup_is_refused_before_anything_is_written(desk: Desk) -> None:
    """A byte changed, a file cut off, a file of another kind."""
    assert desk.backup()[0] == 0
    for name in contents(desk):
        desk.database.drop_collection(name)
    whole = desk.file.read_bytes()
    with zipfile.ZipFile(desk.file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(desk.file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data.replace(b"iss-1", b"iss-7") if name.endswith("issues.bson") else data)
    assert "is not what was written" in desk.restore()[1]
    for damaged in (whole[: len(whole) // 2], b"no zip"):
        desk.file.write_bytes(damaged)
        code, output = desk.restore()
        assert code == 1
        assert "is no backup" in output
    assert desk.database.list_collection_names() == []


def test_groups_go_on_where_they_stood_when_the_backup_was_taken(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came after it comes again; a group with members is refused."""
    group = f"group-{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(offsets, "GROUPS", (group,))
    create_topics(kafka, [TOPICS[LEADS]], replication=1, partitions_override=1)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    place = TopicPartition(LEADS, 0)
    admin.alter_group_offsets(group, {place: OffsetAndMetadata(3, "", -1)})
    kept = offsets.committed(kafka)
    assert kept == {group: {LEADS: {"0": 3}}}
    admin.alter_group_offsets(group, {place: OffsetAndMetadata(7, "", -1)})
    assert offsets.set_back(kafka, kept) == 1
    assert offsets.committed(kafka) == kept
    admin.close()
    with pytest.raises(offsets.GroupBusy, match=f"stop {group} first"):
        asyncio.run(_while_it_has_a_member(kafka, group, kept))


async def _while_it_has_a_member(bootstrap: str, group: str, kept: offsets.Offsets) -> None:
    from aiokafka import AIOKafkaConsumer

    consumer = AIOKafkaConsumer(LEADS, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        await asyncio.to_thread(offsets.set_back, bootstrap, kept)
    finally:
        await consumer.stop()
