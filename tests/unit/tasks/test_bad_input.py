"""What nobody should send: each a problem that says what is wrong in two languages, and nothing half written."""

import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import openpyxl
import pytest

from lantian_tasks.ledger.issue import Issue
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import ASSIGNMENT, NOW_MS, PLACE
from tests.support.tasks_photos import a_photo

HOUR_MS = 3_600_000
REPORT: dict[str, Any] = {
    "channel": "complaint",
    "reference": "12369-1",
    "category": "dust",
    "severity": 2,
    "division_code": "130102",
    "place": "长安区某工地",
    "text": "扬尘",
    "found_ms": NOW_MS - HOUR_MS,
}
Send = Callable[[Api, Issue], Awaitable[httpx.Response]]


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


def a_move(body: dict[str, Any], who: str = "office-1", rev: int = 1) -> Send:
    """A move on the issue."""
    return lambda api, issue: api.move(issue, body, who, rev=rev)


def a_file(data: bytes, name: str, **said: Any) -> Send:
    """A file for the issue."""

    async def send(api: Api, issue: Issue) -> httpx.Response:
        params = {"kind": "photo", "name": name, **said}
        return await api.call("POST", f"/v1/issues/{issue.issue_id}/evidence", "team-1", content=data, params=params)

    return send


def a_report(**changes: Any) -> Send:
    """What somebody says to have seen."""
    return lambda api, issue: api.call("POST", "/v1/leads", "office-1", json={**REPORT, **changes})


def an_entity(body: Any, path: str = "enterprise/91130100MA07T6XX77") -> Send:
    """A registry record."""
    return lambda api, issue: api.call("PUT", f"/v1/registry/{path}", "admin-1", json=body)


def a_list(**params: Any) -> Send:
    """A question to the list."""
    return lambda api, issue: api.get("/v1/issues", **params)


BAD: dict[str, tuple[Send, int, str]] = {
    "a move that the state does not know": (a_move({"move": "start"}, "plant-1"), 409, "wrong-state"),
    "a move that nobody knows": (a_move({"move": "erase"}), 422, "unknown-move"),
    "a stale revision": (a_move({"move": "assign", **ASSIGNMENT}, rev=9), 412, "revision"),
    "a role that may not": (a_move({"move": "assign", **ASSIGNMENT}, "plant-1"), 403, "role-not-allowed"),
    "a role that only reads": (a_move({"move": "note", "reason": "x"}, "auditor-1"), 403, "forbidden"),
    "a due date of yesterday": (a_move({"move": "assign", **ASSIGNMENT, "due_ms": NOW_MS - 1}), 409, "guard"),
    "a move with an operator": (a_move({"move": "assign", **ASSIGNMENT, "$where": "1"}), 422, "invalid"),
    "an operator for a text": (a_move({"move": "note", "reason": {"$ne": ""}}), 422, "invalid"),
    "an operator for a unit": (a_move({"move": "assign", **ASSIGNMENT, "unit": {"$gt": ""}}), 422, "invalid"),
    "a huge move": (a_move({"move": "note", "reason": "长" * 3_000_000}), 413, "too-large"),
    "a long reason": (a_move({"move": "note", "reason": "长" * 4001}), 422, "invalid"),
    "a huge file": (a_file(b"x" * (32 * 1024 * 1024 + 1), "a.txt"), 413, "too-large"),
    "a disguised photo": (a_file(a_photo(), "a.pdf"), 422, "file-disguised"),
    "a program": (a_file(b"MZ\x90\0", "a.exe"), 422, "file-unknown-type"),
    "an empty file": (a_file(b"", "a.jpg"), 422, "file-empty"),
    "a report from tomorrow": (a_report(found_ms=NOW_MS + 24 * HOUR_MS), 422, "field-invalid"),
    "a report of the year 9999 and more": (a_report(found_ms=10**15), 422, "invalid"),
    "a report at a time in words": (a_report(found_ms="gestern"), 422, "invalid"),
    "a report with an operator": (a_report(**{"$set": {"state": "closed"}}), 422, "invalid"),
    "an entity with an operator": (
        an_entity({"entity": {"name": "厂", "division_code": "130102", "$set": 1}}),
        422,
        "invalid",
    ),
    "an entity whose name is an operator": (
        an_entity({"entity": {"name": {"$ne": 1}, "division_code": "130102"}}),
        422,
        "invalid",
    ),
    "an id with an operator": (
        an_entity({"entity": {"name": "厂", "division_code": "130102"}}, "enterprise/$where"),
        422,
        "invalid",
    ),
    "a filter with an operator": (a_list(division="$ne"), 422, "invalid"),
    "a cursor of one's own": (a_list(cursor="eyIkbmUiOjF9"), 400, "cursor"),
}


def kept(api: Api) -> str:
    """Everything in the store."""
    rows = [*api.store.issues.all(), *api.store.registry.all(), *api.store._cases.all()]
    return json.dumps([rows, sorted(api.store.files), sorted(api.store.pieces_kept)], default=str, sort_keys=True)


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_a_problem_and_writes_nothing(api: Api, name: str) -> None:
    """Documents, files and pieces are what they were, and no outbox was woken."""
    issue = await api.holding()
    before, woken = kept(api), api.woken
    send, status, slug = BAD[name]
    assert_problem(await send(api, issue), status, slug)
    assert kept(api) == before
    assert api.woken == woken


async def test_a_bad_row_of_an_import_is_named_and_writes_nothing(api: Api) -> None:
    """Row by row: the good one is written, of the bad one nothing."""
    good, bad = "91130100MA07T6XX71", "91130100MA07T6XX72"
    rows = [
        {"kind": "enterprise", "id": good, "entity": {"name": "甲", "division_code": "130102"}},
        {"kind": "enterprise", "id": bad, "entity": {"name": {"$ne": 1}, "division_code": "130102"}},
    ]
    answer = await api.call("POST", "/v1/registry:import", "admin-1", json=rows)
    assert answer.status_code == 200, answer.text
    assert bad not in kept(api)
    assert good in kept(api)
    assert "$ne" not in kept(api)
    assert (await api.get(f"/v1/registry/enterprise/{bad}")).status_code == 404


async def test_a_late_report_is_taken_and_flagged(api: Api) -> None:
    """The entry that seals it says so; one in time, by a phone whose clock is some minutes ahead, is not flagged."""
    late = await a_report(found_ms=NOW_MS - 100 * HOUR_MS)(api, await api.holding())
    assert late.status_code == 201, late.text
    assert late.json()["back_dated"] is True
    assert late.json()["history"][0]["fields"]["back_dated"] is True
    ahead = await api.call(
        "POST", "/v1/leads", "office-1", json={**REPORT, "reference": "2", "found_ms": NOW_MS + 60_000}
    )
    assert ahead.status_code == 201, ahead.text
    assert ahead.json()["back_dated"] is False
    assert "back_dated" not in ahead.json()["history"][0]["fields"]


async def test_a_photo_that_is_back_dated_or_ahead_says_so(api: Api) -> None:
    """It is kept, and counts in a dossier only with a reason."""
    issue = await api.holding()
    for number, (taken_ms, flag) in enumerate(
        ((NOW_MS - 100 * HOUR_MS, "taken-long-ago"), (NOW_MS + HOUR_MS, "taken-ahead"))
    ):
        answer = await a_file(a_photo(number + 40), "a.jpg", taken_ms=taken_ms)(api, issue)
        assert answer.status_code == 201, answer.text
        assert flag in [one["code"] for one in answer.json()["flags"]]


async def test_a_formula_comes_out_as_a_text(api: Api) -> None:
    """Whatever was typed or imported: in the table of the ledger and in that of the registry no cell is a formula."""
    formula = '=HYPERLINK("http://x","厂")'
    entity = {"entity": {"name": formula, "division_code": PLACE.division_code}}
    assert (await an_entity(entity)(api, await api.holding())).status_code in (200, 201)
    table = await api.get("/v1/registry-tables/enterprise", "admin-1", format="xlsx")
    assert table.status_code == 200, table.text
    cells = [
        cell
        for sheet in openpyxl.load_workbook(io.BytesIO(table.content)).worksheets
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    assert [cell for cell in cells if "HYPERLINK" in str(cell.value)]
