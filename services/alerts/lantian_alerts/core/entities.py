"""Entities of the registry as they are kept: one source's changes in one string of bytes, read when they are asked for.

A nation's registry is millions of small entities of which an hour looks at few. As objects a source and its feed and
limits took five kilobytes, as bytes they take 0.7.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from lantian_proto.v1.registry_pb2 import Feed, Limit, Mark, Response, Source, Suppression

Entity = Source | Feed | Limit | Mark | Suppression | Response
KINDS: Final[dict[str, type[Entity]]] = {
    "source": Source, "feed": Feed, "limit": Limit, "mark": Mark, "suppression": Suppression, "response": Response,
}  # fmt: skip
FOR_EVER: Final = 1 << 62
ARRAY_32: Final = b"\xdd"
HEAD: Final = 5
"""A string is a MessagePack array of versions: its head is the mark of an array and their number, 4 bytes."""


class Version(NamedTuple):
    """One change of an entity, and when it holds (end exclusive)."""

    revision: int
    from_ms: int
    to_ms: int
    voided: bool
    source_id: str
    entity: Entity

    def holds(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms < self.to_ms


class _Record(msgspec.Struct, array_like=True, gc=False):
    """A version as bytes; `source_id` is empty for the source whose string it is in, `to_ms` 0 for an open end."""

    key: str
    revision: int
    from_ms: int
    to_ms: int
    voided: bool
    source_id: str
    entity: bytes


Versions = dict[str, list[Version]]
"""Versions by kind/id in order of the key, the newest revision first."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[_Record])


def appended(data: bytes, key: str, version: Version, owner: str) -> bytes:
    """The string of a source with one version more; `data` is empty for the first."""
    count = int.from_bytes(data[1:HEAD], "big") + 1
    return b"".join((ARRAY_32, count.to_bytes(HEAD - 1, "big"), data[HEAD:], _packed(key, version, owner)))


def written(versions: Versions, owner: str, without: str = "") -> bytes:
    """The string anew, without what was superseded and without one key."""
    kept = [_packed(key, version, owner) for key, found in versions.items() if key != without for version in found]
    return b"".join((ARRAY_32, len(kept).to_bytes(HEAD - 1, "big"), *kept))


def read(data: bytes, owner: str) -> Versions:
    """All versions of a source's string; of two with one revision the later counts."""
    found: Versions = {}
    repeated = set()
    for record in _records(data):
        versions = found.get(record.key)
        if versions is None:
            found[record.key] = [_version(record, owner)]
        else:
            versions.append(_version(record, owner))
            repeated.add(record.key)
    for key in repeated:
        latest = {version.revision: version for version in found[key]}
        found[key] = sorted(latest.values(), key=lambda one: one.revision, reverse=True)
    return {key: found[key] for key in sorted(found)}


def of_key(data: bytes, owner: str, key: str) -> list[Version]:
    """The versions of one key, in the order in which they came."""
    return [_version(record, owner) for record in _records(data) if record.key == key]


def _records(data: bytes) -> Iterable[_Record]:
    return _decoder.decode(data) if data else ()


def _packed(key: str, version: Version, owner: str) -> bytes:
    entity = type(version.entity)()
    entity.CopyFrom(version.entity)  # type: ignore[arg-type]  # the same type
    entity.ClearField("source_id")
    own = version.source_id == owner
    until = 0 if version.to_ms == FOR_EVER else version.to_ms
    return _encoder.encode(
        _Record(
            key, version.revision, version.from_ms, until, version.voided,
            "" if own else version.source_id, entity.SerializeToString(),
        )
    )  # fmt: skip


def _version(record: _Record, owner: str) -> Version:
    entity = KINDS[record.key.partition("/")[0]].FromString(record.entity)
    source_id = record.source_id or owner
    entity.source_id = source_id
    return Version(record.revision, record.from_ms, record.to_ms or FOR_EVER, record.voided, source_id, entity)
