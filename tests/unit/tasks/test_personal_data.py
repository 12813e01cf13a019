"""Phone numbers and plates: in full for those who act, masked for everybody else, and no way to find by them.

Drawn from the OpenAPI document: every operation that reads, by every role, over a world with a planted phone and plate.
"""

import html
import json
from typing import Any

import httpx
import pytest

from lantian_kit.access import personal
from lantian_tasks.access.personal_data import without_numbers
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.rules import Rules
from lantian_tasks.ledger.machine import Role
from tests.support.tasks_api import LISTED, PRINCIPALS, assert_problem
from tests.support.tasks_issues import DUE_MS
from tests.unit.tasks.test_leaks import SPOTS, World, ask, operations, wide_answers
from tests.unit.tasks.test_leaks import readable as parts_of
from tests.unit.tasks.test_sessions import at_work

RULES = Rules.shipped()
PHONE, PLATE = "13800001234", "冀A·12312"
SHOWN_PHONE, SHOWN_PLATE = "138****1234", "冀A·***12"
ROWS: list[dict[str, Any]] = [
    {"kind": "person", "id": "p1", "entity": {"name": "王工", "phone": PHONE, "enterprise_id": SPOTS[0].enterprise_id}},
    {"kind": "vehicle", "id": "v1", "entity": {"name": PLATE, "plate": PLATE, "enterprise_id": SPOTS[0].enterprise_id}},
    {
        "kind": "team",
        "id": "t1",
        "entity": {
            "name": "队伍",
            "division_code": "130100",
            "contacts": [{"channel": "sms", "address": PHONE}],
        },
    },
]
PLANTED = f"王工 {PHONE} {PLATE}"


def readable(response: httpx.Response) -> str:
    """What an answer says; workbooks write characters as references."""
    return html.unescape(parts_of(response))


async def planted() -> World:
    """The world of the leaks, with a number and a plate in the registry, an assignment, a note and a reported lead."""
    world = await World().filled()
    api, issue_id = world.api, world.values(SPOTS[0])["issue_id"]
    imported = await api.call("POST", "/v1/registry:import", "admin-1", json=ROWS)
    assert imported.json()["counts"] == {"created": len(ROWS)}, imported.text
    bodies: list[dict[str, Any]] = [
        {"move": "assign", "unit": "某钢铁有限公司", "person": PLANTED, "due_ms": DUE_MS},
        {"move": "note", "reason": PLANTED},
    ]
    for body in bodies:
        rev = (await api.get(f"/v1/issues/{issue_id}", "office-1")).headers["ETag"]
        headers = {"If-Match": rev, "Idempotency-Key": body["move"]}
        done = await api.call("POST", f"/v1/issues/{issue_id}/moves", "office-1", headers, json=body)
        assert done.status_code < 300, done.text
    return world


def may(principal: Principal, operation: str) -> bool:
    """Whether the rule lets somebody read in full where an operation is called."""
    return personal.in_full(principal.role, operation) or personal.is_original(operation)


@pytest.mark.parametrize("who", sorted(LISTED))
async def test_no_number_is_read_in_full_by_who_does_not_act(who: str) -> None:
    """Every read about a thing, every list, count, search and export: masked, whatever field it stands in."""
    world, principal = await planted(), PRINCIPALS[who]
    for row in operations():
        method, path, name, _ = row
        if method != "GET" or name in RULES.free or principal.role not in RULES.of(name).roles or may(principal, name):
            continue
        answers = [await ask(world, row, who, SPOTS[0])]
        for kind, id_ in (("person", "p1"), ("vehicle", "v1"), ("team", "t1")) if "{kind}" in path else ():
            answers.append(await world.api.get(path.replace("{kind}", kind).replace("{id}", id_), who))
        for answer in answers:
            text = readable(answer)
            assert PHONE not in text, (name, who)
            assert PLATE not in text, (name, who)
    for question, (_, said) in (await wide_answers(world, who)).items():
        text = html.unescape(said)
        name = question.partition(" ")[0]
        assert may(principal, name) or (PHONE not in text and PLATE not in text), question


async def test_the_numbers_would_be_seen() -> None:
    """Otherwise the test above could not fail: the office reads them in full everywhere, others their masks."""
    world = await planted()
    issue = f"/v1/issues/{world.values(SPOTS[0])['issue_id']}"
    paths = (
        issue,
        "/v1/issues",
        "/v1/registry/person/p1",
        "/v1/registry/person/p1/history",
        "/v1/registry/vehicle",
        "/v1/registry-tables/person?format=csv",
        "/v1/registry-tables/vehicle?format=xlsx",
        "/v1/registry-tables/team?format=csv",
    )
    for path in paths:
        office = readable(await world.api.call("GET", path, "office-1"))
        ministry = readable(await world.api.call("GET", path, "ministry-1"))
        assert PHONE in office or PLATE in office, path
        assert SHOWN_PHONE in ministry or SHOWN_PLATE in ministry, path
    for who, shown in (
        ("team-1", PHONE),
        ("province-1", PHONE),
        ("plant-1", PHONE),
        ("ministry-1", SHOWN_PHONE),
        ("county-1", SHOWN_PHONE),
        ("auditor-1", SHOWN_PHONE),
        ("admin-1", SHOWN_PHONE),
    ):
        found = (await world.api.get(issue, who)).json()
        assert (PHONE if shown == PHONE else SHOWN_PHONE) in found["person"], who
    assert SHOWN_PHONE in (await world.api.get("/v1/issues", "team-1")).text
    assert_problem(await world.api.get(f"{issue}/pack", "ministry-1"), 403, "forbidden")
    assert (await world.api.get(f"{issue}/pack", "team-1")).status_code == 200


@pytest.mark.parametrize("asked", [PHONE, PLATE, "0001234", "12312", "1380000"])
async def test_the_search_is_no_oracle(asked: str) -> None:
    """Who reads masked finds nothing by a number, whole or in part; who reads in full does."""
    world = await planted()
    for who, found in (("office-1", True), ("ministry-1", False), ("county-1", False), ("auditor-1", False)):
        issues = (await world.api.get("/v1/issues", who, q=asked)).json()["items"]
        assert bool(issues) == found, who
        people = [
            row
            for kind in ("vehicle", "person", "team")
            for row in (await world.api.get(f"/v1/registry/{kind}", who, q=asked)).json()["items"]
        ]
        assert found or not people, who
        for name in ("person", "unit"):
            assert not (await world.api.get("/v1/issues", who, **{name: asked})).json()["items"]
    whole = {who: (await world.api.get("/v1/issues", who, person=PLANTED)).json() for who in ("office-1", "ministry-1")}
    assert (len(whole["office-1"]["items"]), whole["ministry-1"]["items"]) == (1, [])
    counted = (await world.api.get("/v1/issue-counts", "ministry-1", person=PLANTED)).json()
    assert not counted.get("total")


async def test_what_is_written_back_masked_stays_as_it_was() -> None:
    """A keeper who reads masked changes a name, not the number; another masked number is refused."""
    world = await planted()
    read = (await world.api.get("/v1/registry/person/p1", "admin-1")).json()
    assert read["entity"]["phone"] == SHOWN_PHONE
    body = {"entity": {**read["entity"], "duty": "环保负责人"}}
    written = await world.api.put("person/p1", body, read["revision"])
    assert (written.status_code, written.json()["entity"]["phone"]) == (200, SHOWN_PHONE)
    kept = (await world.api.get("/v1/registry/person/p1", "office-1")).json()["entity"]
    assert (kept["phone"], kept["duty"]) == (PHONE, "环保负责人")
    table = (await world.api.call("GET", "/v1/registry-tables/team?format=csv", "admin-1")).content
    again = (await world.api.call("POST", "/v1/registry-tables/team?format=csv", "admin-1", content=table)).json()
    assert again["counts"] == {"unchanged": 1}
    other = {"entity": {**read["entity"], "phone": "139****9999"}}
    assert "masked number" in assert_problem(await world.api.put("person/p1", other, 2), 422, "invalid")["detail"]


def test_the_rule_denies_by_default_and_names_what_there_is() -> None:
    """Roles that nobody named read masked; each operation of the rule is one of the API."""
    assert not personal.in_full("auditor", "get_issue")
    assert not personal.in_full("whoever", "get_issue")
    assert (personal.in_full("province", "get_issue"), personal.in_full("province", "list_issues")) == (True, False)
    assert set(personal.named()) <= {name for _, _, name, _ in operations()}
    assert set(Role) >= {"city-office", "city-team", "province", "enterprise"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"请联系 {PHONE}。", f"请联系 {SHOWN_PHONE}。"),
        ("+86 138-0000-1234", "+86 138-****-1234"),
        ("0311-88888866", "0311-*****66"),
        (PLATE, SHOWN_PLATE),
        ("冀AD12345", "冀A***45"),
        ("91130100MA07T6XX00 1795910400000 88888888000001", "91130100MA07T6XX00 1795910400000 88888888000001"),
    ],
)
def test_masks(text: str, shown: str) -> None:
    """Of phones and plates in whatever they stand; ids, times and credit codes stay."""
    assert personal.masked(text) == shown
    assert personal.holds(text) == (text != shown)
    assert personal.shown({"a": [{"b": text}], "source_id": text}) == {"a": [{"b": shown}], "source_id": text}
    assert personal.restored({"x": shown}, {"x": text}) == {"x": text}


def test_what_is_a_number_by_its_field() -> None:
    """In whatever form; and bodies without any stay the same bytes."""
    row = {"phone": "8888866", "plate": "X123456", "channel": "sms", "address": "95012345"}
    found = personal.shown(row)
    assert not {*row.values()} & {found[name] for name in ("phone", "plate", "address")}
    with pytest.raises(ValueError, match="masked"):
        personal.restored({"phone": "139****9999"}, row)
    plain = json.dumps({"a": 1, "b": "甲厂"}).encode()
    assert without_numbers(plain, "json") is plain
    assert without_numbers(b"not json 13800001234", "json") == b"not json 138****1234"


async def test_a_broken_glass_shows_numbers_to_who_asked_for_them() -> None:
    """In that session, for reading, until it ends; told and audited as any broken glass."""
    world = await planted()
    browser = await at_work(world.api, role="county", divisions=["130102"])
    path = f"/v1/issues/{world.values(SPOTS[0])['issue_id']}"
    asked = {"divisions": ["130100"], "minutes": 10, "reason": "事故现场须联系负责人"}
    assert SHOWN_PHONE in (await browser.call("GET", path)).text
    assert (await browser.call("POST", "/v1/break-glass", json=asked)).status_code == 201
    assert SHOWN_PHONE in (await browser.call("GET", path)).text
    world.api.clock.advance(1)
    opened = await browser.call(
        "POST", "/v1/break-glass", json={**asked, "personal": True}, headers={"Idempotency-Key": "k2"}
    )
    assert opened.status_code == 201, opened.text
    assert opened.json()["personal"] is True
    assert PHONE in (await browser.call("GET", path)).text
    listed = (await world.api.get("/v1/break-glass", "auditor-1")).json()["items"]
    assert [row["personal"] for row in listed] == [True, False]
    world.api.clock.advance(11 * 60)
    assert PHONE not in (await browser.call("GET", path)).text
