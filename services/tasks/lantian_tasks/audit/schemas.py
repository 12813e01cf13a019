"""What the API says about histories."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lantian_tasks.ledger.device_time import FLAGS


class ActorOut(BaseModel):
    """Who acted."""

    model_config = ConfigDict(extra="allow")

    actor_id: str = Field(description="Account, or the name of a service")
    role: str = Field(description="Role at that moment; system for services")
    organisation: str


class DeviceTimeOut(BaseModel):
    """When somebody acted by their device; ms since 1970 UTC."""

    model_config = ConfigDict(extra="allow")

    happened_ms: int = Field(description="Corrected by what the device showed when it was sent")
    stated_ms: int = Field(description="As the device said")
    correction_ms: int = Field(description="What the device's clock lacked; 0: right, or it did not say what it showed")
    delay_ms: int = Field(description="Until the ledger had it")
    flags: list[str] = Field(description=f"Any of {', '.join(FLAGS)}")


class EntryOut(BaseModel):
    """One sealed entry; recompute `hash` as SHA-256 of the RFC 8785 form of everything else."""

    model_config = ConfigDict(extra="allow")  # what was smuggled in is shown, not hidden

    chain: str = Field(description="Subject the history belongs to")
    sequence: int = Field(description="Position, from 1")
    kind: str = Field(
        description="registered, episode-extended, episode-closed, moved, noted, voided; created, changed"
    )
    move: str = Field(description="Name of the move; empty when a service acted")
    from_state: str
    to_state: str
    actor: ActorOut
    reason: str
    at_ms: int = Field(description="ms since 1970 UTC")
    fields: dict[str, Any] = Field(description="Inputs of the move, or what the lead or entity was")
    algorithm: str
    previous_hash: str = Field(description="Hash of the entry before; zeros for the first")
    hash: str
    device: DeviceTimeOut | None = Field(
        default=None,
        exclude_if=lambda device: device is None,  # it is hashed where it is there
        description="Time of the phone beside the ledger's; absent where no device spoke",
    )


def entry_of(entry: Mapping[str, Any]) -> EntryOut:
    """An entry as the API shows it."""
    return EntryOut(**entry)


def entries_of(history: Iterable[Mapping[str, Any]]) -> list[EntryOut]:
    """A history as the API shows it."""
    return [entry_of(entry) for entry in history]
