"""The worker over site-events.v1: each statement of a device is judged by itself and its leads published at once."""

import asyncio
from typing import Final

from google.protobuf.message import DecodeError

from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.leads import lead_of
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.statements import judged
from lantian_alerts.metrics import AlertsMetrics
from lantian_kit.bus import Publisher
from lantian_kit.records import Record
from lantian_kit.worker import InvalidRecord
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.topics import LEADS
from lantian_proto.v1.lead_pb2 import LeadState
from lantian_proto.v1.site_event_pb2 import SiteEvent

GROUP: Final = "alerts-statements"
SOURCE: Final = "/alerts"
TYPE: Final = "cn.lantian.lead.v1"


class StatementHandler:
    """Handler of a record worker. The registry has to be read before the first statement is judged."""

    def __init__(self, catalogue: Catalogue, registry: Registry, publisher: Publisher, metrics: AlertsMetrics) -> None:
        self._catalogue, self._registry = catalogue, registry
        self._publisher, self._metrics = publisher, metrics

    async def handle(self, record: Record) -> str:
        """The outcome by which a statement leaves. Raises InvalidRecord for bytes that are none."""
        event = SiteEvent()
        try:
            event.ParseFromString(record.value or b"")
        except DecodeError as error:
            raise InvalidRecord("undecodable", str(error)) from error
        found = judged(self._catalogue, self._registry, event)
        leads = [lead_of(change, self._catalogue) for change in found.changes]
        await asyncio.gather(
            *(
                self._publisher.enqueue(
                    LEADS,
                    lead.SerializeToString(),
                    key=lead.source_id.encode(),
                    headers=headers(
                        TYPE, content_id(lead.lead_id, str(lead.revision)), SOURCE, lead.detected_ms, PROTOBUF
                    ),
                )
                for lead in leads
            )
        )
        for rule, outcome in found.outcomes:
            if rule:
                self._metrics.findings.labels(rule, outcome).inc()
        for lead in leads:
            state = LeadState.Name(lead.state).removeprefix("LEAD_STATE_").lower()
            self._metrics.leads.labels(lead.rule_id, state).inc()
        return "lead" if leads else found.outcomes[0][1]
