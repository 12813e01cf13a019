"""Registry entities as evidence keeps them."""

from lantian_alerts.core.rule import LimitView, MarkView
from lantian_proto.v1.registry_pb2 import Limit, Mark


def limit_view(limit: Limit) -> LimitView:
    """The limit at the time of judgement; later changes of the registry do not touch it."""
    return LimitView(limit.limit_id, limit.value, limit.reference_oxygen_percent, limit.basis, limit.clause)


def mark_view(mark: Mark) -> MarkView:
    """The mark at the time of judgement."""
    return MarkView(mark.mark_id, mark.kind, mark.start_ms, mark.end_ms, mark.reason, mark.declared_ms)
