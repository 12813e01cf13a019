"""Calls for the offices and teams, each within its divisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from lantian_kit.clock import Clock
from lantian_notify.access import OFFICERS, Principal, calling
from lantian_notify.calls.call import Call, CallState, CallStore, StepState, acknowledge
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.once import NotifyRoute
from lantian_notify.pages import AT_ONCE, Cursor, Limit, own_page
from lantian_notify.problems import read_cursor
from lantian_proto.both import Both

Caller = Annotated[Principal, Depends(calling(OFFICERS))]


class StepView(BaseModel):
    """One step of a call."""

    number: int
    due_ms: int
    to: str
    channels: list[str]
    state: StepState
    at_ms: int
    deliveries: list[str]
    told: list[str]


class CallView(BaseModel):
    """A call: who is asked about what, until somebody acknowledges."""

    call_id: str
    state: CallState
    team_id: str
    route_id: str
    issue_id: str
    title: str
    enterprise_name: str
    division_code: str
    severity: int
    steps: list[StepView]
    created_ms: int
    acknowledged_ms: int
    acknowledged_by: str
    acknowledged_via: str
    comment: str


class CallPage(BaseModel):
    """Newest first."""

    items: list[CallView]
    next: str | None


class Acknowledgement(BaseModel):
    """A word about it, if there is one."""

    model_config = ConfigDict(extra="forbid")

    comment: str = Field(default="", max_length=500)


def call_routes(calls: CallStore, clock: Clock, metrics: NotifyMetrics) -> APIRouter:
    """What lies outside a caller's divisions does not exist for it."""
    routes = APIRouter(prefix="/v1", tags=["people"], route_class=NotifyRoute)

    @routes.get("/calls", operation_id="listCalls")
    async def list_calls(
        caller: Caller, state: CallState | None = None, cursor: Cursor = None, limit: Limit = 50
    ) -> CallPage:
        """Calls, newest first."""
        found, following = await own_page(
            lambda before: calls.page_calls(state=state, before=before, limit=AT_ONCE),
            lambda call: _may(caller, call),
            lambda call: (call.created_ms, call.call_id),
            read_cursor(cursor),
            limit,
        )
        return CallPage(items=list(map(call_view, found)), next=following)

    @routes.get("/calls/{call_id}", operation_id="getCall")
    async def get_call(caller: Caller, call_id: str) -> CallView:
        """One call with its steps."""
        return call_view(await _call(caller, call_id))

    @routes.post("/calls/{call_id}:acknowledge", operation_id="acknowledgeCall")
    async def acknowledge_call(caller: Caller, call_id: str, body: Acknowledgement | None = None) -> CallView:
        """Cancels every pending step in the same write; a second time shows the first."""
        call = await _call(caller, call_id)
        comment = body.comment if body else ""
        after = await acknowledge(calls, call_id, by=caller.id, via="api", now_ms=clock.now_ms(), comment=comment)
        if call.state != "acknowledged":
            metrics.acknowledged.labels("api").inc()
        return call_view(after or call)

    async def _call(caller: Principal, call_id: str) -> Call:
        call = await calls.get_call(call_id)
        if call is None or not _may(caller, call):
            raise HTTPException(404, Both("no such call", "没有这次呼叫，或不在您的辖区"))
        return call

    return routes


def _may(caller: Principal, call: Call) -> bool:
    return caller.covers(call.facts["division_code"], call.facts["enterprise_id"])


def call_view(call: Call) -> CallView:
    """What its people may see."""
    facts = call.facts
    steps = [StepView(**{name: getattr(step, name) for name in StepView.model_fields}) for step in call.steps]
    return CallView(
        **{name: getattr(call, name) for name in CallView.model_fields if hasattr(call, name) and name != "steps"},
        title=facts["title"],
        enterprise_name=facts["enterprise_name"],
        division_code=facts["division_code"],
        severity=facts["severity"],
        steps=steps,
    )
