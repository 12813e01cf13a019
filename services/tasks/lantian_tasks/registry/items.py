"""What of the registry no service judges by: divisions, processes, devices, vehicles, instruments, cameras, …

Each kind has its own fields; in registry.v1 all of them travel as `Item` with attributes.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from lantian_proto.both import Both
from lantian_tasks.registry.entities import LATEST_MS, Division, Entity, Id, Name, OptionalId

Text = Annotated[str, StringConstraints(max_length=200)]
Number = Annotated[float, Field(ge=0, le=1e12)]
Time = Annotated[int, Field(ge=0, le=LATEST_MS)]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9+() *-]{0,32}$")]


class Item(Entity):
    """Common to all of them."""

    name: Name = Field(description="Name")

    def content(self) -> dict[str, Any]:
        """As `Item` of the contract."""
        own = {name: getattr(self, name, "") for name in ("enterprise_id", "source_id", "division_code")}
        return {"name": self.name, **own, "attributes": self.attributes()}

    def attributes(self) -> dict[str, str]:
        """The fields of its kind as texts, without those that `Item` has of its own; empty ones are left out."""
        own = {"name", "enterprise_id", "source_id", "division_code"}
        values: dict[str, Any] = self.model_dump(mode="json", exclude=own)
        return {name: _text(value) for name, value in values.items() if value not in ("", None, [])}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


class DivisionEntity(Item):
    """An administrative division; its id is its GB/T 2260 code. Dated by valid_from_ms and valid_to_ms."""

    parent_code: str = Field(default="", pattern=r"^(\d{6})?$", description="Superior division; empty: by the code")
    successor_code: str = Field(default="", pattern=r"^(\d{6})?$", description="Division it went into, after its end")


class Process(Item):
    """A production process or line of an enterprise."""

    enterprise_id: Id
    product: Text = Field(default="", description="Product", examples=["烧结矿"])
    capacity: Number = Field(default=0.0, description="Capacity; 0: unknown")
    capacity_unit: Text = Field(default="", examples=["万吨/年"])
    interruptible: bool = Field(default=True, description="It can be stopped within a warning")
    warm_up_hours: Number = Field(default=0.0, description="Hours from stop to full load")


class Device(Item):
    """A treatment device."""

    enterprise_id: Id
    source_id: OptionalId = Field(default="", description="Outlet it treats for")
    process_id: OptionalId = Field(default="", description="Process it belongs to")
    technique: Text = Field(default="", description="Technique", examples=["石灰石-石膏湿法脱硫"])
    vendor: Text = Field(default="", description="Who built or maintains it")
    simple: bool = Field(default=False, description="Of the simple and inefficient kind 简易低效")


class Vehicle(Item):
    """A vehicle; the id is a pseudonym where plates may not be kept."""

    enterprise_id: OptionalId = ""
    source_id: OptionalId = ""
    plate: Text = ""
    fuel: Literal["", "diesel", "petrol", "gas", "electric", "hybrid", "hydrogen"] = ""
    stage: Literal["", "0", "1", "2", "3", "4", "5", "6"] = Field(default="", description="Emission stage 国标阶段")


class Machine(Item):
    """A non-road mobile machine."""

    enterprise_id: OptionalId = ""
    division_code: Division
    environmental_code: Text = Field(default="", description="环保登记编码")
    machine_type: Text = Field(default="", examples=["叉车"])
    stage: Literal["", "1", "2", "3", "4"] = ""


class Camera(Item):
    """A camera."""

    enterprise_id: OptionalId = ""
    source_id: OptionalId = ""
    place: Text = ""


class Bypass(Item):
    """A bypass of a treatment device, with its seal."""

    enterprise_id: Id
    source_id: Id = Field(description="Outlet whose treatment it goes round")
    seal_no: Text = Field(default="", description="Number of the seal; empty: not sealed")
    sealed_ms: Time = Field(default=0, description="When it was sealed; ms since 1970 UTC; 0: not")
    flow_source_id: OptionalId = Field(default="", description="Source that measures its flow")


class Permit(Item):
    """A discharge permit."""

    enterprise_id: Id
    permit_no: Name
    issued_by: Text = ""
    expires_ms: Time = Field(default=0, description="ms since 1970 UTC; 0: unknown")


class Person(Item):
    """Somebody responsible: of an enterprise, or of a division."""

    enterprise_id: OptionalId = ""
    division_code: str = Field(default="", pattern=r"^(\d{6})?$")
    duty: Text = Field(default="", description="What the person is responsible for")
    phone: Phone = ""


class Instrument(Item):
    """A portable instrument of enforcement (reference F79): IR imager, FID, PID, flue gas analyser, …"""

    division_code: Division
    team_id: OptionalId = Field(default="", description="Team that carries it")
    model: Text = Field(default="", description="Maker and model")
    serial_no: Name = Field(description="Serial number on the device", examples=["SN20260117"])
    measures: Text = Field(default="", description="What it measures", examples=["挥发性有机物（FID）"])
    calibrated_ms: Time = Field(default=0, description="When it was last calibrated; ms since 1970 UTC; 0: unknown")
    calibration_due_ms: Time = Field(
        default=0, description="When the certificate ends; ms since 1970 UTC; 0: unknown, as good as overdue"
    )
    certificate_no: Text = Field(default="", description="Number of the calibration certificate 检定校准证书")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.calibrated_ms and self.calibration_due_ms and self.calibration_due_ms <= self.calibrated_ms:
            raise ValueError(Both("a calibration ends after it was made", "校准到期须晚于校准日期"))
        return self
