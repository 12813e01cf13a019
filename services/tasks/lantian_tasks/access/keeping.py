"""Accounts and keys against the store: what the security administrator and `lantian account` do."""

import secrets
from collections.abc import Collection, Sequence
from typing import Any

from lantian_kit.access.key_file import key_hash
from lantian_kit.access.principals import Grant, Permission, Principal
from lantian_kit.clock import Clock
from lantian_proto.both import Both, said
from lantian_tasks.access import accounts as pure
from lantian_tasks.access.accounts import AccountError, grants_of
from lantian_tasks.access.attempts import attempts_key, succeeded
from lantian_tasks.access.kept import ACCOUNT, KEY, AccessStore, Kept, write
from lantian_tasks.access.passwords import Hashing
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Role
from lantian_tasks.problems import ProblemError, not_found

KEY_MARK = "ltk"
DAY_MS = 86_400_000


def first_password() -> str:
    """For one sign-in: 20 characters, none that can be mistaken for another."""
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


class Accounts:
    """Every change is an entry in the account's history."""

    def __init__(self, store: AccessStore, clock: Clock, hashing: Hashing) -> None:
        self._store = store
        self._clock = clock
        self._hashing = hashing

    @staticmethod
    def public(kept: Kept) -> dict[str, Any]:
        """What may be shown of an account or a key."""
        return pure.public(kept.data) if kept.key.startswith(f"{ACCOUNT}/") else _public_key(kept)

    async def page(self, after: str, limit: int) -> list[Kept]:
        """Accounts by id."""
        return await self._store.list_kept(ACCOUNT, after, limit)

    async def add(
        self,
        id_: str,
        role: Role,
        organisation: str,
        grants: Sequence[Grant],
        enterprise_id: str,
        actor: Actor,
        reason: str,
    ) -> tuple[Kept, str]:
        """The account and its first password. Raises ProblemError."""
        password = first_password()
        hashed = await self._hashing.hash(password)
        try:
            made = pure.added(
                id_, role, organisation, grants, enterprise_id, hashed, actor, self._clock.wall_ms(), reason
            )
        except AccountError as error:
            raise ProblemError(422, said(error)) from error
        if not await self._store.keep(made):
            raise ProblemError(409, Both("there is an account of this name", "已有同名账号"))
        return made, password

    async def change(
        self,
        id_: str,
        actor: Actor,
        reason: str,
        *,
        role: Role | None,
        organisation: str | None,
        grants: Sequence[Grant] | None,
        enterprise_id: str | None,
    ) -> Kept:
        """Only what is given. Raises ProblemError."""
        wanted = {
            "role": role and str(role),
            "organisation": organisation,
            "grants": None if grants is None else grants_of(grants),
            "enterprise_id": enterprise_id,
        }
        changes = {name: value for name, value in wanted.items() if value is not None}
        try:
            made = pure.changed(await self._one(id_, actor), actor, self._clock.wall_ms(), reason, **changes)
        except AccountError as error:
            raise ProblemError(422, said(error)) from error
        return await self._kept(made)

    async def reset(self, id_: str, actor: Actor, reason: str) -> tuple[Kept, str]:
        """A password for one sign-in. Raises ProblemError."""
        password = first_password()
        hashed = await self._hashing.hash(password)
        made = await self._kept(pure.reset(await self._one(id_, actor), hashed, actor, self._clock.wall_ms(), reason))
        attempts = await self._store.kept(attempts_key(id_))
        if attempts is not None:
            await self._store.keep(succeeded(attempts, self._clock.wall_ms()))
        return made, password

    async def disable(self, id_: str, off: bool, actor: Actor, reason: str) -> Kept:
        """Shuts or opens it. Raises ProblemError."""
        before = await self._one(id_, actor)
        if before.data["disabled"] == off:
            return before
        return await self._kept(pure.disabled(before, off, actor, self._clock.wall_ms(), reason))

    async def _one(self, id_: str, actor: Actor) -> Kept:
        if id_ == actor.actor_id:
            raise ProblemError(
                409,
                Both(
                    "nobody does this to the own account; another security administrator must",
                    "不能对自己的账号这样做，请由另一名安全管理员办理",
                ),
            )
        found = await self._store.kept(pure.key_of(id_))
        if found is None:
            raise not_found()
        return found

    async def _kept(self, made: Kept) -> Kept:
        if not await self._store.keep(made):
            raise ProblemError(
                409, Both("the account was changed at the same moment; look again", "账号刚刚被他人修改，请刷新后再看")
            )
        return made


class ApiKeys:
    """Keys of systems: `ltk_<name>_<secret>`, kept as a hash, with an end and what they are for."""

    def __init__(self, store: AccessStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, after: str, limit: int) -> list[Kept]:
        """Keys by id."""
        return await self._store.list_kept(KEY, after, limit)

    async def add(
        self,
        id_: str,
        role: Role,
        organisation: str,
        grants: Sequence[Grant],
        enterprise_id: str,
        permits: Collection[Permission],
        days: int,
        actor: Actor,
        reason: str,
    ) -> tuple[Kept, str]:
        """The key as it is kept, and as it is given. Raises ProblemError."""
        if (role == Role.ENTERPRISE) != bool(enterprise_id):
            raise ProblemError(422, pure.ENTERPRISE_ID)
        wall_ms = self._clock.wall_ms()
        secret = f"{KEY_MARK}_{id_}_{secrets.token_urlsafe(32)}"
        data = {
            "role": str(role),
            "organisation": organisation,
            "enterprise_id": enterprise_id,
            "grants": grants_of(grants),
            "permits": sorted(map(str, permits)),
            "sha256": key_hash(secret),
            "expires_ms": wall_ms + days * DAY_MS,
            "revoked": False,
        }
        fields = {name: value for name, value in data.items() if name != "sha256"}
        made = write(None, _key_of(id_), data, wall_ms, kind="key-added", actor=actor, reason=reason, fields=fields)
        if not await self._store.keep(made):
            raise ProblemError(409, Both("there is or was a key of this name", "已有或曾有同名密钥"))
        return made, secret

    async def revoke(self, id_: str, actor: Actor, reason: str) -> Kept:
        """Ends it now. Raises ProblemError."""
        before = await self._store.kept(_key_of(id_))
        if before is None:
            raise not_found()
        if before.data["revoked"]:
            return before
        data = {**before.data, "revoked": True}
        made = write(before, before.key, data, self._clock.wall_ms(), kind="key-revoked", actor=actor, reason=reason)
        if not await self._store.keep(made):
            raise ProblemError(
                409, Both("the key was changed at the same moment; look again", "密钥刚刚被他人修改，请刷新后再看")
            )
        return made

    async def of_key(self, key: str) -> Principal | None:
        """Whose key it is. Raises Unavailable."""
        mark, _, rest = key.partition("_")
        id_ = rest[:-44] if mark == KEY_MARK and len(rest) > 44 and rest[-44] == "_" else ""
        found = await self._store.kept(_key_of(id_)) if id_ else None
        if found is None or found.data["revoked"] or not secrets.compare_digest(found.data["sha256"], key_hash(key)):
            return None
        data = found.data
        return Principal(
            id=f"key:{found.id}",
            role=data["role"],
            organisation=data["organisation"],
            grants=tuple(Grant(**row) for row in data["grants"]),
            enterprise_id=data["enterprise_id"] or None,
            permits=frozenset(map(Permission, data["permits"])),
            expires_ms=int(data["expires_ms"]),
        )


def _key_of(id_: str) -> str:
    return f"{KEY}/{id_}"


def _public_key(kept: Kept) -> dict[str, Any]:
    return {name: value for name, value in kept.data.items() if name != "sha256"}
