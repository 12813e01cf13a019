"""Every operation of the API, by every role, for things of every division: nothing leaks.

Drawn from the OpenAPI document: an operation without a rule stops the app, a parameter that this file does not
know fails here. Each place has words that appear nowhere else; whoever does not see the place must never read them, and
must get the answer of absence, word for word.
"""

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx
import pytest

from lantian_tasks.access.rules import Rules
from lantian_tasks.audit.chain import SHA_256, Head, Unaudited, links_of
from lantian_tasks.ledger.case import CaseStep
from lantian_tasks.ledger.history import Actor, Entry, seal
from lantian_tasks.ledger.issue import Issue, Place
from lantian_tasks.ledger.machine import Role
from lantian_tasks.plan_documents.moves import plan
from lantian_tasks.plan_documents.service import PlanDocuments, Upload
from tests.support.tasks_api import LISTED, PRINCIPALS, Api
from tests.support.tasks_issues import FACTS, NOW_MS, PLACE, take
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead

RULES = Rules.shipped()
IDS = {
    *("issue_id", "lead_id", "round_id", "city_letter_id", "plan_document_id", "change_id"),
    *("id", "evidence_id", "source_id"),
}
"""Parameters that name one thing of a place."""
WITHOUT_WORDS = {
    "get_frame",
    "get_issue_evidence",
    "get_lead_evidence",
    "get_pack",
    "get_paper",
    "get_round_paper",
    "get_lead_paper",
    "get_city_letter_paper",
    "get_plan_document_file",
}
"""Bytes about one thing: whether they are given at all is what is looked at."""


@dataclass(frozen=True)
class Spot:
    """A place with something of everything; `words` appear nowhere else."""

    code: str
    enterprise_id: str
    number: int

    @property
    def words(self) -> str:
        """The name of its enterprise."""
        return f"绝密企业{self.code}"

    @property
    def place(self) -> Place:
        """Of its issue."""
        return Place(self.enterprise_id, self.words, f"排口{self.code}", self.code)


PDF = b"%PDF-1.7 x"
PERIOD = {"valid_from": "2026-10-01", "valid_to": "2027-03-31"}
SPOTS = [
    Spot("130102", PLACE.enterprise_id, 0),
    Spot("130202", "91130200MA07T6XX01", 1),
    Spot("610113", "91610100MA07T6XX02", 2),
]


def issue_of(spot: Spot) -> Issue:
    """Its issue."""
    issue = take(None, a_lead(start_ms=START_MS + spot.number * HOUR_MS), NOW_MS, spot.place)
    assert issue is not None
    return issue


async def a_plan(api: Api, spot: Spot) -> str:
    """Id of a plan of its enterprise."""
    case = plan(
        spot.code.zfill(32),
        kind="factory-policy",
        division_code=spot.code,
        enterprise_id=spot.enterprise_id,
        enterprise_name=spot.words,
        title=spot.words,
        season="2026-27",
        at_ms=NOW_MS,
    )
    plans = PlanDocuments(api.store, api.clock, FACTS, lambda: None)
    step = await plans.create(case, PRINCIPALS["ministry-1"], Upload("方案.pdf", PDF, **PERIOD, note=spot.words))
    assert isinstance(step, CaseStep)
    return step.case.id


class World:
    """One ledger for all of it: nothing in this file may change it."""

    def __init__(self) -> None:
        self.api = Api()
        self.document: dict[str, Any] = self.api.app.openapi()
        self.rounds: dict[str, str] = {}
        self.evidence: dict[str, str] = {}
        self.letters: dict[str, str] = {}
        self.plans: dict[str, str] = {}
        self.changes: dict[str, str] = {}

    async def filled(self, spots: Sequence[Spot] = ()) -> "World":
        """With everything in every place, or in some."""
        for spot in spots or SPOTS:
            issue = await self.api.holding(issue_of(spot))
            self.evidence[spot.code] = await self.api.attach(issue, "record", who="ministry-1")
            city = spot.code[:4] + "00"
            rows = [
                {
                    "kind": "enterprise",
                    "id": spot.enterprise_id,
                    "entity": {"name": spot.words, "division_code": spot.code, "grade": "B"},
                },
                {
                    "kind": "source",
                    "id": f"s-{spot.code}",
                    "entity": {"enterprise_id": spot.enterprise_id, "name": spot.words, "kind": "outlet"},
                },
            ]
            imported = await self.api.call("POST", "/v1/registry:import", "admin-1", json=rows)
            assert imported.status_code == 200, imported.text
            self.changes[spot.code] = imported.json()["rows"][0]["change_id"]
            body = {"title": spot.words, "division_code": city, "task_kind": "key-enterprises", "starts_ms": NOW_MS + 1}
            made = await self.api.call("POST", "/v1/rounds", "ministry-1", {"Idempotency-Key": spot.code}, json=body)
            assert made.status_code == 201, made.text
            self.rounds[spot.code] = made.json()["round_id"]
            body = {"city": city, "condition": "slow", "reason": spot.words}
            made = await self.api.call(
                "POST", "/v1/city-letters", "ministry-1", {"Idempotency-Key": spot.code}, json=body
            )
            assert made.status_code == 201, made.text
            self.letters[spot.code] = made.json()["letter_id"]
            self.plans[spot.code] = await a_plan(self.api, spot)
            entry = seal(spot.words, (), Entry("moved", "", "", Actor(spot.words, "county", "x"), 1))
            waiting = Unaudited("issues", spot.words, 1, spot.code, 0, (entry,))
            self.api.chains.kept[spot.code] = links_of(Head(), waiting, frozenset(), SHA_256)
        return self

    def values(self, spot: Spot | None) -> dict[str, str]:
        """What stands for a place in paths and queries; None: something that is not there."""
        code = spot.code if spot else "130199"
        issue_id = issue_of(spot).issue_id if spot else f"iss-{'f' * 32}"
        return {
            "issue_id": issue_id,
            "lead_id": issue_id.removeprefix("iss-"),
            "index": "0",
            "round_id": self.rounds.get(code, "f" * 32),
            "city_letter_id": self.letters.get(code, "f" * 32),
            "plan_document_id": self.plans.get(code, "f" * 32),
            "version": "1",
            "title": "方案",
            **PERIOD,
            "change_id": self.changes.get(code, "f" * 32),
            "evidence_id": self.evidence.get(code, f"evd-{'f' * 32}"),
            "kind": "enterprise",
            "id": spot.enterprise_id if spot else "absent",
            "division": code[:4] + "00",
            "chain": code,
            "city": code[:4] + "00",
            "name": "assignment",
            "letter_id": "ab01cd02",
            "source_id": f"s-{code}",
            "from_ms": str(NOW_MS - HOUR_MS),
            "to_ms": str(NOW_MS),
        }


BODIES: dict[str, Any] = {
    "move_issue": {"move": "note", "reason": "试"},
    "move_lead": {"move": "note", "reason": "试"},
    "move_round": {"move": "start"},
    "set_contacts": {"contacts": []},
    "move_city_letter": {"move": "send"},
    "move_change": {"move": "refuse", "reason": "试"},
    "void_entity": {"reason": "试"},
    "attach_to_issue": b"%PDF-1.7 x",
    "attach_to_lead": b"%PDF-1.7 x",
    "create_plan_document": b"%PDF-1.7 x",
    "add_plan_document_version": b"%PDF-1.7 x",
    "move_plan_document": {"move": "note", "reason": "试"},
}
"""Of operations on one thing. Those that name no thing in their path are looked at for the role alone."""
KINDS_OF_FILE = {
    "attach_to_issue": "rectification-report",
    "attach_to_lead": "site-photo",
    "create_plan_document": "city-policy",
}


@cache
def operations() -> list[tuple[str, str, str, dict[str, Any]]]:
    """Method, path, name and description of each operation."""
    document = Api().app.openapi()
    return [
        (method.upper(), path, operation["operationId"], operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def ask(world: World, row: tuple[str, str, str, dict[str, Any]], who: str, spot: Spot | None) -> httpx.Response:
    """The operation on something of a place. Fails for a parameter or body that is not known here."""
    method, path, name, operation = row
    values = world.values(spot)
    if name in KINDS_OF_FILE:
        values = {**values, "kind": KINDS_OF_FILE[name]}
    needed = [
        p for p in operation.get("parameters", []) if p["in"] == "path" or (p.get("required") and p["in"] != "header")
    ]
    unknown = [p["name"] for p in needed if p["name"] not in values]
    assert not unknown, f"{name}: say in World.values what {unknown} is for each place"
    query = {p["name"]: values[p["name"]] for p in needed if p["in"] == "query"}
    headers = {"If-Match": '"1"'}
    more: dict[str, Any] = {}
    if "requestBody" in operation:
        body = BODIES.get(name, {"reason": "试"} if "{" in path else {})
        more = {"content": body} if isinstance(body, bytes) else {"json": body}
    return await world.api.call(method, path.format(**values), who, headers, params=query, **more)


def neutral(response: httpx.Response) -> tuple[int, str]:
    """An answer without the address it was asked at."""
    return response.status_code, re.sub(r'"instance":"[^"]*"', "", response.text)


def readable(response: httpx.Response) -> str:
    """What an answer says; of a workbook or document what its parts say."""
    if not response.content.startswith(b"PK"):
        return response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as parts:
        return "".join(parts.read(part).decode("utf-8", "replace") for part in parts.namelist())


def about_a_thing(operation: dict[str, Any]) -> bool:
    """Whether the operation names one thing of a place: by an id in its path, or a chain or division in its query."""
    named = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path" and p["name"] in IDS]
    return bool(named)


@pytest.mark.parametrize("who", sorted(LISTED))
async def test_nothing_leaks(who: str) -> None:
    """403 for the wrong role before anything is read; else absence, word for word, for what is not one's own."""
    world, principal = await World().filled(), PRINCIPALS[who]
    checked = 0
    for row in operations():
        name = row[2]
        operation = row[3]
        rule = RULES.of(name)
        if name in RULES.free:
            continue
        absent = await ask(world, row, who, None)
        if principal.role not in rule.roles:
            answer = await ask(world, row, who, SPOTS[0])
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:lantian:problem:forbidden"), name
            assert neutral(answer) == neutral(absent), name
            checked += 1
            continue
        for spot in (spot for spot in SPOTS if not principal.scope.covers(spot.code, spot.enterprise_id)):
            answer = await ask(world, row, who, spot)
            assert spot.words not in readable(answer), (name, spot.code)
            assert answer.status_code < 500, (name, answer.text)
            if about_a_thing(operation):
                assert neutral(answer) == neutral(absent), (name, spot.code)
            checked += 1
    assert checked > 10


READS = [
    row
    for row in operations()
    if row[0] == "GET" and RULES.of(row[2]).permit == "read" and Role.MINISTRY in RULES.of(row[2]).roles
]


async def test_the_words_would_be_seen() -> None:
    """Otherwise the test above could not fail: each read about a place does show it to who may see it."""
    world = await World().filled()
    shown = []
    for row in READS:
        for spot in SPOTS:
            answer = await ask(world, row, "ministry-1", spot)
            assert answer.status_code in (200, 404), (row[2], answer.text)
            if spot.words in readable(answer) or (row[2] in WITHOUT_WORDS and answer.status_code == 200):
                shown.append((row[2], spot.code))
    expected = {"list_issues", "get_issue", "list_leads", "get_lead", "list_rounds", "get_round", "list_entities"}
    expected |= {"list_city_letters", "get_city_letter", "list_plan_documents", "get_plan_document"}
    expected |= {"list_city_letters", "get_city_letter", "list_changes", "get_change"}
    assert {
        (name, spot.code)
        for name in (*expected, "get_entity", "export_table", "export_ledger", "get_frame", "get_plan_document_file")
        for spot in SPOTS
    } <= set(shown)


WIDE: list[dict[str, Any]] = [
    {},
    {"by": ["division_code", "state"]},
    {"q": SPOTS[2].words},
    {"division": "610100"},
    {"enterprise": SPOTS[1].enterprise_id},
    {"limit": "1"},
    {"order": "score"},
    {"kind": "source"},
]
"""Lists, counts, searches, exports and figures are asked with each of these that they know."""


async def wide_answers(world: World, who: str) -> dict[str, Any]:
    """What somebody reads who names no thing, by question."""
    found = {}
    for method, path, name, operation in operations():
        if method != "GET" or about_a_thing(operation) or RULES.of(name).permit != "read" or name in RULES.free:
            continue
        parameters = {p["name"]: p for p in operation.get("parameters", [])}
        needed = {
            n: world.values(SPOTS[2])[n] for n, p in parameters.items() if p.get("required") and p["in"] == "query"
        }
        for more in WIDE:
            if more.keys() <= parameters.keys():
                path_values = {**world.values(SPOTS[0]), **{n: v for n, v in more.items() if isinstance(v, str)}}
                query = {**needed, **{n: v for n, v in more.items() if parameters[n]["in"] == "query"}}
                answer = await world.api.call("GET", path.format(**path_values), who, params=query)
                written = re.sub(r"<dcterms:\w+ [^>]*>[^<]*", "", readable(answer))  # when a workbook was made
                found[f"{name} {more}"] = (answer.status_code, written)
    return found


@pytest.mark.parametrize("who", sorted(LISTED))
async def test_wide_answers_are_as_if_the_rest_were_not_there(who: str) -> None:
    """Rows, numbers, sizes of pages and cursors, searches, tables and figures: nothing tells that there is more."""
    scope = PRINCIPALS[who].scope
    own = [spot for spot in SPOTS if scope.covers(spot.code, spot.enterprise_id)]
    whole = await wide_answers(await World().filled(), who)
    alone = await wide_answers(await World().filled(own) if own else World(), who)
    assert whole == alone
    counted = json.loads(whole["count_issues {}"][1])
    assert counted.get("total", 0) == (len(own) if "total" in counted else 0)


async def test_an_id_that_another_division_has_taken_is_answered_as_nothing() -> None:
    """With a body that would do: 404 as for what is not there, word for word, and 412 where a revision is named."""
    world = await World().filled()
    spot = SPOTS[2]
    body = {"entity": {"name": "新厂", "division_code": "130102"}}
    path = "/v1/registry/enterprise/"
    taken = await world.api.call("PUT", path + spot.enterprise_id, "office-1", json=body)
    absent = await world.api.call("GET", path + "absent", "office-1")
    assert (taken.status_code, neutral(taken)) == (404, neutral(absent))
    named = [
        await world.api.call("PUT", path + id_, "office-1", {"If-Match": '"1"'}, json=body)
        for id_ in (spot.enterprise_id, "absent")
    ]
    assert {
        (one.status_code, one.json()["detail"].replace(id_, ""))
        for one, id_ in zip(named, (spot.enterprise_id, "absent"), strict=True)
    } == {(412, "there is no enterprise/ yet; write a new one without If-Match")}


async def test_nobody_gets_in_without_being_known() -> None:
    """401 for every operation but those that rules.yaml calls open."""
    world = await World().filled()
    for row in operations():
        method, path, name, _ = row
        answer = await world.api.call(method, path.format(**world.values(SPOTS[0])), None)
        assert (answer.status_code == 401) == (name not in RULES.free), name


def test_every_role_is_somebody() -> None:
    """So that the matrix is whole; and every body that is declared belongs to an operation."""
    assert {LISTED[who].role for who in LISTED} == set(Role)
    assert set(BODIES) <= {name for _, _, name, _ in operations()}
    assert replace(SPOTS[0]).words != SPOTS[1].words
