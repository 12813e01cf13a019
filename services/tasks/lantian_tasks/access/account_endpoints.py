"""/v1/accounts and /v1/keys: for the security administrator alone, who sees nothing of the ledger."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lantian_kit.access.principals import GrantRow, Permission, dated
from lantian_tasks.access.keeping import Accounts, ApiKeys
from lantian_tasks.access.kept import Kept
from lantian_tasks.access.principals import Calling
from lantian_tasks.ledger.machine import Role
from lantian_tasks.once import TasksRoute
from lantian_tasks.problems import described

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$", description="Name of the account or key")]
NewId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$", examples=["wang.gong"])]
Reason = Annotated[str, Field(min_length=2, max_length=500, description="Why; it stands in the audit")]
Divisions = Annotated[list[Annotated[GrantRow, BeforeValidator(dated)]], Field(min_length=1, max_length=100)]
After = Annotated[str, Query(max_length=64, description="Last id of the page before")]
Limit = Annotated[int, Query(ge=1, le=500)]
A_PERSON: dict[str, Any] = {
    "id": "wang.gong",
    "role": "city-office",
    "organisation": "石家庄市大气办",
    "divisions": [{"code": "130100", "valid_from": "2026-11-01"}],
    "reason": "新到岗",
}
A_SYSTEM: dict[str, Any] = {
    "id": "city-platform",
    "role": "city-office",
    "organisation": "石家庄市大气办",
    "divisions": ["130100"],
    "permits": ["read"],
    "days": 180,
    "reason": "市级平台取数",
}


def _examples(*bodies: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": list(bodies)})


class AccountIn(BaseModel):
    """A person's account."""

    model_config = _examples(A_PERSON)

    id: NewId
    role: Role
    organisation: Annotated[str, Field(min_length=1, max_length=200, examples=["石家庄市大气办"])]
    divisions: Divisions
    enterprise_id: str = Field(default="", max_length=64)
    reason: Reason


class AccountChange(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = _examples({"divisions": ["130100", "130181"], "reason": "兼管辛集"})

    role: Role | None = None
    organisation: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    divisions: Divisions | None = None
    enterprise_id: str | None = Field(default=None, max_length=64)
    reason: Reason


class Why(BaseModel):
    """Why."""

    model_config = _examples({"reason": "调离岗位"})

    reason: Reason


class KeyIn(BaseModel):
    """A system's key."""

    model_config = _examples(A_SYSTEM)

    id: NewId
    role: Role
    organisation: Annotated[str, Field(min_length=1, max_length=200)]
    divisions: Divisions
    enterprise_id: str = Field(default="", max_length=64)
    permits: list[Permission] = Field(min_length=1, description="What it may be used for, besides what the role may do")
    days: int = Field(ge=1, le=400, description="Days until it ends")
    reason: Reason


class HolderOut(BaseModel):
    """An account or a key, without any secret."""

    model_config = ConfigDict(extra="allow")

    id: str
    role: Role
    organisation: str
    enterprise_id: str
    grants: list[dict[str, Any]]
    changed_ms: int = Field(description="Wall time, ms since 1970 UTC")


class HolderPage(BaseModel):
    """By id."""

    items: list[HolderOut]


class GivenOut(BaseModel):
    """What was made, with the secret that is shown this once."""

    holder: HolderOut
    secret: str = Field(description="Password for one sign-in, or the key; kept as a hash alone")


def _page(found: Sequence[Kept]) -> HolderPage:
    return HolderPage(items=[_shown(one) for one in found])


def _shown(kept: Kept) -> HolderOut:
    return HolderOut(id=kept.id, changed_ms=kept.changed_ms, **Accounts.public(kept))


def _given(made: tuple[Kept, str]) -> GivenOut:
    kept, secret = made
    return GivenOut(holder=_shown(kept), secret=secret)


def account_routes(accounts: Accounts, keys: ApiKeys) -> APIRouter:
    """The routes of accounts and keys."""
    routes = APIRouter(prefix="/v1", tags=["accounts"], route_class=TasksRoute)

    @routes.get("/accounts", operation_id="list_accounts", responses=described(403))
    async def list_accounts(principal: Calling, after: After = "", limit: Limit = 100) -> HolderPage:
        """Accounts by id."""
        return _page(await accounts.page(after, limit))

    @routes.post("/accounts", operation_id="add_account", status_code=201, responses=described(400, 403, 409))
    async def add_account(principal: Calling, body: AccountIn) -> GivenOut:
        """A new account; its password is shown once and is good for one sign-in."""
        grants = [row.grant() for row in body.divisions]
        return _given(
            await accounts.add(
                body.id, body.role, body.organisation, grants, body.enterprise_id, principal.actor, body.reason
            )
        )

    @routes.patch("/accounts/{id}", operation_id="change_account", responses=described(400, 403, 404, 409))
    async def change_account(principal: Calling, id: Id, body: AccountChange) -> HolderOut:
        """Another role, organisation or other divisions; holds at the next request of its owner."""
        grants = None if body.divisions is None else [row.grant() for row in body.divisions]
        return _shown(
            await accounts.change(
                id,
                principal.actor,
                body.reason,
                role=body.role,
                organisation=body.organisation,
                grants=grants,
                enterprise_id=body.enterprise_id,
            )
        )

    @routes.post("/accounts/{id}/reset", operation_id="reset_account", responses=described(400, 403, 404, 409))
    async def reset_account(principal: Calling, id: Id, body: Why) -> GivenOut:
        """A new password for one sign-in, no second factor, no waiting; open sessions end."""
        return _given(await accounts.reset(id, principal.actor, body.reason))

    @routes.post("/accounts/{id}/disable", operation_id="disable_account", responses=described(400, 403, 404, 409))
    async def disable_account(principal: Calling, id: Id, body: Why) -> HolderOut:
        """Shuts it; open sessions end at their next request."""
        return _shown(await accounts.disable(id, True, principal.actor, body.reason))

    @routes.post("/accounts/{id}/enable", operation_id="enable_account", responses=described(400, 403, 404, 409))
    async def enable_account(principal: Calling, id: Id, body: Why) -> HolderOut:
        """Opens it again."""
        return _shown(await accounts.disable(id, False, principal.actor, body.reason))

    @routes.get("/keys", operation_id="list_keys", responses=described(403))
    async def list_keys(principal: Calling, after: After = "", limit: Limit = 100) -> HolderPage:
        """Keys of systems by id, ended ones too."""
        return _page(await keys.page(after, limit))

    @routes.post("/keys", operation_id="add_key", status_code=201, responses=described(400, 403, 409))
    async def add_key(principal: Calling, body: KeyIn) -> GivenOut:
        """A key for a system; it is shown once."""
        grants = [row.grant() for row in body.divisions]
        return _given(
            await keys.add(
                body.id,
                body.role,
                body.organisation,
                grants,
                body.enterprise_id,
                body.permits,
                body.days,
                principal.actor,
                body.reason,
            )
        )

    @routes.post("/keys/{id}/revoke", operation_id="revoke_key", responses=described(400, 403, 404, 409))
    async def revoke_key(principal: Calling, id: Id, body: Why) -> HolderOut:
        """The key is good no more; its name is not given again."""
        return _shown(await keys.revoke(id, principal.actor, body.reason))

    return routes
