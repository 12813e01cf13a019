from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class FeedEvent(_message.Message):
    __slots__ = ("event_id", "feed_id", "kind", "at_ms", "addresses", "detail")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    feed_id: str
    kind: str
    at_ms: int
    addresses: _containers.RepeatedScalarFieldContainer[str]
    detail: str
    def __init__(self, event_id: _Optional[str] = ..., feed_id: _Optional[str] = ..., kind: _Optional[str] = ..., at_ms: _Optional[int] = ..., addresses: _Optional[_Iterable[str]] = ..., detail: _Optional[str] = ...) -> None: ...
