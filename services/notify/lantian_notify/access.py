"""Who may call notify: the same file of principals and key hashes that tasks reads (LANTIAN_ACCESS_FILE).

principals:
  - id: sjz-office-1
    role: city-office
    organisation: 石家庄市大气办
    divisions: ["130100"]         # GB/T 2260; "000000" is the whole country
    key_sha256: ["<64 hex>"]      # SHA-256 of the key; two while one is being replaced
"""

import hashlib
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from lantian_notify.policy import prefix_of

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
# Who runs the suite: sees and does everything here.
OPERATORS = frozenset({"administrator"})
# Who may hold back messages, acknowledge and look at calls of its own divisions.
OFFICERS = frozenset({"administrator", "ministry", "province", "city-office", "city-team", "county"})
# Who may follow the live stream of its own divisions.
WATCHERS = OFFICERS | {"auditor", "enterprise"}


class AccessError(Exception):
    """The access file can not be used; the process must not start with half of it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and what it may see: division prefixes, "" is everything; an enterprise only what is its own."""

    id: str
    role: str
    prefixes: tuple[str, ...]
    enterprise_id: str = ""

    def covers(self, division_code: str, enterprise_id: str = "") -> bool:
        """Whether something of this division and enterprise may be seen."""
        if self.role == "enterprise" and (not self.enterprise_id or enterprise_id != self.enterprise_id):
            return False
        return any(division_code.startswith(prefix) for prefix in self.prefixes)


class _Row(BaseModel):
    # tasks owns the file: what it adds for itself is none of our business.
    model_config = ConfigDict(extra="ignore")

    id: Name
    role: Name
    divisions: list[Annotated[str, StringConstraints(pattern=r"^\d{6}$")]] = Field(min_length=1)
    enterprise_id: Name | None = None
    key_sha256: list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]] = Field(default=[], max_length=2)


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    principals: list[_Row]


class Access:
    """Principals by key; denies by default."""

    def __init__(self, principals: Iterable[tuple[str, Principal]] = ()) -> None:
        """Pairs of a key's SHA-256 and its principal. Raises AccessError when two share a key."""
        self._by_hash: dict[str, Principal] = {}
        for key_sha256, principal in principals:
            other = self._by_hash.setdefault(key_sha256, principal)
            if other != principal:
                raise AccessError(f"{principal.id} and {other.id} have the same key")

    @classmethod
    def load(cls, path: Path | None, operator_key: SecretStr | None) -> "Access":
        """The principals of a file, and one for the operators' key if it is set. Raises AccessError."""
        pairs = []
        if operator_key is not None:
            digest = hashlib.sha256(operator_key.get_secret_value().encode()).hexdigest()
            pairs.append((digest, Principal("operator", "administrator", ("",))))
        if path is not None:
            try:
                rows = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).principals
            except OSError as error:
                raise AccessError(f"the access file can not be read: {error}") from error
            except yaml.YAMLError as error:
                raise AccessError("the access file is no YAML") from error
            except ValueError:
                # The values are not shown: a key may have been put where its hash belongs.
                raise AccessError("the access file is not valid") from None
            pairs += [(key, principal_of(row)) for row in rows for key in row.key_sha256]
        return cls(pairs)

    @property
    def anybody(self) -> bool:
        """Whether there is a principal at all."""
        return bool(self._by_hash)

    def principal(self, key: str) -> Principal | None:
        """Whose key it is. The look-up is by hash: its time says nothing about a key."""
        return self._by_hash.get(hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest())


def principal_of(row: _Row) -> Principal:
    """A row of the file; "000000" is everything, an empty prefix."""
    prefixes = {"" if code == "000000" else prefix_of(code) for code in row.divisions}
    return Principal(row.id, row.role, tuple(sorted(prefixes)), row.enterprise_id or "")


_bearer = HTTPBearer(auto_error=False, scheme_name="api-key", description="API key: `Authorization: Bearer <key>`")


def calling(roles: frozenset[str]) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency: the principal of a request, if its role is one of these. Raises 401, 403."""

    async def find(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
    ) -> Principal:
        access: Access = request.app.state.access
        principal = access.principal(given.credentials) if given else None
        if principal is None:
            raise HTTPException(401, "send Authorization: Bearer <API key>", headers={"WWW-Authenticate": "Bearer"})
        if principal.role not in roles:
            raise HTTPException(403, f"the role {principal.role} may not do this")
        return principal

    return find
