"""Who calls the API: the access file of kit, and the one dependency that every route but the open ones takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from fastapi import Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from lantian_kit.access.key_file import AccessError
from lantian_kit.access.principals import Access as Listed
from lantian_kit.access.principals import Principal as ListedPrincipal
from lantian_tasks.access.scope import Scope
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Role

__all__ = ["Access", "AccessError", "Calling", "Principal", "caller", "named"]


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


class Access(Listed):
    """The access file with the roles of tasks."""

    @classmethod
    def load(
        cls,
        path: Path | None,
        more: Sequence[tuple[str, ListedPrincipal]] = (),
        *,
        roles: Collection[str] = tuple(Role),
    ) -> Self:
        """As of kit; any other role is refused."""
        return super().load(path, more, roles=roles)


def caller(listed: ListedPrincipal, scope: Scope) -> Principal:
    """A principal of the access file at this moment."""
    role = Role(listed.role)
    return Principal(Actor(listed.id, role, listed.organisation), role, scope)


_cookie = APIKeyCookie(
    name="__Host-lantian",
    auto_error=False,
    scheme_name="session",
    description="Set by `POST /v1/session`; what is not GET also needs X-CSRF-Token",
)
_bearer = HTTPBearer(auto_error=False, scheme_name="api-key", description="API key: `Authorization: Bearer <key>`")


async def admitted(request: Request) -> Principal:
    """The principal of a request, if it may call this operation; asked once. Raises ProblemError 401, 403."""
    found: Principal | None = getattr(request.state, "principal", None)
    if found is None:
        credentials = await _bearer(request)
        found = await request.app.state.gate.admit(request, credentials.credentials if credentials else None)
        request.state.principal = found
    assert found is not None
    return found


async def named(request: Request) -> str:
    """Whose keys a request names: broken glass is of the session, anything else of the account."""
    principal = await admitted(request)
    signed = getattr(request.state, "signed", None)
    if request.scope["route"].operation_id == "break_glass" and signed is not None:
        return f"{principal.id} {signed.session.id}"
    return principal.id


async def calling(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> Principal:
    """The principal of a request, if it may call this operation. Raises ProblemError 401, 403."""
    return await admitted(request)


Calling = Annotated[Principal, Security(calling)]
