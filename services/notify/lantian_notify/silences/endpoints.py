"""Silences for the offices, each within its divisions."""

import uuid
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lantian_kit.clock import Clock
from lantian_notify.access import OFFICERS, Principal, calling
from lantian_notify.once import NotifyRoute
from lantian_notify.pages import AT_ONCE, Cursor, Limit, own_page
from lantian_notify.problems import read_cursor
from lantian_notify.routing.policy import Division, prefix_of
from lantian_notify.silences.silence import LONGEST_MS, Match, Silence, SilenceState, SilenceStore, remind_ms
from lantian_proto.both import Both
from lantian_proto.events import content_id

Caller = Annotated[Principal, Depends(calling(OFFICERS))]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
IdempotencyKey = Annotated[str | None, Header(description="Makes the id of the silence")]
Reason = Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)]


class MatchOrder(BaseModel):
    """What a silence concerns: every condition that is set holds."""

    model_config = ConfigDict(extra="forbid")

    divisions: list[Division] = Field(default=[], max_length=100)
    kinds: list[Pattern] = Field(default=[], max_length=20)
    rules: list[Pattern] = Field(default=[], max_length=50)
    sources: list[Pattern] = Field(default=[], max_length=200)
    enterprises: list[Pattern] = Field(default=[], max_length=200)
    teams: list[Pattern] = Field(default=[], max_length=50)
    max_severity: int = Field(default=3, ge=0, le=4)

    def match(self) -> Match:
        """The plain form."""
        values: dict[str, Any] = self.model_dump()
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return Match(**plain)


class SilenceOrder(BaseModel):
    """A silence to begin: at once unless `starts_ms` says otherwise, 31 days at most. Times are suite time."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    team_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="Team that is reminded before the end"
    )
    match: MatchOrder
    starts_ms: int | None = Field(default=None, ge=0)
    ends_ms: int = Field(ge=0)

    @model_validator(mode="after")
    def _is_narrow(self) -> "SilenceOrder":
        if not self.match.match().narrow:
            raise ValueError(
                Both("name a division, rule, source, enterprise or team", "请指明辖区、规则、监测点、企业或队伍")
            )
        return self


class Extension(BaseModel):
    """A new end, and why."""

    model_config = ConfigDict(extra="forbid")

    ends_ms: int = Field(ge=0)
    reason: Reason


class SilenceView(BaseModel):
    """A silence."""

    silence_id: str
    state: SilenceState
    owner: str
    reason: str
    team_id: str
    match: dict[str, Any]
    starts_ms: int
    ends_ms: int
    created_ms: int
    reminded_ms: int
    ended_ms: int
    ended_by: str


class SilencePage(BaseModel):
    """Newest first."""

    items: list[SilenceView]
    next: str | None


def silence_routes(silences: SilenceStore, clock: Clock) -> APIRouter:
    """What lies outside a caller's divisions does not exist for it."""
    routes = APIRouter(prefix="/v1", tags=["people"], route_class=NotifyRoute)

    @routes.get("/silences", operation_id="listSilences")
    async def list_silences(caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> SilencePage:
        """Silences, newest first."""
        found, following = await own_page(
            lambda before: silences.page_silences(before=before, limit=AT_ONCE),
            lambda one: _sees(caller, one),
            lambda one: (one.created_ms, one.silence_id),
            read_cursor(cursor),
            limit,
        )
        return SilencePage(items=list(map(silence_view, found)), next=following)

    @routes.post("/silences", operation_id="beginSilence", status_code=201)
    async def begin(caller: Caller, order: SilenceOrder, idempotency_key: IdempotencyKey = None) -> SilenceView:
        """Holds back what matches; nothing is lost, it can be sent again by hand. A retry with its key begins none."""
        now = clock.now_ms()
        starts = max(now, order.starts_ms or 0)
        _check_span(starts, order.ends_ms, now)
        divisions = order.match.divisions
        if not caller.scope.is_country and not divisions:
            raise HTTPException(
                422, Both("name divisions: your account does not reach everything", "请指明辖区：您的账号不覆盖全部")
            )
        if not all(_reaches(caller, code) for code in divisions):
            raise HTTPException(403, Both("a division is not yours", "有辖区不在您的范围"))
        silence = Silence(
            silence_id=_id_of(caller, idempotency_key),
            state="active",
            owner=caller.id,
            reason=order.reason,
            team_id=order.team_id,
            match=order.match.match(),
            starts_ms=starts,
            ends_ms=order.ends_ms,
            created_ms=now,
            due_ms=remind_ms(starts, order.ends_ms),
        )
        if await silences.insert_silence(silence):
            return silence_view(silence)
        known = await _silence(caller, silence.silence_id)
        if (known.match, known.team_id) != (silence.match, silence.team_id):
            raise HTTPException(
                422,
                Both(
                    "the Idempotency-Key came with another request before",
                    "此前已用这个幂等键提交过不同的内容，请换一个再提交",
                ),
            )
        return silence_view(known)

    @routes.post("/silences/{silence_id}:extend", operation_id="extendSilence")
    async def extend(caller: Caller, silence_id: str, body: Extension) -> SilenceView:
        """A later or an earlier end, again at most 31 days from now; the owner is reminded again."""
        silence, now = await _silence(caller, silence_id), clock.now_ms()
        if silence.state != "active":
            raise HTTPException(409, Both("the silence is over", "静默已经结束"))
        _check_span(now, body.ends_ms, now)
        changed = _changed(silence, body, now)
        if not await silences.save_silence(changed):
            raise HTTPException(409, Both("the silence changed meanwhile", "静默刚刚被修改，请刷新后再看"))
        return silence_view(changed)

    @routes.post("/silences/{silence_id}:end", operation_id="endSilence")
    async def end(caller: Caller, silence_id: str) -> SilenceView:
        """Ends it now."""
        silence = await _silence(caller, silence_id)
        if silence.state != "active":
            raise HTTPException(409, Both("the silence is over", "静默已经结束"))
        ended = silence.ended(clock.now_ms(), caller.id)
        if not await silences.save_silence(ended):
            raise HTTPException(409, Both("the silence changed meanwhile", "静默刚刚被修改，请刷新后再看"))
        return silence_view(ended)

    async def _silence(caller: Principal, silence_id: str) -> Silence:
        silence = await silences.get_silence(silence_id)
        if silence is None or not _sees(caller, silence):
            raise HTTPException(404, Both("no such silence", "没有这项静默，或不在您的辖区"))
        return silence

    return routes


def _id_of(caller: Principal, key: str | None) -> str:
    """An act of a person, not derived from content: new each time, or the same for the same key."""
    made = uuid.uuid4().hex if key is None else content_id("silence", caller.id, key)
    return f"silence_{made}"


def _sees(caller: Principal, silence: Silence) -> bool:
    divisions = silence.match.divisions
    return caller.scope.is_country or (bool(divisions) and all(_reaches(caller, code) for code in divisions))


def _reaches(caller: Principal, division: str) -> bool:
    """Whether a division and all below it are the caller's: a silence holds back for all of them."""
    prefix = prefix_of(division)
    return caller.covers(prefix) and not any(gone.startswith(prefix) for gone in caller.scope.excluded)


def _check_span(starts_ms: int, ends_ms: int, now_ms: int) -> None:
    if not now_ms < ends_ms or not starts_ms < ends_ms:
        raise HTTPException(
            422, Both("a silence ends after it begins, and in the future", "静默的结束须晚于开始，也晚于现在")
        )
    if ends_ms - starts_ms > LONGEST_MS:
        raise HTTPException(422, Both("a silence lasts at most 31 days", "静默最长31天"))


def _changed(silence: Silence, body: Extension, now_ms: int) -> Silence:
    starts = max(silence.starts_ms, now_ms)
    return replace(
        silence, ends_ms=body.ends_ms, reason=body.reason, due_ms=remind_ms(starts, body.ends_ms), reminded_ms=0
    )


def silence_view(silence: Silence) -> SilenceView:
    """What its people may see."""
    values = {name: getattr(silence, name) for name in SilenceView.model_fields if name != "match"}
    return SilenceView(**values, match=asdict(silence.match))
