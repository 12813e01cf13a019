"""Why somebody hears of something: routes and templates tried out without sending."""

from typing import Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, Field

from lantian_kit.clock import Clock
from lantian_notify.access import OPERATORS, calling
from lantian_notify.channels.base import ChannelKind
from lantian_notify.deliveries.endpoints import masked
from lantian_notify.once import NotifyRoute
from lantian_notify.registry.teams import Teams
from lantian_notify.routing.facts import Facts
from lantian_notify.routing.policy import Policy
from lantian_notify.routing.route import Notice, pick, route, step_recipients
from lantian_notify.silences.silence import Silence, SilenceStore
from lantian_notify.wording.letter import Templates
from lantian_proto.both import Both

LARGEST_TEMPLATE = 20_000


class EventOrder(BaseModel):
    """An event as one asks about it; what is left out is as in an ordinary exceedance."""

    model_config = ConfigDict(extra="forbid")

    division_code: str = Field(pattern=r"^\d{6}$")
    kind: str = Field(default="registered", max_length=64)
    rule_id: str = Field(default="hour-exceedance", max_length=100)
    severity: int = Field(default=3, ge=0, le=4)
    retrospective: bool = False
    source_id: str = Field(default="", max_length=200)
    enterprise_name: str = Field(default="某某企业", max_length=200)
    source_name: str = Field(default="1号排口", max_length=200)
    title: str = Field(default="小时均值超标", max_length=200)
    summary: str = Field(default="二氧化硫小时均值 52.1 超过限值 35 mg/m³", max_length=2000)
    at_ms: int | None = Field(default=None, ge=1, lt=1 << 53)

    def facts(self, now_ms: int, enterprise_id: str = "") -> Facts:
        """In the form every message has."""
        at = self.at_ms or now_ms
        said: dict[str, Any] = self.model_dump(exclude={"at_ms"})
        rest = ("lead_id", "factor", "legal_basis", "runbook", "from_state", "reason")
        return Facts(
            event_id="explained",
            issue_id="example",
            number="130200-2026-000001",
            path="/v1/issues/example",
            enterprise_id=enterprise_id,
            to_state="registered",
            start_ms=at - 3_600_000,
            end_ms=at,
            at_ms=at,
            received_ms=0,
            **{**dict.fromkeys(rest, ""), **said},
        )


class WouldGet(BaseModel):
    """One message that would go out; `silence_id` is set when it would be held back."""

    recipient_id: str
    recipient: str
    channel: str
    address: str
    waits_seconds: int
    silence_id: str


class WouldCall(BaseModel):
    """One step of a call, with whoever it would mean at its time."""

    team_id: str
    after_minutes: int
    to: str
    people: list[str]


class Explained(BaseModel):
    """What one route makes of the event, and why."""

    route_id: str
    about: str
    concerned: bool
    why: str
    gets: list[WouldGet]
    calls: list[WouldCall]


class Explanation(BaseModel):
    """The outcome that would be counted, and every route."""

    outcome: str
    routes: list[Explained]


class PreviewOrder(BaseModel):
    """A template as it would be saved, or the channel whose message is wanted; about one or several events."""

    model_config = ConfigDict(extra="forbid")

    channel: str | None = Field(default=None, max_length=64)
    form: Literal["markdown", "text", "html", "sms"] = "markdown"
    template: str | None = Field(default=None, max_length=LARGEST_TEMPLATE)
    events: list[EventOrder] = Field(min_length=1, max_length=50)


class Preview(BaseModel):
    """The text, and its length in bytes of UTF-8."""

    text: str
    bytes: int


def policy_routes(
    policy: Policy,
    teams: Teams,
    silences: SilenceStore,
    templates: Templates,
    kinds: dict[str, ChannelKind],
    clock: Clock,
) -> APIRouter:
    """For administrators."""
    routes = APIRouter(
        prefix="/v1", tags=["routes"], route_class=NotifyRoute, dependencies=[Depends(calling(OPERATORS))]
    )

    @routes.get("/routes", operation_id="showRoutes")
    async def show() -> dict[str, Any]:
        """The routes and escalations in force."""
        return policy.model_dump(mode="json")

    @routes.post("/routes:explain", operation_id="explainRoutes")
    async def explain(order: EventOrder) -> Explanation:
        """Who would get what, and why; nothing is sent or written."""
        now = clock.now_ms()
        at = order.at_ms or now
        enterprise = teams.enterprise_of(order.source_id, at)
        facts = order.facts(now, enterprise.enterprise_id if enterprise else "")
        routing = route(facts, policy, teams, at)
        active = await silences.silences(now)
        rows = {row.id: row for row in policy.routes}
        explained = []
        for line in routing.lines:
            calls = []
            for summons in line.summons:
                escalation = policy.escalation(summons.escalation_id)
                for step in escalation.steps if escalation else ():
                    when = at + step.after_minutes * 60_000
                    meant = step_recipients(step.to, summons.team_id, facts.division_code, teams, when)
                    people = [one.name for one in meant if pick(one, step.channels, first=True)]
                    calls.append(
                        WouldCall(team_id=summons.team_id, after_minutes=step.after_minutes, to=step.to, people=people)
                    )
            explained.append(
                Explained(
                    route_id=line.route_id,
                    about=rows[line.route_id].about,
                    concerned=line.concerned,
                    why=line.why,
                    gets=[_would_get(notice, facts, teams, active, at, now) for notice in line.notices],
                    calls=calls,
                )
            )
        return Explanation(outcome=routing.outcome, routes=explained)

    @routes.post("/templates:preview", operation_id="previewTemplate")
    async def preview(order: PreviewOrder) -> Preview:
        """What people would read; a mistake in the template is said in words."""
        items = [event.facts(clock.now_ms()).stored() for event in order.events]
        if order.channel is not None:
            kind = kinds.get(order.channel)
            if kind is None or kind.compose is None:
                raise HTTPException(422, Both("no channel for people has this name", "没有这个名称的渠道"))
            text = kind.compose(templates.letter(items, forms=kind.forms)).decode()
        else:
            try:
                text = templates.preview(order.form, order.template or "", items)
            except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
                raise HTTPException(422, Both(f"the template fails: {error}", f"模板出错：{error}")) from None
        return Preview(text=text, bytes=len(text.encode(errors="replace")))

    return routes


def _would_get(
    notice: Notice, facts: Facts, teams: Teams, silences: list[Silence], at_ms: int, now_ms: int
) -> WouldGet:
    recipient = teams.recipient(notice.recipient_id, at_ms)
    mute = next((one for one in silences if one.mutes(facts, notice.recipient_id, now_ms)), None)
    return WouldGet(
        recipient_id=notice.recipient_id,
        recipient=recipient.name if recipient else "",
        channel=notice.contact.channel,
        address=masked(notice.contact.channel, notice.contact.address),
        waits_seconds=notice.group.wait_seconds if notice.group else 0,
        silence_id=mute.silence_id if mute else "",
    )
