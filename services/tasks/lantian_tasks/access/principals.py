"""Who may call the API: principals and the hashes of their keys, from one mounted YAML file.

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
    divisions: ["130100"]
    key_sha256: ["<64 hex>"]
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import yaml
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lantian_tasks.access.scope import Scope, scope_of
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.moves import Role
from lantian_tasks.problems import ProblemError

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and what it may see."""

    actor: Actor
    role: Role
    scope: Scope

    @property
    def id(self) -> str:
        """The account."""
        return self.actor.actor_id


class AccessError(Exception):
    """The access file can not be used; the process must not start with half of it."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Name
    role: Role
    organisation: Name
    divisions: list[Annotated[str, StringConstraints(pattern=r"^\d{6}$")]] = Field(min_length=1)
    enterprise_id: Name | None = None
    key_sha256: list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]] = Field(min_length=1, max_length=2)

    @model_validator(mode="after")
    def _enterprise_has_id(self) -> Self:
        if (self.role == Role.ENTERPRISE) != (self.enterprise_id is not None):
            raise ValueError("enterprise_id belongs to role enterprise, and to it alone")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    principals: list[_Row]


class Access:
    """Principals by key; denies by default."""

    def __init__(self, principals: Iterable[tuple[str, Principal]] = ()) -> None:
        """Pairs of a key's SHA-256 and its principal. Raises AccessError when two share a key."""
        self._by_hash: dict[str, Principal] = {}
        for key_sha256, principal in principals:
            other = self._by_hash.setdefault(key_sha256, principal)
            if other is not principal:
                raise AccessError(f"{principal.id} and {other.id} have the same key")

    @classmethod
    def load(cls, path: Path | None) -> "Access":
        """The principals of a file; nobody without one. Raises AccessError."""
        if path is None:
            return cls()
        try:
            text = path.read_text(encoding="utf-8")
            # The values are not shown: a key may have been put where its hash belongs.
            rows = _File.model_validate(yaml.safe_load(text)).principals
        except OSError as error:
            raise AccessError(f"the access file can not be read: {error}") from error
        except yaml.YAMLError as error:
            raise AccessError("the access file is no YAML") from error
        except ValueError as error:
            raise AccessError(f"the access file is not valid: {_places(error)}") from None
        ids = [row.id for row in rows]
        if len(set(ids)) != len(ids):
            raise AccessError("an id stands twice in the access file")
        return cls((key, principal) for row in rows for principal in [_principal(row)] for key in row.key_sha256)

    def principal(self, key: str) -> Principal | None:
        """Whose key it is. The look-up is by hash: its time says nothing about a key."""
        return self._by_hash.get(hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest())


def _places(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return "unknown shape"
    return "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in errors())


def _principal(row: _Row) -> Principal:
    return Principal(
        actor=Actor(row.id, row.role, row.organisation),
        role=row.role,
        scope=scope_of(row.divisions, row.enterprise_id),
    )


_bearer = HTTPBearer(auto_error=False, scheme_name="api-key", description="API key: `Authorization: Bearer <key>`")


async def calling(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Principal:
    """The principal of a request. Raises ProblemError 401."""
    access: Access = request.app.state.access
    principal = access.principal(credentials.credentials) if credentials else None
    if principal is None:
        raise ProblemError(401, "send Authorization: Bearer <API key>", headers={"WWW-Authenticate": "Bearer"})
    return principal


Calling = Annotated[Principal, Security(calling)]
