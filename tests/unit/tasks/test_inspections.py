"""An inspection over the API: its place against the registry, its check list, what issue and papers say of it."""

import io
import json
import zipfile
from typing import Any

import pytest
from docx import Document

from lantian_tasks.clocks.facts import Site
from lantian_tasks.evidence.site import site_among
from lantian_tasks.leads.presence import FLAGS, judged
from lantian_tasks.reports.words import local
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_inspections import checked
from tests.support.tasks_issues import PLACE
from tests.support.tasks_photos import a_photo
from tests.unit.tasks.test_leads_api import move, report

FENCE_M = 1000
PLANT = (38.0428, 114.5149)
NEAR = {"latitude": 38.0430, "longitude": 114.5150, "accuracy_m": 12.0}
FAR = {"latitude": 38.1428, "longitude": 114.5149, "accuracy_m": 12.0}
OFFICERS = ["team-1", "team-2"]


@pytest.mark.parametrize(
    ("said", "site", "verdict", "flags", "distance"),
    [
        (NEAR, Site("enterprise", *PLANT), "inside", [], 24),
        (FAR, Site("source", *PLANT), "outside", ["outside-fence"], 11_120),
        (NEAR, None, "no-site", ["registry-no-site"], -1),
        ({}, Site("enterprise", *PLANT), "no-position", ["no-position"], -1),
        ({}, None, "no-site", ["registry-no-site", "no-position"], -1),
        ({**NEAR, "accuracy_m": 5000}, Site("enterprise", *PLANT), "inside", ["position-coarse"], 24),
        (
            {**FAR, "accuracy_m": 50_000},
            Site("enterprise", *PLANT),
            "outside",
            ["outside-fence", "position-coarse"],
            11_120,
        ),
        (NEAR, Site("vehicle"), "mobile", [], -1),
        ({}, Site("vehicle"), "no-position", ["no-position"], -1),
    ],
)
def test_what_a_position_says(
    said: dict[str, float], site: Site | None, verdict: str, flags: list[str], distance: int
) -> None:
    """Inside, outside, or why it can not be told; each flag has its words."""
    found = judged(said, site, FENCE_M)
    assert (found["verdict"], found["flags"]) == (verdict, flags)
    assert found["distance_m"] == pytest.approx(distance, abs=5)
    assert set(found["flags"]) <= set(FLAGS)


def test_where_the_registry_places_it() -> None:
    """The source before its enterprise; 0, 0 is no place; a vehicle is where it is."""
    plant = {"latitude": 38.0, "longitude": 114.0}
    assert site_among({"latitude": 38.5, "longitude": 114.5}, plant) == Site("source", 38.5, 114.5)
    assert site_among({"latitude": 0.0, "longitude": 0.0}, plant) == Site("enterprise", 38.0, 114.0)
    assert site_among({"kind": "vehicle", "latitude": 38.5, "longitude": 114.5}, plant) == Site("vehicle")
    assert site_among({}, {}) is None


@pytest.fixture
async def api() -> Api:
    """An API that knows where the enterprise lies."""
    api = Api()
    entity = {"name": PLACE.enterprise_name, "division_code": "130102", "latitude": PLANT[0], "longitude": PLANT[1]}
    assert (await api.put(f"enterprise/{PLACE.enterprise_id}", {"entity": entity})).status_code == 201
    return api


async def accepted(api: Api, **changes: Any) -> str:
    """A lead that the team has accepted; its enterprise is the one the registry knows."""
    lead = await report(api, **{"enterprise_id": PLACE.enterprise_id, **changes})
    assert (await move(api, lead, "office-1", "dispatch", reason="就近")).status_code == 200
    assert (await move(api, lead, "team-1", "accept")).status_code == 200
    return lead


async def begun(api: Api, said: dict[str, float], **changes: Any) -> tuple[str, list[dict[str, str]]]:
    """A lead under inspection, and the photo that was taken there."""
    lead = await accepted(api, **changes)
    started = await move(api, lead, "team-1", "inspect", officers=OFFICERS, **said)
    assert started.status_code == 200, started.text
    path, params = f"/v1/leads/{lead}/evidence", {"kind": "record"}
    sent = await api.call("POST", path, "team-1", {"Idempotency-Key": "f"}, content=b"record", params=params)
    return lead, [{"kind": "record", "id": sent.json()["evidence_id"]}]


async def test_an_inspection_at_its_place_says_so(api: Api) -> None:
    """With the distance, sealed, and counted."""
    before = api.counted("lantian_lead_inspections_total", place="inside")
    lead, _ = await begun(api, NEAR)
    found = (await api.get(f"/v1/leads/{lead}")).json()
    assert found["inspection"]["presence"] == {
        "verdict": "inside",
        "flags": [],
        "distance_m": 24,
        "fence_m": FENCE_M,
        "accuracy_m": 12,
        "site_of": "enterprise",
    }
    entry = next(e for e in found["history"] if e["move"] == "inspect")
    assert entry["fields"]["presence"] == found["inspection"]["presence"]
    assert (entry["fields"]["latitude"], found["place_flags"]) == (38.043, [])
    assert api.counted("lantian_lead_inspections_total", place="inside") == before + 1


async def test_an_inspection_elsewhere_needs_a_reason(api: Api) -> None:
    """And stays flagged with it."""
    lead = await accepted(api)
    refused = await move(api, lead, "team-1", "inspect", officers=OFFICERS, **FAR)
    said = assert_problem(refused, 409, "guard")["detail"]
    assert said == "the inspection begins 11119 m from the place, 1000 m are allowed: give a reason"
    done = await move(api, lead, "team-1", "inspect", officers=OFFICERS, reason="在仓库核查台账", **FAR)
    assert (done.status_code, done.json()["place_flags"]) == (200, ["outside-fence"])
    assert done.json()["inspection"]["reason"] == "在仓库核查台账"


async def test_an_inspection_without_a_network_has_both_times(api: Api) -> None:
    """When it began by the phone, and when the ledger heard of it: in lead and record."""
    lead = await accepted(api)
    api.clock.advance(3 * 3600)
    begun_ms = api.clock.now_ms()
    happened_ms = begun_ms - 2 * 3_600_000
    times = {"happened_ms": happened_ms, "sent_ms": begun_ms}
    started = await move(api, lead, "team-1", "inspect", officers=OFFICERS, **NEAR, **times)
    assert started.status_code == 200, started.text
    inspection = started.json()["inspection"]
    assert (inspection["begun_ms"], inspection["happened_ms"]) == (begun_ms, happened_ms)
    document = Document(io.BytesIO((await api.get(f"/v1/reports/leads/{lead}")).content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert f"{local(happened_ms)}（{local(begun_ms)} 记入台账）" in cells


async def test_what_can_not_be_judged_is_said_and_counted(api: Api) -> None:
    """No coordinates in the registry, or no position: neither passes in silence."""
    before = api.counted("lantian_lead_inspections_total", place="no-site")
    nowhere, _ = await begun(api, NEAR, enterprise_id="91130100MA07T6XX99")
    found = (await api.get(f"/v1/leads/{nowhere}")).json()
    assert (found["inspection"]["presence"]["verdict"], found["place_flags"]) == ("no-site", ["registry-no-site"])
    assert api.counted("lantian_lead_inspections_total", place="no-site") == before + 1
    silent, _ = await begun(api, {}, reference="12369-2", category="fire")
    assert (await api.get(f"/v1/leads/{silent}")).json()["place_flags"] == ["no-position"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"latitude": 38.0}, 409),
        ({"longitude": 114.0}, 409),
        ({"accuracy_m": 3}, 409),
        ({"latitude": 91, "longitude": 0}, 422),
        ({"latitude": 38, "longitude": 181}, 422),
        ({"latitude": "38", "longitude": None, "accuracy_m": -1}, 422),
    ],
)
async def test_half_a_position_is_none(api: Api, said: dict[str, Any], status: int) -> None:
    """Latitude and longitude together, on the earth."""
    lead = await accepted(api)
    assert (await move(api, lead, "team-1", "inspect", officers=OFFICERS, **said)).status_code == status


async def test_the_offers_say_which_list_is_asked(api: Api) -> None:
    """From the push on, so that a phone has it before it goes without a network; with each item's words and source."""
    lead = await report(api, enterprise_id=PLACE.enterprise_id)
    assert (await api.get(f"/v1/leads/{lead}/moves", "team-1")).json()["check_list"] is None
    await move(api, lead, "office-1", "dispatch", reason="就近")
    asked = (await api.get(f"/v1/leads/{lead}/moves", "team-1")).json()["check_list"]
    assert (asked["list_id"], asked["version"], len(asked["items"])) == ("dust", 1, 9)
    assert asked["items"][0] == {
        "item": "fences",
        "zh": "周边围挡到位",
        "en": "The site is fenced all round",
        "when_problem": "evidence",
        "source": "F29；S1 §18",
    }
    assert (await api.get(f"/v1/leads/{lead}/moves", "team-1")).json()["site"] == {
        "of": "enterprise",
        "latitude": PLANT[0],
        "longitude": PLANT[1],
        "fence_m": FENCE_M,
    }
    await move(api, lead, "team-1", "accept")
    await move(api, lead, "team-1", "inspect", officers=OFFICERS, **NEAR)
    offers = (await api.get(f"/v1/leads/{lead}/moves", "team-1")).json()
    kinds = {o["move"]: {f["name"]: f["kind"] for f in o["fields"]} for o in offers["moves"]}
    assert kinds["confirm"]["check_list"] == kinds["propose-unfounded"]["check_list"] == "check-list"
    assert "check_list" not in kinds["call-not-reachable"]


def changed(given: dict[str, Any], number: int, **changes: Any) -> dict[str, Any]:
    """The same list with one answer changed."""
    rows = [dict(row) for row in given["answers"]]
    rows[number] |= changes
    return {**given, "answers": rows}


async def test_a_result_needs_the_whole_list(api: Api) -> None:
    """Each way to leave it incomplete is refused with its own sentence, and nothing is written."""
    lead, record = await begun(api, NEAR)
    clean = await checked(api, lead, problem=False)
    problem = changed(clean, 0, found="problem", evidence=[record[0]["id"]])
    short = {**problem, "answers": problem["answers"][1:]}
    revision = (await api.get(f"/v1/leads/{lead}")).json()["revision"]
    bad: list[tuple[dict[str, Any], str]] = [
        (short, "items not answered: fences"),
        ({**problem, "answers": [*problem["answers"], problem["answers"][0]]}, "items answered twice: fences"),
        (changed(problem, 1, item="nothing"), "the check list has no item nothing"),
        ({**problem, "list_id": "fire"}, "the check list of this lead is dust version 1"),
        ({**problem, "version": 2}, "the check list of this lead is dust version 1"),
        (changed(problem, 1, found="not-applicable", note=" "), "say why bare-soil does not apply here"),
        (changed(problem, 0, evidence=[]), "name the evidence of the problem with fences"),
        (changed(problem, 0, evidence=["evd-x"]), "evidence of fences is not among that of the result"),
        (clean, "no item of the check list names a problem"),
    ]
    for given, sentence in bad:
        for name in ("confirm", "confirm-partly"):
            refused = await move(api, lead, "team-1", name, conclusion="属实", evidence=record, check_list=given)
            assert assert_problem(refused, 409, "guard")["detail"] == sentence
    without = await move(api, lead, "team-1", "confirm", conclusion="属实", evidence=record)
    assert assert_problem(without, 422, "field-missing")["errors"][0]["field"] == "body.check_list"
    said = {"code": "none", "reason": "无", "evidence": record}
    assert_problem(await move(api, lead, "team-1", "propose-unfounded", check_list=short, **said), 409, "guard")
    assert (await api.get(f"/v1/leads/{lead}")).json()["revision"] == revision
    reached = await move(api, lead, "team-1", "call-not-reachable", reason="大门紧锁", evidence=record)
    assert reached.json()["stage"] == "not-reachable"


async def test_what_a_problem_needs_is_a_note_where_the_list_says_so(api: Api) -> None:
    """An item of the kind note: words, no photo."""
    lead, record = await begun(api, NEAR, category="fire")
    clean = await checked(api, lead, problem=False)
    number = next(n for n, row in enumerate(clean["answers"]) if row["item"] == "grid")
    silent = changed(clean, number, found="problem")
    refused = await move(api, lead, "team-1", "confirm", conclusion="属实", evidence=record, check_list=silent)
    assert assert_problem(refused, 409, "guard")["detail"] == "say what is wrong with grid"
    said = changed(clean, number, found="problem", note="网格员未到")
    done = await move(api, lead, "team-1", "confirm", conclusion="属实", evidence=record, check_list=said)
    assert done.status_code == 200, done.text


async def test_the_answers_are_sealed_and_reach_the_issue(api: Api) -> None:
    """With what was asked, in the order of the list; the issue's origin, the pack's sheet and the record say them."""
    lead, record = await begun(api, NEAR)
    given = await checked(api, lead, record)
    shuffled = {**given, "answers": given["answers"][::-1]}
    done = await move(api, lead, "team-1", "confirm", conclusion="围挡缺失", evidence=record, check_list=shuffled)
    assert done.status_code == 200, done.text
    sealed = next(e for e in done.json()["history"] if e["move"] == "confirm")["fields"]["check_list"]
    assert (sealed["list_id"], sealed["version"], sealed["zh"]) == ("dust", 1, "扬尘检查表（六个百分之百）")
    assert [row["item"] for row in sealed["answers"]] == [row["item"] for row in given["answers"]]
    first = sealed["answers"][0]
    assert (first["found"], first["zh"], first["evidence"]) == ("problem", "周边围挡到位", [record[0]["id"]])
    issue = (await api.get(f"/v1/issues/{done.json()['issue_id']}")).json()
    origin = issue["history"][0]["fields"]["origin"]["inspection"]
    assert origin["check_list"] == sealed
    assert issue["inspection"]["presence"]["verdict"] == origin["presence"]["verdict"] == "inside"
    assert (issue["inspection"]["officers"], issue["inspection"]["result"]) == (OFFICERS, "confirm")
    assert (await api.get(f"/v1/issues/{issue['issue_id']}/audit")).json()["intact"]
    pack = await api.get(f"/v1/issues/{issue['issue_id']}/pack")
    with zipfile.ZipFile(io.BytesIO(pack.content)) as archive:
        assert json.loads(archive.read("issue.json"))["inspection"]["check_list"]["answers"] == sealed["answers"]
        assert len(archive.read(f"{issue['number']}.pdf")) > 10_000
    paper = await api.get(f"/v1/reports/leads/{lead}")
    document = Document(io.BytesIO(paper.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for wanted in (
        "在登记位置范围内，距离 24 米（允许 1000 米），定位误差 12 米",
        "周边围挡到位",
        "发现问题",
        "team-1、team-2",
        "围挡缺失",
        "认定属实",
    ):
        assert wanted in cells, wanted
    assert (await api.get(f"/v1/reports/leads/{lead}", "tangshan-1")).status_code == 404
    assert (await api.get(f"/v1/reports/leads/{'0' * 32}")).status_code == 404


async def test_an_issue_of_a_detector_has_no_inspection(api: Api) -> None:
    """Nobody was there, and its first entry is as it always was."""
    issue = await api.holding()
    found = (await api.get(f"/v1/issues/{issue.issue_id}")).json()
    assert found["inspection"] is None
    assert "inspection" not in found["history"][0]["fields"]["origin"]


async def test_a_photo_where_the_registry_has_no_place_says_so(api: Api) -> None:
    """A statement, not a doubt about the officer: the result needs no reason for it."""
    lead, _ = await begun(api, NEAR, enterprise_id="91130100MA07T6XX99")
    params = {"kind": "photo", **{name: NEAR[name] for name in ("latitude", "longitude")}}
    data = a_photo(taken="2026:11:22 09:55:00")
    path = f"/v1/leads/{lead}/evidence"
    sent = await api.call("POST", path, "team-1", {"Idempotency-Key": "p"}, content=data, params=params)
    assert [flag["code"] for flag in sent.json()["flags"]] == ["registry-no-site"]
    assert sent.json()["flags"][0]["zh"] == "登记库没有坐标，无法判断拍摄地点"
    photo = [{"kind": "photo", "id": sent.json()["evidence_id"]}]
    found = await checked(api, lead, photo)
    done = await move(api, lead, "team-1", "confirm", conclusion="属实", evidence=photo, check_list=found)
    assert done.status_code == 200, done.text


async def test_a_round_counts_places(api: Api) -> None:
    """Its progress tells how many inspections were not plainly at their place, by what is to be said."""
    lead = await report(api, enterprise_id="91130100MA07T6XX99")
    body = {
        "division_code": "130100",
        "task_kind": "key-enterprises",
        "title": "第1轮",
        "quota": 5,
        "score_cut": 0.1,
        "starts_ms": api.clock.now_ms(),
    }
    made = await api.call("POST", "/v1/rounds", "office-1", {"Idempotency-Key": "r"}, json=body)
    assert made.status_code == 201, made.text
    round_id = made.json()["round_id"]
    team = {"entity": {"name": "一队", "division_code": "130100"}}
    await api.put("team/team-a", team)
    for name in ("build", "start"):
        revision = (await api.get(f"/v1/rounds/{round_id}")).json()["revision"]
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": name}
        moved = await api.call("POST", f"/v1/rounds/{round_id}/moves", "office-1", headers, json={"move": name})
        assert moved.status_code == 200, moved.text
    await move(api, lead, "team-1", "accept")
    await move(api, lead, "team-1", "inspect", officers=OFFICERS)
    report_ = (await api.get(f"/v1/rounds/{round_id}/report")).json()
    assert report_["places_in_doubt"] == 1
    assert report_["place_flags"] == {"no-position": 1, "registry-no-site": 1}
    paper = Document(io.BytesIO((await api.get(f"/v1/reports/rounds/{round_id}")).content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert "没有提供检查时的定位 1 条；登记库没有坐标，无法判断检查地点 1 条" in cells
