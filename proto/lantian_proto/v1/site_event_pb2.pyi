from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SiteEvent(_message.Message):
    __slots__ = ("event_id", "source_id", "feed_id", "kind", "code", "info", "text", "number", "time_ms", "received_ms", "seq", "previous")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    INFO_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_MS_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    source_id: str
    feed_id: str
    kind: str
    code: str
    info: str
    text: str
    number: float
    time_ms: int
    received_ms: int
    seq: int
    previous: str
    def __init__(self, event_id: _Optional[str] = ..., source_id: _Optional[str] = ..., feed_id: _Optional[str] = ..., kind: _Optional[str] = ..., code: _Optional[str] = ..., info: _Optional[str] = ..., text: _Optional[str] = ..., number: _Optional[float] = ..., time_ms: _Optional[int] = ..., received_ms: _Optional[int] = ..., seq: _Optional[int] = ..., previous: _Optional[str] = ...) -> None: ...
