"""The Idempotency-Key of every write: asked for, held against what was sent, and answered once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.once import ALONE, FREE, SECRET
from lantian_tasks.registry.examples import EXAMPLES
from lantian_tasks.registry.record import Kind
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import NOW_MS, PLACE
from tests.support.writes import unkeyed, writes

REPORT = {
    "channel": "complaint",
    "category": "dust",
    "severity": 2,
    "division_code": "130102",
    "place": "工地",
    "text": "土方未覆盖",
    "reference": "1",
    "found_ms": NOW_MS - HOUR_MS,
}
ROUND = {"title": "一", "division_code": "130100", "task_kind": "key-enterprises", "starts_ms": NOW_MS + HOUR_MS}
LETTER = {"city": "130100", "condition": "slow", "reason": "进度滞后"}
ACCOUNT = {
    "id": "wang",
    "role": "city-office",
    "organisation": "大气办",
    "divisions": ["130100"],
    "reason": "新到岗",
}
SYSTEM = {**ACCOUNT, "permits": ["read"], "days": 30}
PLANT = {"name": PLACE.enterprise_name, "division_code": "130102"}
TABLE = "id,name,division_code\ne7,{},130102\n"

PLAN = "kind=city-policy&division=130100&title=x&valid_from=2026-10-01&valid_to=2027-03-31"


@dataclass(frozen=True)
class Write:
    """One family of writes: what is sent, and what else with the same key."""

    operation: str
    who: str
    path: str
    body: Any
    other: Any
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Api], Awaitable[Any]] | None = None

    async def send(self, api: Api, key: str, *, other: bool = False, who: str = "") -> Any:
        """Sends it; without a key when that is empty."""
        body = self.other if other else self.body
        more = {"content": body} if isinstance(body, bytes | str) else {"json": body}
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return await api.call(self.method, self.path, who or self.who, headers, key=False, **more)


async def _an_issue(api: Api) -> None:
    await api.holding()


async def _a_plant(api: Api) -> None:
    assert (await api.put(f"enterprise/{PLACE.enterprise_id}", {"entity": PLANT})).status_code == 201


async def _accounts(api: Api) -> None:
    for path, body in (("/v1/accounts", {**ACCOUNT, "id": "li"}), ("/v1/keys", {**SYSTEM, "id": "one"})):
        made = await api.call("POST", path, "security-1", json=body)
        assert made.status_code == 201, made.text


def _writes(issue: Issue) -> list[Write]:
    """A write of each family."""
    of_issue = f"/v1/issues/{issue.issue_id}"
    seen = {"If-Match": '"1"'}
    why, because = {"reason": "调离"}, {"reason": "另有原因"}
    return [
        Write(
            "move_issue",
            "office-1",
            f"{of_issue}/moves",
            {"move": "note", "reason": "一"},
            {"move": "note", "reason": "二"},
            headers=seen,
            before=_an_issue,
        ),
        Write("attach_to_issue", "team-1", f"{of_issue}/evidence?kind=record", b"one", b"two", before=_an_issue),
        Write("report_lead", "office-1", "/v1/leads", REPORT, {**REPORT, "text": "裸土"}),
        Write("create_round", "office-1", "/v1/rounds", ROUND, {**ROUND, "title": "二"}),
        Write("create_city_letter", "province-1", "/v1/city-letters", LETTER, {**LETTER, "reason": "另"}),
        Write("create_plan_document", "office-1", f"/v1/plan-documents?{PLAN}", b"%PDF-1.7 1", b"%PDF-1.7 2"),
        Write(
            "draw_rechecks",
            "province-1",
            "/v1/rechecks",
            {"division_code": "130100", "seed": "a"},
            {"division_code": "130100", "seed": "b"},
        ),
        Write(
            "import_registry",
            "admin-1",
            "/v1/registry:import",
            [{"kind": "enterprise", "id": "e1", "entity": PLANT}],
            [{"kind": "enterprise", "id": "e2", "entity": PLANT}],
        ),
        Write("import_table", "admin-1", "/v1/registry-tables/enterprise", TABLE.format("甲"), TABLE.format("乙")),
        Write(
            "void_entity",
            "admin-1",
            f"/v1/registry/enterprise/{PLACE.enterprise_id}/void",
            why,
            because,
            headers=seen,
            before=_a_plant,
        ),
        Write(
            "set_contacts",
            "admin-1",
            f"/v1/registry/enterprise/{PLACE.enterprise_id}/contacts",
            {"contacts": [{"channel": "email", "address": "a@b.cn"}]},
            {"contacts": []},
            method="PUT",
            headers=seen,
            before=_a_plant,
        ),
        Write(
            "put_enterprise",
            "admin-1",
            f"/v1/registry/enterprise/{PLACE.enterprise_id}",
            {"entity": {**PLANT, "name": "甲"}},
            {"entity": {**PLANT, "name": "乙"}},
            method="PUT",
            headers=seen,
            before=_a_plant,
        ),
        Write("add_account", "security-1", "/v1/accounts", ACCOUNT, {**ACCOUNT, "id": "zhao"}),
        Write(
            "change_account",
            "security-1",
            "/v1/accounts/li",
            {"organisation": "厅", "reason": "改名"},
            {"organisation": "局", "reason": "改名"},
            method="PATCH",
            before=_accounts,
        ),
        *(
            Write(f"{act}_account", "security-1", f"/v1/accounts/li/{act}", why, because, before=_accounts)
            for act in ("reset", "disable", "enable")
        ),
        Write("add_key", "security-1", "/v1/keys", SYSTEM, {**SYSTEM, "days": 31}),
        Write("revoke_key", "security-1", "/v1/keys/one/revoke", why, because, before=_accounts),
    ]


ELSEWHERE = {
    **{f"put_{kind.replace('-', '_')}": "put_enterprise" for kind in Kind if kind != Kind.ENTERPRISE},
    **dict.fromkeys(("move_change", "move_lead", "move_round", "move_city_letter"), "move_issue"),
    "attach_to_lead": "attach_to_issue",
    "move_change": "tests/unit/tasks/test_changes.py",
    "break_glass": "tests/unit/tasks/test_sessions.py",
    "decide_letter": "tests/unit/tasks/test_operations.py",
    "add_plan_document_version": "tests/unit/tasks/test_plan_documents.py",
    "move_plan_document": "tests/unit/tasks/test_plan_documents.py",
}
"""Operations that another of their family stands for, or that are shown elsewhere."""


async def _ready(operation: str) -> tuple[Api, Write]:
    """The API where the write can be made. An issue's id follows from its lead, so each API has the same."""
    issue = await Api().holding()
    write = next(one for one in _writes(issue) if one.operation == operation)
    api = Api()
    if write.before is not None:
        await write.before(api)
    return api, write


def test_every_write_asks_for_a_key() -> None:
    """In the OpenAPI document; those that do not are named with a reason."""
    document = Api().app.openapi()
    assert unkeyed(document) == set(FREE)
    assert all(len(reason) > 10 for reason in FREE.values())
    names = {name for _, _, name, _ in writes(document)}
    assert names >= ALONE
    assert SECRET <= ALONE


async def test_every_family_is_tried() -> None:
    """Below, or where `ELSEWHERE` says."""
    names = {name for _, _, name, _ in writes(Api().app.openapi())} - set(FREE)
    tried = {write.operation for write in _writes(await Api().holding())}
    assert names == tried | set(ELSEWHERE)
    assert not tried & set(ELSEWHERE)
    assert {kind for kind in Kind if kind not in EXAMPLES} == set()


OPERATIONS = [
    *("move_issue", "attach_to_issue", "report_lead", "create_round", "create_city_letter", "draw_rechecks"),
    "create_plan_document",
    *("import_registry", "import_table", "void_entity", "set_contacts", "put_enterprise"),
    *("add_account", "change_account", "reset_account", "disable_account", "enable_account"),
    *("add_key", "revoke_key"),
]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_write_is_done_once_for_its_key(operation: str) -> None:
    """The first answer again; another content 422; no key 400; a new key is another request."""
    api, write = await _ready(operation)
    first = await write.send(api, "k")
    assert first.status_code in (200, 201), first.text
    again = await write.send(api, "k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("etag") == first.headers.get("etag")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert_problem(await write.send(api, "k", other=True), 422, "key-reused")
    bare = await write.send(api, "")
    assert_problem(bare, 400, "key-needed")
    long = await write.send(api, "k" * 201)
    assert long.status_code == 422


async def test_keys_of_others_and_of_other_paths_are_others() -> None:
    """Two people, two issues and two operations may use the same key."""
    api, write = await _ready("report_lead")
    first = await write.send(api, "k")
    theirs = await write.send(api, "k", other=True, who="office-2")
    assert (first.status_code, theirs.status_code) == (201, 200)
    key = {"Idempotency-Key": "k"}
    assert (await api.call("POST", "/v1/rounds", "office-1", key, json=ROUND)).status_code == 201
    path, note = f"/v1/leads/{first.json()['lead_id']}/moves", {"move": "note", "reason": "x"}
    assert_problem(await api.call("POST", path, "office-1", {**key, "If-Match": '"9"'}, json=note), 412, "revision")


async def test_the_order_of_names_makes_no_other_request() -> None:
    """JSON is compared as values; a query is part of what was asked for."""
    api, write = await _ready("import_registry")
    first = await write.send(api, "k")
    turned = [dict(reversed(row.items())) for row in write.body]
    again = await api.call("POST", write.path, "admin-1", {"Idempotency-Key": "k"}, json=turned)
    assert again.content == first.content
    path = f"{write.path}?dry_run=true"
    tried = await api.call("POST", path, "admin-1", {"Idempotency-Key": "k"}, json=write.body)
    assert_problem(tried, 422, "key-reused")


async def test_a_refused_request_leaves_its_key_free() -> None:
    """Whoever mends a form may send it under the same key."""
    api, write = await _ready("report_lead")
    early = {**REPORT, "found_ms": NOW_MS + 2 * HOUR_MS}
    assert (await api.call("POST", write.path, "office-1", {"Idempotency-Key": "k"}, json=early)).status_code == 422
    assert (await write.send(api, "k")).status_code == 201


async def test_a_request_that_died_is_carried_out_again() -> None:
    """A move finds itself in its issue; the key stays with its content."""
    api, write = await _ready("move_issue")
    first = await write.send(api, "k")
    [name] = [name for name in api.access.rows if name.startswith("request/")]
    document = api.access.document(name)
    assert document is not None
    api.access.put({**document, "data": {**document["data"], "state": "begun", "answer": ""}})
    assert_problem(await write.send(api, "k", other=True), 422, "key-reused")
    assert (await write.send(api, "k")).json() == first.json()
    issue_id = write.path.split("/")[3]
    assert (await api.get(f"/v1/issues/{issue_id}")).json()["revision"] == 2


async def test_without_the_store_of_requests_nothing_is_written() -> None:
    """503: whether a key was used could not be known."""
    api, write = await _ready("report_lead")
    api.access.away = True
    assert (await write.send(api, "k")).status_code == 503
    assert not (await api.get("/v1/leads")).json()["items"]
