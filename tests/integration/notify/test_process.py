"""The process as it is deployed: real Kafka, real document store, killed and stopped."""

import signal

import pytest

from lantian_proto.topics import ISSUE_EVENTS
from tests.support.notify_process import KEY, ProcessBench
from tests.support.receiver import SECRET


@pytest.fixture
def bench(running: ProcessBench) -> ProcessBench:
    """Topics, a producer and a receiver."""
    return running


async def test_events_become_signed_webhooks_whatever_is_killed(
    bench: ProcessBench, capfd: pytest.CaptureFixture[str]
) -> None:
    """One id an event over a kill -9 and a second reading; a poison record stops nobody; SIGTERM ends it with 0."""
    await bench.register_team()
    async with bench.notify() as process:
        await bench.tell(bench.event("one"))
        (received,) = await bench.team.wait_for(1)
        assert received.trouble == ""
        assert received.payload["data"]["event_id"] == f"{bench.team_id}-one"
        await bench.counted('lantian_notify_settled_total{state="delivered"} 1.0')
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await bench.tell(bench.event("one"), bench.event("two"))  # while nobody listens
    async with bench.notify() as process:
        await bench.producer.send(ISSUE_EVENTS, b"\xff\xff\xff", key=b"poison")
        await bench.tell(bench.event("three"))
        received_all = await bench.team.wait_for(3)
        await bench.counted('lantian_pipeline_events_total{result="dead-letter",stage="notify"}')
        await bench.counted('lantian_pipeline_events_total{result="repeated",stage="notify"}')
        await bench.counted(f'lantian_dead_letters_total{{group="notify",reason="undecodable",topic="{ISSUE_EVENTS}"}}')
        assert "one" in await bench.get("/v1/deliveries?state=delivered")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    told = [received.payload["data"]["event_id"].removeprefix(f"{bench.team_id}-") for received in received_all]
    assert sorted(set(told)) == ["one", "three", "two"]
    assert len(bench.team.ids) == 3
    assert {received.trouble for received in bench.team.attempts} == {""}
    logs = "".join(capfd.readouterr())
    assert '"event": "settings"' in logs
    assert KEY not in logs
    assert SECRET.removeprefix("whsec_") not in logs
