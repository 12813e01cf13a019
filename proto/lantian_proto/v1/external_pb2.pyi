from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExternalValue(_message.Message):
    __slots__ = ("field", "number", "text", "unit", "flag")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    field: str
    number: float
    text: str
    unit: str
    flag: str
    def __init__(self, field: _Optional[str] = ..., number: _Optional[float] = ..., text: _Optional[str] = ..., unit: _Optional[str] = ..., flag: _Optional[str] = ...) -> None: ...

class ExternalRecord(_message.Message):
    __slots__ = ("feed_id", "time_ms", "period", "flag", "values")
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    feed_id: str
    time_ms: int
    period: str
    flag: str
    values: _containers.RepeatedCompositeFieldContainer[ExternalValue]
    def __init__(self, feed_id: _Optional[str] = ..., time_ms: _Optional[int] = ..., period: _Optional[str] = ..., flag: _Optional[str] = ..., values: _Optional[_Iterable[_Union[ExternalValue, _Mapping]]] = ...) -> None: ...

class ExternalReadings(_message.Message):
    __slots__ = ("kind", "records")
    KIND_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    records: _containers.RepeatedCompositeFieldContainer[ExternalRecord]
    def __init__(self, kind: _Optional[str] = ..., records: _Optional[_Iterable[_Union[ExternalRecord, _Mapping]]] = ...) -> None: ...
