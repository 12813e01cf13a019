"""Leads into the ledger: one lead, one atomic write of state, history and outbox together."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Protocol

from aiokafka.errors import KafkaError

from lantian_kit import tracing
from lantian_kit.clock import Clock
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record as TopicRecord
from lantian_kit.worker import InvalidRecord, Unavailable
from lantian_proto.events import header
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.clocks.facts import Facts, shipped_facts
from lantian_tasks.leads.message import LeadError, read
from lantian_tasks.leads.moves import BECOMES_ISSUE
from lantian_tasks.leads.screening import Mode
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.intake import is_repeat, issue_id_of, wanted
from lantian_tasks.ledger.issue import Frame, Issue, Place, Pointer
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import Store
from lantian_tasks.registry.record import Kind, key_of


class FrameReader(Protocol):
    """Where frames are read back."""

    async def fetch(self, topic: str, partition: int, offset: int) -> TopicRecord | None:
        """The record, or None when it is gone. Raises TimeoutError, KafkaError."""


class LeadHandler:
    """Handler of leads.v1 for RecordWorker; `written` is called after each write, to wake the outbox."""

    def __init__(
        self,
        store: Store,
        frames: FrameReader,
        clock: Clock,
        kit_metrics: KitMetrics,
        metrics: TasksMetrics,
        written: Callable[[], None],
        *,
        facts: Facts | None = None,
        mode: Mode = "automatic",
    ) -> None:
        self._store = store
        self._frames = frames
        self._clock = clock
        self._kit_metrics = kit_metrics
        self._metrics = metrics
        self._leads = Leads(store, clock, facts or shipped_facts(), mode, written)

    async def handle(self, record: TopicRecord) -> str:
        """registered, episode-extended, episode-closed, repeated, older or condensed; candidate or updated while the
        lead is no issue yet.

        Raises InvalidRecord for a message that is no good lead, Unavailable when store or topic are away.
        """
        try:
            lead = read(record.value)
        except LeadError as error:
            raise InvalidRecord(error.reason, error.detail) from error
        assert record.value is not None  # read() refuses an empty record
        outcome = await self._take(lead, record.value)
        self._kit_metrics.event_age.labels("ledger").observe(self._age_seconds(record))
        return outcome

    def _age_seconds(self, record: TopicRecord) -> float:
        return max(0, self._clock.wall_ms() - record.timestamp_ms) / 1000

    async def _take(self, lead: Lead, value: bytes) -> str:
        issue = await self._store.issue(issue_id_of(lead.lead_id), EVERYTHING)
        repeat = is_repeat(issue, lead)
        if issue is not None and repeat is not None:
            await self._leads.at_home(issue.head.place.enterprise_id, issue.head.place.division_code)
            return repeat.outcome
        frames = await self._evidence(issue, lead)
        place = await self._place(lead.source_id)
        if issue is not None:
            return await self._leads.into_issue(None, lead, value, frames, place)
        brought = await self._leads.take(lead, value, frames, place)
        if brought.case.state in BECOMES_ISSUE:
            # Also when the message is a repeated one: the process may have ended between lead and issue.
            return await self._leads.settle(brought.case)
        return brought.outcome

    async def _evidence(self, issue: Issue | None, lead: Lead) -> list[Frame]:
        try:
            return await asyncio.gather(*(self._fetch(pointer) for pointer in wanted(issue, lead)))
        except (KafkaError, TimeoutError) as error:
            raise Unavailable(f"frames: {error!r}") from error

    async def _fetch(self, pointer: Pointer) -> Frame:
        found = await self._frames.fetch(pointer.topic, pointer.partition, pointer.offset)
        if found is None or found.value is None:
            # Retention was faster: the lead still counts, and the ledger says that the frame is not there.
            self._metrics.frames_missing.inc()
            return Frame(pointer, False, b"", hashlib.sha256(b"").hexdigest(), 0, "", "")
        tracing.link(found.headers)
        received = header(found.headers, "received_ms") or ""
        return Frame(
            pointer=pointer,
            found=True,
            data=found.value,
            sha256=hashlib.sha256(found.value).hexdigest(),
            received_ms=int(received) if received.isdecimal() and len(received) < 16 else found.timestamp_ms,
            peer=header(found.headers, "peer") or "",
            verdict=header(found.headers, "verdict") or "",
        )

    async def _place(self, source_id: str) -> Place:
        source_key = key_of(Kind.SOURCE, source_id)
        source = (await self._store.records([source_key], EVERYTHING)).get(source_key)
        if source is None:
            return Place()
        enterprise_id = source.belongs.enterprise_id
        enterprise_key = key_of(Kind.ENTERPRISE, enterprise_id)
        enterprise = (await self._store.records([enterprise_key], EVERYTHING)).get(enterprise_key)
        return Place(
            enterprise_id=enterprise_id,
            enterprise_name=str(enterprise.entity["name"]) if enterprise else "",
            source_name=str(source.entity["name"]),
            division_code=source.belongs.division_code,
        )
