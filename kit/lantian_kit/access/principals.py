"""Principals of tasks and notify, from the one access file (LANTIAN_ACCESS_FILE).

principals:
  - id: sjz-office-1              # account; stands in the history of what it does
    role: city-office
    organisation: 石家庄市大气办
    divisions: ["130100"]         # GB/T 2260; "000000" is the whole country
    key_sha256: ["<64 hex>"]      # SHA-256 of the key; two while one is being replaced
  - id: plant-1
    role: enterprise
    organisation: 某钢铁有限公司
    enterprise_id: 91130100MA07T6XX00
    divisions: [{code: "130100", valid_from: 2026-11-01, valid_to: 2027-04-01}]    # dated, end exclusive
    key_sha256: ["<64 hex>"]
    key_expires: 2027-04-01       # optional; and what the key may do:
    permits: [read]               # optional: read, write, registry, accounts, audit, operate, self; default all
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from lantian_kit.access.divisions import AS_CODED, Divisions
from lantian_kit.access.key_file import AccessError, Holders, KeyHash, each_once, read_key_file
from lantian_kit.access.scope import Scope

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
NAME_OF_FILE = "access file"
ENTERPRISE = "enterprise"
"""The role that sees by enterprise and not by division alone."""
LOCAL_TIME = timedelta(hours=8)
"""Dates of the file are days of China Standard Time."""


class Permission(StrEnum):
    """What a key may be used for, besides what its role may do."""

    READ = "read"
    WRITE = "write"
    REGISTRY = "registry"
    ACCOUNTS = "accounts"
    AUDIT = "audit"
    OPERATE = "operate"
    SELF = "self"


EVERY_PERMISSION = frozenset(Permission)


@dataclass(frozen=True, slots=True)
class Grant:
    """A division somebody answers for, and when; ms since 1970 UTC, end exclusive, 0 always and open."""

    code: str
    from_ms: int = 0
    to_ms: int = 0

    def holds(self, at_ms: int) -> bool:
        """Whether it is in force."""
        return self.from_ms <= at_ms and (not self.to_ms or at_ms < self.to_ms)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who it is, and what it may see and do as far as that stands in its grants."""

    id: str
    role: str
    organisation: str
    grants: tuple[Grant, ...]
    enterprise_id: str | None = None
    permits: frozenset[Permission] = EVERY_PERMISSION
    expires_ms: int = 0

    def scope(self, at_ms: int, divisions: Divisions = AS_CODED) -> Scope:
        """What it may see at a time."""
        codes = [grant.code for grant in self.grants if grant.holds(at_ms)]
        return divisions.scope_of(codes, self.enterprise_id, at_ms)

    def expired(self, at_ms: int) -> bool:
        """Whether its key is no longer good."""
        return bool(self.expires_ms) and self.expires_ms <= at_ms


def day_ms(day: date) -> int:
    """The beginning of a day of China Standard Time, ms since 1970 UTC."""
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) - LOCAL_TIME).timestamp() * 1000)


class GrantRow(BaseModel):
    """A division with its dates."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    valid_from: date | None = None
    valid_to: date | None = None

    def grant(self) -> Grant:
        """In the plain form."""
        begins = day_ms(self.valid_from) if self.valid_from else 0
        return Grant(self.code, begins, day_ms(self.valid_to) if self.valid_to else 0)


def dated(value: object) -> object:
    """A bare code as a row without dates."""
    return {"code": value} if isinstance(value, str) else value


class PrincipalRow(BaseModel):
    """A principal of the file."""

    model_config = ConfigDict(extra="forbid")

    id: Name
    role: Name
    organisation: Name
    divisions: list[Annotated[GrantRow, BeforeValidator(dated)]] = Field(min_length=1)
    enterprise_id: Name | None = None
    key_sha256: list[KeyHash] = Field(min_length=1, max_length=2)
    key_expires: date | None = None
    permits: list[Permission] = Field(default=list(Permission), min_length=1)

    @model_validator(mode="after")
    def _enterprise_has_id(self) -> Self:
        if (self.role == ENTERPRISE) != (self.enterprise_id is not None):
            raise ValueError("enterprise_id belongs to role enterprise, and to it alone")
        return self

    def principal(self) -> Principal:
        """In the plain form."""
        return Principal(
            id=self.id,
            role=self.role,
            organisation=self.organisation,
            grants=tuple(row.grant() for row in self.divisions),
            enterprise_id=self.enterprise_id,
            permits=frozenset(self.permits),
            expires_ms=day_ms(self.key_expires) if self.key_expires else 0,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    principals: list[PrincipalRow]


class Access(Holders[Principal]):
    """Principals by key; denies by default."""

    @classmethod
    def load(
        cls, path: Path | None, more: Sequence[tuple[str, Principal]] = (), *, roles: Collection[str] = ()
    ) -> Self:
        """The principals of a file, nobody without one, and `more` pairs of key hash and principal.

        `roles` are those there are; empty: any name. Raises AccessError.
        """
        rows = read_key_file(path, _File, NAME_OF_FILE).principals if path else []
        each_once((row.id for row in rows), NAME_OF_FILE)
        strange = sorted({row.role for row in rows if roles and row.role not in roles})
        if strange:
            raise AccessError(f"the {NAME_OF_FILE} names roles that do not exist: {', '.join(strange)}")
        listed = [(hashed, principal) for row in rows for principal in [row.principal()] for hashed in row.key_sha256]
        return cls((*more, *listed))
