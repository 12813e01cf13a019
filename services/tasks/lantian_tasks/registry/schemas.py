"""How the API shows entities of the registry, and what became of writing them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lantian_tasks.audit.schemas import EntryOut
from lantian_tasks.problems import FieldProblem
from lantian_tasks.registry.entities import Id, Period
from lantian_tasks.registry.kinds import as_written
from lantian_tasks.registry.record import Kind, Record, public


class EntityOut(BaseModel):
    """An entity as it stands. Passwords are never shown."""

    kind: Kind = Field(description="Kind of entity")
    id: str = Field(description="Id within its kind")
    revision: int = Field(description="Counts its changes from 1; also the ETag")
    entity: dict[str, Any] = Field(description="The fields of its kind, as in PUT")
    valid_from_ms: int = Field(description="From when it holds, ms since 1970 UTC; 0: always")
    valid_to_ms: int = Field(description="Until when, exclusive; 0: open")
    voided: bool = Field(description="Taken out of force; kept with its history")
    changed_ms: int = Field(description="When it was last changed, ms since 1970 UTC")
    changed_by: str = Field(description="Who changed it last")
    division_code: str = Field(description="Division it lies in; empty: none known")


class EntityPage(BaseModel):
    """A page of entities, by id."""

    items: list[EntityOut]
    next_cursor: str | None = Field(description="For the next page; null at the end")


class Void(BaseModel):
    """Why an entity goes out of force."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"reason": "排口已拆除"}]}
    )

    reason: str = Field(min_length=1, max_length=1000, description="Stands in its history")


class EntityHistory(BaseModel):
    """What happened to an entity, and whether the chain of hashes holds."""

    entries: list[EntryOut]
    intact: bool = Field(description="The chain holds and the entity is the one its last entry speaks of")
    broken_entry: int | None = Field(description="Index of the first entry that does not hold")


class Row(Period):
    """One entity of an import."""

    kind: Kind
    id: Id
    entity: dict[str, Any]


class RowResult(BaseModel):
    """What became of one row."""

    index: int = Field(description="Position in the list, from 0")
    row: int = Field(default=0, description="Row of the file, its heading being 1; 0: no file was sent")
    kind: str = Field(description="As sent")
    id: str = Field(description="As sent")
    outcome: str = Field(
        description="created, changed, unchanged, refused, or pending: a second person must confirm a grade or the "
        "start of a warning; whatever else the row says of an enterprise is written"
    )
    revision: int | None = Field(default=None, description="Revision now; null when refused, or when it is not there")
    change_id: str = Field(default="", description="Of what is pending: the change in /v1/changes")
    detail: str = Field(default="", description="Why it was refused")
    detail_zh: str = Field(default="", description="The same in Chinese")
    errors: list[FieldProblem] = Field(default_factory=list, description="Inputs to blame")


class ImportResult(BaseModel):
    """Row by row; a refused row does not stop the others."""

    counts: dict[str, int] = Field(description="Rows by outcome")
    rows: list[RowResult]
    dry_run: bool = Field(default=False, description="Nothing was written")


class PendingOut(BaseModel):
    """What waits for a second person: it is not in force."""

    change_id: str = Field(description="The change in /v1/changes, where somebody else confirms or refuses it")
    title: str
    ends_ms: int = Field(description="It lapses then unless it is decided; ms since 1970 UTC")
    entity: EntityOut | None = Field(description="The entity as it is in force; null: it is not there yet")


PENDING: dict[int | str, dict[str, Any]] = {
    202: {"model": PendingOut, "description": "A grade or the start of a warning waits for a second person"}
}


def shown(record: Record) -> EntityOut:
    """A record as the API shows it."""
    return EntityOut(
        kind=record.kind,
        id=record.id,
        revision=record.rev,
        entity=as_written(record.kind, public(record.entity)),
        valid_from_ms=record.validity.from_ms,
        valid_to_ms=record.validity.to_ms,
        voided=record.voided,
        changed_ms=record.changed_ms,
        changed_by=record.changed_by,
        division_code=record.belongs.division_code,
    )
