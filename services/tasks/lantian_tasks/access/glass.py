"""Breaking the glass: in an emergency a person reads beyond its divisions, for minutes, with a reason, in plain sight.

Only reading, only in the session that asked, never longer than four hours; each use is an entry of the audit and stands
in the list that security and auditors see, and in a gauge with an alert.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lantian_kit.access.principals import Grant
from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.kept import GLASS, AccessStore, Kept, write
from lantian_tasks.access.principals import Calling
from lantian_tasks.access.sessions import Signed
from lantian_tasks.ledger.history import Actor
from lantian_tasks.once import TasksRoute
from lantian_tasks.problems import ProblemError, described

MOST_MINUTES = 240
LISTED_MS = 90 * 86_400_000
Tell = Callable[[str, Actor, list[str], str, int], Awaitable[None]]
"""Id of the glass, who, which divisions, why, and until when (wall time): for those who watch over access."""
Code = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]


class GlassIn(BaseModel):
    """What must be seen, how long, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"divisions": ["140100"], "minutes": 60, "reason": "跨省污染过程会商"}]},
    )

    divisions: list[Code] = Field(min_length=1, max_length=20, examples=[["140100"]])
    minutes: int = Field(ge=1, le=MOST_MINUTES)
    reason: str = Field(min_length=6, max_length=500, description="Why it can not wait")
    personal: bool = Field(default=False, description="Phone numbers and plates in full, too")


class GlassOut(BaseModel):
    """One use."""

    id: str
    account: str
    organisation: str
    divisions: list[str]
    reason: str
    personal: bool = Field(default=False, description="Phone numbers and plates were shown in full")
    begin_ms: int = Field(description="Wall time, ms since 1970 UTC")
    end_ms: int = Field(description="Wall time, ms since 1970 UTC")


class GlassPage(BaseModel):
    """Newest first."""

    items: list[GlassOut]


def glass_of(session: Kept, wall_ms: int) -> tuple[Grant, ...]:
    """The divisions that a session may read besides its own."""
    glass = session.data.get("glass")
    return tuple(map(Grant, glass["divisions"])) if glass and wall_ms < glass["end_ms"] else ()


def shows_personal_data(session: Kept, wall_ms: int) -> bool:
    """Whether phone numbers and plates are shown in full behind the glass of a session."""
    glass = session.data.get("glass")
    return bool(glass and glass.get("personal") and wall_ms < glass["end_ms"])


class Glasses:
    """The glasses of the store."""

    def __init__(self, store: AccessStore, clock: Clock, tell: Tell | None = None) -> None:
        self._store = store
        self._clock = clock
        self._tell = tell

    async def break_glass(
        self, signed: Signed, divisions: Sequence[str], minutes: int, reason: str, *, personal: bool = False
    ) -> GlassOut:
        """Opens; notice and entry are written before anything can be seen. Raises ProblemError 409, Unavailable."""
        if self._tell is None:
            raise ProblemError(409, Both("nobody would be told of it here", "此处无人会收到通知，不能越权查看"))
        wall_ms = self._clock.wall_ms()
        end_ms = min(wall_ms + minutes * 60_000, signed.ends_wall_ms)
        person = signed.principal
        data: dict[str, Any] = {
            "account": person.id,
            "organisation": person.organisation,
            "divisions": list(divisions),
            "reason": reason,
            "personal": personal,
            "begin_ms": wall_ms,
            "end_ms": end_ms,
        }
        key = f"{GLASS}/{wall_ms}-{signed.session.id[:16]}"
        actor = Actor(person.id, person.role, person.organisation)
        fields = {"divisions": list(divisions), "end_ms": end_ms, "personal": personal}
        opened = write(
            None, key, data, wall_ms, kind="glass-broken", actor=actor, reason=reason, fields=fields,
            ends_wall_ms=wall_ms + LISTED_MS,
        )  # fmt: skip
        await self._tell(opened.id, actor, list(divisions), reason, end_ms)
        session = signed.session
        widened = {**session.data, "glass": {"divisions": list(divisions), "end_ms": end_ms, "personal": personal}}
        if not await self._store.keep(opened) or not await self._store.keep(
            write(session, session.key, widened, wall_ms)
        ):
            raise ProblemError(
                409, Both("the session was used at the same moment; try again", "同一会话正在另一请求中使用，请重试")
            )
        return _shown(opened)

    async def listed(self) -> list[GlassOut]:
        """Those of the last 90 days, newest first."""
        found = await self._store.list_kept(GLASS, "", 1000)
        return [_shown(one) for one in reversed(found)]

    async def open_count(self) -> int:
        """How many are open now. Raises Unavailable."""
        wall_ms = self._clock.wall_ms()
        return sum(one.end_ms > wall_ms for one in await self.listed())


def _shown(kept: Kept) -> GlassOut:
    return GlassOut(id=kept.id, **kept.data)


def glass_routes(glasses: Glasses) -> APIRouter:
    """The routes of broken glass."""
    routes = APIRouter(prefix="/v1", tags=["session"], route_class=TasksRoute)

    @routes.post("/break-glass", operation_id="break_glass", status_code=201, responses=described(400, 403, 409))
    async def break_glass(request: Request, principal: Calling, body: GlassIn) -> GlassOut:
        """Reads beyond your divisions for some minutes; security and auditors are told."""
        signed: Signed | None = getattr(request.state, "signed", None)
        if signed is None:
            raise ProblemError(
                403, Both("this is for people who signed in, not for keys", "须由本人登录后操作，接口密钥不能代替")
            )
        return await glasses.break_glass(signed, body.divisions, body.minutes, body.reason, personal=body.personal)

    @routes.get("/break-glass", operation_id="list_break_glass", responses=described(403))
    async def list_break_glass(principal: Calling) -> GlassPage:
        """Who read beyond its divisions in the last 90 days, and why."""
        return GlassPage(items=await glasses.listed())

    return routes
