"""What people may write about each kind of entity; anything else is refused."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

from lantian_proto.both import Both
from lantian_proto.factors import by_code, is_family
from lantian_tasks.registry.codes import is_credit_code
from lantian_tasks.registry.record import Validity

LATEST_MS = 253_402_300_799_999
AMBIENT_OXYGEN_PERCENT = 21.0
"""Conversion divides by 21 minus the reference (GB 13271-2014, 5.2): the reference must stay below."""

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
OptionalId = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9_.\-]{0,63})?$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Division = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
RecordKind = Literal[
    "",
    "outlet",
    "station",
    "dust",
    "dustfall",
    "fire",
    "power-meter",
    "gate",
    "vapour-recovery",
    "dcs",
    "remote-sensing",
    "inspection",
]
Time = Annotated[int, Field(ge=0, le=LATEST_MS, strict=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Unit = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Latitude = Annotated[float, Field(ge=-90, le=90, description="WGS 84, degrees; 0 and 0: unknown", examples=[38.04])]
Longitude = Annotated[float, Field(ge=-180, le=180, description="WGS 84, degrees", examples=[114.51])]


class Entity(BaseModel):
    """Common rules: no unknown fields, no NaN, texts trimmed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

    def content(self) -> dict[str, Any]:
        """The fields of the protobuf message, as plain values."""
        return self.model_dump(mode="json")


class ContactPoint(Entity):
    """A way to reach a team, a person or an enterprise; the secret itself is never here."""

    channel: Literal["webhook", "wecom", "dingtalk", "feishu", "email", "sms", "webpush"]
    address: str = Field(
        default="", max_length=2000, description="URL, mailbox, number, subscription; empty for a robot"
    )
    secret_name: OptionalId = Field(default="", description="Name of the secret notify holds")


Contacts = Annotated[list[ContactPoint], Field(default_factory=list, max_length=20)]


class Enterprise(Entity):
    """A polluting enterprise."""

    name: Name = Field(description="Name", examples=["某钢铁有限公司"])
    division_code: Division = Field(description="GB/T 2260 code of its county", examples=["130102"])
    industry: str = Field(default="", max_length=200, description="Industry, free text", examples=["钢铁"])
    credit_code: str = Field(default="", max_length=18, description="Unified social credit code (GB 32100)")
    grade: Literal["", "A", "B", "B-", "C", "D", "leading", "non-leading", "ungraded"] = Field(
        default="", description="Performance grade 绩效等级"
    )
    list_types: list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,39}$")]] = Field(
        default_factory=list,
        max_length=20,
        description="Lists it stands on: key-pollutant, positive, small, guarantee, …",
    )
    park: str = Field(default="", max_length=200, description="Industrial park or cluster")
    permit_no: str = Field(default="", max_length=64, description="Number of its discharge permit")
    latitude: Latitude = 0.0
    longitude: Longitude = 0.0
    contacts: Contacts = Field(description="How it is told; early warnings go here")

    @field_validator("credit_code")
    @classmethod
    def _proves_itself(cls, code: str) -> str:
        if code and not is_credit_code(code):
            raise ValueError(
                Both(
                    "the check character of the credit code does not fit (GB 32100)",
                    "统一社会信用代码的校验位不符（GB 32100）",
                )
            )
        return code


class OutletFacts(Entity):
    """What decides which of the shipped limits bind an outlet (keys of the knowledge of alerts)."""

    industry: str = Field(default="", max_length=64, examples=["steel"])
    process: str = Field(default="", max_length=64, examples=["sinter-head"])
    existing: bool = Field(default=False, description="Built before the standard came 现有")
    special_region: bool = Field(default=False, description="Special limits 特别排放限值 are in force there")
    commitment: Literal["", "ultra-low"] = ""
    city_code: str = Field(default="", pattern=r"^(\d{6})?$")
    conditions: list[Annotated[str, StringConstraints(max_length=64)]] = Field(default_factory=list, max_length=20)


class Source(Entity):
    """What is measured."""

    enterprise_id: OptionalId = Field(default="", description="Enterprise; empty for stations")
    name: Name = Field(description="Name", examples=["1号烧结机头排口"])
    kind: Literal["outlet", "station", "vehicle", "meter", "gate", "device"] = Field(description="What it is")
    outlet: OutletFacts | None = Field(default=None, description="Of an outlet: what decides its limits")
    latitude: Latitude = 0.0
    longitude: Longitude = 0.0


class Feed(Entity):
    """A sender of frames; the id is the MN as sent."""

    source_id: Id = Field(description="Source whose readings it sends")
    protocol: Literal["hj212", "vehicle", "records"] = Field(
        default="hj212", description="hj212; vehicle, the id is then the VIN or its pseudonym; records, of record_kind"
    )
    record_kind: RecordKind = Field(default="", description="What a feed of protocol records sends")
    password: SecretStr | None = Field(
        default=None,
        max_length=100,
        description="Password in clear; kept only as salted SHA-256. Absent: as before; empty: any is taken",
    )
    real_time_interval_seconds: int = Field(default=0, ge=0, le=3600, description="Interval of real-time data; 0: none")
    minute_interval_minutes: int = Field(default=0, ge=0, le=60, description="Interval of minute data; 0: none")
    sends_hours: bool = Field(default=True, description="Hour data are sent")
    period_labelled_by_end: bool = Field(default=False, description="Period data carry the end of the period")
    factor_codes: dict[Code, Code] = Field(
        default_factory=dict, max_length=200, description="What this feed calls our factors: its code to ours"
    )
    units: dict[Code, Unit] = Field(
        default_factory=dict, max_length=200, description="Unit it sends a factor in, by our code"
    )
    period_label: Literal["", "start", "end"] = Field(
        default="", description="What DataTime of a period is; empty lets the packets tell"
    )

    terminal_chip: str = Field(
        default="",
        pattern=r"^[!-~]{0,16}$",
        description="Of a vehicle: number of its terminal's chip as filed 备案; activations are answered by it",
    )
    terminal_key: str = Field(
        default="", pattern=r"^([0-9A-Fa-f]{128})?$", description="The chip's SM2 public key, 128 hex digits"
    )

    @model_validator(mode="after")
    def _sends_something(self) -> Self:
        regular = self.real_time_interval_seconds or self.minute_interval_minutes or self.sends_hours
        if self.protocol == "hj212" and not regular:
            raise ValueError(
                Both("a feed sends real-time, minute or hour data", "数据源至少上报实时、分钟或小时数据之一")
            )
        if self.protocol == "vehicle" and regular:
            raise ValueError(
                Both(
                    "a vehicle that stands is silent: no intervals, and sends_hours false",
                    "车辆停驶时不上报：不设间隔，sends_hours 为否",
                )
            )
        if (self.protocol == "records") != bool(self.record_kind):
            raise ValueError(
                Both(
                    "record_kind belongs to protocol records, and to it alone",
                    "record_kind 只用于 records 协议，且必须填写",
                )
            )
        if bool(self.terminal_chip) != bool(self.terminal_key):
            raise ValueError(Both("a chip is filed with its public key", "芯片须与公钥一并备案"))
        if self.terminal_chip and self.protocol != "vehicle":
            raise ValueError(Both("a terminal's chip belongs to protocol vehicle", "终端芯片只用于 vehicle 协议"))
        return self

    def content(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"password"})


class Limit(Entity):
    """An emission limit of one source and factor."""

    source_id: Id = Field(description="Source it applies to")
    factor: str = Field(description="HJ 212 factor code; a code of 2005 is kept as the later one", examples=["a21026"])
    value: float = Field(gt=0, le=1e12, description="Limit in the factor's unit", examples=[35.0])
    reference_oxygen_percent: float = Field(
        default=0.0, ge=0, lt=AMBIENT_OXYGEN_PERCENT, description="Reference oxygen; 0: judged as measured"
    )
    basis: Literal["national", "local", "permit", "plan", "ultra-low"] = Field(description="Whose limit it is")
    clause: Name = Field(description="Standard and clause", examples=["环大气〔2019〕35号 附件2"])
    averaging: Literal["", "hour", "day", "spot"] = Field(default="", description="What is judged; empty: the hour")

    @field_validator("factor")
    @classmethod
    def _known_factor(cls, code: str) -> str:
        factor = by_code(code)
        if factor is None or factor.kind == "tick" or is_family(factor):
            raise ValueError(Both(f"no factor has the code {code!r}", f"没有代码为 {code} 的因子"))
        return factor.code


class Mark(Entity):
    """The operator's statement about a period of a source."""

    source_id: Id = Field(description="Source it is about")
    kind: Literal["stopped", "start-up", "shutdown", "fault", "calibration", "maintenance"] = Field(description="What")
    start_ms: Time = Field(description="Start; ms since 1970 UTC")
    end_ms: Time = Field(description="End, exclusive; ms since 1970 UTC")
    reason: Name = Field(description="Reason given")

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise ValueError(Both("a mark ends after it starts", "标记的结束须晚于开始"))
        return self


EventKind = Literal[
    "registered",
    "episode-extended",
    "episode-closed",
    "moved",
    "noted",
    "voided",
    "acknowledged",
    "reminded",
    "escalated",
    "received",
    "relapsed",
    "attached",
    "glass-broken",
    "letter-sent",
    "change-proposed",
    "lead-pushed",
    "start-failed",
]


NATION = "00"
"""How a team of the whole country is kept."""


class Team(Entity):
    """A team that receives leads."""

    name: Name = Field(description="Name")
    division_code: str = Field(
        pattern=r"^\d{2}(\d{2}){0,2}$",
        description="Division it serves, also those below; 130200 is kept as the prefix 1302. A team of 000000, as 00, "
        "is told of what is addressed to the ministry alone",
        examples=["130200"],
    )
    webhook_url: str = Field(default="", pattern=r"^(https?://[^\s]{1,500})?$", description="Where its webhooks go")
    webhook_secret_name: OptionalId = Field(default="", description="Name of the secret notify holds; never the secret")
    event_kinds: list[EventKind] = Field(
        default_factory=list, max_length=32, description="Kinds of events it wants; empty: registered issues"
    )
    contacts: Contacts = Field(description="How it is told besides its webhook, most wanted first")

    @field_validator("division_code")
    @classmethod
    def _as_prefix(cls, code: str) -> str:
        return re.sub(r"(00)+$", "", code) or NATION

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.webhook_url and not self.webhook_secret_name:
            raise ValueError(Both("webhooks are signed: name the secret", "网络回调须签名：请填写密钥名称"))
        return self


class DutyShift(Entity):
    """A person's turn on duty."""

    person_id: Id
    name: Name
    contacts: Contacts = Field(description="How the person is told, most wanted first")
    start_ms: Time
    end_ms: Time

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.end_ms <= self.start_ms:
            raise ValueError(Both("a shift ends after it starts", "班次的结束须晚于开始"))
        return self


class DutyRoster(Entity):
    """Who of a team is on duty 值班, when."""

    team_id: Id
    shifts: list[DutyShift] = Field(default_factory=list, max_length=2000)


class Period(BaseModel):
    """When what is written holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    valid_from_ms: Time = Field(default=0, description="From when it holds; 0: always")
    valid_to_ms: Time = Field(default=0, description="Until when, exclusive; 0: open")
    reason: str = Field(default="", max_length=1000, description="Why it is written; stands in its history")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to_ms and self.valid_to_ms <= self.valid_from_ms:
            raise ValueError(Both("valid_to_ms is after valid_from_ms", "失效时间须晚于生效时间"))
        return self

    @property
    def validity(self) -> Validity:
        """The period alone."""
        return Validity(self.valid_from_ms, self.valid_to_ms)
