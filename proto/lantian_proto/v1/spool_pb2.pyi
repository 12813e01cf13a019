from lantian_proto.v1 import site_event_pb2 as _site_event_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SpooledReadings(_message.Message):
    __slots__ = ("source", "factors", "stats", "period", "time_ms", "values", "flags", "received_ms", "edition")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    STATS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_MS_FIELD_NUMBER: _ClassVar[int]
    EDITION_FIELD_NUMBER: _ClassVar[int]
    source: str
    factors: _containers.RepeatedScalarFieldContainer[int]
    stats: bytes
    period: int
    time_ms: int
    values: _containers.RepeatedScalarFieldContainer[float]
    flags: bytes
    received_ms: int
    edition: int
    def __init__(self, source: _Optional[str] = ..., factors: _Optional[_Iterable[int]] = ..., stats: _Optional[bytes] = ..., period: _Optional[int] = ..., time_ms: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ..., flags: _Optional[bytes] = ..., received_ms: _Optional[int] = ..., edition: _Optional[int] = ...) -> None: ...

class SpooledHeader(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: bytes
    def __init__(self, name: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class SpooledFrame(_message.Message):
    __slots__ = ("protocol", "raw", "feed", "peer", "outcome", "received_ms", "reason", "verdict", "edition", "late", "readings", "extra", "site_events")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    FEED_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    EDITION_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    EXTRA_FIELD_NUMBER: _ClassVar[int]
    SITE_EVENTS_FIELD_NUMBER: _ClassVar[int]
    protocol: str
    raw: bytes
    feed: bytes
    peer: str
    outcome: str
    received_ms: int
    reason: str
    verdict: str
    edition: str
    late: bool
    readings: _containers.RepeatedCompositeFieldContainer[SpooledReadings]
    extra: _containers.RepeatedCompositeFieldContainer[SpooledHeader]
    site_events: _containers.RepeatedCompositeFieldContainer[_site_event_pb2.SiteEvent]
    def __init__(self, protocol: _Optional[str] = ..., raw: _Optional[bytes] = ..., feed: _Optional[bytes] = ..., peer: _Optional[str] = ..., outcome: _Optional[str] = ..., received_ms: _Optional[int] = ..., reason: _Optional[str] = ..., verdict: _Optional[str] = ..., edition: _Optional[str] = ..., late: _Optional[bool] = ..., readings: _Optional[_Iterable[_Union[SpooledReadings, _Mapping]]] = ..., extra: _Optional[_Iterable[_Union[SpooledHeader, _Mapping]]] = ..., site_events: _Optional[_Iterable[_Union[_site_event_pb2.SiteEvent, _Mapping]]] = ...) -> None: ...
