"""A registry as one JSON file: what `lantian detect` and `lantian limits` know about the outlets.

The form is documented by `registry.schema.json` beside this file, which is generated from the classes here.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from google.protobuf.json_format import ParseDict, ParseError

from lantian_alerts.core.registry import Registry
from lantian_alerts.core.stations import DUST_SITE
from lantian_proto.v1.registry_pb2 import RegistryChange

BYTE_ORDER_MARK: Final = "\ufeff".encode()
FORMAT: Final = "https://json-schema.org/draft/2020-12/schema"

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Instant = Annotated[
    str,
    msgspec.Meta(
        description="ISO 8601 with an offset, e.g. 2026-11-22T08:00:00+08:00", extra_json_schema={"format": "date-time"}
    ),
]
Share = Annotated[float, msgspec.Meta(ge=0, lt=21)]


class RegistryFileError(ValueError):
    """The file is no registry; the text names the place."""


class Dated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when to when an entry holds (end exclusive); left out: always."""

    id: str = ""
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class FeedEntry(Dated, frozen=True, kw_only=True):
    """A sender of the source's readings; its shortest interval decides from when on silence counts."""

    protocol: str = "hj212"
    real_time_interval_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 0
    minute_interval_minutes: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0
    sends_hours: bool = True
    period_labelled_by_end: bool = False


class LimitEntry(Dated, frozen=True, kw_only=True):
    """A limit stated for the source; in the factor's unit, at a reference oxygen in percent or (0) as measured."""

    factor: Id
    value: Annotated[float, msgspec.Meta(gt=0)]
    reference_oxygen_percent: Share = 0.0
    basis: Literal["national", "local", "permit", "plan", "ultra-low", "platform"] = "permit"
    clause: str = ""
    averaging: Literal["hour", "day", "spot"] = "hour"


class MarkEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operator's statement about a period; without an end it goes on."""

    kind: Literal["stopped", "start-up", "shutdown", "fault", "calibration", "maintenance", "closed"]
    start: Instant
    end: Instant | None = None
    declared: Instant | None = None
    reason: str = ""
    id: str = ""


class OutletEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What decides which shipped limits bind the outlet; keys as in knowledge/data/processes.csv."""

    industry: Id
    process: Id
    existing: bool = False
    special_region: bool = False
    commitment: Literal["", "ultra-low"] = ""
    city_code: Annotated[str, msgspec.Meta(pattern=r"^(\d{6})?$")] = ""
    conditions: list[str] = []


class SourceEntry(Dated, frozen=True, kw_only=True):
    """What is measured, with everything that hangs on it."""

    id: Id
    name: str = ""
    kind: Literal["outlet", "station", "vehicle", "meter", "gate", "device"] = "outlet"
    enterprise_id: str = ""
    division_code: Annotated[
        str, msgspec.Meta(pattern=r"^(\d{6})?$", description="GB/T 2260, of a station: county, or city where unknown")
    ] = ""
    dust_site: Annotated[bool, msgspec.Meta(description="a station that measures the dust of a building site")] = False
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] = 0.0
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 0.0
    outlet: OutletEntry | None = None
    feeds: list[FeedEntry] = []
    limits: list[LimitEntry] = []
    marks: list[MarkEntry] = []


class ChangeEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any entity of registry.v1, for what `sources` has no short form for; `entity` is its Protobuf JSON."""

    kind: Id
    id: Id
    entity: dict[str, Any] = {}
    revision: Annotated[int, msgspec.Meta(ge=1)] = 1
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    voided: bool = False


class RegistryFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A registry. Both lists may be given; the changes come after the sources."""

    sources: list[SourceEntry] = []
    changes: list[ChangeEntry] = []


def schema() -> dict[str, Any]:
    """The JSON schema of the file."""
    found = msgspec.json.schema(RegistryFile)
    return {"$schema": FORMAT, "title": "Registry of lantian detect and lantian limits", **found}


def parse(data: bytes | str) -> list[RegistryChange]:
    """The changes a file stands for. Raises RegistryFileError.

    A source may have several entries; what hangs on it is then gathered. Two entities of one id and revision that
    differ are refused: one of them would be lost.
    """
    text = data.encode() if isinstance(data, str) else data
    if not text.strip():
        raise RegistryFileError("the file is empty")
    try:
        file = msgspec.json.decode(text.removeprefix(BYTE_ORDER_MARK), type=RegistryFile)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise RegistryFileError(str(error)) from error
    changes: list[RegistryChange] = []
    numbers = Counter[tuple[str, str]]()
    for entry in file.sources:
        changes += _of_source(entry, numbers)
    for change in file.changes:
        holds = (_ms(change.valid_from), _ms(change.valid_to))
        changes.append(_change(change.kind, change.id, dict(change.entity), holds, change.revision, change.voided))
    seen: dict[tuple[str, str, int], RegistryChange] = {}
    for one in changes:
        if seen.setdefault((one.kind, one.id, one.revision), one) != one:
            raise RegistryFileError(f"{one.kind}/{one.id}: it stands twice and says different things")
    return changes


def registry_of(changes: list[RegistryChange]) -> Registry:
    """A registry that has taken all of them. Raises RegistryFileError for one that alerts can not use."""
    registry = Registry()
    for change in changes:
        try:
            registry.take(change)
        except ValueError as error:
            raise RegistryFileError(f"{change.kind}/{change.id}: {error}") from error
    return registry


def _of_source(entry: SourceEntry, numbers: Counter[tuple[str, str]]) -> Iterator[RegistryChange]:
    facts = None if entry.outlet is None else msgspec.to_builtins(entry.outlet)
    own: dict[str, Any] = {"name": entry.name, "kind": entry.kind, "enterprise_id": entry.enterprise_id}
    own |= {"latitude": entry.latitude, "longitude": entry.longitude}
    if facts is None and entry.division_code:
        facts = {"city_code": entry.division_code, "conditions": [DUST_SITE] if entry.dust_site else []}
    yield _change("source", entry.id, own | ({} if facts is None else {"outlet": facts}), _holds(entry))
    for kind, entries in (("feed", entry.feeds), ("limit", entry.limits)):
        for one in entries:
            numbers[entry.id, kind] += 1
            content = msgspec.to_builtins(one) | {"source_id": entry.id}
            for name in ("id", "valid_from", "valid_to"):
                content.pop(name, None)
            yield _change(kind, one.id or f"{entry.id}/{kind}-{numbers[entry.id, kind]}", content, _holds(one))
    for mark in entry.marks:
        numbers[entry.id, "mark"] += 1
        content = {
            "source_id": entry.id,
            "kind": mark.kind,
            "start_ms": _ms(mark.start),
            "end_ms": _ms(mark.end),
            "declared_ms": _ms(mark.declared or mark.start),
            "reason": mark.reason,
        }
        yield _change("mark", mark.id or f"{entry.id}/mark-{numbers[entry.id, 'mark']}", content, (0, 0))


def _holds(entry: Dated) -> tuple[int, int]:
    return _ms(entry.valid_from), _ms(entry.valid_to)


def _change(
    kind: str, id_: str, content: dict[str, Any], holds: tuple[int, int], revision: int = 1, voided: bool = False
) -> RegistryChange:
    change = RegistryChange(
        kind=kind, id=id_, revision=revision, voided=voided, valid_from_ms=holds[0], valid_to_ms=holds[1]
    )
    field = RegistryChange.DESCRIPTOR.fields_by_name.get(kind)
    if field is None or field.containing_oneof is None or field.message_type is None:
        raise RegistryFileError(f"{kind}/{id_}: no entity of this kind")
    message = getattr(change, kind)
    message.SetInParent()
    names = field.message_type.fields_by_name
    if f"{kind}_id" in names:
        content.setdefault(f"{kind}_id", id_)
    try:
        ParseDict(content, message)
    except ParseError as error:
        raise RegistryFileError(f"{kind}/{id_}: {error}") from error
    return change


def _ms(text: str | None) -> int:
    if text is None:
        return 0
    return instant(text)


def instant(text: str) -> int:
    """Milliseconds since 1970 UTC of an ISO 8601 time. Raises RegistryFileError without an offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise RegistryFileError(str(error)) from error
    if found.tzinfo is None:
        raise RegistryFileError(f"{text!r} has no offset")
    return round(found.timestamp() * 1000)
