"""A lead as it arrives: read, checked, and turned into plain values. Pure."""

import hashlib
import math
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError, Message

from lantian_proto.topics import RAW_FRAMES
from lantian_proto.v1.lead_pb2 import Lead, LeadState

LATEST_MS = 253_402_300_799_999
GRAVEST = 4


class LeadError(Exception):
    """The message can not be used; `reason` is one of the closed list of dead letters (undecodable, invalid)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def lead_id_of(source_id: str, rule_id: str, episode: str) -> str:
    """The id that the contract prescribes: content alone, so that a repeated finding is the same lead."""
    return hashlib.sha256(f"{source_id}|{rule_id}|{episode}".encode()).hexdigest()[:32]


def read(value: bytes | None) -> Lead:
    """The lead of a record of leads.v1. Raises LeadError for anything the ledger could not stand by later."""
    if not value:
        raise LeadError("undecodable", "the record is empty")
    lead = Lead()
    try:
        lead.ParseFromString(value)
    except DecodeError as error:
        raise LeadError("undecodable", f"no lantian.v1.Lead: {error}") from error
    problem = next(_problems(lead), None)
    if problem is not None:
        raise LeadError("invalid", problem)
    return lead


def _problems(lead: Lead) -> Iterator[str]:
    for name in ("source_id", "rule_id", "episode"):
        if not getattr(lead, name):
            yield f"{name} is empty"
    if lead.lead_id != lead_id_of(lead.source_id, lead.rule_id, lead.episode):
        yield f"lead_id {lead.lead_id!r} does not follow from source, rule and episode"
    if lead.state == LeadState.LEAD_STATE_UNSPECIFIED or lead.state not in LeadState.values():
        yield f"state {lead.state} is unknown"
    if lead.revision < 1:
        yield "revision counts from 1"
    if not 1 <= lead.severity <= GRAVEST:
        yield f"severity {lead.severity} is not 1 to {GRAVEST}"
    # A start of 0 is a finding that reaches back to before the first reading: a source never seen.
    if not 0 <= lead.start_ms <= lead.end_ms <= LATEST_MS or not 0 < lead.detected_ms <= LATEST_MS:
        yield f"times are out of order or range: start {lead.start_ms}, end {lead.end_ms}, detected {lead.detected_ms}"
    for pointer in lead.evidence.frames:
        if pointer.topic != RAW_FRAMES or pointer.partition < 0 or pointer.offset < 0:
            yield f"no frame can lie at {pointer.topic}/{pointer.partition}/{pointer.offset}"
    for path, number in _floats("", plain(lead)):
        if not math.isfinite(number):
            yield f"{path} is {number}"


def _floats(path: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _floats(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _floats(f"{path}[{index}]", inner)


def state_name(lead: Lead) -> str:
    """open, extended or closed."""
    return LeadState.Name(lead.state).removeprefix("LEAD_STATE_").lower()


def plain(message: Message) -> dict[str, Any]:
    """A message as dictionaries, lists and plain values: 64-bit integers stay integers, enums are lower-case names.

    Fields keep their contract names, every field is present; an absent sub-message is None, and so is a NaN in a row of
    numbers: it stands for a value that is not there (ChartLine), and JSON has no word for it.
    """
    return {field.name: _plain_field(message, field) for field in message.DESCRIPTOR.fields}


def _present(item: Any) -> Any:
    return None if isinstance(item, float) and math.isnan(item) else item


def _plain_field(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    nested = field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        return dict(sorted(value.items()))
    if field.is_repeated:
        return [plain(item) if nested is not None else _present(item) for item in value]
    if nested is not None:
        return plain(value) if message.HasField(field.name) else None
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        prefix = field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
        return known.name.removeprefix(prefix).lower() if known else str(value)
    return value
