"""CloudEvents 1.0 headers for Kafka, binary mode (CloudEvents Kafka protocol binding 1.0.2, section 3.2)."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

Headers = list[tuple[str, bytes]]

PROTOBUF = "application/protobuf"
ARROW = "application/vnd.apache.arrow.stream"
BYTES = "application/octet-stream"

ONLY_GROUP = "only_group"  # header of a record put back by hand: no other consumer group takes it


def content_id(*parts: str | bytes) -> str:
    """An id that depends on content alone: SHA-256 over the parts with their lengths, 32 hex digits."""
    pieces: list[bytes] = []
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        pieces += (len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(pieces)).hexdigest()[:32]


def headers(type_: str, id_: str, source: str, time_ms: int, content_type: str, **extra: str) -> Headers:
    """Headers of one event; `time_ms` is the time of the happening, ms since 1970 UTC."""
    found = [
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_source", source.encode()),
        ("ce_type", type_.encode()),
        ("ce_time", _written(time_ms)),
        ("content-type", content_type.encode()),
    ]
    found += [(name, value.encode()) for name, value in extra.items()]
    return found


@lru_cache(maxsize=16)  # events of a moment come together
def _written(time_ms: int) -> bytes:
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").encode()


def header(headers: Sequence[tuple[str, bytes]], name: str) -> str | None:
    """The last value of a header, or None; bytes that are no UTF-8 come back with replacement characters."""
    for key, value in reversed(headers):
        if key == name:
            return value.decode(errors="replace")
    return None
