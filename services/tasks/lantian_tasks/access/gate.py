"""The one gate of the API: who calls, and whether this operation is for them. What they see is their scope's matter."""

import hmac
from dataclasses import dataclass, replace
from typing import Protocol

from fastapi import Request, Response

from lantian_kit.access import personal
from lantian_kit.access.principals import Permission
from lantian_kit.access.principals import Principal as Listed
from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.glass import glass_of, shows_personal_data
from lantian_tasks.access.personal_data import IN_FULL
from lantian_tasks.access.principals import Access, Principal, caller
from lantian_tasks.access.rules import Rules
from lantian_tasks.access.scope import Scope
from lantian_tasks.access.sessions import Sessions
from lantian_tasks.access.table import DivisionTable
from lantian_tasks.problems import ProblemError

READING = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"
SAME = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site of requests that come from our own pages, or from no page."""


class Keys(Protocol):
    """Keys that the API itself gave out."""

    async def of_key(self, key: str) -> Listed | None:
        """Whose key it is. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """`secure` keeps it off unencrypted connections; its name then says that no other host or path may set it."""

    secure: bool = True

    @property
    def name(self) -> str:
        """Name of the cookie."""
        return "__Host-lantian" if self.secure else "lantian"


class Gate:
    """Denies by default: no principal 401, no rule or another role 403."""

    def __init__(
        self,
        access: Access,
        rules: Rules,
        divisions: DivisionTable,
        clock: Clock,
        *,
        sessions: Sessions | None = None,
        keys: Keys | None = None,
        cookie: Cookie | None = None,
    ) -> None:
        """Without `sessions` and `keys` only those of the access file get in."""
        self._access = access
        self._rules = rules
        self._divisions = divisions
        self._clock = clock
        self._sessions = sessions
        self._keys = keys
        self._cookie = cookie or Cookie()

    async def admit(self, request: Request, key: str | None) -> Principal:
        """Whoever calls. Raises ProblemError 401, 403, and Unavailable."""
        operation = request.scope["route"].operation_id
        rule = self._rules.of(operation)
        listed = await (self._by_key(key) if key is not None else self._by_cookie(request, rule.permit))
        scope = listed.scope(self._clock.now_ms(), await self._divisions.current())
        if listed.role not in rule.roles:
            raise ProblemError(403, Both(f"role {listed.role} may not do this", "您的角色不能这样做"))
        if rule.permit not in listed.permits:
            raise ProblemError(403, Both(f"this key is not for {rule.permit}", f"这个密钥没有 {rule.permit} 权限"))
        full = personal.in_full(listed.role, operation) or self._glass_is_clear(request)
        request.scope["state"][IN_FULL] = full or personal.is_original(operation)
        if not full and any(personal.holds(value) for value in request.query_params.values()):
            scope = Scope()  # who may not read a number does not find by it either
        return caller(listed, scope)

    def _glass_is_clear(self, request: Request) -> bool:
        """Whether a glass was broken that shows personal data, for reading, in this session."""
        signed = getattr(request.state, "signed", None)
        reading = request.method in READING
        return reading and signed is not None and shows_personal_data(signed.session, self._clock.wall_ms())

    async def _by_key(self, key: str) -> Listed:
        listed = self._access.of_key(key)
        if listed is None and self._keys is not None:
            listed = await self._keys.of_key(key)
        if listed is None or listed.expired(self._clock.wall_ms()):
            raise _nobody()
        return listed

    async def _by_cookie(self, request: Request, permit: Permission) -> Listed:
        token = request.cookies.get(self._cookie.name, "")
        signed = await self._sessions.find(token) if token and self._sessions is not None else None
        if signed is None:
            raise _nobody()
        if request.method not in READING:
            self.refuse_foreign(request)
            given = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(errors="replace"), signed.csrf.encode()):
                raise ProblemError(
                    403,
                    Both(
                        "send the csrf_token of the session as X-CSRF-Token",
                        "页面已过期，请刷新后再试；填写的内容会保留",
                    ),
                    slug="csrf",
                )
        if signed.duties and permit != Permission.SELF:
            raise ProblemError(
                403, Both(f"first: {', '.join(signed.duties)}", "请先到“我的账号”更换密码或设置动态验证码"), slug="duty"
            )
        request.state.signed = signed
        seen_too = glass_of(signed.session, self._clock.wall_ms()) if request.method in READING else ()
        return replace(signed.principal, grants=(*signed.principal.grants, *seen_too)) if seen_too else signed.principal

    def refuse_foreign(self, request: Request) -> None:
        """Raises ProblemError 403 for a request that a page of another origin made."""
        if request.headers.get("sec-fetch-site", "same-origin") not in SAME:
            raise ProblemError(
                403, Both("requests of other sites are not taken", "不接受其他网站发来的请求"), slug="csrf"
            )

    def set_cookie(self, response: Response, token: str, ends_wall_ms: int) -> None:
        """Out of reach of scripts, and sent along by our own pages only."""
        response.set_cookie(
            self._cookie.name,
            token,
            max_age=max(0, (ends_wall_ms - self._clock.wall_ms()) // 1000),
            path="/",
            secure=self._cookie.secure,
            httponly=True,
            samesite="strict",
        )
        response.headers["Cache-Control"] = "no-store"

    def clear_cookie(self, response: Response) -> None:
        """The browser forgets it."""
        response.delete_cookie(
            self._cookie.name, path="/", secure=self._cookie.secure, httponly=True, samesite="strict"
        )


def _nobody() -> ProblemError:
    return ProblemError(
        401,
        Both(
            "sign in, or send Authorization: Bearer <API key>",
            "请重新登录，已填写的内容不会丢失（程序请带接口密钥 Authorization: Bearer）",
        ),
        headers={"WWW-Authenticate": "Bearer"},
    )
