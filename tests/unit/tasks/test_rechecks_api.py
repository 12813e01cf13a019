"""Draws of closed issues and of leads called unfounded: anybody can draw the same again from the ledger."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.recheck.sample import draw
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_inspections import checked
from tests.support.tasks_issues import AFTER_NOTICE_MS, FACTS, PLACE, PROVINCE, an_issue, command
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.unit.tasks.test_leads_api import inspected, move

SEED = "2026-12 部级第1次"


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


async def closed(api: Api, number: int) -> list[Issue]:
    """Closed issues of the city."""
    return [
        await api.holding(an_issue(State.CLOSED, a_lead(start_ms=START_MS + n * HOUR_MS), PLACE)) for n in range(number)
    ]


async def drawing(api: Api, key: str = "draw", seed: str = SEED) -> httpx.Response:
    """A draw of the city by the province."""
    body = {"division_code": "130100", "seed": seed}
    return await api.call("POST", "/v1/rechecks", "province-1", {"Idempotency-Key": key}, json=body)


async def entries(api: Api, ids: Sequence[str]) -> list[dict[str, Any]]:
    """What the draw wrote into these issues."""
    found = []
    for id_ in ids:
        issue = await api.store.issue(id_, EVERYTHING)
        assert issue is not None
        found.append(dict(issue.history[-1]["fields"]))
    return found


async def test_a_draw_can_be_drawn_again_from_the_ledger(api: Api) -> None:
    """By what its entries say: seed, rate and the number drawn from."""
    issues = await closed(api, 60)
    drawn = (await drawing(api)).json()
    assert 0 < len(drawn["issues"]) < 30
    assert drawn["eligible"] == 60
    for said in await entries(api, drawn["issues"]):
        assert said == {"seed": SEED, "rate": f"{drawn['rate']:.6f}", "eligible": 60}
    rate = float((await entries(api, drawn["issues"][:1]))[0]["rate"])
    assert draw([issue.issue_id for issue in issues], rate, SEED) == drawn["issues"]


async def test_the_same_request_gets_the_same_answer(api: Api) -> None:
    """Whoever lost the answer asks again with its key; the key serves no other draw."""
    await closed(api, 60)
    first = await drawing(api)
    assert (await drawing(api)).json() == first.json()
    assert_problem(await drawing(api, seed="another"), 422, "key-reused")
    again = (await drawing(api, key="second")).json()
    assert again["issues"] == []
    assert again["eligible"] == 60 - len(first.json()["issues"])


async def test_what_was_found_unsolved_may_be_drawn_again(api: Api) -> None:
    """Once it is closed anew; what passed is not looked at twice."""
    passed, failed = await closed(api, 2)
    for issue, outcome in ((passed, "pass-recheck"), (failed, "fail-recheck")):
        other = Actor("province-2", "province", "x")
        for wish in (
            command("draw", PROVINCE, at_ms=AFTER_NOTICE_MS, seed="s"),
            command(outcome, other, at_ms=AFTER_NOTICE_MS, conclusion="c"),
        ):
            step = act(issue, wish, "", FACTS)
            assert isinstance(step, Step)
            assert await api.store.advance(step)
            issue = step.issue
    assert (await drawing(api)).json()["eligible"] == 0
    document = next(row for row in api.store.issues.all() if row["_id"] == failed.issue_id)
    document["state"] = "closed"  # as after another closing
    api.store.issues.put(document)
    assert (await drawing(api, key="later")).json()["eligible"] == 1


async def test_a_failed_recheck_is_held_against_the_verifier(api: Api) -> None:
    """Who verified how much, what rechecks confirmed and what not; for offices and auditors, not for teams."""
    passed, failed, _ = await closed(api, 3)
    other = Actor("province-2", "province", "x")
    for issue, outcome in ((passed, "pass-recheck"), (failed, "fail-recheck")):
        drawn = command("draw", PROVINCE, at_ms=AFTER_NOTICE_MS, seed="s")
        for wish in (drawn, command(outcome, other, at_ms=AFTER_NOTICE_MS, conclusion="c")):
            step = act(issue, wish, "", FACTS)
            assert isinstance(step, Step)
            assert await api.store.advance(step)
            issue = step.issue
    found = (await api.get("/v1/reports/verifiers", "office-1")).json()["verifiers"]
    [row] = found
    [fallen] = row.pop("fallen")
    assert row == {
        "account": "team-1",
        "organisation": "石家庄市执法队",
        "role": "city-team",
        "verified": 3,
        "confirmed": 1,
        "failed": 1,
    }
    assert (fallen["issue_id"], fallen["number"], fallen["enterprise"], fallen["at_ms"]) == (
        failed.issue_id,
        failed.head.number,
        failed.head.place.enterprise_name,
        AFTER_NOTICE_MS,
    )
    assert (await api.get("/v1/reports/verifiers", "tangshan-1")).json() == {"verifiers": []}
    assert_problem(await api.get("/v1/reports/verifiers", "team-1"), 403, "forbidden")


async def test_leads_called_unfounded_are_drawn_at_a_higher_rate(api: Api) -> None:
    """T6: upheld or overturned by somebody who did not judge them, once."""
    leads = []
    for number in range(12):
        lead, record = await inspected(api, reference=f"12369-{number}", place=f"工地{number}")
        clean = await checked(api, lead, problem=False)
        await move(
            api, lead, "team-1", "propose-unfounded", code="none", reason="已停工", evidence=record, check_list=clean
        )
        assert (await move(api, lead, "office-1", "call-unfounded", reason="同意")).status_code == 200
        leads.append(lead)
    seed = next(f"s{n}" for n in range(100) if draw(leads, 0.2, f"s{n}"))
    drawn = (await drawing(api, seed=seed)).json()
    assert drawn["leads_eligible"] == 12
    assert drawn["leads_rate"] >= max(0.2, drawn["rate"])
    assert drawn["leads"] == draw(leads, drawn["leads_rate"], seed) != []
    one = drawn["leads"][0]
    assert (await api.get(f"/v1/leads/{one}")).json()["drawn"] == seed
    upheld = await move(api, one, "province-1", "uphold", conclusion="确已停工")
    assert upheld.json()["stage"] == "unfounded"
    assert_problem(await move(api, one, "province-1", "uphold", conclusion="再看"), 409, "guard")
    left = next(lead for lead in leads if lead not in drawn["leads"])
    assert_problem(await move(api, left, "province-1", "uphold", conclusion="x"), 409, "guard")
