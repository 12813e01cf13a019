"""/v1/city-letters: letters to cities 预警通知函, kept, approved by a second person, sent, and received."""

import asyncio
import hashlib
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.audit.schemas import EntryOut, entries_of
from lantian_tasks.city_letters.moves import JUDGED, MOVES, SHOWN_TO_CITIES, CityLetterState, Condition, draft
from lantian_tasks.city_letters.service import CityLetters
from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.filters import Cursor, Division, Limit, case_page, place_of
from lantian_tasks.ledger.machine import LATEST_MS, LONGEST_TEXT, Command, Role
from lantian_tasks.ledger.offer_schemas import OffersOut, offered
from lantian_tasks.ledger.offers import offers
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import CaseQuery, Store
from lantian_tasks.preconditions import etag, revision_of
from lantian_tasks.problems import ProblemError, described, not_found
from lantian_tasks.replies import IdempotencyKey, IfMatch, answered, key_reused, made, required
from lantian_tasks.reports import papers, words
from lantian_tasks.reports.city_warning import warning_values
from lantian_tasks.reports.collect import Period
from lantian_tasks.reports.endpoints import DOCX, binary, file_of

LetterId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the letter")]
ABOVE_CITIES = frozenset({Role.MINISTRY, Role.PROVINCE, Role.AUDITOR, Role.ADMINISTRATOR})


class CityLetterIn(BaseModel):
    """A letter as it is drafted; its figures are those of the period, taken now."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {"city": "130100", "condition": "slow", "reason": "11月逾期未整改问题数量较多，工作进展滞后。"}
            ]
        },
    )

    city: str = Field(pattern=r"^\d{4}00$", description="The city, GB/T 2260")
    condition: Condition = Field(description="What the city is held to; the season's plan says what it leads to")
    reason: str = Field(min_length=1, max_length=2000, description="Why the letter is written; stands in it")
    since_ms: int = Field(default=0, ge=0, le=LATEST_MS, strict=True, description="Issues registered from; 0: all")
    until_ms: int = Field(default=0, ge=0, le=LATEST_MS, strict=True, description="Issues registered before; 0: any")


class CityLetterRow(BaseModel):
    """A letter."""

    letter_id: str
    revision: int = Field(description="Counts the entries of its history; also the ETag")
    state: CityLetterState
    title: str
    city: str
    condition: Condition
    season: str = Field(description="Whose plan was in force when it was drafted; empty: none, or it is not held")
    basis: str = Field(description="Where the plan says so")
    measure: str = Field(description="What the plan names for the condition; empty: nothing")
    reason: str
    created_ms: int
    changed_ms: int


class CityLetterOut(CityLetterRow):
    """A whole letter."""

    history: list[EntryOut]


class CityLetterPage(BaseModel):
    """A page of letters, newest first."""

    items: list[CityLetterRow]
    next_cursor: str | None


class CityLetterMoveIn(BaseModel):
    """approve by somebody else than who drafted it; send; receive by the city; void; note."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"move": "approve"}, {"move": "send", "reason": "按程序发送"}]}
    )

    move: Literal["approve", "send", "receive", "void", "note"]
    reason: str = Field(default="", max_length=LONGEST_TEXT)


def row_values(case: Case) -> dict[str, Any]:
    """The fields of CityLetterRow."""
    names = ("title", "season", "basis", "measure", "reason")
    return {
        **{name: case.data[name] for name in names},
        "letter_id": case.id,
        "revision": case.rev,
        "state": CityLetterState(case.state),
        "city": case.keys["division_code"],
        "condition": case.keys["category"],
        "created_ms": case.created_ms,
        "changed_ms": case.changed_ms,
    }


def whole(case: Case) -> CityLetterOut:
    """A whole letter."""
    return CityLetterOut(**row_values(case), history=entries_of(case.history))


def values_of(case: Case) -> dict[str, Any]:
    """What the form is filled with: as drafted, dated on the day it was sent."""
    sent = next((entry["at_ms"] for entry in case.history if entry["move"] == "send"), None)
    standing = {"draft": papers.DRAFTED, "voided": "（已作废）"}.get(case.state, "")
    return {**case.data["values"], "standing": standing, **({"made": words.day(sent)} if sent else {})}


def city_letter_routes(
    store: Store, letters: CityLetters, clock: Clock, facts: Facts, forms: FilePath | None
) -> APIRouter:
    """The routes of letters. `forms`: the authority's own Word forms."""
    routes = APIRouter(prefix="/v1", tags=["city letters"], route_class=TasksRoute)

    async def one(principal: Principal, letter_id: str) -> Case:
        found = await store.case(f"letter/{letter_id}", principal.scope)
        if found is None or not (principal.role in ABOVE_CITIES or found.state in SHOWN_TO_CITIES):
            raise not_found()
        return found

    @routes.get("/city-letters", operation_id="list_city_letters", responses=described(400))
    async def list_letters(
        principal: Calling,
        state: Annotated[list[CityLetterState], Query(description="Any of these states")] = [],  # noqa: B006  # FastAPI copies
        division: Division = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> CityLetterPage:
        """Letters to your cities, newest first; a city reads those that were sent."""
        wanted = tuple(state) or tuple(CityLetterState)
        readable = wanted if principal.role in ABOVE_CITIES else tuple(one for one in wanted if one in SHOWN_TO_CITIES)
        if not readable:
            return CityLetterPage(items=[], next_cursor=None)
        query = CaseQuery(
            principal.scope,
            "letter",
            limit + 1,
            states=readable,
            division_prefix=prefix_of(division) if division else "",
            after=place_of(cursor, "newest", int),
        )
        shown, more = case_page(query, await store.cases(query))
        return CityLetterPage(items=[CityLetterRow(**row_values(case)) for case in shown], next_cursor=more)

    @routes.post("/city-letters", operation_id="create_city_letter", status_code=201, responses=described(400, 403))
    async def create_letter(
        response: Response, principal: Calling, body: CityLetterIn, idempotency_key: IdempotencyKey = None
    ) -> CityLetterOut:
        """Drafts a letter. The Idempotency-Key makes its id: sent again, it is the same letter."""
        key = required(idempotency_key)
        if not principal.scope.covers(body.city, ""):
            raise ProblemError(403, Both("this does not lie in your divisions", "不在您的辖区"))
        letter_id = hashlib.sha256(f"letter|{principal.id}|{key}".encode()).hexdigest()[:32]
        now_ms = clock.now_ms()
        period = Period(principal.scope, prefix_of(body.city), body.since_ms, body.until_ms)
        case = draft(
            letter_id,
            city=body.city,
            condition=body.condition,
            measures=facts.policy.measures(day_of(now_ms)),
            values=await warning_values(store, facts, body.city, period, body.reason, now_ms),
            reason=body.reason,
            at_ms=now_ms,
        )
        step = await letters.create(case, principal.actor)
        kept = step.case if step is not None else await one(principal, letter_id)
        said = (kept.keys["division_code"], kept.keys["category"], kept.data["reason"])
        if step is None and said != (body.city, body.condition, body.reason):
            raise key_reused()
        response.headers["ETag"] = etag(kept.rev)
        return whole(kept)

    @routes.get("/city-letters/{city_letter_id}", operation_id="get_city_letter", responses=described(404))
    async def get_letter(response: Response, principal: Calling, city_letter_id: LetterId) -> CityLetterOut:
        """One letter with its history; ETag is its revision."""
        case = await one(principal, city_letter_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    @routes.get(
        "/city-letters/{city_letter_id}/paper",
        operation_id="get_city_letter_paper",
        response_class=Response,
        responses=binary(DOCX, 404, 409),
    )
    async def get_letter_paper(principal: Calling, city_letter_id: LetterId) -> Response:
        """The letter as a Word file: what was drafted and approved, whatever the figures are by now."""
        case = await one(principal, city_letter_id)
        try:
            data = await asyncio.to_thread(papers.fill, "warning", values_of(case), forms)
        except papers.FormError as error:
            raise ProblemError(
                409, Both(f"the form can not be filled: {error}", f"表单模板无法填写：{error}"), slug="form"
            ) from error
        return file_of(data, DOCX, f"{papers.NAMES['warning']}-{case.keys['division_code']}-{case.id[:8]}.docx")

    @routes.get(
        "/city-letters/{city_letter_id}/moves", operation_id="offer_city_letter_moves", responses=described(404)
    )
    async def offer_letter_moves(principal: Calling, city_letter_id: LetterId) -> OffersOut:
        """What you may do with the letter now."""
        case = await one(principal, city_letter_id)
        found = offers(MOVES, case, principal.actor, clock.now_ms(), facts, JUDGED)
        return OffersOut(revision=case.rev, moves=offered(found, case.state))

    @routes.post(
        "/city-letters/{city_letter_id}/moves",
        operation_id="move_city_letter",
        responses=described(400, 403, 404, 409, 412, 428),
    )
    async def move_letter(
        response: Response,
        principal: Calling,
        city_letter_id: LetterId,
        body: CityLetterMoveIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> CityLetterOut:
        """Approves, sends, receives or voids the letter; the teams of the city are told when it is sent."""
        key, rev = required(idempotency_key), revision_of(if_match)
        command = Command(body.move, principal.actor, clock.now_ms(), body.reason)
        case = await one(principal, city_letter_id)
        if not answered(case, command, key):
            made(await letters.move(principal.scope, case.case_id, command, rev, key))
        case = await one(principal, city_letter_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    return routes
