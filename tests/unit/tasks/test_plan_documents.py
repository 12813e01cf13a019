"""一市一策、一厂一策: drafted, approved one level up, in force by date; older versions stay and nothing is deleted."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from lantian_proto.v1.task_event_pb2 import TaskEvent
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.evidence.piece import Piece
from lantian_tasks.ledger.history import verify
from lantian_tasks.plan_documents.versions import Version, VersionState, in_force, row_of, span, version_of
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import NOW_MS, PLACE

PDF = b"%PDF-1.7 "
PLAN = {
    "kind": "factory-policy",
    "enterprise": PLACE.enterprise_id,
    "title": "一厂一策实施方案",
    "season": "2026-27",
    "valid_from": "2026-10-01",
    "valid_to": "2027-03-31",
    "name": "方案.pdf",
}
PATH = "/v1/plan-documents"


@pytest.fixture
async def api() -> Api:
    """With the enterprise in the registry."""
    api = Api()
    entity = {"name": PLACE.enterprise_name, "division_code": PLACE.division_code}
    assert (await api.put(f"enterprise/{PLACE.enterprise_id}", {"entity": entity})).status_code < 300
    return api


async def create(api: Api, who: str = "plant-1", data: bytes = PDF, key: str = "k", **changes: Any) -> httpx.Response:
    """A plan with its first version; a change of None leaves the parameter out."""
    params = {name: value for name, value in {**PLAN, **changes}.items() if value is not None}
    return await api.call("POST", PATH, who, {"Idempotency-Key": key}, params=params, content=data)


async def created(api: Api, **more: Any) -> dict[str, Any]:
    """As the API answers."""
    response = await create(api, **more)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def moved(api: Api, plan: dict[str, Any], move: str, who: str, **more: Any) -> httpx.Response:
    """A move decided on the plan's revision."""
    headers = {"If-Match": f'"{plan["revision"]}"', "Idempotency-Key": f"{move}-{who}-{plan['revision']}"}
    path = f"{PATH}/{plan['plan_document_id']}/moves"
    return await api.call("POST", path, who, headers, json={"move": move, **more})


async def versioned(
    api: Api, plan: dict[str, Any], data: bytes, who: str = "plant-1", rev: int = 0, **said: Any
) -> httpx.Response:
    """A new version."""
    headers = {"If-Match": f'"{rev or plan["revision"]}"', "Idempotency-Key": f"v-{len(str(said))}-{rev}"}
    params = {"valid_from": "2026-12-01", "valid_to": "2027-03-31", "name": "方案二.pdf", **said}
    path = f"{PATH}/{plan['plan_document_id']}/versions"
    return await api.call("POST", path, who, headers, params=params, content=data)


async def listed(api: Api, who: str = "office-1", **params: Any) -> list[dict[str, Any]]:
    """Rows of a list."""
    response = await api.get(PATH, who, **params)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["items"]
    return rows


async def test_two_versions_from_the_draft_to_the_withdrawal(api: Api) -> None:
    """The first stays in force until the second is approved, and goes on answering for the days before it."""
    plan = await created(api)
    assert (plan["state"], plan["in_force"], plan["newest"]["version"]) == ("drafted", None, 1)
    plan = (await moved(api, plan, "approve", "office-1")).json()
    assert (plan["state"], plan["in_force"]["version"]) == ("approved", 1)
    response = await versioned(api, plan, PDF + b"2", note="增加烧结机停产措施")
    assert response.status_code == 201, response.text
    plan = response.json()
    assert (plan["state"], plan["newest"]["version"], plan["in_force"]["version"]) == ("drafted", 2, 1)
    plan = (await moved(api, plan, "return", "county-1", reason="措施无法核查")).json()
    assert (plan["state"], plan["newest"]["reason"], plan["in_force"]["version"]) == ("returned", "措施无法核查", 1)
    plan = (await versioned(api, plan, PDF + b"3", valid_from="2026-11-15")).json()
    plan = (await moved(api, plan, "approve", "county-1")).json()
    assert [(row["version"], row["state"]) for row in plan["versions"]] == [
        (3, "approved"),
        (2, "returned"),
        (1, "approved"),
    ]

    async def on(day: str) -> int:
        rows = await listed(api, enterprise=PLACE.enterprise_id, in_force_at=day)
        return rows[0]["in_force"]["version"] if rows else 0

    assert [await on(day) for day in ("2026-09-30", "2026-10-01", "2026-11-15", "2027-03-31", "2027-04-01")] == [
        0,
        1,
        3,
        3,
        0,
    ]
    gone = (await moved(api, plan, "withdraw", "office-1", reason="企业已关停")).json()
    assert (gone["state"], gone["in_force"]) == ("withdrawn", None)
    assert await on("2026-10-15") == 1  # what was in force before stays so
    assert await on(gone["withdrawn_on"]) == 0
    case = await api.store.case(f"plan-document/{plan['plan_document_id']}", EVERYTHING)
    assert case is not None
    assert verify(case.history, case.case_id) is None
    events = [TaskEvent.FromString(event.event) for event in case.outbox]
    assert {(event.subject_kind, event.enterprise_name) for event in events} == {
        ("plan-document", PLACE.enterprise_name)
    }
    assert events[0].path == f"{PATH}/{plan['plan_document_id']}"


async def test_who_is_not_above_the_drafter_decides_nothing(api: Api) -> None:
    """An enterprise's plan by its county or city, a county's by the city, a city's by the province."""
    own = await created(api)
    assert_problem(await moved(api, own, "approve", "plant-1"), 403, "role-not-allowed")
    city = await created(api, who="office-1", enterprise=None, division="130100", kind="city-policy", title="一市一策")
    assert_problem(await moved(api, city, "approve", "office-2"), 409, "guard")
    assert_problem(await moved(api, city, "return", "office-2", reason="补充"), 409, "guard")
    assert (await moved(api, city, "approve", "province-1")).status_code == 200
    county = await created(api, who="county-1", key="c")
    assert_problem(await moved(api, county, "approve", "county-1"), 409, "guard")
    assert_problem(await moved(api, county, "withdraw", "plant-1", reason="不要"), 409, "guard")
    approved = (await moved(api, county, "approve", "office-1")).json()
    assert_problem(await moved(api, approved, "withdraw", "county-1", reason="不要"), 409, "guard")
    path = f"{PATH}/{approved['plan_document_id']}/moves"

    async def offered(who: str) -> dict[str, bool]:
        return {row["move"]: not row["barred"] for row in (await api.get(path, who)).json()["moves"]}

    assert await offered("county-1") == {"withdraw": False, "note": True}
    assert await offered("office-1") == {"withdraw": True, "note": True}
    assert await offered("auditor-1") == {}
    assert (await moved(api, own, "withdraw", "plant-1", reason="传错文件")).status_code == 200


async def test_whose_it_is_has_to_fit(api: Api) -> None:
    """City policies have no enterprise, factory policies do; 403 and 422 beyond one's own."""
    for who, status, changes in (
        ("office-1", 422, {"kind": "city-policy"}),
        ("office-1", 422, {"enterprise": None, "division": "130100"}),
        ("office-1", 422, {"enterprise": None, "kind": "emergency-plan"}),
        ("office-1", 422, {"enterprise": "91130100MA07T6XX99"}),
        ("plant-2", 422, {}),
        ("tangshan-1", 422, {}),
        ("office-1", 403, {"enterprise": None, "division": "130200", "kind": "city-policy"}),
        ("county-1", 403, {"enterprise": None, "division": "130100", "kind": "city-policy"}),
        ("plant-1", 403, {"enterprise": None, "division": "130102", "kind": "city-policy"}),
        ("ministry-1", 403, {}),
        ("team-1", 403, {}),
        ("office-1", 422, {"valid_to": "2026-09-01"}),
        ("office-1", 422, {"season": "2026"}),
        ("office-1", 422, {"title": ""}),
    ):
        response = await create(api, who=who, **changes)
        assert response.status_code == status, (who, changes, response.text)
    assert await listed(api, "ministry-1") == []


@pytest.mark.parametrize(
    ("data", "name", "slug"),
    [
        (b"", "方案.pdf", "file-empty"),
        (b"plain text", "方案.txt", "file-unknown-type"),
        (PDF, "方案.docx", "file-disguised"),
        (b"MZ\x90\0", "方案.pdf", "file-unknown-type"),
    ],
)
async def test_only_documents_are_taken(api: Api, data: bytes, name: str, slug: str) -> None:
    """By content, as evidence is, and no texts or photos; for a new version as for the first."""
    assert_problem(await create(api, data=data, name=name), 422, slug)
    plan = (await moved(api, await created(api, key="good"), "approve", "office-1")).json()
    assert_problem(await versioned(api, plan, data, name=name), 422, slug)
    assert (await api.get(f"{PATH}/{plan['plan_document_id']}")).json()["newest"]["version"] == 1


async def test_the_file_comes_back_as_it_was_sent(api: Api) -> None:
    """To whoever may see the plan; a version that is not there is absent."""
    plan = await created(api, title="方案/二〇二六")
    path = f"{PATH}/{plan['plan_document_id']}/versions/1/content"
    answer = await api.get(path, "office-1")
    assert (answer.content, answer.headers["x-content-type-options"]) == (PDF, "nosniff")
    assert answer.headers["content-disposition"].startswith("attachment;")
    for who, other in (("plant-2", path), ("tangshan-1", path), ("plant-1", path.replace("/1/", "/2/"))):
        assert_problem(await api.get(other, who), 404, "not-found")


async def test_the_same_request_is_made_once(api: Api) -> None:
    """By its key, for plans, versions and moves; a key with another request is refused."""
    plan = await created(api)
    assert (await created(api))["plan_document_id"] == plan["plan_document_id"]
    assert_problem(await create(api, data=PDF + b"x"), 422, "key-reused")
    assert_problem(await create(api, title="另一个"), 422, "key-reused")
    plan = (await moved(api, plan, "approve", "office-1")).json()
    first = await versioned(api, plan, PDF + b"2")
    api.clock.advance(60)
    assert (await versioned(api, plan, PDF + b"2")).json() == first.json()
    assert_problem(await versioned(api, plan, PDF + b"3"), 422, "key-reused")
    assert_problem(await versioned(api, plan, PDF + b"3", note="新", rev=1), 412, "revision")
    assert_problem(await versioned(api, first.json(), PDF + b"3", note="旧"), 409, "wrong-state")
    assert len(await listed(api)) == 1


async def test_lists_by_whose_kind_state_and_day(api: Api) -> None:
    """And pages by day have no holes, however many plans are in force on other days alone."""
    for number in range(6):
        api.clock.advance(1)
        span = {"valid_from": "2026-10-01", "valid_to": "2026-10-31"} if number % 3 else {}
        plan = await created(api, key=f"k{number}", title=f"方案{number}", **span)
        await moved(api, plan, "approve", "office-1")
    api.clock.advance(1)
    await created(api, who="office-1", enterprise=None, division="130100", kind="emergency-plan", title="应急预案")
    assert len(await listed(api)) == 7
    assert [row["title"] for row in await listed(api, of_divisions=True)] == ["应急预案"]
    assert [row["title"] for row in await listed(api, kind="emergency-plan")] == ["应急预案"]
    assert [row["title"] for row in await listed(api, state="drafted")] == ["应急预案"]
    assert [row["title"] for row in await listed(api, q="方案3")] == ["方案3"]
    assert len(await listed(api, division="130102")) == 6
    assert len(await listed(api, "plant-1")) == 6
    assert await listed(api, "plant-2") == await listed(api, "tangshan-1") == []
    first = (await api.get(PATH, in_force_at="2026-11-30", limit=1)).json()
    assert [row["title"] for row in first["items"]] == ["方案3"]
    rest = (await api.get(PATH, in_force_at="2026-11-30", limit=1, cursor=first["next_cursor"])).json()
    assert ([row["title"] for row in rest["items"]], rest["next_cursor"]) == (["方案0"], None)


def version(number: int, first: str, last: str, state: VersionState = VersionState.APPROVED) -> Version:
    """A version."""
    piece = Piece("evd-1", "plan-document/x", "factory-policy", "a.pdf", "application/pdf", 1, "0" * 64, 1, "p")
    return Version(number, state, first, last, "", piece, NOW_MS, "p", "enterprise", NOW_MS)


def test_gaps_and_approval_after_the_day() -> None:
    """The span of a plan has its gaps in it, the day's answer has not; what was approved later says so."""
    winter, autumn = version(1, "2026-12-01", "2027-03-31"), version(2, "2026-09-01", "2026-09-30")
    drafted = version(3, "2026-01-01", "2028-01-01", VersionState.DRAFTED)
    assert span([winter, autumn, drafted], "") == ("2026-09-01", "2027-03-31")
    assert span([winter, autumn], "2026-09-01") == span([drafted], "") == ("", "")
    assert in_force([winter, autumn, drafted], "", "2026-10-15") is None
    assert in_force([winter, autumn, drafted], "", "2026-09-15") == autumn
    assert autumn.approved_after("2026-01-01")
    assert not replace(drafted).approved_after("2026-01-01")
    assert version_of(row_of(winter)) == winter
