"""Traces: nothing while off; one trace a lead over all services; in headers and in logs."""

from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from lantian_kit import tracing
from lantian_kit.settings import ProcessSettings
from lantian_proto.events import header

HEADERS = [("ce_id", b"1")]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Everything is sampled."""
    exporter = InMemorySpanExporter()
    tracing.configure("test", ProcessSettings(trace_share=1.0), exporter)
    yield exporter
    tracing.stop()


def finished(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Spans by name."""
    tracing._here.provider.force_flush()  # type: ignore[union-attr]
    return {span.name: span for span in exporter.get_finished_spans()}


def test_nothing_happens_while_it_is_off() -> None:
    """The default: no header, no span, no cost."""
    tracing.configure("test", ProcessSettings())
    assert not tracing.active()
    with tracing.beginning("lead", "lead-1"), tracing.going_on("tasks", HEADERS):
        assert tracing.injected(HEADERS) is HEADERS
        tracing.link(HEADERS)
        assert "trace_id" not in structlog.contextvars.get_contextvars()


def test_a_lead_is_one_trace_from_detection_to_notice(spans: InMemorySpanExporter) -> None:
    """By headers where a record follows a record, by the lead's id where the store lies between."""
    with tracing.beginning("lead", "lead-1"):
        sent = tracing.injected(HEADERS)
    with tracing.going_on("tasks", sent):
        assert structlog.contextvars.get_contextvars()["trace_id"] == header(sent, "traceparent").split("-")[1]  # type: ignore[union-attr]
    with tracing.going_on("outbox", lead_id="lead-1"):
        told = tracing.injected(HEADERS)
    with tracing.going_on("notify", told):
        pass
    assert "trace_id" not in structlog.contextvars.get_contextvars()
    found = finished(spans)
    root = found["lead"].context
    assert root is not None
    assert {span.context.trace_id for span in found.values() if span.context} == {root.trace_id}
    assert found["lead"].parent is None
    parents = {name: span.parent.span_id for name, span in found.items() if span.parent}
    assert parents["tasks"] == parents["outbox"] == root.span_id
    assert parents["notify"] == found["outbox"].context.span_id


def test_frames_have_traces_of_their_own_that_a_lead_links_to(spans: InMemorySpanExporter) -> None:
    """A lead comes from many frames."""
    with tracing.beginning("frame"):
        frame = tracing.injected(HEADERS)
    with tracing.beginning("lead", "lead-1"):
        lead = tracing.injected(HEADERS)
    with tracing.going_on("tasks", lead):
        tracing.link(frame)
        tracing.link(HEADERS)  # a frame that was not sampled
    found = finished(spans)
    (linked,) = found["tasks"].links
    assert linked.context.trace_id == found["frame"].context.trace_id
    assert linked.context.trace_id != found["lead"].context.trace_id


def test_every_service_decides_alike_which_leads_are_traced() -> None:
    """A share of the leads, and of each all spans or none."""
    exporter = InMemorySpanExporter()
    tracing.configure("test", ProcessSettings(trace_share=0.3), exporter)
    try:
        for number in range(300):
            with tracing.beginning("lead", f"lead-{number}"):
                pass
            with tracing.going_on("outbox", lead_id=f"lead-{number}"):
                pass
        tracing._here.provider.force_flush()  # type: ignore[union-attr]
        names = [span.name for span in exporter.get_finished_spans()]
    finally:
        tracing.stop()
    assert names.count("lead") == names.count("outbox")
    assert 50 < names.count("lead") < 140


def test_a_broken_header_is_no_trace(spans: InMemorySpanExporter) -> None:
    """Whatever a publisher writes there."""
    for value in (b"", b"00-zz", b"\xff", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"):
        with tracing.going_on("tasks", [("traceparent", value)]):
            assert tracing.injected(HEADERS) is HEADERS
    assert not finished(spans)
