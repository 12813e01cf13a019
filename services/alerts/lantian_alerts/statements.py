"""The worker over site-events.v1: each statement of a device is judged by itself and its leads published at once."""

from typing import Final

from google.protobuf.message import DecodeError

from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.statements import judged
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.telling import Teller
from lantian_kit.bus import Publisher
from lantian_kit.records import Record
from lantian_kit.worker import InvalidRecord
from lantian_proto.v1.site_event_pb2 import SiteEvent

GROUP: Final = "alerts-statements"


class StatementHandler:
    """Handler of a record worker. The registry has to be read before the first statement is judged."""

    def __init__(
        self,
        catalogue: Catalogue,
        registry: Registry,
        publisher: Publisher,
        metrics: AlertsMetrics,
        failures: RuleFailures,
    ) -> None:
        self._rules, self._registry = Rulebook(catalogue, registry), registry
        self._metrics, self._failures = metrics, failures
        self._teller = Teller(self._rules, publisher, metrics, failures)

    async def handle(self, record: Record) -> str:
        """The outcome by which a statement leaves. Raises InvalidRecord for bytes that are none."""
        event = SiteEvent()
        try:
            event.ParseFromString(record.value or b"")
        except DecodeError as error:
            raise InvalidRecord("undecodable", str(error)) from error
        found = judged(self._rules, self._registry, event, self._failures.guard)
        told = await self._teller.tell(found.changes)
        for rule, outcome in found.outcomes:
            if rule:
                self._metrics.findings.labels(rule, outcome).inc()
        return "lead" if told else found.outcomes[0][1]
