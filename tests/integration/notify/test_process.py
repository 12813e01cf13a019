"""The process as it is deployed: real Kafka, real document store, killed and stopped."""

import signal

import pytest

from lantian_proto.topics import ISSUE_EVENTS, TASK_EVENTS
from lantian_proto.v1.issue_event_pb2 import Actor
from lantian_proto.v1.task_event_pb2 import TaskEvent
from tests.support.notify_events import NOW_MS
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


async def test_broken_glass_is_told_to_who_asked_for_it(bench: ProcessBench) -> None:
    """From task-events.v1; a lead in the same topic is told to nobody."""
    await bench.register_team("glass-broken")
    glass = TaskEvent(
        event_id=f"{bench.team_id}-glass",
        subject_id=f"glass/1-{bench.division}",
        subject_kind="glass",
        sequence=1,
        kind="glass-broken",
        actor=Actor(actor_id="li", role="province", organisation="省厅"),
        reason="跨省污染过程会商",
        at_ms=NOW_MS,
        division_code=bench.division,
    )
    lead = TaskEvent(event_id="lead", subject_id="lead/1", subject_kind="lead", kind="moved", at_ms=NOW_MS)
    async with bench.notify():
        for event in (lead, glass):
            await bench.producer.send(TASK_EVENTS, event.SerializeToString(), key=event.subject_id.encode())
        (received,) = await bench.team.wait_for(1)
        assert received.payload["type"] == "issue.glass-broken"
        assert received.payload["data"]["issue"]["reason"] == "跨省污染过程会商"
        await bench.counted('lantian_pipeline_events_total{result="not-wanted",stage="notify-tasks"}')
    assert len(bench.team.attempts) == 1
