"""What is done to a gateway; sizes are the caller's, so that a short form runs with every test."""

import asyncio
import itertools
import time
from typing import Any

from lantian_proto.events import header
from lantian_proto.readings import decode
from lantian_proto.topics import RAW_FRAMES, READINGS
from tests.endurance.devices import Device, Tally, all_answered, connect, upload
from tests.endurance.gateway import Gateway, percentile

LATE_MS = 40 * 86_400_000
FIRST_NUMBER = 1_000_000  # of the frames while Kafka is away; those of another scene have lower ones


async def storm(running: Gateway, devices: int, *, wait: float) -> dict[str, Any]:
    """All devices connect and send; all drop and come back at once, each with a frame."""
    empty = running.resident_bytes()
    tally = Tally()
    numbers = itertools.count(1)
    begin = time.monotonic()
    connected = await connect(running.port, range(devices), tally, at_once=500)
    first_seconds = time.monotonic() - begin
    for device, each in enumerate(connected):
        number = next(numbers)
        each.send(number, upload(device, number, number))
        if device % 200 == 199:
            await asyncio.sleep(0.05)
    await all_answered(tally, wait)
    await running.wait_for("lantian_ingest_connections,hj212", devices, wait)
    full = running.resident_bytes()
    for each in connected:
        each.hang_up()
    again = Tally()
    begin, used = time.monotonic(), running.processor_seconds()
    back = await _return(running, devices, again, numbers)
    back_seconds = time.monotonic() - begin
    await all_answered(again, wait)
    all_seconds, used = time.monotonic() - begin, running.processor_seconds() - used
    metrics = await running.metrics()
    latencies = list(again.answered.values())
    for each in back:
        each.hang_up()
    return {
        "devices": devices,
        "connected_in_seconds": round(first_seconds, 2),
        "all_back_in_seconds": round(back_seconds, 2),
        "refused": tally.refused + again.refused,
        "lost": tally.lost + again.lost,
        "answered": len(again.answered),
        "reply_p50_seconds": round(percentile(latencies, 0.5), 3),
        "reply_p99_seconds": round(percentile(latencies, 0.99), 3),
        "all_answered_in_seconds": round(all_seconds, 2),
        "processor_seconds_of_the_gateway": round(used, 2),
        "share_of_a_core_it_got": round(used / all_seconds, 2),
        "kilobytes_a_connection": round((full - empty) / devices / 1024, 1),
        "accepted": metrics["lantian_ingest_frames_total,accepted,hj212"],
    }


async def _return(running: Gateway, devices: int, tally: Tally, numbers: "itertools.count[int]") -> list[Device]:
    """All connect at once; each sends as soon as it is connected."""
    loop = asyncio.get_running_loop()

    async def one(device: int) -> Device | None:
        try:
            _, made = await loop.create_connection(lambda: Device(tally), "127.0.0.1", running.port)
        except OSError:
            tally.refused += 1
            return None
        number = next(numbers)
        made.send(number, upload(device, number, number))
        return made

    made = await asyncio.gather(*(one(device) for device in range(devices)))
    return [device for device in made if device is not None]


async def slow_peers(running: Gateway, slow: int, good: int, *, seconds: float) -> dict[str, Any]:
    """Silent, half and dripping peers, and peers that read no answers, beside good ones."""
    bad, fine = Tally(), Tally()
    peers = await connect(running.port, range(slow), bad, at_once=500)
    reader = upload(good, 1, 1.0)
    for index, peer in enumerate(peers):
        assert peer.transport is not None
        if index % 4 == 1:
            peer.transport.write(b"##0400QN=2026")  # a header without its tail
        elif index % 4 == 3:
            peer.transport.pause_reading()
            peer.transport.write(reader)  # and reads no answer
    devices = await connect(running.port, range(good), fine)
    numbers = itertools.count(1)
    begin, used = time.monotonic(), running.processor_seconds()
    drip = reader[:-40]
    for second in range(int(seconds)):
        for device, each in enumerate(devices):
            number = next(numbers)
            each.send(number, upload(device, number, number))
        for index in range(3 + 4 * (second % 5), len(peers), 20):  # each of those that do not read, all 5 s
            transport = peers[index].transport
            if transport is not None and not transport.is_closing():
                transport.write(upload(good, 10_000_000 + second * slow + index, 1.0))
        for index in range(2, len(peers), 4):
            transport = peers[index].transport
            if transport is not None and not transport.is_closing():
                transport.write(drip[second % len(drip) :][:1])  # a byte a second
        await asyncio.sleep(1)
    await all_answered(fine, 30)
    metrics = await running.metrics()
    latencies = list(fine.answered.values())
    for peer in (*peers, *devices):
        peer.hang_up()
    return {
        "slow": slow,
        "good": good,
        "seconds": seconds,
        "answered": len(latencies),
        "good_lost": fine.lost,
        "share_of_a_core_it_used": round((running.processor_seconds() - used) / (time.monotonic() - begin), 2),
        "reply_p50_seconds": round(percentile(latencies, 0.5), 3),
        "reply_p99_seconds": round(percentile(latencies, 0.99), 3),
        "closed": {
            reason: metrics.get(f"lantian_ingest_connections_closed_total,hj212,{reason}", 0.0)
            for reason in ("idle", "slow-sender", "slow-reader", "peer")
        },
    }


async def kafka_away(
    running: Gateway, *, devices: int, rate: int, away: float, drained_within: float, wait: float = 60.0
) -> dict[str, Any]:
    """Kafka is stopped in the middle of traffic; nothing acknowledged may be missing afterwards."""
    tally = Tally()
    connected = await connect(running.port, range(devices), tally)
    stopping = asyncio.Event()
    traffic = asyncio.create_task(_traffic(connected, rate, stopping))
    async with asyncio.timeout(wait):  # a machine may be slow at first: the outage begins in the middle of answers
        while len(tally.answered) < rate * min(3.0, away):  # noqa: ASYNC110  # answers come by callback
            await asyncio.sleep(0.05)
    before = len(tally.answered)
    await running.stop_kafka()
    await asyncio.sleep(away)
    during = len(tally.answered)
    ready, troubles = await running.readiness()
    seen = await running.metrics()
    begin = time.monotonic()
    await running.start_kafka()
    started, used = time.monotonic() - begin, running.processor_seconds()
    drained = await running.wait_for("lantian_ingest_spooling", 0.0, drained_within)
    used = running.processor_seconds() - used
    stopping.set()
    sent = await traffic
    unanswered = await _resend(connected, tally, sent)
    await all_answered(tally, wait)
    raw, values = await _stored(running)
    acknowledged = set(tally.answered)
    latencies = list(tally.answered.values())
    for each in connected:
        each.hang_up()
    return {
        "devices": devices,
        "frames_a_second": rate,
        "away_seconds": away,
        "sent": len(sent),
        "acknowledged_before": before,
        "acknowledged_while_away": during - before,
        "acknowledged": len(acknowledged),
        "sent_again_for_want_of_an_answer": unanswered,
        "acknowledged_and_not_in_raw_frames": len(acknowledged - raw),
        "acknowledged_and_without_readings": len(acknowledged - values),
        "connections_lost": tally.lost,
        "reply_p99_seconds": round(percentile(latencies, 0.99), 3),
        "kafka_started_in_seconds": round(started, 1),
        "drained_after_return_in_seconds": round(drained, 1),
        "share_of_a_core_it_got_draining": round(used / max(drained, 0.001), 2),
        "spool_bytes_at_the_end_of_the_outage": seen["lantian_ingest_spool_bytes"],
        "spool_refused": (await running.metrics())["lantian_ingest_spool_refused_total"],
        "ready_while_away": ready,
        "troubles_while_away": troubles,
        "spool_files_left": len(list(running.spool.glob("*.spool"))),
    }


async def _traffic(devices: list[Device], rate: int, stopping: asyncio.Event) -> dict[int, int]:
    """Frames at a rate until told to stop; their devices by number."""
    sent: dict[int, int] = {}
    begin = time.monotonic()
    while not stopping.is_set():
        while len(sent) < (time.monotonic() - begin) * rate:
            number = FIRST_NUMBER + len(sent)
            device = number % len(devices)
            sent[number] = device
            devices[device].send(number, upload(device, number, number))
        await asyncio.sleep(0.01)
    return sent


async def _resend(devices: list[Device], tally: Tally, sent: dict[int, int]) -> int:
    """What a device does about frames without an answer; how many there were."""
    for _ in range(100):  # those on their way
        if not tally.sent:
            return 0
        await asyncio.sleep(0.05)
    left = sorted(tally.sent)
    for number in left:
        devices[sent[number]].send(number, upload(sent[number], number, number))
    return len(left)


async def _stored(running: Gateway) -> tuple[set[int], set[int]]:
    """Numbers of the frames in raw-frames.v1, and of those with readings."""
    frames = [record for record in await running.records(RAW_FRAMES) if header(record.headers, "outcome")]
    raw = {int((record.value or b"")[6:].partition(b";")[0][11:]) for record in frames}
    values: set[int] = set()
    for record in await running.records(READINGS):
        batch = decode(record.value or b"")
        values |= {
            round(value) for value, source in zip(batch.value, batch.source, strict=True) if batch.sources[source]
        }
    return raw, values


async def backfill(running: Gateway, *, live: int, late: int, seconds: float, month: int) -> dict[str, Any]:
    """Live devices each second; then the same beside others that send a month of hours as fast as they are let."""
    alone, beside, old = Tally(), Tally(), Tally()
    numbers = itertools.count(1)
    devices = await connect(running.port, range(live), alone)
    await _each_second(devices, alone, numbers, seconds)
    for device in devices:
        device.hang_up()
    devices = await connect(running.port, range(live), beside)
    senders = await connect(running.port, range(live, live + late), old)
    base = (int(time.time() * 1000) - LATE_MS) // 3_600_000 * 3_600_000
    begin = time.monotonic()
    for hour in range(month):
        for index, sender in enumerate(senders):
            number = 100_000_000 + hour * late + index
            sender.send(number, upload(live + index, number, 1.0, at_ms=base + hour * 3_600_000))
    await _each_second(devices, beside, numbers, seconds)
    while_live = len(old.answered)
    await all_answered(old, 600)
    old_seconds = time.monotonic() - begin
    for device in (*devices, *senders):
        device.hang_up()
    return {
        "live_devices": live,
        "backfilling_devices": late,
        "hours_each": month,
        "live_alone_p50_seconds": round(percentile(list(alone.answered.values()), 0.5), 3),
        "live_alone_p99_seconds": round(percentile(list(alone.answered.values()), 0.99), 3),
        "live_beside_p50_seconds": round(percentile(list(beside.answered.values()), 0.5), 3),
        "live_beside_p99_seconds": round(percentile(list(beside.answered.values()), 0.99), 3),
        "backfill_acknowledged_beside": while_live,
        "backfill_acknowledged": len(old.answered),
        "backfill_seconds": round(old_seconds, 1),
        "live_lost": alone.lost + beside.lost,
    }


async def _each_second(devices: list[Device], tally: Tally, numbers: "itertools.count[int]", seconds: float) -> None:
    for _ in range(int(seconds)):
        begin = time.monotonic()
        for device, each in enumerate(devices):
            number = next(numbers)
            each.send(number, upload(device, number, number))
            if device % 20 == 19:
                await asyncio.sleep(0.002)
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - begin)))
    await all_answered(tally, 60)
