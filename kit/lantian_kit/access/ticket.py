"""Short-lived signed tickets: how a person signed in at tasks shows at notify who it is, without a shared store.

A ticket is a JWT (HS256, one audience) that holds what its owner may see until it ends; it can not be taken back, so it
lives for minutes. Keys lie in a mounted file, one a line: the first signs, every one verifies, so that one can be
replaced.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from lantian_kit.access.key_file import AccessError
from lantian_kit.access.scope import Scope

AUDIENCE = "lantian-notify"
ALGORITHM = "HS256"
SHORTEST_KEY = 32
LONGEST_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose it is, what may be seen with it, and until when; wall time, seconds since 1970 UTC."""

    id: str
    role: str
    organisation: str
    scope: Scope
    ends_s: int


class Tickets:
    """Without keys there are no tickets: none is made, none is taken."""

    def __init__(self, keys: tuple[bytes, ...] = ()) -> None:
        """Raises AccessError for a key shorter than 32 bytes."""
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise AccessError(f"a key of tickets has at least {SHORTEST_KEY} bytes")
        self._keys = [OctKey.import_key(key) for key in keys]

    @classmethod
    def load(cls, path: Path | None) -> "Tickets":
        """Keys of a file. Raises AccessError."""
        if path is None:
            return cls()
        try:
            lines = path.read_bytes().split(b"\n")
        except OSError as error:
            raise AccessError(f"the keys of tickets can not be read: {error}") from error
        keys = tuple(line.strip() for line in lines if line.strip())
        if not keys:
            raise AccessError("the file of keys of tickets is empty")
        return cls(keys)

    @property
    def possible(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def write(self, ticket: Ticket) -> str:
        """The token of a ticket. Raises AccessError without a key."""
        if not self._keys:
            raise AccessError("there is no key of tickets")
        claims = {
            "aud": AUDIENCE,
            "sub": ticket.id,
            "exp": ticket.ends_s,
            "jti": secrets.token_hex(8),
            "role": ticket.role,
            "organisation": ticket.organisation,
            "prefixes": list(ticket.scope.prefixes),
            "excluded": list(ticket.scope.excluded),
            "enterprise": ticket.scope.enterprise_id,
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._keys[0], algorithms=[ALGORITHM])

    def read(self, token: str, wall_s: int) -> Ticket | None:
        """What `write` wrote, or None: forged, changed, for another use or past its end."""
        if len(token) > LONGEST_TOKEN or token.count(".") != 2:
            return None
        for key in self._keys:
            try:
                claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            except (JoseError, ValueError):
                continue  # perhaps of another key
            return _ticket(claims) if claims.get("aud") == AUDIENCE and claims.get("exp", 0) > wall_s else None
        return None


def _ticket(claims: dict[str, object]) -> Ticket:
    """Only what `write` signed comes here."""

    def texts(name: str) -> tuple[str, ...]:
        listed = claims[name]
        return tuple(map(str, listed)) if isinstance(listed, list) else ()

    enterprise = claims["enterprise"]
    ends = claims["exp"]
    return Ticket(
        id=str(claims["sub"]),
        role=str(claims["role"]),
        organisation=str(claims["organisation"]),
        scope=Scope(texts("prefixes"), None if enterprise is None else str(enterprise), texts("excluded")),
        ends_s=ends if isinstance(ends, int) else 0,
    )
