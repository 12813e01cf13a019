"""Leads on their way to leads.v1, whoever found them."""

import asyncio
from collections.abc import Sequence
from typing import Final

from lantian_alerts.core.episodes import Change
from lantian_alerts.core.rulebook import Rules
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_kit import tracing
from lantian_kit.bus import Delivered, Publisher
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.topics import LEADS
from lantian_proto.v1.lead_pb2 import Lead, LeadState

SOURCE: Final = "/alerts"
TYPE: Final = "cn.lantian.lead.v1"


class Teller:
    """Publishes changes of episodes as leads, and counts them when they are acknowledged."""

    def __init__(self, rules: Rules, publisher: Publisher, metrics: AlertsMetrics, failures: RuleFailures) -> None:
        self._rules, self._publisher, self._metrics, self._failures = rules, publisher, metrics, failures

    async def tell(self, changes: Sequence[Change]) -> int:
        """How many leads; returns when all are acknowledged. Raises DeliveryError. Says what rules failed at, too."""
        worded = [self._failures.guard.lead(change, self._rules) for change in changes]
        leads = [lead for lead in worded if lead is not None]
        self._failures.collect()
        await asyncio.gather(*(self._enqueue(lead) for lead in leads))
        for lead in leads:
            state = LeadState.Name(lead.state).removeprefix("LEAD_STATE_").lower()
            self._metrics.leads.labels(lead.rule_id, state).inc()
        return len(leads)

    def _enqueue(self, lead: Lead) -> "asyncio.Future[Delivered]":
        told = headers(TYPE, content_id(lead.lead_id, str(lead.revision)), SOURCE, lead.detected_ms, PROTOBUF)
        with tracing.beginning(f"lead {lead.rule_id}", lead.lead_id):
            return self._publisher.enqueue(LEADS, lead.SerializeToString(), key=lead.source_id.encode(), headers=told)
