"""The way of a lead over the API: reported, screened, dispatched, inspected, judged, handed over, merged."""

from typing import Any

import httpx
import pytest

from lantian_tasks.ledger.issue import State
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_inspections import checked
from tests.support.tasks_issues import AFTER_NOTICE_MS, DAY_MS, NOW_MS, PLACE, an_issue

HOUR_MS = 3_600_000
REPORT: dict[str, Any] = {
    "channel": "complaint",
    "reference": "12369-1",
    "category": "dust",
    "severity": 2,
    "division_code": "130102",
    "place": "长安区某工地",
    "text": "夜间土方作业",
    "found_ms": NOW_MS - HOUR_MS,
}


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


async def report(api: Api, who: str = "office-1", **changes: Any) -> str:
    """A report; the id of its lead."""
    body = {**REPORT, **changes}
    answer = await api.call("POST", "/v1/leads", who, {"Idempotency-Key": str(body["reference"])}, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["lead_id"])


async def move(api: Api, lead_id: str, who: str, move: str, **fields: Any) -> httpx.Response:
    """A move on the lead as it stands."""
    rev = (await api.get(f"/v1/leads/{lead_id}", "ministry-1")).json()["revision"]
    headers = {"If-Match": f'"{rev}"', "Idempotency-Key": f"{move}-{rev}"}
    return await api.call("POST", f"/v1/leads/{lead_id}/moves", who, headers, json={"move": move, **fields})


async def stage(api: Api, lead_id: str) -> str:
    """Where the lead stands."""
    return str((await api.get(f"/v1/leads/{lead_id}", "ministry-1")).json()["stage"])


async def inspected(api: Api, **changes: Any) -> tuple[str, list[dict[str, str]]]:
    """A lead under inspection, and a record that was attached to it."""
    lead = await report(api, **changes)
    assert (await move(api, lead, "office-1", "dispatch", reason="就近")).status_code == 200
    assert (await move(api, lead, "team-1", "accept")).status_code == 200
    assert (await move(api, lead, "team-1", "inspect", officers=["team-1", "team-2"])).status_code == 200
    path, key = f"/v1/leads/{lead}/evidence", {"Idempotency-Key": "file"}
    sent = await api.call("POST", path, "team-1", key, content=b"record", params={"kind": "record"})
    assert sent.status_code == 201, sent.text
    return lead, [{"kind": "record", "id": sent.json()["evidence_id"]}]


async def test_a_confirmed_lead_becomes_an_issue(api: Api) -> None:
    """With who found it, so that they do not verify it."""
    lead, record = await inspected(api)
    answer = await move(
        api, lead, "team-1", "confirm", conclusion="属实", evidence=record, check_list=await checked(api, lead, record)
    )
    assert answer.status_code == 200, answer.text
    issue = (await api.get(f"/v1/issues/{answer.json()['issue_id']}")).json()
    assert (issue["state"], issue["channel"]) == ("registered", "complaint")
    assert issue["history"][0]["fields"]["origin"]["finders"] == ["team-1", "team-1", "team-2"]


@pytest.mark.parametrize(
    ("move_name", "found_as"), [("confirm", "fraud"), ("confirm-partly", "bypass"), ("confirm", "")]
)
async def test_what_was_found_decides_the_category(api: Api, move_name: str, found_as: str) -> None:
    """A report of dust that is fraud has the clocks, the dossier and the bars of fraud, in the lead as in its issue."""
    lead, record = await inspected(api)
    found = await checked(api, lead, record)
    named = {"found_as": found_as} if found_as else {}
    answer = await move(api, lead, "team-1", move_name, conclusion="属实", evidence=record, check_list=found, **named)
    assert answer.status_code == 200, answer.text
    issue = (await api.get(f"/v1/issues/{answer.json()['issue_id']}")).json()
    kept = (await api.get(f"/v1/leads/{lead}", "ministry-1")).json()
    assert (issue["category"], kept["category"]) == (found_as or "dust", found_as or "dust")
    assert [row["category"] for row in (await api.get(f"/v1/leads?category={found_as or 'dust'}")).json()["items"]]


async def test_a_category_nobody_knows_is_refused(api: Api) -> None:
    """In both languages, and nothing is written."""
    lead, record = await inspected(api)
    found = await checked(api, lead, record)
    refused = await move(
        api, lead, "team-1", "confirm", conclusion="属实", evidence=record, check_list=found, found_as="smoke"
    )
    assert "falsification-sign" in assert_problem(refused, 409, "guard")["detail"]
    assert await stage(api, lead) == "inspecting"


async def test_a_lead_that_a_team_is_at_is_not_voided(api: Api) -> None:
    """It would go round the second pair of eyes; before a team has it a planner may."""
    lead, _ = await inspected(api)
    assert_problem(await move(api, lead, "office-1", "void", reason="撤回"), 409, "wrong-state")
    other = await report(api, reference="12369-2", place="裕华区某工地", found_ms=NOW_MS - 30 * HOUR_MS)
    assert (await move(api, other, "office-1", "void", reason="重复录入")).status_code == 200


async def test_unfounded_takes_two_persons_and_can_be_overturned(api: Api) -> None:
    """Who proposes it does not decide it; the province may find otherwise."""
    lead, record = await inspected(api)
    clean = await checked(api, lead, problem=False)
    proposed = await move(
        api, lead, "team-1", "propose-unfounded", code="no-dust", reason="现场已停工", evidence=record, check_list=clean
    )
    assert proposed.status_code == 200, proposed.text
    assert_problem(await move(api, lead, "team-1", "call-unfounded", reason="同意"), 409, "guard")
    assert (await move(api, lead, "office-1", "call-unfounded", reason="同意")).json()["stage"] == "unfounded"
    again = await move(api, lead, "province-1", "overturn", reason="卫星影像", conclusion="属实", evidence=record)
    assert again.json()["stage"] == "confirmed"
    assert again.json()["issue_id"]


async def test_a_lead_is_handed_over_to_another_city(api: Api) -> None:
    """It says to which lead; there it is screened anew, and is no repeat of the one that was handed over."""
    lead = await report(api, who="ministry-1")
    handed = await move(api, lead, "office-1", "transfer", division_code="130200", reason="工地在唐山")
    assert handed.status_code == 200, handed.text
    assert handed.json()["stage"] == "transferred"
    last = handed.json()["history"][-1]
    assert (last["kind"], last["move"]) == ("handed-over", "hand-over")
    there = await api.get(f"/v1/leads/{last['fields']['lead_id']}", "tangshan-1")
    assert there.status_code == 200, there.text
    assert (there.json()["stage"], there.json()["channel"]) == ("screened", "transfer")
    assert (await api.get(f"/v1/leads/{last['fields']['lead_id']}", "office-1")).status_code == 404


async def test_what_was_judged_before_is_no_reason_to_look_away(api: Api) -> None:
    """The same again while somebody is at it is merged; after it was called unfounded it is a lead of its own."""
    lead, record = await inspected(api)
    assert await stage(api, await report(api, reference="12369-2")) == "duplicate"
    clean = await checked(api, lead, problem=False)
    await move(
        api, lead, "team-1", "propose-unfounded", code="no-dust", reason="已停工", evidence=record, check_list=clean
    )
    await move(api, lead, "office-1", "call-unfounded", reason="同意")
    assert await stage(api, await report(api, reference="12369-3")) == "screened"


async def test_a_repeat_is_of_a_lead_that_is_there(api: Api) -> None:
    """Nobody ends a lead alone by calling it a repeat of nothing, of itself, or of another site."""
    lead, elsewhere = await report(api), await report(api, reference="12369-2", place="另一工地")
    for of in ("nothing", lead, "f" * 32):
        refused = await move(api, lead, "team-1", "mark-duplicate", of=of, reason="重复")
        assert assert_problem(refused, 422, "field-invalid")["errors"][0]["field"] == "body.of"
    assert_problem(await move(api, lead, "team-1", "mark-duplicate", of=elsewhere, reason="重复"), 422, "field-invalid")
    merged = await move(api, lead, "office-1", "mark-duplicate", of=elsewhere, reason="同一工地两个门")
    assert (merged.json()["stage"], merged.json()["duplicate_of"]) == ("duplicate", elsewhere)
    assert (await api.get(f"/v1/leads/{elsewhere}")).json()["merged"] == 1


@pytest.mark.parametrize(
    ("enterprise_id", "category", "relapsed"),
    [
        (PLACE.enterprise_id, "exceedance", True),
        (PLACE.enterprise_id, "dust", False),
        ("91130100MA07T6XX99", "exceedance", False),
    ],
)
async def test_what_people_report_may_be_a_relapse(api: Api, enterprise_id: str, category: str, relapsed: bool) -> None:
    """T18: the same enterprise and category within the days of the policy, whoever found it before; graver by one."""
    parent = await api.holding(an_issue(State.CLOSED))
    api.clock.advance((AFTER_NOTICE_MS + DAY_MS - NOW_MS) / 1000)
    found_ms = api.clock.now_ms() - HOUR_MS
    lead, record = await inspected(api, enterprise_id=enterprise_id, category=category, found_ms=found_ms)
    found = await checked(api, lead, record)
    moved = await move(api, lead, "team-1", "confirm", conclusion="属实", evidence=record, check_list=found)
    issue_id = moved.json()["issue_id"]
    child = (await api.get(f"/v1/issues/{issue_id}")).json()
    assert child["parent_id"] == (parent.issue_id if relapsed else "")
    flags = (await api.get(f"/v1/issues/{parent.issue_id}")).json()["flags"]
    assert ("relapsed" in flags) == relapsed
