"""Frames of a vehicle that the registry did not know, adopted from sealed evidence."""

import asyncio
from pathlib import Path

from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.dialogue.exchange import EXECUTED, REFUSED, Exchange
from lantian_ingest.transports.vehicle import VehicleListener
from lantian_proto.topics import FEED_EVENTS, RAW_FRAMES, READINGS
from lantian_proto.v1.command_pb2 import Command
from tests.integration.ingest.running import records
from tests.integration.ingest.running_others import gateway, sent_by
from tests.unit.ingest.vehicle.frames import in_dialect, plain, stream


async def test_frames_of_an_unknown_vehicle_are_adopted_once_it_is_known(kafka: str, tmp_path: Path) -> None:
    """Sealed evidence is opened, read in order and closed again; readings point to it, resends count once."""
    vin = b"LGDCHA1G8MA700021"
    name = pseudonym(Identity.VIN, vin, bytes.fromhex("aa" * 32))
    async with gateway(kafka, tmp_path, external_readings=False) as running:
        since = running.clock.now_ms() - 1000
        now = running.clock.now_ms() // 1000 * 1000
        frames = [plain(2, in_dialect("B", [(2, stream())], time_ms=now - back * 1000), vin=vin) for back in (3, 2, 1)]
        _, writer = await asyncio.open_connection("127.0.0.1", running.part(VehicleListener).port)
        writer.write(b"".join([*frames, frames[-1]]))
        await running.until(lambda: running.outcomes("vehicle") == {"unknown-feed": 4})
        writer.close()
        await writer.wait_closed()
        ended: list[Exchange] = []
        running.adoption.changed = lambda exchange: ended.append(exchange) if exchange.final else None

        async def adopt() -> Exchange:
            count = len(ended)
            running.adoption.ask(Exchange(Command(command_id="a", feed_id=name, kind="adopt", begin_ms=since), 0))
            await running.until(lambda: len(ended) > count)
            return ended[-1]

        assert (await adopt()).state == REFUSED
        assert await sent_by(kafka, f"source-{vin.decode()}") == []
        running.register(vin.decode(), protocol="vehicle")
        done = await adopt()
        assert (done.state, done.records) == (EXECUTED, 4)
        assert running.outcomes("vehicle") == {"unknown-feed": 4}
    places = {place for _, place in await sent_by(kafka, f"source-{vin.decode()}")}
    own = [record for record in await records(kafka, RAW_FRAMES) if record.key == name.encode()]
    assert places == {(record.partition, record.offset) for record in own[:3]}
    topics = [*await records(kafka, RAW_FRAMES), *await records(kafka, READINGS), *await records(kafka, FEED_EVENTS)]
    assert not [record for record in topics if vin in (record.key or b"")]
    assert not [record for record in own if vin in (record.value or b"")]
