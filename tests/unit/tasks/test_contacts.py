"""An enterprise sets where its early warnings go, and nothing else of its entry."""

import pytest

from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_changes import in_force
from tests.support.tasks_issues import PLACE

ID = PLACE.enterprise_id
PATH = f"/v1/registry/enterprise/{ID}/contacts"
ROBOT = {"channel": "wecom", "address": "", "secret_name": "plant-robot"}
OLD = {"channel": "email", "address": "old@example.org", "secret_name": ""}
SMS = {"channel": "sms", "address": "13800000000"}


@pytest.fixture
async def api() -> Api:
    """The enterprise with a robot that the authority wrote, and a mailbox."""
    api = Api()
    entity = {"name": "某钢铁有限公司", "division_code": "130102", "grade": "B", "contacts": [ROBOT, OLD]}
    written = await api.put(f"enterprise/{ID}", {"entity": entity, "valid_from_ms": 5})
    assert (await in_force(api, f"enterprise/{ID}", written))["revision"] == 2
    return api


async def test_mailboxes_and_numbers_are_replaced_and_the_rest_stays(api: Api) -> None:
    """The robot, the grade and the validity are as they were; each address stands once; the history says who."""
    body = {"contacts": [SMS, SMS, {"channel": "email", "address": " a@example.org "}]}
    done = await api.call("PUT", PATH, "plant-1", {"If-Match": '"2"', "Idempotency-Key": "k1"}, json=body)
    assert (done.status_code, done.headers["etag"]) == (200, '"3"')
    assert done.json()["entity"]["contacts"] == [
        ROBOT,
        {**SMS, "secret_name": ""},
        {"channel": "email", "address": "a@example.org", "secret_name": ""},
    ]
    assert (done.json()["entity"]["grade"], done.json()["valid_from_ms"]) == ("B", 5)
    again = await api.call("PUT", PATH, "plant-1", {"If-Match": '"2"', "Idempotency-Key": "k1"}, json=body)
    assert again.json()["revision"] == 3
    entries = (await api.get(f"/v1/registry/enterprise/{ID}/history", "office-1")).json()["entries"]
    assert entries[-1]["actor"]["actor_id"] == "plant-1"


async def test_another_enterprise_and_other_roles_can_not(api: Api) -> None:
    """Absent for whom it is not there; a team may look and not write; a keeper may."""
    headers = {"If-Match": '"2"'}
    assert_problem(await api.call("PUT", PATH, "plant-2", headers, json={"contacts": []}), 404, "not-found")
    assert_problem(await api.call("PUT", PATH, "team-1", headers, json={"contacts": []}), 403, "forbidden")
    done = await api.call("PUT", PATH, "office-1", headers, json={"contacts": []})
    assert done.json()["entity"]["contacts"] == [ROBOT]
    whole = {"entity": {"name": "改名", "division_code": "130102"}}
    refused = await api.call("PUT", f"/v1/registry/enterprise/{ID}", "plant-1", {"If-Match": '"3"'}, json=whole)
    assert_problem(refused, 403, "forbidden")


async def test_who_has_seen_an_older_state_is_told(api: Api) -> None:
    """428 without the revision, 412 with an old one, 409 for what is out of force."""
    assert_problem(await api.call("PUT", PATH, "plant-1", json={"contacts": []}), 428, "revision-needed")
    assert_problem(await api.call("PUT", PATH, "plant-1", {"If-Match": '"9"'}, json={"contacts": []}), 412, "revision")
    gone = f"/v1/registry/enterprise/{ID}/void"
    assert (await api.call("POST", gone, "office-1", {"If-Match": '"2"'}, json={"reason": "关停"})).is_success
    assert_problem(await api.call("PUT", PATH, "plant-1", {"If-Match": '"3"'}, json={"contacts": []}), 409, "conflict")


@pytest.mark.parametrize(
    "contact",
    [
        {"channel": "webhook", "address": "http://10.0.0.1/"},
        {"channel": "sms", "address": "http://10.0.0.1/"},
        {"channel": "sms", "address": "12"},
        {"channel": "email", "address": "a@example.org, b@example.org"},
        {"channel": "email", "address": "a b@example.org"},
        {"channel": "email", "address": "x@example.org", "secret_name": "root"},
    ],
)
async def test_what_is_no_mailbox_or_number_is_refused(api: Api, contact: dict[str, str]) -> None:
    """No address of a network, no second recipient, no secret."""
    answer = await api.call("PUT", PATH, "plant-1", {"If-Match": '"2"'}, json={"contacts": [contact]})
    assert_problem(answer, 422, "invalid")
