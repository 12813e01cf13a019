"""Accounts: what one is, and what may be done to it. Pure; passwords come hashed.

`data` of an account: role, organisation, enterprise_id, grants [{code, from_ms, to_ms}], password (argon2id or empty),
earlier (hashes), password_ms, totp (secret, encrypted, or empty), totp_step (last one used), must_change, disabled.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_kit.access.principals import Grant, Principal
from lantian_proto.both import Both
from lantian_tasks.access.kept import ACCOUNT, Kept, write
from lantian_tasks.access.passwords import REMEMBERED
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Role

ENTERPRISE_ID = Both(
    "enterprise_id belongs to role enterprise, and to it alone", "企业标识（enterprise_id）只用于企业角色，且必须填写"
)
PUBLIC = ("role", "organisation", "enterprise_id", "grants", "disabled", "must_change")
"""What stands in entries; whether there is a password or a second factor is said besides."""


class AccountError(ValueError):
    """What was asked of an account makes no sense."""


def key_of(account_id: str) -> str:
    """Key of the document."""
    return f"{ACCOUNT}/{account_id}"


def grants_of(rows: Sequence[Grant]) -> list[dict[str, Any]]:
    """Grants as they are kept."""
    return [{"code": row.code, "from_ms": row.from_ms, "to_ms": row.to_ms} for row in rows]


def added(
    account_id: str,
    role: Role,
    organisation: str,
    grants: Sequence[Grant],
    enterprise_id: str,
    password: str,
    actor: Actor,
    at_ms: int,
    reason: str,
) -> Kept:
    """A new account; its password is good for one sign-in. Raises AccountError."""
    if (role == Role.ENTERPRISE) != bool(enterprise_id):
        raise AccountError(ENTERPRISE_ID)
    if not grants:
        raise AccountError(Both("an account has at least one division", "账号至少属于一个辖区"))
    data = {
        "role": str(role),
        "organisation": organisation,
        "enterprise_id": enterprise_id,
        "grants": grants_of(grants),
        "password": password,
        "earlier": [],
        "password_ms": at_ms,
        "totp": "",
        "totp_step": 0,
        "must_change": True,
        "disabled": False,
    }
    return write(None, key_of(account_id), data, at_ms, kind="added", actor=actor, reason=reason, fields=public(data))


def changed(before: Kept, actor: Actor, at_ms: int, reason: str, **changes: Any) -> Kept:
    """Another role, organisation or other divisions. Raises AccountError."""
    data = {**before.data, **changes}
    if (data["role"] == Role.ENTERPRISE) != bool(data["enterprise_id"]):
        raise AccountError(ENTERPRISE_ID)
    return write(before, before.key, data, at_ms, kind="changed", actor=actor, reason=reason, fields=public(data))


def reset(before: Kept, password: str, actor: Actor, at_ms: int, reason: str) -> Kept:
    """A new password for one sign-in; the second factor goes too, since who has lost one has often lost both."""
    data = {**before.data, "must_change": True, "totp": "", "totp_step": 0, **_with(before, password, at_ms)}
    return write(before, before.key, data, at_ms, kind="reset", actor=actor, reason=reason, fields=public(data))


def disabled(before: Kept, off: bool, actor: Actor, at_ms: int, reason: str) -> Kept:
    """Shut, or opened again; open sessions end with it."""
    data = {**before.data, "disabled": off}
    kind = "disabled" if off else "enabled"
    return write(before, before.key, data, at_ms, kind=kind, actor=actor, reason=reason, fields=public(data))


def with_password(before: Kept, password: str, actor: Actor, at_ms: int) -> Kept:
    """A password of the owner's own choice."""
    data = {**before.data, "must_change": False, **_with(before, password, at_ms)}
    return write(before, before.key, data, at_ms, kind="password-changed", actor=actor, fields=public(data))


def with_totp(before: Kept, secret: str, step: int, actor: Actor, at_ms: int) -> Kept:
    """The second factor is set up; `step` is that of the code that proved it."""
    data = {**before.data, "totp": secret, "totp_step": step}
    return write(before, before.key, data, at_ms, kind="second-factor", actor=actor, fields=public(data))


def signed_in(before: Kept, at_ms: int, *, step: int = 0, password: str = "", totp: str = "") -> Kept:
    """Notes the code that was used, which is not taken twice, a hash of better parameters, a secret under a new key."""
    found = {"totp_step": step, "password": password, "totp": totp}
    return write(before, before.key, {**before.data, **{name: one for name, one in found.items() if one}}, at_ms)


def _with(before: Kept, password: str, at_ms: int) -> dict[str, Any]:
    earlier = [one for one in (before.data["password"], *before.data["earlier"]) if one][:REMEMBERED]
    return {"password": password, "earlier": earlier, "password_ms": at_ms}


def public(data: Mapping[str, Any]) -> dict[str, Any]:
    """What may be shown and sealed."""
    shown = {name: data[name] for name in PUBLIC}
    return {**shown, "has_password": bool(data["password"]), "has_second_factor": bool(data["totp"])}


def principal_of(account: Kept) -> Principal:
    """Who the account is."""
    data = account.data
    return Principal(
        id=account.id,
        role=data["role"],
        organisation=data["organisation"],
        grants=tuple(Grant(**row) for row in data["grants"]),
        enterprise_id=data["enterprise_id"] or None,
    )
