from lantian_proto.v1 import issue_event_pb2 as _issue_event_pb2
from lantian_proto.v1 import lead_pb2 as _lead_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskEvent(_message.Message):
    __slots__ = ("event_id", "subject_id", "subject_kind", "sequence", "kind", "move", "from_state", "to_state", "actor", "reason", "at_ms", "hash", "division_code", "round_id", "enterprise_name", "lead", "step", "path")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_KIND_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MOVE_FIELD_NUMBER: _ClassVar[int]
    FROM_STATE_FIELD_NUMBER: _ClassVar[int]
    TO_STATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    DIVISION_CODE_FIELD_NUMBER: _ClassVar[int]
    ROUND_ID_FIELD_NUMBER: _ClassVar[int]
    ENTERPRISE_NAME_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    subject_id: str
    subject_kind: str
    sequence: int
    kind: str
    move: str
    from_state: str
    to_state: str
    actor: _issue_event_pb2.Actor
    reason: str
    at_ms: int
    hash: str
    division_code: str
    round_id: str
    enterprise_name: str
    lead: _lead_pb2.Lead
    step: _issue_event_pb2.ClockStep
    path: str
    def __init__(self, event_id: _Optional[str] = ..., subject_id: _Optional[str] = ..., subject_kind: _Optional[str] = ..., sequence: _Optional[int] = ..., kind: _Optional[str] = ..., move: _Optional[str] = ..., from_state: _Optional[str] = ..., to_state: _Optional[str] = ..., actor: _Optional[_Union[_issue_event_pb2.Actor, _Mapping]] = ..., reason: _Optional[str] = ..., at_ms: _Optional[int] = ..., hash: _Optional[str] = ..., division_code: _Optional[str] = ..., round_id: _Optional[str] = ..., enterprise_name: _Optional[str] = ..., lead: _Optional[_Union[_lead_pb2.Lead, _Mapping]] = ..., step: _Optional[_Union[_issue_event_pb2.ClockStep, _Mapping]] = ..., path: _Optional[str] = ...) -> None: ...
