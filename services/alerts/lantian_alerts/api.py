"""HTTP of alerts: process routes, the rules in force with how often they were right, limits explained, the air's index.

The catalogue is for everybody. What is said of single cities and outlets is the operator's: alerts knows nobody's
divisions.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response

from lantian_alerts.core.catalogue import Catalogue, Entry
from lantian_alerts.core.parameters import is_whole, numbers
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.detect.limits import UnknownOutlet, explained
from lantian_alerts.failing import Failed, nothing_failed
from lantian_alerts.knowledge.air import aqi
from lantian_alerts.outcomes.verdicts import Outcomes
from lantian_kit.access.operator import guard

PROBLEM = "application/problem+json"
FailuresOf = Callable[[str], Failed]
"""What a rule raised in this process since its start."""
MOST_ROWS, MOST_BYTES = 500, 256 * 1024
LOCAL_TIME = timedelta(hours=8)
"""The tables are dated by days of China Standard Time."""


def create_app(
    catalogue: Catalogue,
    registry: Registry,
    outcomes: Outcomes,
    process_routes: APIRouter,
    *,
    failures: FailuresOf = nothing_failed,
    key_sha256: str = "",
) -> FastAPI:
    """The application; it only reads."""
    operator = Depends(guard(key_sha256))
    app = FastAPI(title="Lantian alerts", version=version("lantian-alerts"), docs_url=None, redoc_url=None)
    app.include_router(process_routes)
    app.include_router(rule_routes(catalogue, registry, outcomes, failures, operator))
    app.include_router(limit_routes(registry), dependencies=[operator])
    app.include_router(air_routes())

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        answer = _problem(error.status_code, HTTPStatus(error.status_code).phrase, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    return app


def rule_routes(
    catalogue: Catalogue, registry: Registry, outcomes: Outcomes, failures: FailuresOf, *operator: Any
) -> APIRouter:
    """The rules in force; what tells of single cities depends on `operator`."""
    routes = APIRouter(tags=["rules"])
    rules = Rulebook(catalogue, registry)

    def listed() -> Response:
        return _json(
            [
                _shown(rules, registry, rule_id)
                | _judged(outcomes, rule_id)
                | {"failures": {"times": failures(rule_id).times}}
                for rule_id in catalogue.entries
            ]
        )

    @routes.get("/rules", operation_id="list_rules_unversioned", deprecated=True)
    async def list_unversioned() -> Response:
        """The same as /v1/rules."""
        return listed()

    @routes.get("/v1/rules", operation_id="list_rules")
    async def list_rules() -> Response:
        """The rules in force, what inspections said about their leads, and how often they failed in this process."""
        return listed()

    @routes.get("/v1/rules/{rule_id}", operation_id="get_rule", dependencies=operator)
    async def get_rule(rule_id: str) -> Response:
        """One rule, with its precision by city and version, why leads were unfounded, where findings are missing."""
        if rule_id not in catalogue.entries:
            return _problem(404, "Unknown rule", f"no rule {rule_id!r} is in force")
        return _json(
            _shown(rules, registry, rule_id)
            | _judged(outcomes, rule_id)
            | {
                "cities": {city: found._asdict() for city, found in outcomes.cities(rule_id).items()},
                "versions": {str(one): found._asdict() for one, found in outcomes.versions(rule_id).items()},
                "unfounded_reasons": [
                    {"reason": reason, "leads": number} for reason, number in outcomes.unfounded_reasons(rule_id)
                ],
                "failures": {
                    "times": failures(rule_id).times,
                    "newest": [msgspec.structs.replace(one, trace="") for one in failures(rule_id).newest],
                },
            }
        )

    return routes


def limit_routes(registry: Registry) -> APIRouter:
    """Which limits bind an outlet."""
    routes = APIRouter(tags=["limits"])

    @routes.get("/v1/limits", operation_id="explain_limits")
    async def limits(
        source: Annotated[str, Query(max_length=200, description="Id of the outlet")],
        at_ms: Annotated[int, Query(ge=0, le=4_102_444_800_000, description="Time of the conduct, ms since 1970 UTC")],
        factor: Annotated[str | None, Query(max_length=20, description="HJ 212 code; absent: all")] = None,
    ) -> Response:
        """The limits the engine judges by at a time, strictest first, and why each other one does not decide."""
        try:
            return _json(explained(registry, source, at_ms, factor))
        except UnknownOutlet as error:
            return _problem(404, "Unknown outlet", str(error))
        except ValueError as error:
            return _problem(422, "No such question", str(error))

    return routes


class AirRow(msgspec.Struct, forbid_unknown_fields=True):
    """Means of one hour in one place, by HJ 212 code: µg/m³, carbon monoxide mg/m³."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    at_ms: Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000)]
    means: dict[str, float]


class AirRows(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked at once."""

    rows: Annotated[list[AirRow], msgspec.Meta(max_length=MOST_ROWS)]


def air_routes() -> APIRouter:
    """The index of hour means by HJ 633, as it is in force at their time."""
    routes = APIRouter(tags=["air"])

    @routes.post("/v1/air/index", operation_id="index_air")
    async def index(request: Request) -> Response:
        """AQI, primary pollutant and class of each row; what may be published is null while pollutants are missing."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return _problem(413, "Too large", f"a question has at most {MOST_BYTES} bytes")
        try:
            asked = msgspec.json.decode(body, type=AirRows)
        except msgspec.DecodeError as error:
            return _problem(422, "No such question", str(error))
        return _json({"rows": [_indexed(row) for row in asked.rows]})

    return routes


def _indexed(row: AirRow) -> dict[str, Any]:
    day = (datetime.fromtimestamp(row.at_ms / 1000, UTC) + LOCAL_TIME).date()
    found = aqi({(factor, "1h"): value for factor, value in row.means.items()}, day)
    return {
        "id": row.id,
        "value": found.value,
        "published": found.published,
        "primary": found.primary,
        "missing": found.missing,
        "category": found.category and found.category._asdict(),
        "version": found.version,
    }


def _json(found: object) -> Response:
    return Response(msgspec.json.encode(found), media_type="application/json")


def _problem(status: int, title: str, detail: str) -> Response:
    """RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(msgspec.json.encode(body), status_code=status, media_type=PROBLEM)


def _judged(outcomes: Outcomes, rule_id: str) -> dict[str, Any]:
    return {"precision": outcomes.of_rule(rule_id)._asdict()}


def _shown(rules: Rulebook, registry: Registry, rule_id: str) -> dict[str, Any]:
    entry, effective = rules.catalogue.entries[rule_id], rules.effective(rule_id)
    return {
        "id": entry.id,
        "kind": entry.rule.kind,
        "version": entry.version,
        "title": entry.title,
        "domain": entry.domain,
        "conduct": entry.conduct,
        "legal_basis": entry.legal_basis,
        "parameters": entry.rule,
        "runbook": entry.runbook,
        "changeable": {path: _bound(entry, path) for path in entry.changeable},
        "sets": [
            one._asdict() | {"effective": one.base_version == entry.version and one.number in effective}
            for one in registry.parameters.of_rule(rule_id)
        ],
    }


def _bound(entry: Entry, path: str) -> dict[str, Any]:
    bound = entry.changeable[path]
    value, whole = numbers(entry.rule)[path], is_whole(entry.rule, path)
    return {"value": value, "low": bound.low, "high": bound.high, "unit": bound.unit, "whole": whole}
