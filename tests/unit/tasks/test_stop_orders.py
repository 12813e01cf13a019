"""Orders to stop, limit or seal production: what they name, whom they spare, and those given wholesale."""

from dataclasses import replace
from typing import Any

import pytest

from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.ledger.machine import Refused
from lantian_tasks.ledger.standing import standing_of
from lantian_tasks.registry.record import Belongs, Kind, Validity, change
from lantian_tasks.reports.stop_orders import StopOrder, stop_orders, wholesale
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import (
    CLOSE,
    DAY_MS,
    DISPATCHER,
    FACTS,
    NOW_MS,
    PLACE,
    PROPOSE_VOID,
    after,
    an_issue,
    command,
)

ORDER: dict[str, Any] = {
    "measure": "limit",
    "legal_basis": "《大气污染防治法》第九十九条",
    "line": "1号烧结机",
    "end_condition": "连续72小时达标",
}


def asked(issue: Issue, facts: Facts = FACTS, **changes: Any) -> Step | Refused:
    """An order."""
    return act(issue, command("order-stop", DISPATCHER, "超标排放", **{**ORDER, **changes}), "", facts)


def ordered(issue: Issue, **changes: Any) -> Issue:
    """The issue after an order that must be given."""
    step = asked(issue, **changes)
    assert isinstance(step, Step), step
    return step.issue


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measure": "pause"}, "stop, limit, seal"),
        ({"legal_basis": "大气污染防治法"}, "names the article"),
        ({"legal_basis": "按上级要求"}, "names the article"),
        ({"line": "全厂"}, "not everything"),
        ({"line": "所有涉气工序"}, "not everything"),
        ({"line": " "}, "line"),
        ({"end_condition": ""}, "end_condition"),
    ],
)
def test_an_order_names_article_line_and_end(changes: dict[str, Any], said: str) -> None:
    refused = asked(an_issue(), **changes)
    assert isinstance(refused, Refused)
    assert said in refused.detail


@pytest.mark.parametrize(
    ("lists", "measure", "given"),
    [
        (("heating",), "stop", False),
        (("guarantee", "positive"), "stop", False),
        (("heating",), "limit", True),
        (("key-pollutant",), "stop", True),
        ((), "stop", True),
    ],
)
def test_heating_and_livelihood_are_not_stopped(lists: tuple[str, ...], measure: str, given: bool) -> None:
    step = asked(an_issue(), replace(FACTS, enterprise_lists=lists), measure=measure)
    assert isinstance(step, Step) == given


@pytest.mark.parametrize("state", [State.VERIFIED, State.PUBLICISED])
def test_an_order_does_not_outlive_its_problem(state: State) -> None:
    issue = ordered(an_issue(State.REGISTERED if state is State.VERIFIED else state))
    proposed = after(issue, PROPOSE_VOID)
    voided = act(proposed, command("void", replace(DISPATCHER, actor_id="office-9"), "重复"), "", FACTS)
    assert isinstance(voided, Refused)
    assert "lift it first" in voided.detail
    if state is State.PUBLICISED:
        closed = act(issue, CLOSE, "", FACTS)
        assert isinstance(closed, Refused)
        assert "lift it first" in closed.detail


def test_each_order_is_lifted_by_its_number() -> None:
    issue = ordered(ordered(an_issue()), line="2号烧结机", measure="stop")
    first, second = (entry["sequence"] for entry in issue.history if entry["move"] == "order-stop")
    assert {"stop-order", "stop-order-in-force"} <= set(standing_of(issue, FACTS).flags)
    wrong = act(issue, command("lift-order", DISPATCHER, order=1, conclusion="达标"), "", FACTS)
    assert isinstance(wrong, Refused)
    one = after(issue, command("lift-order", DISPATCHER, order=second, conclusion="达标"))
    again = act(one, command("lift-order", DISPATCHER, order=second, conclusion="达标"), "", FACTS)
    assert isinstance(again, Refused)
    assert "stop-order-in-force" in standing_of(one, FACTS).flags
    none = after(one, command("lift-order", DISPATCHER, order=first, conclusion="达标"))
    assert set(standing_of(none, FACTS).flags) & {"stop-order", "stop-order-in-force"} == {"stop-order"}
    rows = stop_orders([(none.head, none.history)])
    assert [(row.line, row.lifted_ms > 0) for row in rows] == [("1号烧结机", True), ("2号烧结机", True)]
    closing = act(none, command("lift-order", DISPATCHER, order=first, conclusion="达标"), "", FACTS)
    assert isinstance(closing, Refused)
    assert "no order is in force" in closing.detail


def an_order(enterprise: int, **changes: Any) -> StopOrder:
    """One row of the report."""
    row = stop_orders([((issue := ordered(an_issue())).head, issue.history)])[0]
    given = {"enterprise_id": f"e{enterprise}", "number": f"LT-{enterprise}", "ordered_ms": NOW_MS + enterprise * 1000}
    return replace(row, **{**given, **changes})


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([an_order(n) for n in range(5)], 5),
        ([an_order(n, line=f"{n}号线", end_condition=f"连续 72 小时达标{'。' * (n % 2)}") for n in range(6)], 6),
        ([an_order(n) for n in range(4)], 0),
        ([an_order(n % 4) for n in range(9)], 0),
        ([an_order(n, division_code=f"130{n + 1}02") for n in range(6)], 0),
        ([an_order(n, ordered_ms=NOW_MS + n * DAY_MS) for n in range(8)], 0),
        ([an_order(n, end_condition=f"更换 {n} 号除尘器滤袋") for n in range(6)], 0),
        ([an_order(n, measure="stop" if n % 2 else "limit") for n in range(8)], 0),
    ],
    ids=[
        "five alike",
        "alike but for blanks",
        "four",
        "few enterprises",
        "other cities",
        "days apart",
        "own ends",
        "two",
    ],
)
def test_wholesale_is_the_same_order_to_many_of_a_city(rows: list[StopOrder], found: int) -> None:
    told = wholesale(rows, FACTS.policy.issue)
    assert [row.enterprises for row in told] == ([found] if found else [])


async def test_the_api_gives_lifts_and_reports() -> None:
    api = Api()
    issue = await api.holding(an_issue())
    belongs = Belongs("", PLACE.enterprise_id, PLACE.division_code)
    entity = {"name": PLACE.enterprise_name, "division_code": PLACE.division_code, "list_types": ["heating"]}
    record = change(
        None, Kind.ENTERPRISE, PLACE.enterprise_id, entity, Validity(), belongs, actor=DISPATCHER, at_ms=NOW_MS
    )
    assert record is not None
    await api.store.add([record])
    path = f"/v1/issues/{issue.issue_id}/moves"

    async def move(body: dict[str, Any]) -> Any:
        rev = (await api.get(f"/v1/issues/{issue.issue_id}")).json()["revision"]
        headers = {"If-Match": f'"{rev}"', "Idempotency-Key": f"{body['move']}-{body.get('measure')}-{rev}"}
        return await api.call("POST", path, "office-1", headers, json=body)

    stop = {"move": "order-stop", "reason": "超标排放", **ORDER, "measure": "stop"}
    assert_problem(await move(stop), 409, "guard")
    assert (await move({**stop, "measure": "limit"})).status_code == 200
    told = (await api.get("/v1/reports/stop-orders", "province-1")).json()
    assert [(row["measure"], row["lifted_ms"]) for row in told["orders"]] == [("limit", 0)]
    assert told["wholesale"] == []
    sequence = told["orders"][0]["sequence"]
    assert (await move({"move": "lift-order", "order": sequence, "conclusion": "达标"})).status_code == 200
    lifted = (await api.get("/v1/reports/stop-orders", "province-1")).json()["orders"]
    assert lifted[0]["lifted_ms"] > 0
    assert (await api.get("/v1/reports/stop-orders", "tangshan-1")).json()["orders"] == []
    assert (await api.get("/v1/reports/stop-orders", "plant-1")).status_code == 403
