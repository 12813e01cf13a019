"""The HTTP API as one app; knows nothing of processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lantian_kit.clock import Clock
from lantian_kit.health import Health, health_routes
from lantian_kit.once import declare_required
from lantian_proto.both import Both
from lantian_tasks.access.endpoints import me_routes
from lantian_tasks.access.gate import Gate
from lantian_tasks.access.glass_notices import GlassNotices
from lantian_tasks.access.people import Options, People
from lantian_tasks.access.personal_data import PersonalData
from lantian_tasks.access.principals import Access, named
from lantian_tasks.access.rules import Rules
from lantian_tasks.access.table import DivisionTable
from lantian_tasks.access.vault import Vault
from lantian_tasks.air.endpoints import air_routes
from lantian_tasks.audit.appender import Chains
from lantian_tasks.audit.endpoints import audit_routes
from lantian_tasks.changes.endpoints import change_routes
from lantian_tasks.changes.proposals import Proposals
from lantian_tasks.changes.service import Changes
from lantian_tasks.city_letters.endpoints import city_letter_routes
from lantian_tasks.city_letters.service import CityLetters
from lantian_tasks.clocks.facts import Facts, shipped_facts
from lantian_tasks.compliance.hours import HourCompliance
from lantian_tasks.evidence.endpoints import evidence_routes
from lantian_tasks.evidence.media import MOST_BYTES
from lantian_tasks.evidence.service import EvidenceDesk
from lantian_tasks.leads.endpoints import lead_routes
from lantian_tasks.leads.screening import Mode
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.endpoints import issue_routes
from lantian_tasks.ledger.service import Ledger
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.once import once
from lantian_tasks.operations.desk import Operations
from lantian_tasks.operations.endpoints import operation_routes
from lantian_tasks.plan_documents.endpoints import plan_document_routes
from lantian_tasks.plan_documents.service import PlanDocuments
from lantian_tasks.ports import Compliance, Store
from lantian_tasks.problems import Problem, install
from lantian_tasks.recheck.endpoints import recheck_routes
from lantian_tasks.recheck.service import Rechecks
from lantian_tasks.registry.contact_endpoints import contact_routes
from lantian_tasks.registry.endpoints import registry_routes
from lantian_tasks.registry.replay_endpoints import replay_routes
from lantian_tasks.registry.service import Registry
from lantian_tasks.registry.table_endpoints import table_routes
from lantian_tasks.reports.endpoints import report_routes
from lantian_tasks.rounds.endpoints import round_routes
from lantian_tasks.rounds.service import Rounds
from lantian_tasks.series.endpoints import series_routes

LARGEST_BODY_BYTES = 8 * 1024 * 1024
TAKING_FILES = ("/evidence", "/plan-documents", "/versions")
"""Ends of the paths that take a file."""
DESCRIPTION = """The ledger of Lantian 蓝天: issues followed from registration until proven solved, and the registry.

Times are milliseconds since 1970 UTC. Lists are paged by an opaque cursor. Every refusal is a problem (RFC 9457).
What lies outside of the caller's divisions is answered like what does not exist.
"""


class BodyLimit:
    """Refuses bodies beyond the limit, declared or streamed, before they fill the memory."""

    def __init__(self, app: ASGIApp, largest: int, largest_file: int) -> None:
        self._app = app
        self._largest = largest
        self._largest_file = largest_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        largest = self._largest_file if scope.get("path", "").endswith(TAKING_FILES) else self._largest

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise HTTPException(
                    413, Both(f"a body has at most {largest} bytes", f"单次提交不能超过{round(largest / 1048576)} MB")
                )  # FastAPI lets only this pass
            return message

        await self._app(scope, counted, send)


def create_app(
    store: Store,
    access: Access,
    clock: Clock,
    metrics: TasksMetrics,
    *,
    written: Callable[[], None] = lambda: None,
    facts: Facts | None = None,
    compliance: Compliance | None = None,
    mode: Mode = "automatic",
    options: Options | None = None,
    forms: Path | None = None,
    chains: Chains | None = None,
    operations: Operations | None = None,
) -> FastAPI:
    """The API over a store; `written` is called after each write. `facts` are by default the shipped rules,
    `compliance` judges by the hours that the store keeps; `forms` is a folder of the authority's own Word forms.
    """
    facts = facts or shipped_facts()
    app = FastAPI(title="Lantian tasks", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None)
    rules = Rules.shipped()
    notices = GlassNotices(store, clock, facts, written)
    people = People(options, clock, metrics, notices.tell) if options else None
    gate = Gate(
        access,
        rules,
        DivisionTable(store, clock),
        clock,
        sessions=people.sessions if people else None,
        keys=people.keys if people else None,
        cookie=options.cookie if options else None,
    )
    app.state.gate = gate
    app.state.now_ms = clock.now_ms
    app.state.once = once(
        options.store if options else None, options.vault if options else Vault(), clock.wall_ms, named
    )
    install(app)
    app.add_middleware(PersonalData)
    app.add_middleware(BodyLimit, largest=LARGEST_BODY_BYTES, largest_file=MOST_BYTES)
    ledger = Ledger(store, clock, metrics, written, facts=facts, compliance=compliance or HourCompliance(store))
    app.include_router(me_routes(clock))
    if people is not None:
        for routes in people.routes(gate):
            app.include_router(routes)
    app.include_router(issue_routes(store, ledger, clock, facts))
    leads, rounds = Leads(store, clock, facts, mode, written), Rounds(store, clock, facts, written)
    app.include_router(lead_routes(store, leads, clock, facts, metrics))
    app.include_router(round_routes(store, rounds, clock))
    rechecks = Rechecks(store, clock, facts, written)
    app.include_router(recheck_routes(rechecks, facts.policy.recheck))
    app.include_router(report_routes(store, rounds, clock, facts, forms))
    app.include_router(city_letter_routes(store, CityLetters(store, clock, facts, written), clock, facts, forms))
    app.include_router(plan_document_routes(store, PlanDocuments(store, clock, facts, written), clock, facts))
    app.include_router(evidence_routes(store, EvidenceDesk(store, clock, facts, written), clock))
    registry = Registry(store, clock, metrics, written, Proposals(store, clock, facts, written))
    app.include_router(registry_routes(store, registry))
    app.include_router(table_routes(store, registry))
    app.include_router(change_routes(store, Changes(store, registry, clock, facts, written), clock, facts))
    app.include_router(contact_routes(store, registry))
    app.include_router(replay_routes(store))
    app.include_router(series_routes(store, store, clock))
    app.include_router(air_routes(store, store, clock))
    _describe_problems(app)
    if chains is not None:
        app.include_router(audit_routes(chains))
    if operations is not None and options is not None:
        app.include_router(operation_routes(operations, options.store, clock))
    rules.check(operations_of(app), whole=None not in (people, chains, operations))
    return app


def operations_of(app: FastAPI) -> set[str]:
    """Names of the operations of the API."""
    named = (getattr(route, "operation_id", None) for route in iter_route_contexts(app.routes))
    return {operation for operation in named if operation}


def create_worker_app() -> FastAPI:
    """For a process that only works: nothing but health."""
    app = FastAPI(title="Lantian tasks worker", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    install(app)
    return app


def add_health(app: FastAPI, health: Health, registry: CollectorRegistry) -> None:
    """Open routes: /livez /readyz /metrics /version."""
    app.include_router(health_routes(health, registry, "tasks"))


def _describe_problems(app: FastAPI) -> None:
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components = document.setdefault("components", {}).setdefault("schemas", {})
        components |= {"Problem": schema, **schema.pop("$defs", {})}
        declare_required(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
