from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LeadState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEAD_STATE_UNSPECIFIED: _ClassVar[LeadState]
    LEAD_STATE_OPEN: _ClassVar[LeadState]
    LEAD_STATE_EXTENDED: _ClassVar[LeadState]
    LEAD_STATE_CLOSED: _ClassVar[LeadState]
LEAD_STATE_UNSPECIFIED: LeadState
LEAD_STATE_OPEN: LeadState
LEAD_STATE_EXTENDED: LeadState
LEAD_STATE_CLOSED: LeadState

class Text(_message.Message):
    __slots__ = ("zh", "en")
    ZH_FIELD_NUMBER: _ClassVar[int]
    EN_FIELD_NUMBER: _ClassVar[int]
    zh: str
    en: str
    def __init__(self, zh: _Optional[str] = ..., en: _Optional[str] = ...) -> None: ...

class EvidenceReading(_message.Message):
    __slots__ = ("factor", "stat", "period", "time_ms", "value", "flag", "received_ms")
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    STAT_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_MS_FIELD_NUMBER: _ClassVar[int]
    factor: str
    stat: str
    period: str
    time_ms: int
    value: float
    flag: str
    received_ms: int
    def __init__(self, factor: _Optional[str] = ..., stat: _Optional[str] = ..., period: _Optional[str] = ..., time_ms: _Optional[int] = ..., value: _Optional[float] = ..., flag: _Optional[str] = ..., received_ms: _Optional[int] = ...) -> None: ...

class FramePointer(_message.Message):
    __slots__ = ("topic", "partition", "offset")
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    PARTITION_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    topic: str
    partition: int
    offset: int
    def __init__(self, topic: _Optional[str] = ..., partition: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class LimitInForce(_message.Message):
    __slots__ = ("limit_id", "value", "reference_oxygen_percent", "basis", "clause")
    LIMIT_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_OXYGEN_PERCENT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    limit_id: str
    value: float
    reference_oxygen_percent: float
    basis: str
    clause: str
    def __init__(self, limit_id: _Optional[str] = ..., value: _Optional[float] = ..., reference_oxygen_percent: _Optional[float] = ..., basis: _Optional[str] = ..., clause: _Optional[str] = ...) -> None: ...

class ScorePart(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class ChartLine(_message.Message):
    __slots__ = ("factor", "unit", "start_ms", "step_ms", "values", "source_id")
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    STEP_MS_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    factor: str
    unit: str
    start_ms: int
    step_ms: int
    values: _containers.RepeatedScalarFieldContainer[float]
    source_id: str
    def __init__(self, factor: _Optional[str] = ..., unit: _Optional[str] = ..., start_ms: _Optional[int] = ..., step_ms: _Optional[int] = ..., values: _Optional[_Iterable[float]] = ..., source_id: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("readings", "frames", "limit", "marks", "inputs", "charts")
    class InputsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    READINGS_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    CHARTS_FIELD_NUMBER: _ClassVar[int]
    readings: _containers.RepeatedCompositeFieldContainer[EvidenceReading]
    frames: _containers.RepeatedCompositeFieldContainer[FramePointer]
    limit: LimitInForce
    marks: _containers.RepeatedCompositeFieldContainer[Text]
    inputs: _containers.ScalarMap[str, float]
    charts: _containers.RepeatedCompositeFieldContainer[ChartLine]
    def __init__(self, readings: _Optional[_Iterable[_Union[EvidenceReading, _Mapping]]] = ..., frames: _Optional[_Iterable[_Union[FramePointer, _Mapping]]] = ..., limit: _Optional[_Union[LimitInForce, _Mapping]] = ..., marks: _Optional[_Iterable[_Union[Text, _Mapping]]] = ..., inputs: _Optional[_Mapping[str, float]] = ..., charts: _Optional[_Iterable[_Union[ChartLine, _Mapping]]] = ...) -> None: ...

class Lead(_message.Message):
    __slots__ = ("lead_id", "rule_id", "rule_version", "source_id", "factor", "episode", "state", "retrospective", "severity", "score", "score_parts", "start_ms", "end_ms", "detected_ms", "title", "summary", "legal_basis", "runbook", "evidence", "revision", "joined_factors", "other_rules", "related_sources")
    LEAD_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    EPISODE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RETROSPECTIVE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SCORE_PARTS_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    DETECTED_MS_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LEGAL_BASIS_FIELD_NUMBER: _ClassVar[int]
    RUNBOOK_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    JOINED_FACTORS_FIELD_NUMBER: _ClassVar[int]
    OTHER_RULES_FIELD_NUMBER: _ClassVar[int]
    RELATED_SOURCES_FIELD_NUMBER: _ClassVar[int]
    lead_id: str
    rule_id: str
    rule_version: int
    source_id: str
    factor: str
    episode: str
    state: LeadState
    retrospective: bool
    severity: int
    score: float
    score_parts: _containers.RepeatedCompositeFieldContainer[ScorePart]
    start_ms: int
    end_ms: int
    detected_ms: int
    title: Text
    summary: Text
    legal_basis: Text
    runbook: Text
    evidence: Evidence
    revision: int
    joined_factors: _containers.RepeatedScalarFieldContainer[str]
    other_rules: _containers.RepeatedScalarFieldContainer[str]
    related_sources: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, lead_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., rule_version: _Optional[int] = ..., source_id: _Optional[str] = ..., factor: _Optional[str] = ..., episode: _Optional[str] = ..., state: _Optional[_Union[LeadState, str]] = ..., retrospective: _Optional[bool] = ..., severity: _Optional[int] = ..., score: _Optional[float] = ..., score_parts: _Optional[_Iterable[_Union[ScorePart, _Mapping]]] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., detected_ms: _Optional[int] = ..., title: _Optional[_Union[Text, _Mapping]] = ..., summary: _Optional[_Union[Text, _Mapping]] = ..., legal_basis: _Optional[_Union[Text, _Mapping]] = ..., runbook: _Optional[_Union[Text, _Mapping]] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ..., revision: _Optional[int] = ..., joined_factors: _Optional[_Iterable[str]] = ..., other_rules: _Optional[_Iterable[str]] = ..., related_sources: _Optional[_Iterable[str]] = ...) -> None: ...
