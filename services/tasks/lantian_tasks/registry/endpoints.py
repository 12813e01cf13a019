"""/v1/registry: enterprises, sources, feeds, limits, marks and teams."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError, create_model

from lantian_proto.both import Both, chinese
from lantian_tasks.access.personal_data import reads_in_full
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.audit.schemas import entries_of
from lantian_tasks.ledger.history import verify
from lantian_tasks.ledger.moves import Role
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import RecordQuery, RegistryStore
from lantian_tasks.preconditions import cursor_of, etag, moved_on, position_of, revision_of
from lantian_tasks.problems import FieldProblem, ProblemError, described, field_problems, not_found
from lantian_tasks.registry.entities import ID_PATTERN, Entity, Period
from lantian_tasks.registry.examples import EXAMPLES
from lantian_tasks.registry.kinds import ENTITIES
from lantian_tasks.registry.numbers import with_numbers
from lantian_tasks.registry.plan import Refusal, Wish
from lantian_tasks.registry.record import Kind, Record, Validity, key_of, sealed_as_it_stands
from lantian_tasks.registry.schemas import (
    PENDING,
    EntityHistory,
    EntityOut,
    EntityPage,
    ImportResult,
    PendingOut,
    Row,
    RowResult,
    Void,
    shown,
)
from lantian_tasks.registry.second_person import in_force_part
from lantian_tasks.registry.service import Answer, Registry, Waiting
from lantian_tasks.replies import IdempotencyKey, IfMatch, key_reused

WRITERS = frozenset({Role.ADMINISTRATOR, Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY})
MARKERS = WRITERS | {Role.ENTERPRISE}
"""A stop or a fault is for the enterprise to state, in time; it may correct a mark, not take one back."""
MOST_ROWS = 5000
NAMED_BY_NUMBERS = (Kind.VEHICLE, Kind.MACHINE, Kind.PERSON, Kind.TEAM)
"""Kinds whose names may hold a plate or a number: who reads masked searches their ids."""
HELD = Both("waits for a second person before it is in force", "待第二人确认后生效")

EntityId = Annotated[str, Path(pattern=ID_PATTERN, description="Id of the entity; for a feed the MN as sent")]


def _writer(principal: Principal, kind: Kind | None = None) -> None:
    if principal.role not in (MARKERS if kind == Kind.MARK else WRITERS):
        raise ProblemError(403, Both(f"role {principal.role} may not change the registry", "您的角色不能修改登记库"))


def _problem(refusal: Refusal) -> ProblemError:
    errors = [FieldProblem.of(f"body.entity.{refusal.field}", refusal.detail)] if refusal.field else []
    return ProblemError(refusal.status, refusal.detail, errors=errors)


def registry_routes(store: RegistryStore, registry: Registry) -> APIRouter:
    """The routes; one PUT for each kind, so that each has its own schema."""
    routes = APIRouter(prefix="/v1", tags=["registry"], route_class=TasksRoute)

    @routes.post("/registry:import", operation_id="import_registry", responses=described(400, 403))
    async def import_registry(
        principal: Calling,
        rows: Annotated[
            list[dict[str, Any]],
            Body(
                max_length=MOST_ROWS,
                description="Entities in any order; they may refer to each other. The last writer wins, so no If-Match",
                examples=[[{"kind": "enterprise", "id": "e1", "entity": {"name": "某厂", "division_code": "130102"}}]],
            ),
        ],
        dry_run: Annotated[bool, Query(description="Only say what would be done")] = False,
    ) -> ImportResult:
        """Writes many entities at once. Idempotent: what is there already is unchanged."""
        return await import_rows(registry, principal, rows, dry_run=dry_run)

    @routes.get("/registry/{kind}", operation_id="list_entities", responses=described(400))
    async def list_entities(
        request: Request,
        principal: Calling,
        kind: Kind,
        source_id: Annotated[str, Query(max_length=64, description="Only what hangs on this source")] = "",
        enterprise_id: Annotated[str, Query(max_length=64, description="Only what hangs on this enterprise")] = "",
        voided: Annotated[bool, Query(description="Voided ones too")] = False,
        q: Annotated[str, Query(max_length=100, description="Stands in id or name; letters of either case")] = "",
        division: Annotated[
            str | None, Query(pattern=r"^\d{6}$", description="This division and those below it")
        ] = None,
        cursor: Annotated[str | None, Query(max_length=400, description="next_cursor of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="Most rows of the page")] = 100,
    ) -> EntityPage:
        """Entities of one kind in your divisions, by id."""
        after = str(position_of(cursor, str)[0]) if cursor else ""
        prefix = prefix_of(division) if division else ""
        query = RecordQuery(
            principal.scope, kind, limit + 1, source_id, enterprise_id, voided, after, q.strip(), prefix,
            names=reads_in_full(request) or kind not in NAMED_BY_NUMBERS,
        )  # fmt: skip
        found = await store.page(query)
        more = cursor_of(found[limit - 1].id) if len(found) > limit else None
        return EntityPage(items=[shown(record) for record in found[:limit]], next_cursor=more)

    async def one(principal: Principal, kind: Kind, id_: str) -> Record:
        key = key_of(kind, id_)
        found = (await store.records([key], principal.scope)).get(key)
        if found is None:
            raise not_found()
        return found

    @routes.get("/registry/{kind}/{id}", operation_id="get_entity", responses=described(404))
    async def get_entity(
        response: Response, principal: Calling, kind: Kind, id_: Annotated[EntityId, Path(alias="id")]
    ) -> EntityOut:
        """One entity; ETag is its revision."""
        record = await one(principal, kind, id_)
        response.headers["ETag"] = etag(record.rev)
        return shown(record)

    @routes.get("/registry/{kind}/{id}/history", operation_id="get_entity_history", responses=described(404))
    async def get_history(principal: Calling, kind: Kind, id_: Annotated[EntityId, Path(alias="id")]) -> EntityHistory:
        """Every change with actor, time, reason and content, verified."""
        record = await one(principal, kind, id_)
        broken = verify(record.history, record.key)
        intact = broken is None and sealed_as_it_stands(record)
        return EntityHistory(entries=entries_of(record.history), intact=intact, broken_entry=broken)

    @routes.post(
        "/registry/{kind}/{id}/void", operation_id="void_entity", responses=described(400, 403, 404, 409, 412, 428)
    )
    async def void_entity(
        response: Response,
        principal: Calling,
        kind: Kind,
        id_: Annotated[EntityId, Path(alias="id")],
        body: Void,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> EntityOut:
        """Takes an entity out of force. Nothing is deleted; PUT brings it back."""
        _writer(principal)
        present = await one(principal, kind, id_)
        if is_retry(present, principal, idempotency_key):
            if not present.voided or present.history[-1]["reason"] != body.reason:
                raise key_reused()
            response.headers["ETag"] = etag(present.rev)
            return shown(present)
        rev, key = revision_of(if_match), idempotency_key or ""
        return answered(await registry.void(principal, kind, id_, rev, body.reason, key=key), response)

    for kind, model in ENTITIES.items():
        _add_put(routes, store, registry, kind, model)
    return routes


async def import_rows(
    registry: Registry, principal: Principal, rows: Sequence[Mapping[str, Any]], *, dry_run: bool
) -> ImportResult:
    """Writes rows, or says what writing them would do. Raises ProblemError 403, Unavailable."""
    _writer(principal)
    wishes, refused = _read_rows(rows)
    written = await registry.write(principal, list(wishes.values()), dry_run=dry_run)
    results = refused | {
        index: _result(index, wish.kind, wish.id, answer)
        for (index, wish), answer in zip(wishes.items(), written, strict=True)
    }
    counts: dict[str, int] = {}
    for result in results.values():
        counts[result.outcome] = counts.get(result.outcome, 0) + 1
    return ImportResult(counts=counts, rows=[results[index] for index in range(len(rows))], dry_run=dry_run)


def _add_put(routes: APIRouter, store: RegistryStore, registry: Registry, kind: Kind, model: type[Entity]) -> None:
    body_type: Any = create_model(
        f"{model.__name__}Put", __base__=Period, __doc__=f"A {kind} and when it holds.", entity=(model, ...)
    )

    async def put_entity(
        request: Request,
        response: Response,
        principal: Calling,
        id_: Annotated[EntityId, Path(alias="id")],
        body: Any,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> EntityOut | JSONResponse:
        _writer(principal, kind)
        key = key_of(kind, id_)
        present = (await store.records([key], principal.scope)).get(key)
        if is_retry(present, principal, idempotency_key):
            assert present is not None
            kept = in_force_part(with_numbers(kind, body.entity, present), present)
            if not says(present, kept, body.validity):
                raise key_reused()
            response.headers["ETag"] = etag(present.rev)
            if kept == with_numbers(kind, body.entity, present):
                return shown(present)
            if_match = etag(present.rev)  # the rest was written; what waits is looked up again
        expected = revision_of(if_match) if present is not None or if_match is not None else None
        if present is not None and present.rev != expected:
            raise moved_on(present.rev)
        if present is None and expected is not None:
            raise ProblemError(
                412,
                Both(
                    f"there is no {key} yet; write a new one without If-Match",
                    f"登记库里还没有 {key}；新建时不带 If-Match",
                ),
            )
        wish = Wish(kind, id_, body.entity, body.validity, body.reason)
        [answer] = await registry.write(principal, [wish], expected, check=True, key=idempotency_key or "")
        return _pending(answer) if isinstance(answer, Waiting) else answered(answer, response)

    example = {"entity": EXAMPLES[kind][1], "reason": "登记"}
    put_entity.__annotations__["body"] = Annotated[body_type, Body(examples=[example])]
    put_entity.__doc__ = (
        f"Writes a {kind}. A new one needs no If-Match (201); an existing one needs the ETag it was read with."
    )
    routes.put(
        f"/registry/{kind}/{{id}}",
        operation_id=f"put_{kind.replace('-', '_')}",
        response_model=EntityOut,
        responses={
            201: {"model": EntityOut, "description": "Created"},
            **(PENDING if kind in (Kind.ENTERPRISE, Kind.RESPONSE) else {}),
            **described(400, 403, 404, 409, 412, 428),
        },
    )(put_entity)


def is_retry(record: Record | None, principal: Principal, key: str | None) -> bool:
    """Whether the last change came with this very key from the same account: the retry gets the same answer."""
    if record is None or key is None:
        return False
    last = record.history[-1]
    return last["fields"].get("request_key") == key and last["actor"]["actor_id"] == principal.id


def says(record: Record, entity: Entity, validity: Validity) -> bool:
    """Whether a record holds what a request asks for; a feed's password, which is kept as a hash, plays no part."""
    same = all(record.entity.get(name) == value for name, value in entity.content().items())
    return same and record.validity == validity and not record.voided


def answered(answer: Answer, response: Response) -> EntityOut:
    """What became of a write that waits for nobody. Raises ProblemError for a refusal."""
    if isinstance(answer, Refusal):
        raise _problem(answer)
    assert not isinstance(answer, Waiting)
    response.headers["ETag"] = etag(answer.record.rev)
    if answer.outcome == "created":
        response.status_code = 201
    return shown(answer.record)


def _read_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[int, Wish], dict[int, RowResult]]:
    """The rows that can be read, and the results of the others."""
    wishes: dict[int, Wish] = {}
    refused: dict[int, RowResult] = {}
    for index, raw in enumerate(rows):
        prefix: list[str] = [str(index)]
        try:
            row = Row.model_validate(raw)
            prefix.append("entity")
            entity = ENTITIES[row.kind].model_validate(row.entity)
        except ValidationError as error:
            refused[index] = RowResult(
                index=index,
                kind=str(raw.get("kind", ""))[:64],
                id=str(raw.get("id", ""))[:64],
                outcome="refused",
                detail="the row is not valid",
                detail_zh="这一行填写有误",
                errors=field_problems(error.errors(), prefix),
            )
            continue
        wishes[index] = Wish(row.kind, row.id, entity, row.validity, row.reason)
    return wishes, refused


def _pending(answer: Waiting) -> JSONResponse:
    assert answer.change is not None  # nothing is only looked at here
    data = answer.change.data
    in_force = shown(answer.record) if answer.record else None
    said = PendingOut(change_id=answer.change.id, title=data["title"], ends_ms=data["ends_ms"], entity=in_force)
    headers = {"ETag": etag(answer.record.rev)} if answer.record else {}
    return JSONResponse(said.model_dump(mode="json"), 202, headers)


def _result(index: int, kind: Kind, id_: str, answer: Answer) -> RowResult:
    if isinstance(answer, Waiting):
        change_id = answer.change.id if answer.change else ""
        revision = answer.record.rev if answer.record else None
        return RowResult(
            index=index,
            kind=kind,
            id=id_,
            outcome=answer.outcome,
            revision=revision,
            change_id=change_id,
            detail=HELD,
            detail_zh=HELD.zh,
        )
    if isinstance(answer, Refusal):
        blamed = [FieldProblem.of(f"{index}.entity.{answer.field}", answer.detail)] if answer.field else []
        return RowResult(
            index=index,
            kind=kind,
            id=id_,
            outcome="refused",
            detail=answer.detail,
            detail_zh=chinese(answer.detail),
            errors=blamed,
        )
    return RowResult(index=index, kind=kind, id=id_, outcome=answer.outcome, revision=answer.record.rev)
