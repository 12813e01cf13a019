"""`lantian dlq` over a real broker: look, put back once, mend, give up."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record, RecordReader
from lantian_local.__main__ import app
from lantian_proto.events import ONLY_GROUP
from lantian_proto.topics import DEAD_LETTER_DECISIONS, LEADS, REGISTRY, TOPICS, dead_letters_by, dead_letters_of
from tests.support.examples import message

GROUP = "tasks"
LEAD = message("leads.v1", "data-dropout.json").SerializeToString()


class Desk:
    """The command line, and a reason of one's own so that other tests' letters are out of sight."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.why = f"why-{uuid.uuid4().hex[:8]}"

    def lantian(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output of `lantian dlq …`."""
        done = CliRunner().invoke(app, ["dlq", *arguments, "--kafka", self.bootstrap])
        return done.exit_code, done.output

    def listed(self, state: str = "open") -> list[dict[str, object]]:
        """The letters of the reason."""
        code, output = self.lantian("list", "--json", "--group", GROUP, "--why", self.why, "--state", state)
        assert code == 0, output
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    def write(self, *records: Record) -> None:
        """Letters of these records, as a service writes them."""

        async def work() -> None:
            producer = Producer(self.bootstrap, "test", [dead_letters_of(GROUP), LEADS, REGISTRY])
            await producer.start()
            letters = DeadLetters(producer, SuiteClock(), KitMetrics(CollectorRegistry()), "tasks")
            for record in records:
                await letters.put(record, self.why, "no lead", group=GROUP, attempts=1)
            await producer.stop()

        asyncio.run(work())

    def append(self, topic: str, key: bytes, value: bytes) -> int:
        """A record at the end of partition 0; its offset."""

        async def work() -> int:
            producer = Producer(self.bootstrap, "test", [topic])
            await producer.start()
            delivered = await producer.send(topic, value, key=key, partition=0)
            await producer.stop()
            return delivered.offset

        return asyncio.run(work())

    def record(self, topic: str, offset: int) -> Record | None:
        """What lies at an offset of partition 0."""

        async def work() -> Record | None:
            reader = RecordReader(self.bootstrap, "test")
            await reader.start()
            found = await reader.fetch(topic, 0, offset)
            await reader.stop()
            return found

        return asyncio.run(work())


@pytest.fixture
def desk(kafka: str) -> Desk:
    """A desk on the shared broker."""
    names = (*dead_letters_by(), DEAD_LETTER_DECISIONS, LEADS, REGISTRY)
    create_topics(kafka, [TOPICS[name] for name in names], replication=1, partitions_override=1)
    return Desk(kafka)


def a_record(topic: str = LEADS, offset: int = 0, key: bytes = b"outlet-1", value: bytes = b"\xff\xfe") -> Record:
    """A record that could not be used."""
    return Record(topic, 0, offset, 1, key, value, (("ce_type", b"cn.lantian.lead.v1"),))


def test_a_letter_goes_back_once(desk: Desk) -> None:
    """Unchanged, for its group alone; a second try is refused and nothing more lies in the topic."""
    before = desk.append(LEADS, b"mark", LEAD)
    desk.write(a_record(offset=before))
    (letter,) = desk.listed()
    code, output = desk.lantian("list", "--ids", "--why", desk.why)
    assert (code, output) == (0, f"{letter['id']}\n")
    code, output = desk.lantian("replay", str(letter["id"]), "--reason", "tasks was mended", "--actor", "wang")
    assert (code, output.split()) == (0, [letter["id"], "replayed"])
    back = desk.record(LEADS, before + 1)
    assert back is not None
    assert (back.key, back.value) == (b"outlet-1", b"\xff\xfe")
    assert dict(back.headers)[ONLY_GROUP] == GROUP.encode()
    code, output = desk.lantian("replay", str(letter["id"])[:12], "--reason", "again")
    assert code == 1
    assert "was replayed by wang: tasks was mended" in output
    after = desk.append(LEADS, b"mark", LEAD)
    assert after - before == 3  # the record, and the mark of its transaction
    assert desk.listed() == []
    assert [one["state"] for one in desk.listed("all")] == ["replayed"]


def test_a_mended_value_goes_back_in_its_place(desk: Desk, tmp_path: Path) -> None:
    """Show writes the bytes, fix takes the file; what the contract can not read is refused."""
    before = desk.append(LEADS, b"mark", LEAD)
    desk.write(a_record(offset=before))
    (letter,) = desk.listed()
    file = tmp_path / "value"
    code, output = desk.lantian("show", str(letter["id"]), "--value", str(file))
    assert (code, file.read_bytes()) == (0, b"\xff\xfe")
    assert json.loads(output)["value_hex"] == "fffe"
    code, output = desk.lantian("fix", str(letter["id"]), "--value", str(file), "--reason", "try")
    assert code == 1
    assert "no lantian.v1.Lead" in output
    file.write_bytes(LEAD)
    assert desk.lantian("fix", str(letter["id"]), "--value", str(file), "--reason", "mended by hand")[0] == 0
    back = desk.record(LEADS, before + 1)
    assert back is not None
    assert back.value == LEAD
    assert [one["state"] for one in desk.listed("all")] == ["fixed"]


def test_what_was_overtaken_can_only_be_given_up(desk: Desk) -> None:
    """An old change of the registry would undo the newer one."""
    key = f"team/{desk.why}".encode()
    old = desk.append(REGISTRY, key, b"\xff")
    desk.append(REGISTRY, key, b"\xfe")
    desk.write(a_record(REGISTRY, old, key, b"\xff"))
    (letter,) = desk.listed()
    code, output = desk.lantian("replay", str(letter["id"]), "--reason", "x")
    assert code == 1
    assert "newer record" in output
    assert desk.lantian("discard", str(letter["id"]), "--reason", "overtaken")[0] == 0
    assert [one["state"] for one in desk.listed("all")] == ["discarded"]


def test_no_broker_and_no_letter_are_said_in_a_line(desk: Desk, unused_tcp_port: int) -> None:
    """No traceback."""
    code, output = desk.lantian("discard", "nothing-begins-so", "--reason", "x")
    assert (code, output) == (1, "nothing-begins-so: no such letter\n")
    done = CliRunner().invoke(app, ["dlq", "list", "--kafka", f"127.0.0.1:{unused_tcp_port}"])
    assert done.exit_code == 1
    assert "Unable to bootstrap" in done.output
