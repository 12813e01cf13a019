"""Who may call notify: the access file that tasks reads too (LANTIAN_ACCESS_FILE), and tickets that tasks gave out."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from lantian_kit.access.divisions import AS_CODED, Divisions
from lantian_kit.access.key_file import key_hash
from lantian_kit.access.principals import Access as Listed
from lantian_kit.access.principals import Grant, Permission
from lantian_kit.access.principals import Principal as ListedPrincipal
from lantian_kit.access.scope import COUNTRY, Scope
from lantian_kit.access.ticket import Tickets
from lantian_kit.clock import Clock, SuiteClock
from lantian_proto.both import Both

# Who runs the suite: sees and does everything here.
OPERATORS = frozenset({"administrator"})
# Who may hold back messages, acknowledge and look at calls of its own divisions.
OFFICERS = frozenset({"administrator", "ministry", "province", "city-office", "city-team", "county"})
# Who may follow the live stream of its own divisions.
WATCHERS = OFFICERS | {"auditor", "enterprise"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and what it may see; `ends_wall_ms` is when it may no longer, 0: no end is known."""

    id: str
    role: str
    scope: Scope
    ends_wall_ms: int = 0

    def covers(self, division_code: str, enterprise_id: str = "") -> bool:
        """Whether something of this division and enterprise may be seen; an enterprise sees only what is its own."""
        if self.role == "enterprise" and not self.scope.enterprise_id:
            return False
        return self.scope.covers(division_code, enterprise_id)


class Access:
    """Denies by default."""

    def __init__(
        self,
        listed: Listed,
        tickets: Tickets | None = None,
        *,
        clock: Clock | None = None,
        divisions: Callable[[], Divisions] = lambda: AS_CODED,
    ) -> None:
        self._listed = listed
        self._tickets = tickets or Tickets()
        self._clock = clock or SuiteClock()
        self._divisions = divisions

    @classmethod
    def load(
        cls,
        path: Path | None,
        operator_key: SecretStr | None,
        tickets: Tickets | None = None,
        *,
        clock: Clock | None = None,
        divisions: Callable[[], Divisions] = lambda: AS_CODED,
    ) -> "Access":
        """The principals of a file, and one for the operators' key if it is set. Raises AccessError."""
        operators = []
        if operator_key is not None:
            operator = ListedPrincipal("operator", "administrator", "operator", (Grant(COUNTRY),))
            operators.append((key_hash(operator_key.get_secret_value()), operator))
        return cls(Listed.load(path, operators), tickets, clock=clock, divisions=divisions)

    def principal(self, key: str, *, writing: bool = False) -> Principal | None:
        """Whose key or ticket it is; None too when it may not be used for this."""
        wall_ms = self._clock.wall_ms()
        ticket = self._tickets.read(key, wall_ms // 1000)
        if ticket is not None:
            return Principal(ticket.id, ticket.role, ticket.scope, ticket.ends_s * 1000)
        found = self._listed.of_key(key)
        if found is None or found.expired(wall_ms):
            return None
        if (Permission.WRITE if writing else Permission.READ) not in found.permits:
            return None
        scope = found.scope(self._clock.now_ms(), self._divisions())
        return Principal(found.id, found.role, scope, found.expires_ms)


_bearer = HTTPBearer(
    auto_error=False, scheme_name="api-key", description="API key or ticket: `Authorization: Bearer <key>`"
)
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def calling(roles: frozenset[str]) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency: the principal of a request, if its role is one of these. Raises 401, 403."""

    async def find(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
    ) -> Principal:
        access: Access = request.app.state.access
        writing = request.method not in READING
        principal = access.principal(given.credentials, writing=writing) if given else None
        if principal is None:
            raise HTTPException(
                401,
                Both("send Authorization: Bearer <API key>", "请登录，或提供接口密钥（Authorization: Bearer）"),
                headers={"WWW-Authenticate": "Bearer"},
            )
        if principal.role not in roles:
            raise HTTPException(403, Both(f"the role {principal.role} may not do this", "您的角色不能这样做"))
        return principal

    return find
