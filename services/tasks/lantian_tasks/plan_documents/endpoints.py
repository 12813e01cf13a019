"""/v1/plan-documents: 一市一策、一厂一策 and emergency plans, with versions, approved one level up."""

import hashlib
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.evidence.endpoints import FileName, unacceptable
from lantian_tasks.evidence.media import DOCX, ENDINGS, XLSX, Unacceptable
from lantian_tasks.evidence.schemas import clean_name
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.filters import Cursor, Division, Limit, Search, Word, case_page, place_of
from lantian_tasks.ledger.machine import Command
from lantian_tasks.ledger.offer_schemas import OffersOut, offered
from lantian_tasks.ledger.offers import offers
from lantian_tasks.once import TasksRoute
from lantian_tasks.plan_documents.moves import (
    JUDGED,
    MOVES,
    OF_DIVISIONS,
    OF_ENTERPRISES,
    PlanKind,
    PlanState,
    case_id_of,
    period_problem,
    plan,
)
from lantian_tasks.plan_documents.schemas import (
    PlanDocumentMoveIn,
    PlanDocumentOut,
    PlanDocumentPage,
    in_force_of,
    row,
    whole,
)
from lantian_tasks.plan_documents.service import PlanDocuments, Upload
from lantian_tasks.plan_documents.versions import versions_of
from lantian_tasks.ports import CaseQuery, Store
from lantian_tasks.preconditions import etag, revision_of
from lantian_tasks.problems import FieldProblem, ProblemError, described, not_found
from lantian_tasks.registry.record import Kind, key_of
from lantian_tasks.replies import IdempotencyKey, IfMatch, answered, case_of, key_reused, made, required
from lantian_tasks.reports.endpoints import binary, file_of

PDF = "application/pdf"
OCTETS = "application/octet-stream"
PlanId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the plan")]
Number = Annotated[int, Path(ge=1, le=1000, description="Version, from 1")]
From = Annotated[date, Query(description="First day it is in force, YYYY-MM-DD", examples=["2026-10-01"])]
Until = Annotated[date, Query(description="Last day it is in force, YYYY-MM-DD", examples=["2027-03-31"])]
Note = Annotated[str, Query(max_length=500, description="What is new in this version")]
Title = Annotated[str, Query(min_length=1, max_length=200, description="Title of the plan")]
Season = Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$", description="Season, 2026-27; empty: of no season")]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the file, PDF, DOCX or XLSX, at most 32 MiB",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in (OCTETS, PDF, DOCX, XLSX)},
    }
}


async def uploaded(request: Request, valid_from: From, valid_to: Until, note: Note = "", name: FileName = "") -> Upload:
    """A version as it is sent: the bytes, and what is said of them. Raises ProblemError."""
    first, last = valid_from.isoformat(), valid_to.isoformat()
    problem = period_problem(first, last)
    if problem:
        blamed = [FieldProblem.of("query.valid_to", problem)]
        raise ProblemError(
            422,
            Both(f"the period does not hold: {problem}", f"起止日期不成立：{problem.zh}"),
            slug="field-invalid",
            errors=blamed,
        )
    return Upload(clean_name(name), await request.body(), first, last, note.strip())


Sent = Annotated[Upload, Depends(uploaded)]


def plan_document_routes(store: Store, plans: PlanDocuments, clock: Clock, facts: Facts) -> APIRouter:
    """The routes of plans."""
    routes = APIRouter(prefix="/v1", tags=["plan documents"], route_class=TasksRoute)

    def today() -> str:
        return day_of(clock.now_ms()).isoformat()

    async def one(principal: Principal, plan_document_id: str) -> Case:
        return await case_of(store, principal, case_id_of(plan_document_id))

    @routes.get("/plan-documents", operation_id="list_plan_documents", responses=described(400))
    async def list_plan_documents(
        principal: Calling,
        kind: Annotated[PlanKind | None, Query(description="This kind")] = None,
        state: Annotated[list[PlanState], Query(description="Any of these states")] = [],  # noqa: B006  # FastAPI copies
        division: Division = None,
        enterprise: Annotated[Word, Query(description="This enterprise's")] = "",
        of_divisions: Annotated[bool, Query(description="Only those of divisions themselves")] = False,
        in_force_at: Annotated[date | None, Query(description="A version is in force on this day")] = None,
        q: Search = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> PlanDocumentPage:
        """Plans of your divisions, or of your enterprise, newest first, with the version in force on the day."""
        keys: dict[str, str] = {"enterprise_id": enterprise} if enterprise or of_divisions else {}
        keys |= {"category": kind} if kind else {}
        query = CaseQuery(
            principal.scope,
            "plan-document",
            limit + 1,
            states=tuple(state),
            division_prefix=prefix_of(division) if division else "",
            keys=keys,
            after=place_of(cursor, "newest", int),
            text=q.strip(),
            valid_on=in_force_at.isoformat() if in_force_at else "",
        )
        day = query.valid_on or today()
        found = await plans.page(query, lambda case: not query.valid_on or in_force_of(case, day) is not None)
        shown, more = case_page(query, found)
        return PlanDocumentPage(items=[row(case, day) for case in shown], next_cursor=more)

    @routes.post(
        "/plan-documents",
        operation_id="create_plan_document",
        status_code=201,
        responses=described(400, 403, 413),
        openapi_extra=BODY,
    )
    async def create_plan_document(
        response: Response,
        principal: Calling,
        kind: Annotated[PlanKind, Query(description="What it is")],
        title: Title,
        sent: Sent,
        division: Division = None,
        enterprise: Annotated[Word, Query(description="Whose it is; without it the division's own")] = "",
        season: Season = "",
        idempotency_key: IdempotencyKey = None,
    ) -> PlanDocumentOut:
        """Drafts a plan with its first version. The Idempotency-Key makes its id: sent again, it is the same plan."""
        key = required(idempotency_key)
        home = await _home(principal, kind, division or "", enterprise)
        id_ = hashlib.sha256(f"plan-document|{principal.id}|{key}".encode()).hexdigest()[:32]
        case = plan(id_, kind=kind, title=title.strip(), season=season, at_ms=clock.now_ms(), **home)
        step = await plans.create(case, principal, sent)
        if isinstance(step, Unacceptable):
            raise unacceptable(step)
        kept = step.case if step is not None else await one(principal, id_)
        if step is None and _said(kept) != _said(case) | {"version": (sent.said(), sent.sha256)}:
            raise key_reused()
        response.headers["ETag"] = etag(kept.rev)
        return whole(kept, today())

    async def _home(principal: Principal, kind: PlanKind, division: str, enterprise: str) -> dict[str, str]:
        if enterprise:
            if kind in OF_DIVISIONS:
                raise _misfit(
                    "query.enterprise",
                    Both(f"{kind} is a plan of a division, not of an enterprise", "这类方案属于辖区，不属于企业"),
                )
            key = key_of(Kind.ENTERPRISE, enterprise)
            known = (await store.records([key], principal.scope)).get(key)
            if known is None:
                raise _misfit(
                    "query.enterprise", Both("there is no such enterprise in your divisions", "辖区内没有这家企业")
                )
            name = str(known.entity["name"])
            code = known.belongs.division_code
            return {"division_code": code, "enterprise_id": enterprise, "enterprise_name": name}
        if kind in OF_ENTERPRISES or not division:
            raise _misfit(
                "query.enterprise",
                Both(f"say whose it is: {kind} needs an enterprise or a division", "请指明企业或辖区"),
            )
        if not principal.scope.covers(division, ""):
            raise ProblemError(403, Both("this does not lie in your divisions", "不在您的辖区"))
        return {"division_code": division, "enterprise_id": "", "enterprise_name": ""}

    @routes.get("/plan-documents/{plan_document_id}", operation_id="get_plan_document", responses=described(404))
    async def get_plan_document(response: Response, principal: Calling, plan_document_id: PlanId) -> PlanDocumentOut:
        """One plan with its versions and its history; ETag is its revision."""
        case = await one(principal, plan_document_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case, today())

    @routes.post(
        "/plan-documents/{plan_document_id}/versions",
        operation_id="add_plan_document_version",
        status_code=201,
        responses=described(400, 403, 404, 409, 412, 413, 428),
        openapi_extra=BODY,
    )
    async def add_plan_document_version(
        response: Response,
        principal: Calling,
        plan_document_id: PlanId,
        sent: Sent,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> PlanDocumentOut:
        """Drafts a new version; the one in force stays so until this one is approved."""
        key, rev = required(idempotency_key), revision_of(if_match)
        case = await one(principal, plan_document_id)
        if not answered(case, sent.asked(principal, clock.now_ms()), key):
            answer = await plans.add_version(principal, case, sent, rev, key)
            if isinstance(answer, Unacceptable):
                raise unacceptable(answer)
            made(answer)
        case = await one(principal, plan_document_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case, today())

    @routes.get(
        "/plan-documents/{plan_document_id}/versions/{version}/content",
        operation_id="get_plan_document_file",
        response_class=Response,
        responses=binary(OCTETS, 404),
    )
    async def get_plan_document_file(principal: Calling, plan_document_id: PlanId, version: Number) -> Response:
        """The file of a version, as it was sent."""
        case = await one(principal, plan_document_id)
        wanted = next((known for known in versions_of(case.data) if known.number == version), None)
        data = await store.bytes_of(wanted.piece.sha256) if wanted else None
        if wanted is None or data is None:
            raise not_found()
        name = f"{case.data['title']}-v{version}.{ENDINGS[wanted.piece.media_type][0]}"
        return file_of(data, OCTETS, clean_name(name.replace("/", "／")))

    @routes.get(
        "/plan-documents/{plan_document_id}/moves",
        operation_id="offer_plan_document_moves",
        responses=described(404),
    )
    async def offer_plan_document_moves(principal: Calling, plan_document_id: PlanId) -> OffersOut:
        """What you may do with the plan now."""
        case = await one(principal, plan_document_id)
        found = offers(MOVES, case, principal.actor, clock.now_ms(), facts, JUDGED)
        return OffersOut(revision=case.rev, moves=offered(found, case.state))

    @routes.post(
        "/plan-documents/{plan_document_id}/moves",
        operation_id="move_plan_document",
        responses=described(400, 403, 404, 409, 412, 428),
    )
    async def move_plan_document(
        response: Response,
        principal: Calling,
        plan_document_id: PlanId,
        body: PlanDocumentMoveIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> PlanDocumentOut:
        """Approves or returns the drafted version, or withdraws the plan; nothing is deleted."""
        key, rev = required(idempotency_key), revision_of(if_match)
        command = Command(body.move, principal.actor, clock.now_ms(), body.reason)
        case = await one(principal, plan_document_id)
        if not answered(case, command, key):
            made(await plans.move(principal.scope, case.case_id, command, rev, key))
        case = await one(principal, plan_document_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case, today())

    return routes


def _misfit(field: str, detail: str) -> ProblemError:
    return ProblemError(422, detail, slug="field-invalid", errors=[FieldProblem.of(field, detail)])


def _said(case: Case) -> dict[str, Any]:
    """What the request that made a plan said; before its first entry without the version."""
    about = {name: case.keys[name] for name in ("category", "division_code", "enterprise_id")}
    about |= {name: case.data[name] for name in ("title", "season")}
    for first in versions_of(case.data)[:1]:
        said = {"valid_from": first.valid_from, "valid_to": first.valid_to, "note": first.note}
        about["version"] = (said, first.piece.sha256)
    return about
