from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ContactPoint(_message.Message):
    __slots__ = ("channel", "address", "secret_name")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SECRET_NAME_FIELD_NUMBER: _ClassVar[int]
    channel: str
    address: str
    secret_name: str
    def __init__(self, channel: _Optional[str] = ..., address: _Optional[str] = ..., secret_name: _Optional[str] = ...) -> None: ...

class Enterprise(_message.Message):
    __slots__ = ("enterprise_id", "name", "division_code", "industry", "credit_code", "grade", "list_types", "park", "permit_no", "latitude", "longitude", "contacts")
    ENTERPRISE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DIVISION_CODE_FIELD_NUMBER: _ClassVar[int]
    INDUSTRY_FIELD_NUMBER: _ClassVar[int]
    CREDIT_CODE_FIELD_NUMBER: _ClassVar[int]
    GRADE_FIELD_NUMBER: _ClassVar[int]
    LIST_TYPES_FIELD_NUMBER: _ClassVar[int]
    PARK_FIELD_NUMBER: _ClassVar[int]
    PERMIT_NO_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    enterprise_id: str
    name: str
    division_code: str
    industry: str
    credit_code: str
    grade: str
    list_types: _containers.RepeatedScalarFieldContainer[str]
    park: str
    permit_no: str
    latitude: float
    longitude: float
    contacts: _containers.RepeatedCompositeFieldContainer[ContactPoint]
    def __init__(self, enterprise_id: _Optional[str] = ..., name: _Optional[str] = ..., division_code: _Optional[str] = ..., industry: _Optional[str] = ..., credit_code: _Optional[str] = ..., grade: _Optional[str] = ..., list_types: _Optional[_Iterable[str]] = ..., park: _Optional[str] = ..., permit_no: _Optional[str] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ..., contacts: _Optional[_Iterable[_Union[ContactPoint, _Mapping]]] = ...) -> None: ...

class OutletFacts(_message.Message):
    __slots__ = ("industry", "process", "existing", "special_region", "commitment", "city_code", "conditions")
    INDUSTRY_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    SPECIAL_REGION_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    CITY_CODE_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    industry: str
    process: str
    existing: bool
    special_region: bool
    commitment: str
    city_code: str
    conditions: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, industry: _Optional[str] = ..., process: _Optional[str] = ..., existing: _Optional[bool] = ..., special_region: _Optional[bool] = ..., commitment: _Optional[str] = ..., city_code: _Optional[str] = ..., conditions: _Optional[_Iterable[str]] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("source_id", "enterprise_id", "name", "kind", "outlet", "latitude", "longitude")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    ENTERPRISE_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OUTLET_FIELD_NUMBER: _ClassVar[int]
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    enterprise_id: str
    name: str
    kind: str
    outlet: OutletFacts
    latitude: float
    longitude: float
    def __init__(self, source_id: _Optional[str] = ..., enterprise_id: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[str] = ..., outlet: _Optional[_Union[OutletFacts, _Mapping]] = ..., latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class Feed(_message.Message):
    __slots__ = ("feed_id", "source_id", "protocol", "password_salt", "password_sha256", "real_time_interval_seconds", "minute_interval_minutes", "sends_hours", "period_labelled_by_end", "record_kind", "factor_codes", "units", "period_label", "terminal_chip", "terminal_key")
    class FactorCodesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class UnitsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_SALT_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_SHA256_FIELD_NUMBER: _ClassVar[int]
    REAL_TIME_INTERVAL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    MINUTE_INTERVAL_MINUTES_FIELD_NUMBER: _ClassVar[int]
    SENDS_HOURS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_LABELLED_BY_END_FIELD_NUMBER: _ClassVar[int]
    RECORD_KIND_FIELD_NUMBER: _ClassVar[int]
    FACTOR_CODES_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_LABEL_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_CHIP_FIELD_NUMBER: _ClassVar[int]
    TERMINAL_KEY_FIELD_NUMBER: _ClassVar[int]
    feed_id: str
    source_id: str
    protocol: str
    password_salt: str
    password_sha256: str
    real_time_interval_seconds: int
    minute_interval_minutes: int
    sends_hours: bool
    period_labelled_by_end: bool
    record_kind: str
    factor_codes: _containers.ScalarMap[str, str]
    units: _containers.ScalarMap[str, str]
    period_label: str
    terminal_chip: str
    terminal_key: str
    def __init__(self, feed_id: _Optional[str] = ..., source_id: _Optional[str] = ..., protocol: _Optional[str] = ..., password_salt: _Optional[str] = ..., password_sha256: _Optional[str] = ..., real_time_interval_seconds: _Optional[int] = ..., minute_interval_minutes: _Optional[int] = ..., sends_hours: _Optional[bool] = ..., period_labelled_by_end: _Optional[bool] = ..., record_kind: _Optional[str] = ..., factor_codes: _Optional[_Mapping[str, str]] = ..., units: _Optional[_Mapping[str, str]] = ..., period_label: _Optional[str] = ..., terminal_chip: _Optional[str] = ..., terminal_key: _Optional[str] = ...) -> None: ...

class Limit(_message.Message):
    __slots__ = ("limit_id", "source_id", "factor", "value", "reference_oxygen_percent", "basis", "clause", "averaging")
    LIMIT_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_OXYGEN_PERCENT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    AVERAGING_FIELD_NUMBER: _ClassVar[int]
    limit_id: str
    source_id: str
    factor: str
    value: float
    reference_oxygen_percent: float
    basis: str
    clause: str
    averaging: str
    def __init__(self, limit_id: _Optional[str] = ..., source_id: _Optional[str] = ..., factor: _Optional[str] = ..., value: _Optional[float] = ..., reference_oxygen_percent: _Optional[float] = ..., basis: _Optional[str] = ..., clause: _Optional[str] = ..., averaging: _Optional[str] = ...) -> None: ...

class Mark(_message.Message):
    __slots__ = ("mark_id", "source_id", "kind", "start_ms", "end_ms", "reason", "declared_ms")
    MARK_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DECLARED_MS_FIELD_NUMBER: _ClassVar[int]
    mark_id: str
    source_id: str
    kind: str
    start_ms: int
    end_ms: int
    reason: str
    declared_ms: int
    def __init__(self, mark_id: _Optional[str] = ..., source_id: _Optional[str] = ..., kind: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., reason: _Optional[str] = ..., declared_ms: _Optional[int] = ...) -> None: ...

class Team(_message.Message):
    __slots__ = ("team_id", "name", "division_code", "webhook_url", "webhook_secret_name", "event_kinds", "contacts")
    TEAM_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DIVISION_CODE_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_URL_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_SECRET_NAME_FIELD_NUMBER: _ClassVar[int]
    EVENT_KINDS_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    team_id: str
    name: str
    division_code: str
    webhook_url: str
    webhook_secret_name: str
    event_kinds: _containers.RepeatedScalarFieldContainer[str]
    contacts: _containers.RepeatedCompositeFieldContainer[ContactPoint]
    def __init__(self, team_id: _Optional[str] = ..., name: _Optional[str] = ..., division_code: _Optional[str] = ..., webhook_url: _Optional[str] = ..., webhook_secret_name: _Optional[str] = ..., event_kinds: _Optional[_Iterable[str]] = ..., contacts: _Optional[_Iterable[_Union[ContactPoint, _Mapping]]] = ...) -> None: ...

class DutyShift(_message.Message):
    __slots__ = ("person_id", "name", "contacts", "start_ms", "end_ms")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    name: str
    contacts: _containers.RepeatedCompositeFieldContainer[ContactPoint]
    start_ms: int
    end_ms: int
    def __init__(self, person_id: _Optional[str] = ..., name: _Optional[str] = ..., contacts: _Optional[_Iterable[_Union[ContactPoint, _Mapping]]] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ...) -> None: ...

class DutyRoster(_message.Message):
    __slots__ = ("roster_id", "team_id", "shifts")
    ROSTER_ID_FIELD_NUMBER: _ClassVar[int]
    TEAM_ID_FIELD_NUMBER: _ClassVar[int]
    SHIFTS_FIELD_NUMBER: _ClassVar[int]
    roster_id: str
    team_id: str
    shifts: _containers.RepeatedCompositeFieldContainer[DutyShift]
    def __init__(self, roster_id: _Optional[str] = ..., team_id: _Optional[str] = ..., shifts: _Optional[_Iterable[_Union[DutyShift, _Mapping]]] = ...) -> None: ...

class Suppression(_message.Message):
    __slots__ = ("suppression_id", "source_id", "rule_id", "factor", "owner", "reason", "start_ms", "end_ms")
    SUPPRESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    suppression_id: str
    source_id: str
    rule_id: str
    factor: str
    owner: str
    reason: str
    start_ms: int
    end_ms: int
    def __init__(self, suppression_id: _Optional[str] = ..., source_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., factor: _Optional[str] = ..., owner: _Optional[str] = ..., reason: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ...) -> None: ...

class Response(_message.Message):
    __slots__ = ("response_id", "source_id", "measure", "allowed_share", "warning_id", "level", "start_ms", "end_ms")
    RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_SHARE_FIELD_NUMBER: _ClassVar[int]
    WARNING_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    response_id: str
    source_id: str
    measure: str
    allowed_share: float
    warning_id: str
    level: str
    start_ms: int
    end_ms: int
    def __init__(self, response_id: _Optional[str] = ..., source_id: _Optional[str] = ..., measure: _Optional[str] = ..., allowed_share: _Optional[float] = ..., warning_id: _Optional[str] = ..., level: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ...) -> None: ...

class ParameterValue(_message.Message):
    __slots__ = ("path", "value")
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    path: str
    value: float
    def __init__(self, path: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class RuleParameters(_message.Message):
    __slots__ = ("rule_parameters_id", "rule_id", "base_version", "number", "values", "reason", "replay_id", "replay_sha256")
    RULE_PARAMETERS_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    BASE_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REPLAY_ID_FIELD_NUMBER: _ClassVar[int]
    REPLAY_SHA256_FIELD_NUMBER: _ClassVar[int]
    rule_parameters_id: str
    rule_id: str
    base_version: int
    number: int
    values: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    reason: str
    replay_id: str
    replay_sha256: str
    def __init__(self, rule_parameters_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., base_version: _Optional[int] = ..., number: _Optional[int] = ..., values: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ..., reason: _Optional[str] = ..., replay_id: _Optional[str] = ..., replay_sha256: _Optional[str] = ...) -> None: ...

class RuleReplay(_message.Message):
    __slots__ = ("rule_replay_id", "rule_id", "base_version", "values", "from_ms", "to_ms")
    RULE_REPLAY_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_ID_FIELD_NUMBER: _ClassVar[int]
    BASE_VERSION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    TO_MS_FIELD_NUMBER: _ClassVar[int]
    rule_replay_id: str
    rule_id: str
    base_version: int
    values: _containers.RepeatedCompositeFieldContainer[ParameterValue]
    from_ms: int
    to_ms: int
    def __init__(self, rule_replay_id: _Optional[str] = ..., rule_id: _Optional[str] = ..., base_version: _Optional[int] = ..., values: _Optional[_Iterable[_Union[ParameterValue, _Mapping]]] = ..., from_ms: _Optional[int] = ..., to_ms: _Optional[int] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("item_id", "name", "enterprise_id", "source_id", "division_code", "attributes")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENTERPRISE_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    DIVISION_CODE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    name: str
    enterprise_id: str
    source_id: str
    division_code: str
    attributes: _containers.ScalarMap[str, str]
    def __init__(self, item_id: _Optional[str] = ..., name: _Optional[str] = ..., enterprise_id: _Optional[str] = ..., source_id: _Optional[str] = ..., division_code: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ...) -> None: ...

class RegistryChange(_message.Message):
    __slots__ = ("kind", "id", "revision", "changed_ms", "changed_by", "valid_from_ms", "valid_to_ms", "voided", "enterprise", "source", "feed", "limit", "mark", "team", "duty_roster", "item", "suppression", "response", "rule_parameters", "rule_replay")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_MS_FIELD_NUMBER: _ClassVar[int]
    CHANGED_BY_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_MS_FIELD_NUMBER: _ClassVar[int]
    VALID_TO_MS_FIELD_NUMBER: _ClassVar[int]
    VOIDED_FIELD_NUMBER: _ClassVar[int]
    ENTERPRISE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FEED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    TEAM_FIELD_NUMBER: _ClassVar[int]
    DUTY_ROSTER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSION_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    RULE_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    RULE_REPLAY_FIELD_NUMBER: _ClassVar[int]
    kind: str
    id: str
    revision: int
    changed_ms: int
    changed_by: str
    valid_from_ms: int
    valid_to_ms: int
    voided: bool
    enterprise: Enterprise
    source: Source
    feed: Feed
    limit: Limit
    mark: Mark
    team: Team
    duty_roster: DutyRoster
    item: Item
    suppression: Suppression
    response: Response
    rule_parameters: RuleParameters
    rule_replay: RuleReplay
    def __init__(self, kind: _Optional[str] = ..., id: _Optional[str] = ..., revision: _Optional[int] = ..., changed_ms: _Optional[int] = ..., changed_by: _Optional[str] = ..., valid_from_ms: _Optional[int] = ..., valid_to_ms: _Optional[int] = ..., voided: _Optional[bool] = ..., enterprise: _Optional[_Union[Enterprise, _Mapping]] = ..., source: _Optional[_Union[Source, _Mapping]] = ..., feed: _Optional[_Union[Feed, _Mapping]] = ..., limit: _Optional[_Union[Limit, _Mapping]] = ..., mark: _Optional[_Union[Mark, _Mapping]] = ..., team: _Optional[_Union[Team, _Mapping]] = ..., duty_roster: _Optional[_Union[DutyRoster, _Mapping]] = ..., item: _Optional[_Union[Item, _Mapping]] = ..., suppression: _Optional[_Union[Suppression, _Mapping]] = ..., response: _Optional[_Union[Response, _Mapping]] = ..., rule_parameters: _Optional[_Union[RuleParameters, _Mapping]] = ..., rule_replay: _Optional[_Union[RuleReplay, _Mapping]] = ...) -> None: ...
