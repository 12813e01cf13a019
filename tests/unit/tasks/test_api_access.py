"""Who sees what over HTTP, and how the API describes itself."""

from dataclasses import replace

import pytest

from lantian_tasks.access.rules import Rules
from lantian_tasks.ledger.issue import Issue, Place
from lantian_tasks.ledger.moves import Role
from lantian_tasks.registry.record import Kind
from tests.support.tasks_api import PRINCIPALS, Api, assert_problem
from tests.support.tasks_issues import NOW_MS, PLACE, take
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead

OPEN = Rules.shipped().free


@pytest.fixture
def api() -> Api:
    """An empty ledger."""
    return Api()


def numbered(number: int, place: Place = PLACE) -> Issue:
    """Issue `number` of a place."""
    issue = take(None, a_lead(start_ms=START_MS + number * HOUR_MS), NOW_MS, place)
    assert issue is not None
    return issue


@pytest.mark.parametrize("method_path", [("GET", "/v1/issues"), ("GET", "/v1/leads"), ("GET", "/v1/issues/iss-x")])
async def test_nobody_sees_anything(api: Api, method_path: tuple[str, str]) -> None:
    """401 without, with a wrong and with a half key."""
    for headers in ({}, {"Authorization": "Bearer key-nobody"}, {"Authorization": "Basic key-office-1"}):
        response = await api.call(*method_path, who=None, headers=headers)
        assert_problem(response, 401, "no-key")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("who", sorted(set(PRINCIPALS) - {"security-1"}))
async def test_each_sees_its_own_divisions(api: Api, who: str) -> None:
    """Lists, leads, single issues, frames, audits and moves keep to the scope; the answer is that of absence."""
    places = [
        PLACE,
        replace(PLACE, enterprise_id="other"),
        replace(PLACE, division_code="130202"),
        replace(PLACE, division_code="610113"),
        Place(),
    ]
    scope = PRINCIPALS[who].scope
    for number, place in enumerate(places):
        await api.holding(numbered(number, place))
    mine = {n for n, place in enumerate(places) if scope.covers(place.division_code, place.enterprise_id)}
    expected = {numbered(number).issue_id for number in mine}
    assert {item["issue_id"] for item in (await api.get("/v1/issues", who)).json()["items"]} == expected
    assert {item["issue_id"] for item in (await api.get("/v1/leads", who)).json()["items"]} == expected
    for number, place in enumerate(places):
        issue = numbered(number, place)
        for path in ("", "/audit", "/frames/0"):
            response = await api.get(f"/v1/issues/{issue.issue_id}{path}", who)
            assert response.status_code == (200 if number in mine else 404)
        if number not in mine:
            absent = await api.get("/v1/issues/iss-absent", who)
            hidden = await api.get(f"/v1/issues/{issue.issue_id}", who)
            assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}
            assert_problem(await api.move(issue, {"move": "note", "reason": "x"}, who), 404, "not-found")


async def test_expected_sights() -> None:
    """The scopes of the test above are what they should be, said by hand."""
    seen = {
        who: [
            principal.scope.covers(*place)
            for place in [("130102", PLACE.enterprise_id), ("130102", "other"), ("130202", "other"), ("", "")]
        ]
        for who, principal in PRINCIPALS.items()
    }
    assert seen["ministry-1"] == seen["admin-1"] == seen["auditor-1"] == [True, True, True, True]
    assert seen["province-1"] == [True, True, True, False]
    assert seen["office-1"] == seen["team-1"] == [True, True, False, False]
    assert seen["plant-1"] == [True, False, False, False]
    assert seen["plant-2"] == [False, False, False, False]
    assert seen["tangshan-1"] == [False, False, True, False]
    assert {principal.role for principal in PRINCIPALS.values()} == set(Role)


async def test_the_description_of_the_api(api: Api) -> None:
    """Operation ids are stable, problems described, every operation has a sentence, only health is open."""
    document = (await api.client.get("/openapi.json")).json()
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    assert set(operations) == {
        "get_me",
        "list_issues",
        "get_issue",
        "get_frame",
        "get_rule_replay",
        "put_rule_replay",
        "put_rule_parameters",
        "get_clocks",
        "get_lead_clocks",
        "audit_issue",
        "offer_issue_moves",
        "move_issue",
        "list_leads",
        "get_lead",
        "report_lead",
        "offer_lead_moves",
        "move_lead",
        "list_rounds",
        "create_round",
        "get_round",
        "preview_round",
        "report_round",
        "move_round",
        "import_registry",
        "list_entities",
        "get_entity",
        "get_entity_history",
        "void_entity",
        *(f"put_{kind.replace('-', '_')}" for kind in Kind),
        "export_table",
        "import_table",
        "list_divisions",
        "list_counties",
        "list_feed_events",
        "list_issue_evidence",
        "get_series",
        "get_months",
        "count_issues",
        "find_peers",
        "export_ledger",
        "get_paper",
        "get_round_paper",
        "get_lead_paper",
        "get_scorecard",
        "export_scorecard",
        "get_figures",
        "get_stop_orders",
        "get_verifiers",
        "draft_notice",
        "draft_warning",
        "list_lead_evidence",
        "attach_to_issue",
        "attach_to_lead",
        "get_issue_evidence",
        "get_lead_evidence",
        "get_pack",
        "get_recheck_rate",
        "draw_rechecks",
        *(f"{act}_account" for act in ("add", "change", "reset", "disable", "enable")),
        *("list_accounts", "list_keys", "add_key", "revoke_key", "break_glass", "list_break_glass"),
        *("list_chains", "list_chain_entries"),
        *("list_city_air", "set_contacts"),
        *(
            "list_city_letters",
            "get_city_letter",
            "get_city_letter_paper",
            "offer_city_letter_moves",
            "create_city_letter",
            "move_city_letter",
        ),
        *("list_plan_documents", "get_plan_document", "get_plan_document_file", "offer_plan_document_moves"),
        *("create_plan_document", "add_plan_document_version", "move_plan_document"),
        *("list_changes", "get_change", "offer_change_moves", "move_change"),
        *("list_letters", "get_letter", "decide_letter", "list_behind"),
        *("sign_in", "get_session", "sign_out", "change_password", "draw_ticket"),
        *("offer_second_factor", "confirm_second_factor", "get_login_ways", "begin_login", "finish_login"),
    }
    for name, operation in operations.items():
        assert operation["description"]
        assert operation.get("security", []) == ([] if name in OPEN else [{"api-key": []}, {"session": []}])
        assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["schemas"]["Problem"]["properties"]["errors"]["items"]["$ref"].endswith(
        "FieldProblem"
    )


def test_every_body_has_an_example() -> None:
    """In the OpenAPI document, so that whoever calls an operation sees what it takes."""
    document = Api().app.openapi()
    bare = []
    for methods in document["paths"].values():
        for operation in methods.values():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if schema is not None:
                model = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
                if "examples" not in {**schema, **model}:
                    bare.append(operation["operationId"])
    assert bare == []
