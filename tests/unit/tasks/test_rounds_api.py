"""Rounds over the API: planned, previewed, built, pushed to who is on duty, closed."""

from typing import Any

import httpx
import pytest

from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_inspections import checked
from tests.support.tasks_issues import NOW_MS
from tests.unit.tasks.test_leads_api import move, report, stage

HOUR_MS = 3_600_000
PLAN: dict[str, Any] = {
    "title": "第3轮次",
    "division_code": "130100",
    "task_kind": "key-enterprises",
    "starts_ms": NOW_MS + HOUR_MS,
    "score_cut": 0.0,
}


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


async def planned(api: Api, key: str = "plan", **changes: Any) -> httpx.Response:
    """A round as it is planned."""
    return await api.call("POST", "/v1/rounds", "office-1", {"Idempotency-Key": key}, json={**PLAN, **changes})


async def act(api: Api, round_id: str, name: str, **fields: Any) -> httpx.Response:
    """A move on the round as it stands."""
    rev = (await api.get(f"/v1/rounds/{round_id}")).json()["revision"]
    headers = {"If-Match": f'"{rev}"', "Idempotency-Key": f"{name}-{rev}"}
    return await api.call("POST", f"/v1/rounds/{round_id}/moves", "office-1", headers, json={"move": name, **fields})


async def staffed(api: Api, *shifts: tuple[int, int], team: str = "t1", roster: bool = True) -> None:
    """A team of the city, and its roster with these shifts, hours from now."""
    entity: dict[str, Any] = {"name": "执法队", "division_code": "130100"}
    rows = [{"kind": "team", "id": team, "entity": entity}]
    turns = [
        {"person_id": f"p{n}", "name": "张", "start_ms": NOW_MS + a * HOUR_MS, "end_ms": NOW_MS + b * HOUR_MS}
        for n, (a, b) in enumerate(shifts)
    ]
    if roster:
        rows.append({"kind": "duty-roster", "id": f"r-{team}", "entity": {"team_id": team, "shifts": turns}})
    answer = await api.call("POST", "/v1/registry:import", "admin-1", json=rows)
    assert "refused" not in answer.json()["counts"], answer.text


async def built(api: Api) -> tuple[str, str]:
    """A round with one lead."""
    lead = await report(api)
    round_id = (await planned(api)).json()["round_id"]
    answer = await act(api, round_id, "build")
    assert answer.json()["leads"] == [lead], answer.text
    return round_id, lead


async def test_a_round_from_plan_to_report(api: Api) -> None:
    """Its leads are pushed at its start; it closes when each has its result, and says what it found."""
    await staffed(api, roster=False)
    round_id, lead = await built(api)
    started = await act(api, round_id, "start")
    assert (started.json()["state"], started.json()["recipients"]) == ("started", ["t1"])
    assert await stage(api, lead) == "pushed"
    assert_problem(await act(api, round_id, "close"), 409, "guard")
    for name, fields in (("accept", {}), ("inspect", {"officers": ["a", "b"]})):
        assert (await move(api, lead, "team-1", name, **fields)).status_code == 200
    sent = await api.call(
        "POST",
        f"/v1/leads/{lead}/evidence",
        "team-1",
        {"Idempotency-Key": "f"},
        content=b"r",
        params={"kind": "record"},
    )
    record = [{"kind": "record", "id": sent.json()["evidence_id"]}]
    found = await checked(api, lead, record)
    confirmed = await move(api, lead, "team-1", "confirm", conclusion="属实", evidence=record, check_list=found)
    assert confirmed.status_code == 200, confirmed.text
    assert (await act(api, round_id, "close", conclusion="一条属实")).json()["state"] == "closed"
    found = (await api.get(f"/v1/rounds/{round_id}/report")).json()
    assert (found["total"], found["waiting"], found["precision"], found["conclusion"]) == (1, 0, 1.0, "一条属实")
    issue = (await api.get(f"/v1/issues/{found['issues'][0]}")).json()
    assert issue["round_id"] == round_id


async def test_a_round_without_a_team_does_not_start(api: Api) -> None:
    """And says so in a sentence; its leads stay where they are."""
    round_id, lead = await built(api)
    assert "no team" in assert_problem(await act(api, round_id, "start"), 409, "guard")["detail"]
    assert await stage(api, lead) == "in-round"


@pytest.mark.parametrize(
    ("shifts", "there"),
    [
        ([(-20, -8), (-8, 4)], True),  # the night shift, over midnight
        ([(-20, 0), (1, 12)], False),  # between two shifts: an end does not count
        ([(0, 12)], True),
        ([(24, 36)], False),
        ([], False),  # a roster of nobody
    ],
)
async def test_leads_are_pushed_to_who_is_on_duty(api: Api, shifts: list[tuple[int, int]], there: bool) -> None:
    """T3: nobody in the roster now, no start; another team that is there takes them."""
    await staffed(api, *shifts)
    round_id, _ = await built(api)
    answer = await act(api, round_id, "start")
    if there:
        assert answer.json()["recipients"] == ["t1"], answer.text
        return
    assert "r" not in answer.json().get("state", "")
    assert "t1" in assert_problem(answer, 409, "guard")["detail"]
    await staffed(api, (-1, 1), team="t2")
    assert (await act(api, round_id, "start")).json()["recipients"] == ["t2"]


async def test_a_key_makes_one_round(api: Api) -> None:
    """The same request is the same round; another one under its key is refused."""
    first = await planned(api)
    again = await planned(api)
    assert (first.status_code, again.json()) == (201, first.json())
    assert_problem(await planned(api, title="第4轮次"), 422, "key-reused")
