from lantian_proto.v1 import lead_pb2 as _lead_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Actor(_message.Message):
    __slots__ = ("actor_id", "role", "organisation")
    ACTOR_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ORGANISATION_FIELD_NUMBER: _ClassVar[int]
    actor_id: str
    role: str
    organisation: str
    def __init__(self, actor_id: _Optional[str] = ..., role: _Optional[str] = ..., organisation: _Optional[str] = ...) -> None: ...

class ClockStep(_message.Message):
    __slots__ = ("clock", "step", "title", "due_ms", "for_ms", "to", "cc")
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DUE_MS_FIELD_NUMBER: _ClassVar[int]
    FOR_MS_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    CC_FIELD_NUMBER: _ClassVar[int]
    clock: str
    step: str
    title: str
    due_ms: int
    for_ms: int
    to: str
    cc: str
    def __init__(self, clock: _Optional[str] = ..., step: _Optional[str] = ..., title: _Optional[str] = ..., due_ms: _Optional[int] = ..., for_ms: _Optional[int] = ..., to: _Optional[str] = ..., cc: _Optional[str] = ...) -> None: ...

class IssueEvent(_message.Message):
    __slots__ = ("event_id", "issue_id", "number", "sequence", "kind", "from_state", "to_state", "actor", "reason", "at_ms", "previous_hash", "hash", "lead", "enterprise_name", "source_name", "division_code", "path", "move", "unit", "person", "due_ms", "step", "category")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUE_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FROM_STATE_FIELD_NUMBER: _ClassVar[int]
    TO_STATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HASH_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    ENTERPRISE_NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    DIVISION_CODE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    MOVE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    DUE_MS_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    issue_id: str
    number: str
    sequence: int
    kind: str
    from_state: str
    to_state: str
    actor: Actor
    reason: str
    at_ms: int
    previous_hash: str
    hash: str
    lead: _lead_pb2.Lead
    enterprise_name: str
    source_name: str
    division_code: str
    path: str
    move: str
    unit: str
    person: str
    due_ms: int
    step: ClockStep
    category: str
    def __init__(self, event_id: _Optional[str] = ..., issue_id: _Optional[str] = ..., number: _Optional[str] = ..., sequence: _Optional[int] = ..., kind: _Optional[str] = ..., from_state: _Optional[str] = ..., to_state: _Optional[str] = ..., actor: _Optional[_Union[Actor, _Mapping]] = ..., reason: _Optional[str] = ..., at_ms: _Optional[int] = ..., previous_hash: _Optional[str] = ..., hash: _Optional[str] = ..., lead: _Optional[_Union[_lead_pb2.Lead, _Mapping]] = ..., enterprise_name: _Optional[str] = ..., source_name: _Optional[str] = ..., division_code: _Optional[str] = ..., path: _Optional[str] = ..., move: _Optional[str] = ..., unit: _Optional[str] = ..., person: _Optional[str] = ..., due_ms: _Optional[int] = ..., step: _Optional[_Union[ClockStep, _Mapping]] = ..., category: _Optional[str] = ...) -> None: ...
