"""What somebody may do is offered by state and role, with the bars that need nothing typed."""

import pytest

from lantian_tasks.ledger.issue import State
from tests.support.tasks_api import Api
from tests.support.tasks_issues import NOW_MS, an_issue


@pytest.fixture
def api() -> Api:
    """An API over an empty store."""
    return Api()


async def offered(api: Api, path: str, who: str) -> dict[str, str]:
    """Moves by name, with what bars them."""
    response = await api.get(f"{path}/moves", who)
    assert response.status_code == 200, response.text
    return {row["move"]: row["barred"] for row in response.json()["moves"]}


async def test_an_offer_says_what_a_move_asks_for(api: Api) -> None:
    """The office assigns; the form needs unit, person and due date, and the revision it was decided on."""
    issue = await api.holding()
    body = (await api.get(f"/v1/issues/{issue.issue_id}/moves")).json()
    assign = next(row for row in body["moves"] if row["move"] == "assign")
    assert [(field["name"], field["kind"], field["required"]) for field in assign["fields"]] == [
        ("unit", "text", True),
        ("person", "text", True),
        ("due_ms", "time", True),
    ]
    assert (body["revision"], assign["to_state"], assign["reason_required"]) == (issue.head.rev, "assigned", False)
    assert body["dossier"] == ["rectification-report", "photo-before", "photo-after"]
    assert body["data_needed"] == "in-limit"


async def test_each_role_is_offered_its_own(api: Api) -> None:
    """Keepers of the system act nowhere, an enterprise does not assign, strangers see nothing."""
    issue = await api.holding()
    path = f"/v1/issues/{issue.issue_id}"
    assert "assign" in await offered(api, path, "office-1")
    assert await offered(api, path, "auditor-1") == {}
    assert await offered(api, path, "admin-1") == {}
    assert "assign" not in await offered(api, path, "plant-1")
    assert (await api.get(f"{path}/moves", "plant-2")).status_code == 404


async def test_four_eyes_bar_an_offer_before_it_is_tried(api: Api) -> None:
    """Who rectified is told at once that it is not theirs to verify."""
    issue = await api.holding(an_issue(State.CLOSE_REQUESTED))
    path = f"/v1/issues/{issue.issue_id}"
    barred = await offered(api, path, "office-1")
    assert "verify" in barred
    refused = await api.move(issue, {"move": "verify", "conclusion": "属实", "site_visit": True}, who="office-1")
    assert (refused.status_code == 409) == bool(barred["verify"]), (refused.text, barred)


async def test_leads_offer_too(api: Api) -> None:
    """A lead that became an issue takes notes only."""
    issue = await api.holding()
    lead_id = (await api.get(f"/v1/issues/{issue.issue_id}")).json()["lead_id"]
    assert set(await offered(api, f"/v1/leads/{lead_id}", "team-1")) == {"note", "receive"}


async def test_the_caller_learns_who_it_is(api: Api) -> None:
    """Role, divisions and the clock of the ledger, which in a demonstration is not the wall's."""
    body = (await api.get("/v1/me", "plant-1")).json()
    assert (body["id"], body["role"], body["divisions"]) == ("plant-1", "enterprise", ["130100"])
    assert (body["now_ms"], body["rate"]) == (NOW_MS, 1.0)
    assert body["enterprise_id"]
