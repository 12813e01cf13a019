"""Reads raw-frames.v1 by feed and time, and opens what is sealed for who has the key."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.sealing import BOX_HEADER, COMMITMENT_HEADER, Sealer, SealError, commitment
from lantian_kit import kafka_security
from lantian_kit.bus import LARGEST_RECORD_BYTES
from lantian_kit.whole import places_of, up_to
from lantian_proto.topics import RAW_FRAMES

VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
PRINTABLE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")
METADATA_SECONDS = 5.0
DRIFT_MS = 3_600_000  # a frame may have waited in the spool
SHOWN = ("outcome", "reason", "verdict", "edition", "peer", "publisher")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which frames: keys (none: all) and time of arrival in [begin, end), ms since 1970 UTC of the suite's clock."""

    names: tuple[str, ...]
    begin_ms: int | None
    end_ms: int | None
    outcome: str
    limit: int


def names(feed: str, identity_key: str) -> tuple[str, ...]:
    """Keys under which a feed's frames lie: its id, and for a VIN its pseudonym."""
    if not feed:
        return ()
    if VIN.fullmatch(feed) and identity_key:
        return (feed, pseudonym(Identity.VIN, feed, bytes.fromhex(identity_key)))
    return (feed,)


def sealer(key: str) -> Sealer:
    """Raises ValueError without a usable key."""
    if not key:
        raise ValueError("there is no evidence key: set LANTIAN_EVIDENCE_KEY")
    return Sealer(bytes.fromhex(key))


def header(record: Any, name: str) -> str:
    """A header's text, empty when absent."""
    value = next((value for key, value in reversed(record.headers) if key == name), b"")
    return str(value.decode("utf-8", "replace"))


async def frames(bootstrap: str, wanted: Wanted) -> AsyncIterator[Any]:
    """Records of raw-frames.v1 up to its end as it is now. Raises LookupError without the topic.

    Where the suite's clock is the wall's the broker's time index finds the beginning; with another clock all is read.
    A batch of several feeds lies under its publisher and names them in the header `feeds`: all partitions are read.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id="lantian-frames",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES * 2,
        **kafka_security.options(),
    )
    await consumer.start()
    try:
        places = await places_of(consumer, RAW_FRAMES, patience_seconds=METADATA_SECONDS)
        ends = await consumer.end_offsets(places)
        await _seek(consumer, places, wanted)
        left = wanted.limit
        async for place, found in up_to(consumer, ends):
            for record in found:
                if record.offset < ends[place] and _fits(record, wanted):
                    yield record
                    left -= 1
                    if not left:
                        return
    finally:
        await consumer.stop()


async def _seek(consumer: AIOKafkaConsumer, places: list[TopicPartition], wanted: Wanted) -> None:
    """To the beginning; or by the time index when a record shows that the suite's clock is the wall's.

    A frame never lies earlier in the topic than it was received, one from the spool later.
    """
    await consumer.seek_to_beginning(*places)
    if wanted.begin_ms is None:
        return
    found = await consumer.offsets_for_times(dict.fromkeys(places, wanted.begin_ms))
    later = {place: at.offset for place, at in found.items() if at is not None}
    for place, offset in later.items():
        consumer.seek(place, offset)
        first = await consumer.getone(place)
        if abs(int(header(first, "received_ms") or 0) - first.timestamp) > DRIFT_MS:
            await consumer.seek_to_beginning(*places)
            return
        consumer.seek(place, offset)
    if later:
        nothing = [place for place in places if place not in later]
        if nothing:
            await consumer.seek_to_end(*nothing)


def _fits(record: Any, wanted: Wanted) -> bool:
    if wanted.names:
        own = record.key is not None and record.key.decode("utf-8", "surrogateescape") in wanted.names
        if not own and not set(wanted.names) & set(header(record, "feeds").split(",")):
            return False
    if wanted.outcome and header(record, "outcome") != wanted.outcome:
        return False
    received = int(header(record, "received_ms") or record.timestamp)
    after = wanted.begin_ms is None or received >= wanted.begin_ms
    return after and (wanted.end_ms is None or received < wanted.end_ms)


def shown(record: Any, opener: Sealer | None, as_hex: bool) -> dict[str, Any]:
    """One frame for people and machines. `sealed` says whether identities are masked in what is shown.

    An opened one has `salt` and `commitment`: SHA-256 of salt and original is what lay in the topic from the start.
    """
    raw = record.value or b""
    about: dict[str, Any] = {
        "partition": record.partition,
        "offset": record.offset,
        "feed": (record.key or b"").decode("utf-8", "replace"),
        "received_ms": int(header(record, "received_ms") or record.timestamp),
    }
    about |= {name: found for name in SHOWN if (found := header(record, name))}
    if feeds := header(record, "feeds"):
        about["feeds"] = feeds.split(",")
    box = next((value for key, value in record.headers if key == BOX_HEADER), None)
    if box is not None:
        about["sealed"] = True
        about["commitment"] = header(record, COMMITMENT_HEADER)
        if opener is not None:
            try:
                raw, salt = opener.unseal(raw, box)
            except SealError as error:
                about["trouble"] = str(error)
            else:
                about |= {"sealed": False, "salt": salt.hex(), "proven": commitment(salt, raw) == about["commitment"]}
    text = None if as_hex else _text(raw)
    return {**about, **({"hex": raw.hex()} if text is None else {"text": text})}


def _text(raw: bytes) -> str | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if PRINTABLE.fullmatch(text) else None
