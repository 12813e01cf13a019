"""/v1/leads: what was found or reported, on its way to an issue."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import EVERYTHING, prefix_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.evidence.site import site_of
from lantian_tasks.leads.bring import bring, case_id_of, is_ahead, is_back_dated, manual_lead
from lantian_tasks.leads.checking import asked_of
from lantian_tasks.leads.moves import JUDGED, MOVES, ON_SITE, Stage
from lantian_tasks.leads.schemas import LeadMoveIn, LeadOut, LeadPage, ReportIn, lead_row, whole
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.clock_schemas import ClocksOut, clocks_of
from lantian_tasks.ledger.filters import (
    Cursor,
    Division,
    Limit,
    Search,
    Severities,
    Text,
    Time,
    Word,
    case_page,
    place_of,
)
from lantian_tasks.ledger.inspection_schemas import check_list_out, site_out
from lantian_tasks.ledger.issue import Place
from lantian_tasks.ledger.machine import Command, Role
from lantian_tasks.ledger.offer_schemas import OffersOut, offered
from lantian_tasks.ledger.offers import offers
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import CaseOrder, CaseQuery, Store
from lantian_tasks.preconditions import etag, revision_of
from lantian_tasks.problems import FieldProblem, ProblemError, described
from lantian_tasks.registry.record import Kind, key_of
from lantian_tasks.replies import IdempotencyKey, IfMatch, answered, case_of, made, required

LeadId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the lead")]
REPORTERS = frozenset({Role.CITY_OFFICE, Role.CITY_TEAM, Role.COUNTY, Role.PROVINCE, Role.MINISTRY})


def query_of(
    principal: Calling,
    stage: Annotated[list[Stage], Query(description="Any of these stages")] = [],  # noqa: B006  # FastAPI copies it
    severity: Severities = [],  # noqa: B006
    division: Division = None,
    source: Annotated[Word, Query(description="This source")] = "",
    rule: Annotated[Word, Query(description="This rule")] = "",
    enterprise: Annotated[Word, Query(description="This enterprise")] = "",
    category: Annotated[Word, Query(description="This category")] = "",
    channel: Annotated[Word, Query(description="From this channel")] = "",
    round_id: Annotated[Text, Query(description="In this round")] = "",
    score: Annotated[float, Query(ge=0, le=1e6, description="At least this score")] = 0.0,
    since_ms: Annotated[Time, Query(description="Received at or after")] = 0,
    until_ms: Annotated[Time, Query(description="Received before; 0: any")] = 0,
    q: Search = "",
    order: Annotated[CaseOrder, Query(description="newest: received; score: best first")] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CaseQuery:
    """The query of the list, one row more than asked for."""
    wanted = {
        "source_id": source,
        "rule_id": rule,
        "enterprise_id": enterprise,
        "category": category,
        "channel": channel,
        "round_id": round_id,
    }
    return CaseQuery(
        principal.scope,
        "lead",
        limit + 1,
        states=tuple(stage),
        severities=tuple(severity),
        division_prefix=prefix_of(division) if division else "",
        keys={name: value for name, value in wanted.items() if value},
        least_score=score,
        since_ms=since_ms,
        after=place_of(cursor, order, int) if order == "newest" else place_of(cursor, order, float),
        order=order,
        text=q.strip(),
        until_ms=until_ms,
    )


def lead_routes(store: Store, leads: Leads, clock: Clock, facts: Facts, metrics: TasksMetrics) -> APIRouter:
    """The routes of leads."""
    routes = APIRouter(prefix="/v1", tags=["leads"], route_class=TasksRoute)

    async def one(principal: Principal, lead_id: str) -> Case:
        return await case_of(store, principal, case_id_of(lead_id))

    @routes.get("/leads", operation_id="list_leads", responses=described(400))
    async def list_leads(query: Annotated[CaseQuery, Depends(query_of)]) -> LeadPage:
        """Leads in your divisions with everything they say, newest first."""
        shown, more = case_page(query, await store.cases(query))
        return LeadPage(items=[lead_row(case) for case in shown], next_cursor=more)

    @routes.get("/leads/{lead_id}", operation_id="get_lead", responses=described(404))
    async def get_lead(response: Response, principal: Calling, lead_id: LeadId) -> LeadOut:
        """One lead with its history; ETag is its revision."""
        case = await one(principal, lead_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    @routes.post(
        "/leads",
        operation_id="report_lead",
        status_code=201,
        responses={200: {"model": LeadOut, "description": "It was reported before"}, **described(400, 403)},
    )
    async def report_lead(response: Response, principal: Calling, body: ReportIn) -> LeadOut:
        """Brings a complaint, a fire point, a hot area or a patrol's find; the same reference is the same lead."""
        if principal.role not in REPORTERS:
            raise ProblemError(403, Both(f"role {principal.role} may not report leads", "您的角色不能报送线索"))
        now_ms, actor = clock.now_ms(), principal.actor
        if is_ahead(body.found_ms, now_ms):
            early = FieldProblem.of("body.found_ms", Both("it lies ahead of the present time", "晚于现在"))
            raise ProblemError(
                422,
                Both("nothing is reported before it was seen", "发现时间晚于现在，请核对"),
                slug="field-invalid",
                errors=[early],
            )
        late = is_back_dated(body.found_ms, now_ms, facts.policy.evidence.stale_hours)
        place = await _place(body, principal)
        lead = manual_lead(**body.model_dump(exclude={"division_code"}))
        step = bring(
            lead,
            lead.SerializeToString(deterministic=True),
            [],
            place,
            facts,
            actor,
            now_ms,
            channel=body.channel,
            category=body.category,
            by_ministry=principal.role == Role.MINISTRY,
            back_dated=late,
        )
        case = await leads.receive(step)
        if case is None:
            response.status_code = 200
            case = await one(principal, lead.lead_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    async def _place(body: ReportIn, principal: Principal) -> Place:
        keys = [key_of(Kind.SOURCE, body.source_id), key_of(Kind.ENTERPRISE, body.enterprise_id)]
        known = await store.records([key for key in keys if not key.endswith("/")], EVERYTHING)
        source, enterprise = known.get(keys[0]), known.get(keys[1])
        if body.source_id and source is None:
            raise ProblemError(
                422, Both(f"there is no source {body.source_id}", f"登记库里没有监测点 {body.source_id}")
            )
        if source is not None and enterprise is None:
            key = key_of(Kind.ENTERPRISE, source.belongs.enterprise_id)
            enterprise = (await store.records([key], EVERYTHING)).get(key)
        home = source or enterprise
        place = Place(
            enterprise_id=home.belongs.enterprise_id if home else body.enterprise_id,
            enterprise_name=str(enterprise.entity["name"]) if enterprise else "",
            source_name=str(source.entity["name"]) if source else body.place,
            division_code=home.belongs.division_code if home else body.division_code,
        )
        if not principal.scope.covers(place.division_code, place.enterprise_id):
            raise ProblemError(403, Both("this does not lie in your divisions", "不在您的辖区"))
        return place

    @routes.get("/leads/{lead_id}/clocks", operation_id="get_lead_clocks", responses=described(404))
    async def get_lead_clocks(principal: Calling, lead_id: LeadId) -> ClocksOut:
        """When receipt and inspection are due and why, and what happens by itself if they do not come."""
        return clocks_of(await one(principal, lead_id), facts.policy.lead_clocks, facts)

    @routes.get("/leads/{lead_id}/moves", operation_id="offer_lead_moves", responses=described(404))
    async def offer_lead_moves(principal: Calling, lead_id: LeadId) -> OffersOut:
        """What you may do with the lead now, with the inputs of each move."""
        case = await one(principal, lead_id)
        found = offers(MOVES, case, principal.actor, clock.now_ms(), facts, JUDGED)
        out = OffersOut(revision=case.rev, moves=offered(found, case.state))
        if case.state in ON_SITE:
            site = await site_of(store, str(case.keys["source_id"]), str(case.keys["enterprise_id"]))
            out.check_list = check_list_out(asked_of(case, facts, clock.now_ms())[0])
            out.site = site_out(site, facts.policy.evidence.fence_m)
        return out

    @routes.post("/leads/{lead_id}/moves", operation_id="move_lead", responses=described(400, 403, 404, 409, 412, 428))
    async def move_lead(
        response: Response,
        principal: Calling,
        lead_id: LeadId,
        body: LeadMoveIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> LeadOut:
        """Moves the lead along its way; a confirmed one becomes an issue."""
        key, rev = required(idempotency_key), revision_of(if_match)
        command = Command(body.move, principal.actor, clock.now_ms(), body.reason, body.fields(), body.device())
        case = await one(principal, lead_id)
        if not answered(case, command, key):
            moved = made(await leads.move(principal.scope, lead_id, command, rev, key))
            if body.move == "inspect":
                metrics.inspections.labels(moved.history[-1]["fields"]["presence"]["verdict"]).inc()
        case = await one(principal, lead_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    return routes
