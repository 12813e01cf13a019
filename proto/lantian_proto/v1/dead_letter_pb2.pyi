from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Header(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: bytes
    def __init__(self, name: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...

class DeadLetter(_message.Message):
    __slots__ = ("dead_letter_id", "reason", "detail", "topic", "partition", "offset", "timestamp_ms", "key", "value", "headers", "group", "attempts", "service_version", "failed_ms")
    DEAD_LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    PARTITION_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    SERVICE_VERSION_FIELD_NUMBER: _ClassVar[int]
    FAILED_MS_FIELD_NUMBER: _ClassVar[int]
    dead_letter_id: str
    reason: str
    detail: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes
    headers: _containers.RepeatedCompositeFieldContainer[Header]
    group: str
    attempts: int
    service_version: str
    failed_ms: int
    def __init__(self, dead_letter_id: _Optional[str] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ..., topic: _Optional[str] = ..., partition: _Optional[int] = ..., offset: _Optional[int] = ..., timestamp_ms: _Optional[int] = ..., key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., headers: _Optional[_Iterable[_Union[Header, _Mapping]]] = ..., group: _Optional[str] = ..., attempts: _Optional[int] = ..., service_version: _Optional[str] = ..., failed_ms: _Optional[int] = ...) -> None: ...

class DeadLetterDecision(_message.Message):
    __slots__ = ("dead_letter_id", "action", "actor", "reason", "decided_ms", "value_sha256", "sent_sha256")
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACTION_UNSPECIFIED: _ClassVar[DeadLetterDecision.Action]
        ACTION_REPLAYED: _ClassVar[DeadLetterDecision.Action]
        ACTION_FIXED: _ClassVar[DeadLetterDecision.Action]
        ACTION_DISCARDED: _ClassVar[DeadLetterDecision.Action]
    ACTION_UNSPECIFIED: DeadLetterDecision.Action
    ACTION_REPLAYED: DeadLetterDecision.Action
    ACTION_FIXED: DeadLetterDecision.Action
    ACTION_DISCARDED: DeadLetterDecision.Action
    DEAD_LETTER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DECIDED_MS_FIELD_NUMBER: _ClassVar[int]
    VALUE_SHA256_FIELD_NUMBER: _ClassVar[int]
    SENT_SHA256_FIELD_NUMBER: _ClassVar[int]
    dead_letter_id: str
    action: DeadLetterDecision.Action
    actor: str
    reason: str
    decided_ms: int
    value_sha256: str
    sent_sha256: str
    def __init__(self, dead_letter_id: _Optional[str] = ..., action: _Optional[_Union[DeadLetterDecision.Action, str]] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ..., decided_ms: _Optional[int] = ..., value_sha256: _Optional[str] = ..., sent_sha256: _Optional[str] = ...) -> None: ...
