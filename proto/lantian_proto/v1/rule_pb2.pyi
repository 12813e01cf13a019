from lantian_proto.v1 import lead_pb2 as _lead_pb2
from lantian_proto.v1 import registry_pb2 as _registry_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RuleParameter(_message.Message):
    __slots__ = ("path", "value", "low", "high", "unit", "whole")
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    path: str
    value: float
    low: float
    high: float
    unit: str
    whole: bool
    def __init__(self, path: _Optional[str] = ..., value: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., unit: _Optional[str] = ..., whole: _Optional[bool] = ...) -> None: ...

class RuleInForce(_message.Message):
    __slots__ = ("rule_id", "version", "title", "parameters")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    version: int
    title: _lead_pb2.Text
    parameters: _containers.RepeatedCompositeFieldContainer[RuleParameter]
    def __init__(self, rule_id: _Optional[str] = ..., version: _Optional[int] = ..., title: _Optional[_Union[_lead_pb2.Text, _Mapping]] = ..., parameters: _Optional[_Iterable[_Union[RuleParameter, _Mapping]]] = ...) -> None: ...

class RuleCatalogue(_message.Message):
    __slots__ = ("rules",)
    RULES_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[RuleInForce]
    def __init__(self, rules: _Optional[_Iterable[_Union[RuleInForce, _Mapping]]] = ...) -> None: ...

class ReplayedLead(_message.Message):
    __slots__ = ("outcome", "lead_id", "rule_id", "source_id", "factor", "severity", "severity_before", "start_ms", "end_ms", "summary")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    LEAD_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_BEFORE_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    outcome: str
    lead_id: str
    rule_id: str
    source_id: str
    factor: str
    severity: int
    severity_before: int
    start_ms: int
    end_ms: int
    summary: _lead_pb2.Text
    def __init__(self, outcome: _Optional[str] = ..., lead_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., source_id: _Optional[str] = ..., factor: _Optional[str] = ..., severity: _Optional[int] = ..., severity_before: _Optional[int] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., summary: _Optional[_Union[_lead_pb2.Text, _Mapping]] = ...) -> None: ...

class ReplayCounts(_message.Message):
    __slots__ = ("rule_id", "added", "gone", "changed", "same")
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    ADDED_FIELD_NUMBER: _ClassVar[int]
    GONE_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    SAME_FIELD_NUMBER: _ClassVar[int]
    rule_id: str
    added: int
    gone: int
    changed: int
    same: int
    def __init__(self, rule_id: _Optional[str] = ..., added: _Optional[int] = ..., gone: _Optional[int] = ..., changed: _Optional[int] = ..., same: _Optional[int] = ...) -> None: ...

class ReplayResult(_message.Message):
    __slots__ = ("replay_id", "state", "reason", "rule_id", "base_version", "number", "values", "from_ms", "to_ms", "finished_ms", "records", "unreadable", "offsets", "counts", "leads", "left_out", "sha256")
    class OffsetsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: int
        def __init__(self, key: _Optional[int] = ..., value: _Optional[int] = ...) -> None: ...
    REPLAY_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    BASE_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    TO_MS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_MS_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    UNREADABLE_FIELD_NUMBER: _ClassVar[int]
    OFFSETS_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    replay_id: str
    state: str
    reason: str
    rule_id: str
    base_version: int
    number: int
    values: _containers.RepeatedCompositeFieldContainer[_registry_pb2.ParameterValue]
    from_ms: int
    to_ms: int
    finished_ms: int
    records: int
    unreadable: int
    offsets: _containers.ScalarMap[int, int]
    counts: _containers.RepeatedCompositeFieldContainer[ReplayCounts]
    leads: _containers.RepeatedCompositeFieldContainer[ReplayedLead]
    left_out: int
    sha256: str
    def __init__(self, replay_id: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., rule_id: _Optional[str] = ..., base_version: _Optional[int] = ..., number: _Optional[int] = ..., values: _Optional[_Iterable[_Union[_registry_pb2.ParameterValue, _Mapping]]] = ..., from_ms: _Optional[int] = ..., to_ms: _Optional[int] = ..., finished_ms: _Optional[int] = ..., records: _Optional[int] = ..., unreadable: _Optional[int] = ..., offsets: _Optional[_Mapping[int, int]] = ..., counts: _Optional[_Iterable[_Union[ReplayCounts, _Mapping]]] = ..., leads: _Optional[_Iterable[_Union[ReplayedLead, _Mapping]]] = ..., left_out: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class RuleNews(_message.Message):
    __slots__ = ("catalogue", "replay")
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    catalogue: RuleCatalogue
    replay: ReplayResult
    def __init__(self, catalogue: _Optional[_Union[RuleCatalogue, _Mapping]] = ..., replay: _Optional[_Union[ReplayResult, _Mapping]] = ...) -> None: ...
