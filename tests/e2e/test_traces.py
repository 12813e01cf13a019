"""One lead is one trace over all services, as a real collector gets it: through Kafka's headers and over the store."""

import asyncio
from collections.abc import Callable

import pytest

from lantian_kit.tracing import lead_ids
from lantian_local.demo.stage import Stage
from tests.e2e.wire import Device, hour_frame, local_ms, site
from tests.support.collector import Collector, Span

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEED = "TRACES000000000000000001"
FACTOR, LIMIT = "a24088", 0.01
SECONDS = 90.0


async def test_the_way_of_a_lead_is_one_trace_that_points_to_its_frame(stage: Stage, collector: Collector) -> None:
    """Each span hangs on the one before, as the record's header or the lead's id says."""
    rows = site(stage, FEED, FACTOR, LIMIT)
    await stage.register(rows)
    device = Device(stage)
    await device.send(hour_frame(FEED, local_ms(2021, 7, 22, 13), f"{FACTOR}-Avg=0.5,{FACTOR}-Flag=N")[1])
    await device.reply()
    device.close()
    delivery = await stage.receiver.next(lambda one: one.body["data"]["source"]["id"] == f"s-{FEED.lower()}")
    # The trace that every service must have come to by itself.
    of_lead, of_first_span = lead_ids(delivery.body["data"]["lead_id"])
    trace_id, first_id = f"{of_lead:032x}", f"{of_first_span:016x}"

    async def came(fits: Callable[[Span], bool]) -> Span:
        async with asyncio.timeout(SECONDS):
            while not (found := [span for span in collector.of_trace(trace_id) if fits(span)]):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        return found[0]

    lead = await came(lambda span: span.service == "lantian-alerts")
    taken = await came(lambda span: span.name == "tasks leads.v1")
    outbox = await came(lambda span: span.name == "outbox issue-events.v1")
    told = await came(lambda span: span.name == "notify issue-events.v1")
    sent = await came(lambda span: span.name == "deliver webhook")
    assert (lead.name, lead.span_id, lead.parent_id) == ("lead hour-exceedance", first_id, "")
    assert (taken.service, taken.parent_id) == ("lantian-tasks", lead.span_id)  # by the header in leads.v1
    assert (outbox.service, outbox.parent_id) == ("lantian-tasks", lead.span_id)  # the store lay between
    assert (told.service, told.parent_id) == ("lantian-notify", outbox.span_id)  # by the header in issue-events.v1
    assert (sent.service, sent.parent_id) == ("lantian-notify", lead.span_id)
    (frame_trace,) = set(taken.links)
    async with asyncio.timeout(SECONDS):
        while not (frames := collector.of_trace(frame_trace)):  # noqa: ASYNC110  # the collector tells nobody
            await asyncio.sleep(0.2)
    assert [(span.service, span.name) for span in frames] == [("lantian-ingest", "frame")]
    assert collector.refused == 0
