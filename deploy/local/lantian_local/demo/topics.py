"""Topics read whole, from their beginning to the end they have when asked: what the counts of a run rest on."""

from collections import Counter

from lantian_kit.records import Record
from lantian_kit.whole import read_whole
from lantian_proto.readings import TICK_FACTOR, decode
from lantian_proto.topics import RAW_FRAMES, READINGS
from lantian_simulator.checker import RawSeen
from lantian_simulator.frames import identity


def header(record: Record, name: str) -> str:
    """A header of a record as text; empty when it has none of that name."""
    return next((value.decode() for key, value in record.headers if key == name), "")


async def raw_frames(bootstrap: str) -> list[RawSeen]:
    """Every frame that reached the gateway, with the outcome it was counted under."""
    return [
        RawSeen(identity(record.value or b""), header(record, "outcome"))
        async for record in read_whole(bootstrap, RAW_FRAMES)
    ]


async def readings_count(bootstrap: str) -> int:
    """Readings in readings.v1, ticks left out."""
    count = 0
    async for record in read_whole(bootstrap, READINGS):
        count += int((decode(record.value or b"").factor != TICK_FACTOR).sum())
    return count


async def count(bootstrap: str, topic: str, by: str = "") -> Counter[str]:
    """Records of a topic by the value of a header."""
    return Counter([header(record, by) async for record in read_whole(bootstrap, topic)])


async def keys(bootstrap: str, topic: str) -> set[str]:
    """The keys of a topic's records."""
    return {record.key.decode() async for record in read_whole(bootstrap, topic) if record.key is not None}
