"""Sessions: signing in by password and second factor, staying, leaving. All times of access are wall time."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import pyotp
import structlog

from lantian_kit.access.principals import Grant, Principal
from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.accounts import key_of, principal_of, signed_in, with_password, with_totp
from lantian_tasks.access.attempts import LOCKED_FROM, attempts_key, failed, succeeded, waits_ms
from lantian_tasks.access.kept import ATTEMPT, LOGIN, REQUEST, SESSION, AccessStore, Kept, write
from lantian_tasks.access.passwords import Hashing, weakness
from lantian_tasks.access.vault import Vault, VaultError
from lantian_tasks.ledger.history import Actor
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.problems import ProblemError

NOTED_EVERY_MS = 60_000
"""A session in use is written this often at most."""
ISSUER = "Lantian"
TOTP_SECONDS = 30
CHANGE_PASSWORD, SET_UP_SECOND_FACTOR = "change-password", "set-up-second-factor"
WRONG = Both("account, password or code is not right", "账号、密码或验证码不正确")


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Spans and duties. `second_factor_roles` must have a second factor before they see anything."""

    longest_hours: float = 12.0
    idle_minutes: float = 60.0
    password_days: float = 90.0
    second_factor_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Signed:
    """A session in use: whose, what must still be done, and the token that proves a request was meant."""

    principal: Principal
    session: Kept
    account: Kept | None
    duties: tuple[str, ...]

    @property
    def csrf(self) -> str:
        """What X-CSRF-Token must say."""
        return str(self.session.data["csrf"])

    @property
    def ends_wall_ms(self) -> int:
        """When it ends at the latest."""
        return self.session.ends_wall_ms


def session_key(token: str) -> str:
    """Key of the document of a cookie; the store never sees the cookie itself."""
    return f"{SESSION}/{hashlib.sha256(token.encode(errors='surrogateescape')).hexdigest()}"


class Sessions:
    """All of it goes through the store: several replicas agree, and a restart signs nobody out."""

    def __init__(
        self,
        store: AccessStore,
        clock: Clock,
        policy: SessionPolicy,
        hashing: Hashing,
        metrics: TasksMetrics,
        vault: Vault,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy
        self._hashing = hashing
        self._metrics = metrics
        self._vault = vault

    async def sign_in(self, name: str, password: str, code: str) -> tuple[str, Signed]:
        """The token of the cookie, and the session. Raises ProblemError 401, 429, and Unavailable."""
        try:
            answer = await self._sign_in(name, password, code)
        except ProblemError as error:
            self._metrics.sign_ins.labels(
                "waits" if error.status == 429 else error.slug.replace("no-key", "wrong")
            ).inc()
            raise
        self._metrics.sign_ins.labels("signed-in").inc()
        return answer

    async def _sign_in(self, name: str, password: str, code: str) -> tuple[str, Signed]:
        attempts = await self._take_turn(name)
        account = await self._store.kept(key_of(name))
        usable = account is not None and not account.data["disabled"]
        hashed = str(account.data["password"]) if account is not None and usable else ""
        if not await self._hashing.fits(hashed or None, password) or account is None:
            await self._tell_of_lock(account, attempts)
            raise ProblemError(401, WRONG)
        step, totp = 0, ""
        if account.data["totp"]:
            if not code:
                await self._store.keep(succeeded(attempts, self._clock.wall_ms()))
                raise ProblemError(
                    401, Both("the code of the second factor is needed", "请输入动态验证码"), slug="code-needed"
                )
            step = self._step_of(account, code)
            if not step:
                raise ProblemError(401, WRONG)
            totp = self._vault.anew(account.data["totp"])
        rehash = await self._hashing.hash(password) if self._hashing.is_old(hashed) else ""
        if step or rehash:
            account = signed_in(account, self._clock.wall_ms(), step=step, password=rehash, totp=totp)
            if not await self._store.keep(account):
                raise ProblemError(401, WRONG)  # the same code at the same moment: one of the two
        await self._store.keep(succeeded(attempts, self._clock.wall_ms()))
        return await self.begin(principal_of(account), "password", account)

    async def begin(self, principal: Principal, way: str, account: Kept | None = None) -> tuple[str, Signed]:
        """A session of somebody who has proved who it is."""
        token, wall_ms = secrets.token_urlsafe(32), self._clock.wall_ms()
        actor = Actor(principal.id, principal.role, principal.organisation)
        data = {
            "account": principal.id if account is not None else "",
            "principal": {} if account is not None else _plain(principal),
            "csrf": secrets.token_urlsafe(24),
            "way": way,
            "used_wall_ms": wall_ms,
            "closed": False,
        }
        session = write(
            None,
            session_key(token),
            data,
            wall_ms,
            kind="signed-in",
            actor=actor,
            fields={"way": way},
            ends_wall_ms=wall_ms + int(self._policy.longest_hours * 3_600_000),
        )
        await self._store.keep(session)
        return token, Signed(principal, session, account, self._duties(account))

    async def find(self, token: str) -> Signed | None:
        """The session of a cookie, or None when it is over. Raises Unavailable."""
        session = await self._store.kept(session_key(token))
        wall_ms = self._clock.wall_ms()
        if session is None or session.data["closed"] or session.ends_wall_ms <= wall_ms:
            return None
        used = int(session.data["used_wall_ms"])
        if used + int(self._policy.idle_minutes * 60_000) <= wall_ms:
            return None
        account = None
        if session.data["account"]:
            account = await self._store.kept(key_of(str(session.data["account"])))
            # Whoever is shut out, or got another password by somebody's hand, is out at once.
            if account is None or account.data["disabled"] or account.data["password_ms"] > session.history[0]["at_ms"]:
                return None
        principal = principal_of(account) if account else _principal(session.data["principal"])
        if wall_ms - used >= NOTED_EVERY_MS:
            noted = write(session, session.key, {**session.data, "used_wall_ms": wall_ms}, self._clock.wall_ms())
            session = noted if await self._store.keep(noted) else session
        return Signed(principal, session, account, self._duties(account))

    async def end(self, signed: Signed) -> None:
        """Signs out. Raises Unavailable."""
        session: Kept | None = signed.session
        actor = Actor(signed.principal.id, signed.principal.role, signed.principal.organisation)
        while session is not None and not session.data["closed"]:
            closed = {**session.data, "closed": True}
            if await self._store.keep(
                write(session, session.key, closed, self._clock.wall_ms(), kind="signed-out", actor=actor)
            ):
                return
            session = await self._store.kept(session.key)

    async def change_password(self, signed: Signed, old: str, new: str) -> tuple[str, Signed]:
        """A new password and a new session; the other sessions of the account end. Raises ProblemError."""
        account = _own(signed)
        attempts = await self._take_turn(account.id)
        if not await self._hashing.fits(account.data["password"], old):
            raise ProblemError(403, Both("the present password is not right", "当前密码不正确"))
        await self._store.keep(succeeded(attempts, self._clock.wall_ms()))
        weak = weakness(new, account.id)
        if weak is None:
            for earlier in (account.data["password"], *account.data["earlier"]):
                if await self._hashing.fits(earlier, new):
                    weak = "the password was used before"
        if weak is not None:
            raise ProblemError(422, weak, slug="weak-password")
        hashed = await self._hashing.hash(new)
        actor = Actor(account.id, signed.principal.role, signed.principal.organisation)
        after = with_password(account, hashed, actor, self._clock.wall_ms())
        await self._keep(after)
        await self.end(signed)
        return await self.begin(signed.principal, "password", after)

    def offer_second_factor(self, signed: Signed) -> tuple[str, str]:
        """A secret and its otpauth address; nothing is kept until a code proves that it arrived."""
        account = _own(signed)
        if account.data["totp"]:
            raise ProblemError(
                409,
                Both(
                    "there is a second factor already; a reset of the account takes it away",
                    "已设置动态验证码；重置账号后方可重设",
                ),
            )
        secret = pyotp.random_base32()
        return secret, pyotp.TOTP(secret, interval=TOTP_SECONDS).provisioning_uri(name=account.id, issuer_name=ISSUER)

    async def set_up_second_factor(self, signed: Signed, secret: str, code: str) -> None:
        """Keeps the secret once a code proves it. Raises ProblemError."""
        account = _own(signed)
        if account.data["totp"]:
            raise ProblemError(
                409,
                Both(
                    "there is a second factor already; a reset of the account takes it away",
                    "已设置动态验证码；重置账号后方可重设",
                ),
            )
        step = step_of(secret, code, self._clock.wall_ms() // 1000, 0)
        if not step:
            raise ProblemError(
                422,
                Both(
                    "the code does not belong to the secret, or the clock of the phone is off",
                    "验证码与密钥不符，或手机时间不准",
                ),
            )
        actor = Actor(account.id, signed.principal.role, signed.principal.organisation)
        await self._keep(with_totp(account, self._vault.shut(secret), step, actor, self._clock.wall_ms()))

    async def tidy(self) -> int:
        """Forgets what ended long ago. Raises Unavailable."""
        before = self._clock.wall_ms() - 24 * 3_600_000
        return sum([await self._store.forget(kind, before) for kind in (SESSION, ATTEMPT, LOGIN, REQUEST)])

    async def _take_turn(self, name: str) -> Kept:
        """Counts the attempt as failed before it is judged. Raises ProblemError 429."""
        for _ in range(5):
            attempts, wall_ms = await self._store.kept(attempts_key(name)), self._clock.wall_ms()
            waits = waits_ms(attempts, wall_ms)
            if waits:
                again = {"Retry-After": str(-(-waits // 1000))}
                raise ProblemError(
                    429,
                    Both(
                        f"too many attempts; wait {-(-waits // 1000)} s", f"尝试次数过多，请等待{-(-waits // 1000)}秒"
                    ),
                    headers=again,
                )
            counted = failed(attempts, name, wall_ms)
            if await self._store.keep(counted):
                return counted
        raise ProblemError(
            429, Both("too many attempts at once", "同时尝试过多，请稍后再试"), headers={"Retry-After": "5"}
        )

    async def _tell_of_lock(self, account: Kept | None, attempts: Kept) -> None:
        if account is None or attempts.data["failures"] != LOCKED_FROM:
            return
        actor = Actor("lantian-tasks", "system", "lantian")
        fields = {"failures": attempts.data["failures"]}
        wall_ms = self._clock.wall_ms()
        await self._store.keep(
            write(account, account.key, account.data, wall_ms, kind="locked", actor=actor, fields=fields)
        )

    def _step_of(self, account: Kept, code: str) -> int:
        try:
            secret = self._vault.open(account.data["totp"])
        except VaultError as error:
            structlog.get_logger().error("a second factor can not be read", account=account.id, error=str(error))
            raise ProblemError(
                503,
                Both("the second factor can not be read: tell the administrator", "动态验证码无法读取，请联系管理员"),
            ) from error
        return step_of(secret, code, self._clock.wall_ms() // 1000, int(account.data["totp_step"]))

    def _duties(self, account: Kept | None) -> tuple[str, ...]:
        if account is None:
            return ()
        aged_ms = self._clock.wall_ms() - int(account.data["password_ms"])
        late = account.data["must_change"] or 0 < self._policy.password_days * 86_400_000 < aged_ms
        bare = account.data["role"] in self._policy.second_factor_roles and not account.data["totp"]
        return (*((CHANGE_PASSWORD,) if late else ()), *((SET_UP_SECOND_FACTOR,) if bare else ()))

    async def _keep(self, kept: Kept) -> None:
        if not await self._store.keep(kept):
            raise ProblemError(
                409, Both("the account was changed at the same moment; try again", "账号刚刚被修改，请重试")
            )


def step_of(secret: str, code: str, wall_s: int, used: int) -> int:
    """The step of a code, one before to one behind now, newer than the last one used; 0 for a wrong one."""
    totp, now = pyotp.TOTP(secret, interval=TOTP_SECONDS), wall_s // TOTP_SECONDS
    right = 0
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode(errors="replace")) and step > used:
            right = step
    return right


def _own(signed: Signed) -> Kept:
    if signed.account is None:
        raise ProblemError(
            409, Both("this account is kept by another system; change it there", "该账号由其他系统管理，请在那里修改")
        )
    return signed.account


def _plain(principal: Principal) -> dict[str, Any]:
    return {
        "id": principal.id,
        "role": principal.role,
        "organisation": principal.organisation,
        "grants": [{"code": row.code, "from_ms": row.from_ms, "to_ms": row.to_ms} for row in principal.grants],
        "enterprise_id": principal.enterprise_id or "",
    }


def _principal(data: dict[str, Any]) -> Principal:
    grants = tuple(Grant(**row) for row in data["grants"])
    return Principal(data["id"], data["role"], data["organisation"], grants, data["enterprise_id"] or None)
