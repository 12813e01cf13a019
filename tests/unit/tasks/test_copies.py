"""Copies for ledger.v1: every write is copied once it was told, and a document is whole or not there."""

from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.bus import DeliveryError
from lantian_kit.records import Record
from lantian_local.backup.ledger_topic import Contents, Damaged, _whole
from lantian_proto.topics import LEDGER
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.copies import LedgerCopies, piece_of, pieces_of
from lantian_tasks.copy_store import copy_of, document_of
from lantian_tasks.ledger.document import issue_document, issue_of
from lantian_tasks.ledger.issue import Step
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.outbox import Outbox
from lantian_tasks.ports import Copy
from tests.support.tasks_bus import FakePublisher
from tests.support.tasks_issues import an_issue
from tests.support.tasks_store import FakeStore


class Bench:
    """Copies and outbox between a fake store and a fake broker."""

    def __init__(self) -> None:
        self.store, self.bus = FakeStore(), FakePublisher()
        metrics = TasksMetrics(CollectorRegistry())
        self.copies = LedgerCopies(self.store, self.bus, metrics, poll_seconds=0.01)
        self.outbox = Outbox(self.store, self.bus, metrics, poll_seconds=0.01)

    def copied(self) -> list[bytes | None]:
        """Keys in ledger.v1, in order."""
        return [record.key for record in self.bus.sent if record.topic == LEDGER]


@pytest.fixture
async def bench() -> Bench:
    """One issue whose events wait."""
    made = Bench()
    await made.store.open(Step(an_issue(), "registered", (), ()))
    return made


async def test_a_document_is_copied_after_its_events_and_once(bench: Bench) -> None:
    """What nobody was told of does not come back after a loss."""
    assert await bench.copies.copy("issues") == 0
    await bench.outbox.publish_issues()
    assert await bench.copies.copy("issues") == 1
    assert await bench.copies.copy("issues") == 0
    assert bench.copied() == [f"issues/{an_issue().issue_id}".encode()]
    assert await bench.store.copy_backlog() == 0


async def test_a_copy_holds_the_document(bench: Bench) -> None:
    """As the store has it, but for what only this moment needs."""
    await bench.outbox.publish_issues()
    await bench.copies.copy("issues")
    piece = piece_of(bench.bus.sent[-1].headers, bench.bus.sent[-1].value or b"")
    _, document = _whole(piece, {0: piece.data})
    assert issue_of(document) == await bench.store.issue(an_issue().issue_id, EVERYTHING)
    assert "uncopied" not in document


async def test_a_write_during_copying_is_copied_again(bench: Bench) -> None:
    """The first copy does not count for the second write."""
    await bench.outbox.publish_issues()
    (before,) = await bench.store.waiting_copies("issues", 10)
    await bench.store.settle_issue(before.id, before.rev, replace(an_issue().head.standing, unit="市局"))
    await bench.store.copied([before])
    (after,) = await bench.store.waiting_copies("issues", 10)
    assert after.writes > before.writes
    await bench.store.copied([after])
    assert await bench.store.waiting_copies("issues", 10) == []


async def test_what_the_broker_refused_goes_on_waiting(bench: Bench) -> None:
    """Nothing is noted as copied."""
    await bench.outbox.publish_issues()
    bench.bus.refuses = lambda record: record.topic == LEDGER
    with pytest.raises(DeliveryError):
        await bench.copies.copy("issues")
    assert await bench.store.copy_backlog() == 1


def test_a_large_document_is_divided_and_put_together() -> None:
    """Each part under its own key; a lost or changed part is found."""
    document = issue_document(an_issue())
    copy = copy_of("issues", document)
    pieces = list(pieces_of(copy, part_bytes=len(copy.data) // 3))
    assert len(pieces) in (3, 4)
    assert len({piece.record_key for piece in pieces}) == len(pieces)
    again = [piece_of(tuple(piece.headers()), piece.data) for piece in pieces]
    assert again == pieces
    parts = {piece.part: piece.data for piece in pieces}
    assert _whole(pieces[0], parts) == ("issues", document_of(copy.data, "issues"))
    with pytest.raises(Damaged, match="is not what was written"):
        _whole(pieces[0], {**parts, 1: b"x"})


def test_readers_take_the_highest_revision() -> None:
    """Whatever came last: a process that hung may write an old copy after a newer one."""
    index = Contents()
    for offset, rev in enumerate((1, 3, 2)):
        (piece,) = pieces_of(Copy("issues", "iss-1", rev, 1, str(rev).encode()))
        index.take(piece, _record(offset))
    newest = index.documents["issues/iss-1"]
    assert (newest.rev, newest.places) == (3, {0: (0, 1)})


def _record(offset: int) -> Record:
    return Record(LEDGER, 0, offset, offset, b"", b"")
