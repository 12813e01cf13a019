"""/v1/changes: what of the registry waits for a second person, decided by somebody else than who proposed it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.audit.schemas import EntryOut, entries_of
from lantian_tasks.changes.moves import JUDGED, KIND, MOVES, ChangeState
from lantian_tasks.changes.service import Changes
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.filters import Cursor, Division, Limit, Search, case_page, place_of
from lantian_tasks.ledger.machine import LONGEST_TEXT, Command
from lantian_tasks.ledger.offer_schemas import OffersOut, offered
from lantian_tasks.ledger.offers import offers
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import CaseQuery, CaseStore
from lantian_tasks.preconditions import etag, revision_of
from lantian_tasks.problems import described
from lantian_tasks.registry.record import Kind
from lantian_tasks.registry.second_person import Matter
from lantian_tasks.replies import IdempotencyKey, IfMatch, answered, case_of, made, required

ChangeId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the change")]


class FieldChange(BaseModel):
    """One field as it is and as it would be."""

    name: str = Field(examples=["grade"])
    before: Any = Field(description="Null: the entity is new")
    after: Any


class ChangeRow(BaseModel):
    """A change that takes two persons."""

    change_id: str
    revision: int = Field(description="Counts the entries of its history; also the ETag")
    state: ChangeState
    matter: Matter = Field(description="grade: of an enterprise; warning: a duty under a warning begins")
    title: str
    kind: Kind = Field(description="Kind of the entity")
    id: str = Field(description="Id of the entity within its kind")
    name: str = Field(description="Of a grade the enterprise, of a duty the warning")
    division_code: str
    enterprise_id: str
    source_id: str
    fields: list[FieldChange]
    valid_from_ms: int
    valid_to_ms: int
    reason: str
    proposed_by: str
    organisation: str
    created_ms: int
    ends_ms: int = Field(description="It lapses then unless it is decided; ms since 1970 UTC")
    changed_ms: int


class ChangeOut(ChangeRow):
    """A whole change."""

    entity: dict[str, Any] = Field(description="The entity as it was proposed, as in PUT")
    history: list[EntryOut]


class ChangePage(BaseModel):
    """A page of changes, newest first."""

    items: list[ChangeRow]
    next_cursor: str | None


class ChangeMoveIn(BaseModel):
    """confirm or refuse by somebody else than who proposed it; withdraw by who did."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"move": "confirm"}, {"move": "refuse", "reason": "依据不足"}]}
    )

    move: Literal["confirm", "refuse", "withdraw"]
    reason: str = Field(default="", max_length=LONGEST_TEXT)


def row_values(case: Case) -> dict[str, Any]:
    """The fields of ChangeRow."""
    of_data = ("title", "kind", "id", "fields", "valid_from_ms", "valid_to_ms", "reason", "proposed_by", "organisation")
    of_keys = ("division_code", "enterprise_id", "source_id")
    return {
        **{name: case.data[name] for name in (*of_data, "ends_ms")},
        **{name: case.keys[name] for name in of_keys},
        "change_id": case.id,
        "revision": case.rev,
        "state": ChangeState(case.state),
        "matter": case.keys["category"],
        "name": case.keys["enterprise_name"],
        "created_ms": case.created_ms,
        "changed_ms": case.changed_ms,
    }


def whole(case: Case) -> ChangeOut:
    """A whole change."""
    return ChangeOut(**row_values(case), entity=case.data["entity"], history=entries_of(case.history))


def change_routes(store: CaseStore, changes: Changes, clock: Clock, facts: Facts) -> APIRouter:
    """The routes of changes that take two persons."""
    routes = APIRouter(prefix="/v1", tags=["registry"], route_class=TasksRoute)

    async def one(principal: Principal, change_id: str) -> Case:
        return await case_of(store, principal, f"{KIND}/{change_id}")

    @routes.get("/changes", operation_id="list_changes", responses=described(400))
    async def list_changes(
        principal: Calling,
        state: Annotated[list[ChangeState], Query(description="Any of these states")] = [],  # noqa: B006  # FastAPI copies
        matter: Annotated[Matter | None, Query(description="Of this matter")] = None,
        about: Annotated[str, Query(max_length=100, description="Of this entity: kind/id")] = "",
        division: Division = None,
        q: Search = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> ChangePage:
        """Changes of grades and starts of warnings in your divisions, newest first."""
        keys = {"category": matter, "dedupe": about}
        query = CaseQuery(
            principal.scope,
            KIND,
            limit + 1,
            states=tuple(state),
            division_prefix=prefix_of(division) if division else "",
            keys={name: value for name, value in keys.items() if value},
            after=place_of(cursor, "newest", int),
            text=q.strip(),
        )
        found, more = case_page(query, await store.cases(query))
        return ChangePage(items=[ChangeRow(**row_values(case)) for case in found], next_cursor=more)

    @routes.get("/changes/{change_id}", operation_id="get_change", responses=described(404))
    async def get_change(response: Response, principal: Calling, change_id: ChangeId) -> ChangeOut:
        """One change with its history; ETag is its revision."""
        case = await one(principal, change_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    @routes.get("/changes/{change_id}/moves", operation_id="offer_change_moves", responses=described(404))
    async def offer_change_moves(principal: Calling, change_id: ChangeId) -> OffersOut:
        """What you may do with the change now."""
        case = await one(principal, change_id)
        found = offers(MOVES, case, principal.actor, clock.now_ms(), facts, JUDGED)
        return OffersOut(revision=case.rev, moves=offered(found, case.state))

    @routes.post(
        "/changes/{change_id}/moves",
        operation_id="move_change",
        responses=described(400, 403, 404, 409, 412, 428),
    )
    async def move_change(
        response: Response,
        principal: Calling,
        change_id: ChangeId,
        body: ChangeMoveIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> ChangeOut:
        """Confirms, refuses or withdraws; what is confirmed is in force at once and goes to registry.v1."""
        key, rev = required(idempotency_key), revision_of(if_match)
        command = Command(body.move, principal.actor, clock.now_ms(), body.reason)
        case = await one(principal, change_id)
        if not answered(case, command, key):
            made(await changes.move(principal.scope, case.case_id, command, rev, key))
        case = await one(principal, change_id)
        response.headers["ETag"] = etag(case.rev)
        return whole(case)

    return routes
