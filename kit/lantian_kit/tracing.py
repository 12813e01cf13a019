"""Traces through the suite, W3C `traceparent` in Kafka headers; off until `configure` is told a share to sample.

Everything about one lead shares a trace whose id is made of the lead's: what the store keeps in between, or a replay,
does not break it, and every service comes to the same decision whether to sample. A frame has a trace of its own, which
the lead's trace links to. While a span lasts, logs carry its `trace_id`.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from lantian_kit.settings import ProcessSettings
from lantian_proto.events import header

Headers = Sequence[tuple[str, bytes]]
HEADER: Final = "traceparent"
_W3C: Final = TraceContextTextMapPropagator()
_wished: ContextVar[tuple[int, int] | None] = ContextVar("wished ids of the next root span", default=None)


class _Ids(RandomIdGenerator):
    """Random ids, or those wished for."""

    def generate_trace_id(self) -> int:
        wished = _wished.get()
        return wished[0] if wished else super().generate_trace_id()

    def generate_span_id(self) -> int:
        wished = _wished.get()
        return wished[1] if wished else super().generate_span_id()


class Tracing:
    """What `configure` made; nothing of it is touched while tracing is off."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None
        self.provider: TracerProvider | None = None


_here: Final = Tracing()


def configure(service: str, settings: ProcessSettings, exporter: SpanExporter | None = None) -> None:
    """Starts tracing when the settings give a share above 0; `exporter` replaces that to the collector, for tests."""
    if not settings.trace_share:
        return
    if exporter is None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(settings.trace_collector)
    told = {"service.name": f"lantian-{service}", "service.instance.id": settings.instance}
    sampler = ParentBased(TraceIdRatioBased(settings.trace_share))
    _here.provider = TracerProvider(resource=Resource.create(told), sampler=sampler, id_generator=_Ids())
    _here.provider.add_span_processor(BatchSpanProcessor(exporter))
    _here.tracer = _here.provider.get_tracer("lantian")


def stop() -> None:
    """Sends what is held back, and ends tracing; harmless when it is off."""
    if _here.provider is not None:
        _here.provider.shutdown()
    _here.tracer = _here.provider = None


def active() -> bool:
    """Whether anything is traced."""
    return _here.tracer is not None


def injected(headers: Headers) -> Headers:
    """The headers with `traceparent` of the span that lasts; as they are without a sampled one."""
    context = trace.get_current_span().get_span_context()
    if not (context.is_valid and context.trace_flags.sampled):
        return headers
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return [*headers, *((name, value.encode()) for name, value in carrier.items())]


def lead_ids(lead_id: str) -> tuple[int, int]:
    """Trace id and id of the first span of everything about a lead."""
    digest = hashlib.sha256(b"lantian lead " + lead_id.encode()).digest()
    return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")


@contextlib.contextmanager
def beginning(name: str, lead_id: str = "") -> Iterator[None]:
    """The first span of a trace: of a lead, or of a frame without `lead_id`."""
    if _here.tracer is None:
        yield
        return
    token = _wished.set(lead_ids(lead_id) if lead_id else None)
    try:
        span = _here.tracer.start_span(name, context=Context(), kind=SpanKind.PRODUCER)
    finally:
        _wished.reset(token)
    with _lasting(span):
        yield


@contextlib.contextmanager
def going_on(name: str, headers: Headers = (), lead_id: str = "") -> Iterator[None]:
    """A later span: of the trace in a record's headers, else of a lead's; none without either."""
    if _here.tracer is None:
        yield
        return
    parent = _context(headers)
    if parent is None and lead_id:
        trace_id, span_id = lead_ids(lead_id)
        sampled = TraceFlags(TraceFlags.SAMPLED if _is_sampled(trace_id) else TraceFlags.DEFAULT)
        parent = SpanContext(trace_id, span_id, is_remote=True, trace_flags=sampled)
    if parent is None:
        yield
        return
    context = trace.set_span_in_context(NonRecordingSpan(parent), Context())
    with _lasting(_here.tracer.start_span(name, context=context, kind=SpanKind.CONSUMER)):
        yield


def link(headers: Headers) -> None:
    """The span that lasts is about a record with a trace of its own, such as a frame."""
    if _here.tracer is not None and (found := _context(headers)) is not None:
        trace.get_current_span().add_link(found)


@contextlib.contextmanager
def _lasting(span: trace.Span) -> Iterator[None]:
    context = span.get_span_context()
    bound = {"trace_id": f"{context.trace_id:032x}"} if context.trace_flags.sampled else {}
    with trace.use_span(span, end_on_exit=True), structlog.contextvars.bound_contextvars(**bound):
        yield


def _is_sampled(trace_id: int) -> bool:
    assert _here.provider is not None
    return _here.provider.sampler.should_sample(Context(), trace_id, "").decision is Decision.RECORD_AND_SAMPLE


def _context(headers: Headers) -> SpanContext | None:
    told = header(headers, HEADER)
    if told is None:
        return None
    found = trace.get_current_span(_W3C.extract({HEADER: told}, Context())).get_span_context()
    return found if found.is_valid else None
