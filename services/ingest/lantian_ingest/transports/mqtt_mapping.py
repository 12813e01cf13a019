"""What the topics of an MQTT broker mean: one mounted YAML file, topic to feed, payload to fields.

broker:
  host: mqtt.plant.example
  port: 8883
  client_id: lantian-ingest       # the broker keeps what arrives while we are away under this name
  protocol: "5"                   # or "3.1.1"
  tls: {ca_file: /run/secrets/mqtt-ca.pem}      # optional; cert_file and key_file for a client certificate
  username: lantian               # optional
  password_file: /run/secrets/mqtt-password
mappings:
  - topic: plants/+/meters/+/power      # each + is {1}, {2}, …; a last # is {n} too
    feed: meter-{2}
    records: /samples             # optional: a list in the payload, one record each; pointers below start there
    time: {pointer: /ts, unit: s} # s, ms or iso; `arrival` takes the time of arrival (only for senders without a clock)
    period: real-time             # optional
    flag: {pointer: /q}           # optional
    fields:
      - {field: active_power, pointer: /p/total, unit: W}
      - {field: running, pointer: /on}
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import yaml
from jsonpointer import JsonPointer, JsonPointerException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import from_json

from lantian_ingest.decoders.records.documents import Document, DocumentError
from lantian_ingest.decoders.records.rows import Row

SECONDS_TO_MS: Final = 1000
MISSING: Final = object()

Pointer = Annotated[str, StringConstraints(pattern=r"^(/.*)?$", max_length=200)]


class MappingError(Exception):
    """The file can not be used; the process must not start with half of it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tls(_Strict):
    """TLS to the broker; without `ca_file` the system's authorities."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class Broker(_Strict):
    """Where the broker is and who we are there."""

    host: Annotated[str, StringConstraints(min_length=1)]
    port: int = Field(default=1883, ge=1, le=65535)
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,64}$")]
    protocol: Literal["5", "3.1.1"] = "5"
    tls: Tls | None = None
    username: str = ""
    password_file: Path | None = None
    keepalive_seconds: int = Field(default=30, ge=5, le=3600)
    session_seconds: int = Field(default=86_400, ge=0, le=0xFFFFFFFE, description="How long the broker keeps for us")
    in_flight: int = Field(default=500, ge=1, le=65535, description="Messages the broker may send unacknowledged")


class Time(_Strict):
    """Where the time of a record stands."""

    pointer: Pointer
    unit: Literal["s", "ms", "iso"] = "iso"


class Flag(_Strict):
    """Where the data mark stands."""

    pointer: Pointer


class FieldOf(_Strict):
    """One field of the record; absent or null in the payload is absent in the record."""

    field: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    pointer: Pointer
    unit: str = ""


class TopicMapping(_Strict):
    """What the messages of some topics say."""

    topic: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    feed: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    records: Pointer | None = None
    time: Time | Literal["arrival"]
    period: str = ""
    flag: Flag | None = None
    fields: list[FieldOf] = Field(min_length=1)

    @field_validator("topic")
    @classmethod
    def _filter(cls, topic: str) -> str:
        levels = topic.split("/")
        if any(("+" in level or "#" in level) and len(level) > 1 for level in levels) or "#" in levels[:-1]:
            raise ValueError("+ stands for a whole level, # for all that follow, at the end")
        return topic

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        wild = sum(level in ("+", "#") for level in self.topic.split("/"))
        numbers = {int(found) for found in re.findall(r"\{(\d+)\}", self.feed)}
        if any(not 1 <= number <= wild for number in numbers):
            raise ValueError(f"the topic has {wild} wildcards")
        return self

    def matched(self, topic: str) -> str | None:
        """The feed of a topic, None for another topic."""
        wanted, given = self.topic.split("/"), topic.split("/")
        found: list[str] = []
        for number, level in enumerate(wanted):
            if level == "#":
                found.append("/".join(given[number:]))
                break
            if number >= len(given) or (level != "+" and level != given[number]):
                return None
            if level == "+":
                found.append(given[number])
        else:
            if len(given) != len(wanted):
                return None
        if topic.startswith("$") and wanted[0] in ("+", "#"):
            return None  # MQTT 5, 4.7.2
        return re.sub(r"\{(\d+)\}", lambda match: found[int(match[1]) - 1], self.feed)


class MqttMapping(_Strict):
    """The whole file."""

    broker: Broker
    mappings: list[TopicMapping] = Field(min_length=1)

    @classmethod
    def load(cls, path: Path) -> "MqttMapping":
        """The mapping of a file. Raises MappingError."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise MappingError(f"the MQTT file can not be read: {error}") from error
        except (yaml.YAMLError, ValueError) as error:
            raise MappingError(f"the MQTT file is not valid: {error}") from error

    def document(self, topic: str, payload: bytes, arrival_ms: int) -> Document:
        """The rows of a message, by the first mapping that fits its topic. Raises DocumentError."""
        for mapping in self.mappings:
            feed = mapping.matched(topic)
            if feed is not None:
                return Document(list(_rows(mapping, feed, payload, arrival_ms)), "")
        raise DocumentError("no-mapping", f"no mapping fits {topic[:200]!r}")


def _rows(mapping: TopicMapping, feed: str, payload: bytes, arrival_ms: int) -> Iterator[Row]:
    try:
        found = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise DocumentError("json", f"no JSON: {error}"[:200]) from error
    items = [found]
    if mapping.records is not None:
        items = _at(found, mapping.records)
        if not isinstance(items, list) or not items:
            raise DocumentError("shape", f"{mapping.records} is no list of records")
    for item in items:
        row: dict[str, Any] = {"feed": feed, "time": _time(mapping.time, item, arrival_ms)}
        if mapping.period:
            row["period"] = mapping.period
        if mapping.flag is not None and (flag := _at(item, mapping.flag.pointer)) is not MISSING:
            row["flag"] = flag
        for each in mapping.fields:
            value = _at(item, each.pointer)
            if value is MISSING or value is None:
                continue
            if isinstance(value, Mapping):
                raise DocumentError("shape", f"{each.pointer} is no value")
            row[each.field] = {"value": value, "unit": each.unit}
        yield row


def _time(time: Time | Literal["arrival"], item: Any, arrival_ms: int) -> Any:
    if not isinstance(time, Time):
        return arrival_ms
    value = _at(item, time.pointer)
    if value is MISSING:
        return None
    if time.unit == "iso":
        return value if isinstance(value, str) else None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return int(value * SECONDS_TO_MS) if time.unit == "s" else int(value)
    except (ValueError, OverflowError):
        return None


def _at(found: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) names; MISSING where there is nothing."""
    try:
        return JsonPointer(pointer).resolve(found, MISSING)
    except (JsonPointerException, TypeError, KeyError):
        return MISSING
