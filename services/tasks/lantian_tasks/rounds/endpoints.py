"""/v1/rounds: batches of leads for the teams of a city."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.audit.schemas import EntryOut, entries_of
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.device_time_schemas import Timed
from lantian_tasks.ledger.filters import Cursor, Division, Limit, Search, Time, case_page, place_of
from lantian_tasks.ledger.machine import LATEST_MS, LONGEST_TEXT, MOST_IDS, Command, Role
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import CaseQuery, CaseStore
from lantian_tasks.preconditions import etag, revision_of
from lantian_tasks.problems import ProblemError, described
from lantian_tasks.replies import IdempotencyKey, IfMatch, answered, case_of, key_reused, made, required
from lantian_tasks.rounds.moves import RoundState, draft, must_follow
from lantian_tasks.rounds.service import Rounds
from lantian_tasks.rounds.start import CAUSES, last_failure

RoundId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the round")]
TaskKind = Literal["heavy-pollution", "key-enterprises", "self-monitoring", "loose-coal"]
PLANNERS = frozenset({Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY})


class RoundIn(BaseModel):
    """A round as it is planned."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "第3轮次",
                    "division_code": "130100",
                    "task_kind": "key-enterprises",
                    "starts_ms": 1795910400000,
                }
            ]
        },
    )

    title: str = Field(min_length=1, max_length=200)
    division_code: str = Field(pattern=r"^\d{4}00$", description="The city")
    task_kind: TaskKind
    quota: int = Field(default=50, ge=1, le=MOST_IDS, description="Most leads of the round")
    score_cut: float = Field(default=1.0, ge=0, le=1e6, allow_inf_nan=False, description="Least score of a lead")
    starts_ms: int = Field(
        gt=0,
        le=LATEST_MS,
        strict=True,
        description="Planned start; ms since 1970 UTC. A built round starts then by itself",
    )


class RoundRow(RoundIn):
    """A round."""

    round_id: str
    revision: int = Field(description="Counts the entries of its history; also the ETag")
    state: RoundState
    lead_count: int = Field(description="Number of its leads")
    starts_itself_ms: int = Field(description="When it starts, or is tried again, by itself; 0: not by itself")
    recipients: list[str] = Field(description="Teams that its leads were pushed to")
    by_ministry: bool
    created_ms: int
    changed_ms: int


class RoundOut(RoundRow):
    """A whole round."""

    leads: list[str] = Field(description="Ids of its leads")
    start_failed: str = Field(
        description=f"Why it could not start by itself: {', '.join(CAUSES)}; empty: nothing failed"
    )
    history: list[EntryOut]


class RoundPage(BaseModel):
    """A page of rounds, newest first."""

    items: list[RoundRow]
    next_cursor: str | None


class RoundMoveIn(Timed):
    """build takes what the preview shows; start pushes; close once every lead has its result; cancel; note."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"move": "build"}, {"move": "start"}]})

    move: Literal["build", "start", "close", "cancel", "note"]
    reason: str = Field(default="", max_length=LONGEST_TEXT)
    conclusion: str | None = Field(default=None, max_length=LONGEST_TEXT, description="Of the closing report")


class LeftOut(BaseModel):
    """A lead the round would leave, and why."""

    lead_id: str
    reason: str


class ChosenOut(BaseModel):
    """A lead the round would take."""

    lead_id: str
    score: float
    score_parts: dict[str, float]
    category: str
    enterprise_name: str


class PreviewOut(BaseModel):
    """What a build would take, best score first."""

    chosen: list[ChosenOut]
    left: list[LeftOut]


class ProgressOut(BaseModel):
    """Where the leads of a round stand; after closing its report."""

    total: int
    by_stage: dict[str, int]
    waiting: int = Field(description="Leads without a result")
    overdue: int = Field(description="Leads that were escalated")
    median_receipt_ms: int = Field(description="From push to receipt; 0: nobody has received one")
    median_result_ms: int = Field(description="From push to result; 0: none")
    precision: float = Field(description="Confirmed or partly, of those inspected to a result")
    issues: list[str] = Field(description="Issues the leads became")
    places_in_doubt: int = Field(description="Leads whose inspection was not plainly at its place")
    place_flags: dict[str, int] = Field(
        description="Leads by what is to be said of the place of their inspection: outside-fence, registry-no-site, "
        "no-position, position-coarse"
    )
    conclusion: str = Field(description="Of who closed the round; empty before")


def row_values(case: Case) -> dict[str, Any]:
    """The fields of RoundRow."""
    names = ("title", "quota", "score_cut", "starts_ms", "recipients", "by_ministry")
    waits = case.state == RoundState.BUILT and not must_follow(case)
    return {
        "lead_count": len(case.data["leads"]),
        "starts_itself_ms": case.timer_ms if waits else 0,
        **{name: case.data[name] for name in names},
        "division_code": case.keys["division_code"],
        "task_kind": case.keys["task_kind"],
        "round_id": case.id,
        "revision": case.rev,
        "state": RoundState(case.state),
        "created_ms": case.created_ms,
        "changed_ms": case.changed_ms,
    }


def whole(case: Case) -> RoundOut:
    """A whole round."""
    failed = last_failure(case.history) if case.state in (RoundState.DRAFT, RoundState.BUILT) else None
    return RoundOut(
        **row_values(case),
        leads=case.data["leads"],
        start_failed=str(failed["fields"]["cause"]) if failed is not None else "",
        history=entries_of(case.history),
    )


def round_routes(store: CaseStore, rounds: Rounds, clock: Clock) -> APIRouter:
    """The routes of rounds."""
    routes = APIRouter(prefix="/v1", tags=["rounds"], route_class=TasksRoute)

    async def one(principal: Principal, round_id: str) -> Case:
        return await case_of(store, principal, f"round/{round_id}")

    @routes.get("/rounds", operation_id="list_rounds", responses=described(400))
    async def list_rounds(
        principal: Calling,
        state: Annotated[Sequence[RoundState], Query(description="Any of these states")] = (),
        division: Division = None,
        task_kind: Annotated[TaskKind | None, Query(description="Of this kind")] = None,
        since_ms: Annotated[Time, Query(description="Planned at or after")] = 0,
        until_ms: Annotated[Time, Query(description="Planned before; 0: any")] = 0,
        q: Search = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> RoundPage:
        """Rounds of your cities, newest first."""
        query = CaseQuery(
            principal.scope,
            "round",
            limit + 1,
            states=tuple(state),
            division_prefix=prefix_of(division) if division else "",
            keys={"task_kind": task_kind} if task_kind else {},
            after=place_of(cursor, "newest", int),
            text=q.strip(),
            since_ms=since_ms,
            until_ms=until_ms,
        )
        shown, more = case_page(query, await store.cases(query))
        return RoundPage(items=[RoundRow(**row_values(case)) for case in shown], next_cursor=more)

    @routes.post("/rounds", operation_id="create_round", status_code=201, responses=described(400, 403))
    async def create_round(
        response: Response, principal: Calling, body: RoundIn, idempotency_key: IdempotencyKey = None
    ) -> RoundOut:
        """Plans a round. The Idempotency-Key makes its id: sent again, it is the same round."""
        key = required(idempotency_key)
        if principal.role not in PLANNERS:
            raise ProblemError(403, Both(f"role {principal.role} may not plan rounds", "您的角色不能制定轮次"))
        if not principal.scope.covers(body.division_code, ""):
            raise ProblemError(403, Both("this does not lie in your divisions", "不在您的辖区"))
        round_id = hashlib.sha256(f"round|{principal.id}|{key}".encode()).hexdigest()[:32]
        by_ministry = principal.role == Role.MINISTRY
        case = draft(round_id, **body.model_dump(), by_ministry=by_ministry, at_ms=clock.now_ms())
        step = await rounds.create(case, principal.actor)
        kept = step.case if step is not None else await one(principal, round_id)
        if (
            step is None
            and RoundIn.model_validate({name: row_values(kept)[name] for name in RoundIn.model_fields}) != body
        ):
            raise key_reused()
        response.headers["ETag"] = etag(kept.rev)
        return whole(kept)

    @routes.get("/rounds/{round_id}", operation_id="get_round", responses=described(404))
    async def get_round(response: Response, principal: Calling, round_id: RoundId) -> RoundOut:
        """One round with its history; ETag is its revision."""
        case = await one(principal, round_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    @routes.get("/rounds/{round_id}/preview", operation_id="preview_round", responses=described(404))
    async def preview_round(principal: Calling, round_id: RoundId) -> PreviewOut:
        """What a build would take now and what it would leave, with the reasons."""
        found = await rounds.preview(await one(principal, round_id))
        chosen = [
            ChosenOut(
                lead_id=lead.id,
                score=lead.keys["score"],
                score_parts=lead.data["score_parts"],
                category=lead.category,
                enterprise_name=str(lead.keys["enterprise_name"]),
            )
            for lead in found.chosen
        ]
        return PreviewOut(chosen=chosen, left=[LeftOut(**asdict(left)) for left in found.left])

    @routes.get("/rounds/{round_id}/report", operation_id="report_round", responses=described(404))
    async def report_round(principal: Calling, round_id: RoundId) -> ProgressOut:
        """How far the round is; of a closed one its report."""
        case = await one(principal, round_id)
        found = await rounds.progress(case.id)
        closing = next((entry for entry in reversed(case.history) if entry["move"] == "close"), None)
        conclusion = str(closing["fields"].get("conclusion", "")) if closing else ""
        return ProgressOut(**asdict(found), conclusion=conclusion)

    @routes.post(
        "/rounds/{round_id}/moves", operation_id="move_round", responses=described(400, 403, 404, 409, 412, 428)
    )
    async def move_round(
        response: Response,
        principal: Calling,
        round_id: RoundId,
        body: RoundMoveIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> RoundOut:
        """Builds, starts, closes or cancels the round; its leads follow."""
        key, rev = required(idempotency_key), revision_of(if_match)
        fields = {"conclusion": body.conclusion} if body.conclusion is not None else {}
        command = Command(body.move, principal.actor, clock.now_ms(), body.reason, fields, body.device())
        case = await one(principal, round_id)
        if not answered(case, command, key):
            made(await rounds.move(principal.scope, round_id, command, rev, key))
        case = await one(principal, round_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    return routes
