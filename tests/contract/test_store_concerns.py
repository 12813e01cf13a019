"""How the stores speak to a replica set: what every write waits for, and which reads nothing can take back.

Read off the commands as the driver sends them, while a real store answers.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.store import Connection
from lantian_tasks.ledger.issue import Step
from lantian_tasks.ports import COPIED
from lantian_tasks.store import MotorStore
from tests.support.notify_events import a_delivery
from tests.support.store_commands import Heard
from tests.support.tasks_issues import an_issue

SECONDARY = "?readPreference=secondaryPreferred&w=1"
"""What somebody might put into a URL."""


@pytest.fixture
async def store(heard: Heard, store_url: str, store_database: str) -> AsyncIterator[MotorStore]:
    """The store of tasks, under a URL that asks for less."""
    real = MotorStore(f"{store_url}/{SECONDARY}", store_database)
    await real.start()
    heard.commands.clear()
    yield real
    await real.stop()


def confirmed(command: dict[str, Any]) -> bool:
    """Whether a write waits until a majority has it in its journal."""
    concern = command.get("writeConcern", {})
    return concern.get("w") == "majority" and concern.get("j") is True


def from_the_primary(command: dict[str, Any]) -> bool:
    """Whether a read may be answered by a member that is behind."""
    return bool(command.get("$readPreference", {"mode": "primary"})["mode"] == "primary")


async def test_every_write_of_tasks_waits_for_the_majority(store: MotorStore, heard: Heard) -> None:
    """Documents, leases and files alike, whatever the URL says."""
    issue = an_issue()
    assert await store.open(Step(issue, "registered", (), ()))
    fence = await store.lease_issue(issue.head.issue_id, 1, 2)
    assert fence is not None
    await store.release_issue(issue.head.issue_id, fence)
    await store.keep_bytes("0" * 64, b"a picture")
    await store.keep_rule_news("key", b"data")
    writes = heard.named("insert", "update")
    assert len(writes) >= 6
    assert [command for command in writes if not confirmed(command)] == []


async def test_what_leaves_the_ledger_is_read_by_the_majority(store: MotorStore, heard: Heard) -> None:
    """Outboxes, registry, chains and copies: what is told can not be rolled back any more."""
    await store.waiting_issues(9)
    await store.waiting_cases(9)
    await store.waiting_records(9)
    await store.audit.unaudited(9)
    await store.audit.unanchored(9)
    for name in COPIED:
        await store.waiting_copies(name, 9)
    reads = heard.named("find")
    assert {command["find"] for command in reads} == {"issues", "cases", "registry", "access", "audit", *COPIED}
    assert [command for command in reads if command.get("readConcern") != {"level": "majority"}] == []


async def test_what_is_written_again_is_read_as_the_primary_has_it(store: MotorStore, heard: Heard) -> None:
    """A majority is a moment behind: whoever lost a race would read the same revision again and lose again."""
    issue = an_issue()
    await store.open(Step(issue, "registered", (), ()))
    await store.lease_issue(issue.head.issue_id, 1, 2)
    await store.bytes_of("0" * 64)
    reads = heard.named("find")
    assert len(reads) >= 2
    assert [command for command in reads if "readConcern" in command or not from_the_primary(command)] == []


async def test_notify_waits_for_the_majority_and_reads_the_primary(
    heard: Heard, store_url: str, store_database: str
) -> None:
    """Deliveries, whatever the URL says."""
    connection = Connection(f"{store_url}/{SECONDARY}", store_database)
    deliveries = MongoDeliveryStore(connection.database)
    await deliveries.prepare()
    heard.commands.clear()
    assert await deliveries.insert(a_delivery())
    kept = await deliveries.get("msg_1")
    assert kept is not None
    assert await deliveries.save(kept)
    writes, reads = heard.named("insert", "update"), heard.named("find")
    assert (len(writes), len(reads)) == (2, 1)
    assert [command for command in writes if not confirmed(command)] == []
    assert [command for command in reads if not from_the_primary(command)] == []
    await connection.close()
