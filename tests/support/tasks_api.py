"""The tasks API in memory: a client over a fake store, and the principals of the tests."""

import hashlib
import re
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from lantian_kit.access.principals import Grant
from lantian_kit.access.principals import Principal as Listed
from lantian_kit.clock import ManualClock
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.principals import Access, Principal, caller
from lantian_tasks.api import create_app
from lantian_tasks.clocks.facts import Verdict
from lantian_tasks.clocks.policy import DataRule
from lantian_tasks.leads.bring import bring
from lantian_tasks.leads.moves import LEAD
from lantian_tasks.ledger.case import CaseStep, act, joined
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.ledger.moves import Command, Role
from lantian_tasks.metrics import TasksMetrics
from tests.support.tasks_access import FakeAccess, FakeChains, keyed, options
from tests.support.tasks_issues import FACTS, NOW_MS, PLACE, an_issue
from tests.support.tasks_operations import FakeOperations
from tests.support.tasks_store import FakeStore


def a_principal(
    id_: str, role: Role, organisation: str, divisions: list[str], enterprise_id: str | None = None
) -> Listed:
    """A principal of the access file; its key is `key-<id>`."""
    return Listed(id_, role, organisation, tuple(map(Grant, divisions)), enterprise_id)


LISTED = {
    principal.id: principal
    for principal in [
        a_principal("ministry-1", Role.MINISTRY, "生态环境部", ["000000"]),
        a_principal("province-1", Role.PROVINCE, "河北省生态环境厅", ["130000"]),
        a_principal("office-1", Role.CITY_OFFICE, "石家庄市大气办", ["130100"]),
        a_principal("office-2", Role.CITY_OFFICE, "石家庄市大气办", ["130100"]),
        a_principal("team-1", Role.CITY_TEAM, "石家庄市执法队", ["130100"]),
        a_principal("plant-1", Role.ENTERPRISE, "某钢铁有限公司", ["130100"], PLACE.enterprise_id),
        a_principal("plant-2", Role.ENTERPRISE, "另一钢铁有限公司", ["130100"], "91130100MA07T6XX99"),
        a_principal("tangshan-1", Role.CITY_OFFICE, "唐山市大气办", ["130200"]),
        a_principal("auditor-1", Role.AUDITOR, "审计", ["000000"]),
        a_principal("admin-1", Role.ADMINISTRATOR, "省厅", ["000000"]),
        a_principal("county-1", Role.COUNTY, "长安区分局", ["130102"]),
        a_principal("security-1", Role.SECURITY, "安全", ["000000"]),
    ]
}
PRINCIPALS: dict[str, Principal] = {id_: caller(listed, listed.scope(NOW_MS)) for id_, listed in LISTED.items()}


class Data:
    """What the data show after a fix; a test may set it."""

    def __init__(self) -> None:
        self.says: Verdict | None = FACTS.compliance

    async def verdict(self, source_id: str, lead: Lead, rule: DataRule, since_ms: int, now_ms: int) -> Verdict:
        """Whatever was set."""
        assert self.says is not None
        return self.says


DATA = Data()
ACCESS = FakeAccess()
CHAINS = FakeChains()
OPERATIONS = FakeOperations()


def key_hash(id_: str) -> str:
    """SHA-256 of a principal's key."""
    return hashlib.sha256(f"key-{id_}".encode()).hexdigest()


@cache
def _app() -> tuple[FastAPI, FakeStore, ManualClock, TasksMetrics, CollectorRegistry, list[None]]:
    """Built once: an app takes 0.2 s. Each Api empties what is behind it."""
    store, clock, registry, woken = FakeStore(), ManualClock(NOW_MS), CollectorRegistry(), list[None]()
    metrics = TasksMetrics(registry)
    access = Access((key_hash(id_), principal) for id_, principal in LISTED.items())
    app = create_app(
        store,
        access,
        clock,
        metrics,
        written=lambda: woken.append(None),
        compliance=DATA,
        options=options(ACCESS),
        chains=CHAINS,
        operations=OPERATIONS,
    )
    return app, store, clock, metrics, registry, woken


class Api:
    """The app with an empty store, and the number of writes that woke the outbox. One at a time."""

    def __init__(self) -> None:
        self.access, self.chains, self.operations = ACCESS, CHAINS, OPERATIONS
        self.app, self.store, self.clock, metrics, self.registry, self._woken = _app()
        self.store.reset()
        DATA.says = FACTS.compliance
        ACCESS.rows.clear()
        ACCESS.away = False
        CHAINS.kept.clear()
        OPERATIONS.reset()
        vars(self.clock).update(vars(ManualClock(NOW_MS)))
        self._woken.clear()
        metrics.moves.clear()
        metrics.registry_changes.clear()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://tasks")

    @property
    def woken(self) -> int:
        """Writes that woke the outbox."""
        return len(self._woken)

    def counted(self, metric: str, **labels: str) -> float:
        """A metric's value; 0 when it was never counted."""
        return self.registry.get_sample_value(metric, labels) or 0.0

    async def call(
        self,
        method: str,
        path: str,
        who: str | None = "office-1",
        headers: dict[str, str] | None = None,
        *,
        key: bool = True,
        **rest: Any,
    ) -> httpx.Response:
        """One request as a principal, or as nobody; a write with a new Idempotency-Key unless it brings its own."""
        authorization = {"Authorization": f"Bearer key-{who}"} if who else {}
        given = keyed(method, path) if key else {}
        return await self.client.request(method, path, headers={**authorization, **given, **(headers or {})}, **rest)

    async def get(self, path: str, who: str | None = "office-1", **params: Any) -> httpx.Response:
        """A read."""
        return await self.call("GET", path, who, params=params)

    async def move(
        self, issue: Issue, body: dict[str, Any], who: str = "office-1", key: str = "k1", rev: int | None = None
    ) -> httpx.Response:
        """A move decided on `rev`, by default the issue's."""
        headers = {"If-Match": f'"{rev or issue.head.rev}"', "Idempotency-Key": key}
        return await self.call("POST", f"/v1/issues/{issue.issue_id}/moves", who, headers, json=body)

    async def attach(self, issue: Issue, kind: str, data: bytes = b"report", who: str = "plant-1", **said: Any) -> str:
        """Sends a file to an issue; its evidence id."""
        path = f"/v1/issues/{issue.issue_id}/evidence"
        params = {"kind": kind, **said}
        response = await self.call("POST", path, who, content=data, params=params)
        assert response.status_code in (200, 201), response.text
        return str(response.json()["evidence_id"])

    async def put(
        self, path: str, body: dict[str, Any], rev: int | None = None, who: str = "admin-1"
    ) -> httpx.Response:
        """A registry write."""
        return await self.call("PUT", f"/v1/registry/{path}", who, {"If-Match": f'"{rev}"'} if rev else {}, json=body)

    async def holding(self, issue: Issue | None = None, state: State = State.REGISTERED) -> Issue:
        """An issue put into the store."""
        issue = issue or an_issue(state)
        assert await self.store.open(Step(issue, "registered", (), ()))
        assert await self.store.open_case(a_case_of(issue))
        return issue


def a_case_of(issue: Issue) -> CaseStep:
    """The lead that became this issue."""
    lead, head = Lead.FromString(issue.lead), issue.head
    step = bring(lead, issue.lead, issue.frames, head.place, FACTS, SYSTEM, head.registered_ms)
    for move, fields in (("pass", {}), ("register", {"issue_id": issue.issue_id})):
        done = act(step.case, Command(move, SYSTEM, head.registered_ms, "直接立案", fields), "", LEAD, FACTS)
        assert isinstance(done, CaseStep), done
        step = joined(step, done)
    return step


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem in a response, after checking its form (RFC 9457)."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["type"]) == (status, f"urn:lantian:problem:{slug}"), body
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["title"].isascii()
    for chinese in (body["title_zh"], body["detail_zh"], *(one["detail_zh"] for one in body["errors"])):
        assert re.search(r"[\u4e00-\u9fff]", chinese), body
    assert body["instance"] == response.request.url.path
    return body
