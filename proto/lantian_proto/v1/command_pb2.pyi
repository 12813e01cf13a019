from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Command(_message.Message):
    __slots__ = ("command_id", "feed_id", "kind", "begin_ms", "end_ms", "requested_by", "requested_ms", "interval", "factor")
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    BEGIN_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_BY_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_MS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    command_id: str
    feed_id: str
    kind: str
    begin_ms: int
    end_ms: int
    requested_by: str
    requested_ms: int
    interval: int
    factor: str
    def __init__(self, command_id: _Optional[str] = ..., feed_id: _Optional[str] = ..., kind: _Optional[str] = ..., begin_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., requested_by: _Optional[str] = ..., requested_ms: _Optional[int] = ..., interval: _Optional[int] = ..., factor: _Optional[str] = ...) -> None: ...

class CommandState(_message.Message):
    __slots__ = ("command", "state", "at_ms", "reason", "code", "attempts", "records")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    command: Command
    state: str
    at_ms: int
    reason: str
    code: int
    attempts: int
    records: int
    def __init__(self, command: _Optional[_Union[Command, _Mapping]] = ..., state: _Optional[str] = ..., at_ms: _Optional[int] = ..., reason: _Optional[str] = ..., code: _Optional[int] = ..., attempts: _Optional[int] = ..., records: _Optional[int] = ...) -> None: ...
