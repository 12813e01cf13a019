"""A grade and the start of a warning take two persons: proposed by one, confirmed by another, then in force."""

from typing import Any

import pytest

from lantian_kit.worker import Unavailable
from lantian_proto.v1.task_event_pb2 import TaskEvent
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.changes.service import Changes
from lantian_tasks.ledger.history import Actor, verify
from lantian_tasks.registry.entities import Enterprise
from lantian_tasks.registry.orders import Response
from lantian_tasks.registry.plan import Refusal, Wish
from lantian_tasks.registry.record import Belongs, Kind, Record, Validity, change
from lantian_tasks.registry.second_person import Confirmed, Held, matter_of, wish_of
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_changes import changes_over, confirmed, decided, in_force
from tests.support.tasks_issues import DAY_MS, NOW_MS

CLERK = Actor("office-1", "city-office", "石家庄市大气办")
SECOND = Actor("office-2", "city-office", "石家庄市大气办")
ENTERPRISE = {"name": "某钢铁有限公司", "division_code": "130102"}
DUTY = {
    "source_id": "s1",
    "measure": "limit",
    "allowed_share": 0.5,
    "warning_id": "130100-2026-11-orange",
    "level": "orange",
    "start_ms": NOW_MS,
}


@pytest.fixture
async def api() -> Api:
    """A registry with an enterprise and a source of Shijiazhuang."""
    api = Api()
    assert (await api.put("enterprise/e1", {"entity": ENTERPRISE}, who="office-1")).status_code == 201
    source = {"enterprise_id": "e1", "name": "1号", "kind": "outlet"}
    assert (await api.put("source/s1", {"entity": source}, who="office-1")).status_code == 201
    return api


def recorded(kind: Kind, entity: Any, before: Record | None = None, validity: Validity | None = None) -> Record:
    """A record with this content, after another."""
    model = Enterprise if kind == Kind.ENTERPRISE else Response
    content = model.model_validate(entity).content()
    after = change(before, kind, "x1", content, validity or Validity(), Belongs(), actor=CLERK, at_ms=NOW_MS)
    assert after is not None
    return after


async def stored(api: Api, key: str) -> Record | None:
    """The record in the store."""
    return (await api.store.records([key], EVERYTHING)).get(key)


@pytest.mark.parametrize(
    ("was", "becomes", "matter"),
    [
        (None, {"grade": ""}, None),
        (None, {"grade": "A"}, "grade"),
        ({"grade": "B"}, {"grade": "B", "park": "东部"}, None),
        ({"grade": "B"}, {"grade": "A", "park": "东部"}, "grade"),
        ({"grade": "A"}, {"grade": ""}, "grade"),
    ],
)
def test_what_of_an_enterprise_takes_two(was: Any, becomes: Any, matter: str | None) -> None:
    """Its grade, up or down, also of a new one; nothing else of it."""
    before = recorded(Kind.ENTERPRISE, {**ENTERPRISE, **was}) if was is not None else None
    assert matter_of(before, recorded(Kind.ENTERPRISE, {**ENTERPRISE, **becomes}, before)) == matter


@pytest.mark.parametrize(
    ("becomes", "validity", "matter"),
    [
        ({"end_ms": NOW_MS + 9}, Validity(), None),
        ({"end_ms": NOW_MS + 5}, Validity(), None),
        ({"end_ms": NOW_MS + 11}, Validity(), "warning"),
        ({}, Validity(), "warning"),
        ({"end_ms": NOW_MS + 10}, Validity(0, NOW_MS + 3), None),
        ({"end_ms": NOW_MS + 10}, Validity(NOW_MS, 0), "warning"),
        ({"end_ms": NOW_MS + 10, "level": "red"}, Validity(), "warning"),
        ({"end_ms": NOW_MS + 10, "allowed_share": 0.7}, Validity(), "warning"),
    ],
)
def test_what_of_a_warning_takes_two(becomes: Any, validity: Validity, matter: str | None) -> None:
    """Its start and whatever makes it another or longer one; ending it takes one person."""
    assert matter_of(None, recorded(Kind.RESPONSE, DUTY)) == "warning"
    before = recorded(Kind.RESPONSE, {**DUTY, "end_ms": NOW_MS + 10})
    assert matter_of(before, recorded(Kind.RESPONSE, {**DUTY, **becomes}, before, validity)) == matter


def test_what_was_confirmed_is_written_on_what_is_there_now() -> None:
    """A grade goes onto the present enterprise; what changed in between makes it outdated; done is done."""
    before = recorded(Kind.ENTERPRISE, {**ENTERPRISE, "grade": "B"})
    after = recorded(Kind.ENTERPRISE, {**ENTERPRISE, "grade": "A"}, before)
    wish = Wish(Kind.ENTERPRISE, "x1", Enterprise.model_validate({**ENTERPRISE, "grade": "A"}), Validity())
    fields = tuple(Held("grade", wish, before, after).fields)
    assert fields == ({"name": "grade", "before": "B", "after": "A"},)
    one = Confirmed("c1", "grade", Kind.ENTERPRISE, "x1", {}, Validity(), 1, fields, "", "office-1", SECOND)
    moved = recorded(Kind.ENTERPRISE, {**ENTERPRISE, "grade": "B", "name": "新名"}, before)
    found = wish_of(one, moved)
    assert isinstance(found, Wish)
    assert (found.entity.content()["grade"], found.entity.content()["name"]) == ("A", "新名")
    assert isinstance(wish_of(one, recorded(Kind.ENTERPRISE, {**ENTERPRISE, "grade": "C"}, before)), Refusal)
    assert isinstance(wish_of(one, None), Refusal)


async def test_a_grade_is_in_force_when_a_second_person_confirmed_it(api: Api) -> None:
    """Until then nothing of it is in the registry nor on its way to registry.v1; afterwards both persons are named."""
    put = await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "A"}, "reason": "复核"}, 1, "office-1")
    assert put.status_code == 202, put.text
    pending = put.json()
    assert (pending["entity"]["entity"]["grade"], put.headers["etag"]) == ("", '"1"')
    record = await stored(api, "enterprise/e1")
    assert record is not None
    assert (record.rev, record.entity["grade"]) == (1, "")
    listed = (await api.get("/v1/changes", "office-2", state="proposed", about="enterprise/e1")).json()["items"]
    assert [(row["matter"], row["proposed_by"], row["fields"]) for row in listed] == [
        ("grade", "office-1", [{"name": "grade", "before": "", "after": "A"}])
    ]
    own = await decided(api, pending["change_id"], "confirm", "office-1")
    assert "can not decide" in assert_problem(own, 409, "guard")["detail"]
    change_out = await confirmed(api, pending["change_id"], "office-2")
    assert [entry["move"] for entry in change_out["history"]] == ["propose", "confirm", "carry-out"]
    record = await stored(api, "enterprise/e1")
    assert record is not None
    assert (record.rev, record.entity["grade"], record.changed_by) == (2, "A", "office-2")
    sealed = record.history[-1]
    assert (sealed["fields"]["proposed_by"], sealed["fields"]["change_id"]) == ("office-1", pending["change_id"])
    assert (sealed["reason"], verify(record.history, record.key)) == ("复核", None)
    assert api.counted("lantian_registry_changes_total", kind="enterprise", result="pending") == 1


async def test_the_rest_of_an_enterprise_does_not_wait(api: Api) -> None:
    """A new name is written with the grade as it is; a new enterprise begins without one. A retry says the same."""
    body = {"entity": {**ENTERPRISE, "name": "新名", "grade": "A"}}
    key = {"Idempotency-Key": "k", "If-Match": '"1"'}
    first = await api.call("PUT", "/v1/registry/enterprise/e1", "office-1", key, json=body)
    assert (first.status_code, first.json()["entity"]["revision"]) == (202, 2)
    again = await api.call("PUT", "/v1/registry/enterprise/e1", "office-1", key, json=body)
    assert (again.status_code, again.json()) == (202, first.json())
    other = {"entity": {**ENTERPRISE, "name": "又名", "grade": "A"}}
    assert_problem(await api.call("PUT", "/v1/registry/enterprise/e1", "office-1", key, json=other), 422, "key-reused")
    new = await api.put("enterprise/e2", {"entity": {**ENTERPRISE, "grade": "B"}}, who="office-1")
    assert new.status_code == 202
    assert (await in_force(api, "enterprise/e2", new))["entity"]["grade"] == "B"
    record = await stored(api, "enterprise/e1")
    assert record is not None
    assert (record.entity["name"], record.entity["grade"]) == ("新名", "")


async def test_another_change_waits_until_the_first_is_decided(api: Api) -> None:
    """The same again is the one that waits; another grade is refused; withdrawn, refused, it is out of the way."""
    first = (await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "A"}}, 1, "office-1")).json()
    same = (await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "A"}}, 1, "office-2")).json()
    assert same["change_id"] == first["change_id"]
    other = await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "C"}}, 1, "office-2")
    assert "another change" in assert_problem(other, 409, "conflict")["detail"]
    assert_problem(await decided(api, first["change_id"], "withdraw", "office-2"), 409, "guard")
    assert (await decided(api, first["change_id"], "withdraw", "office-1")).json()["state"] == "withdrawn"
    next_one = (await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "C"}}, 1, "office-2")).json()
    assert_problem(await decided(api, next_one["change_id"], "refuse", "office-1"), 422, "field-missing")
    assert (await decided(api, next_one["change_id"], "refuse", "office-1", "依据不足")).json()["state"] == "refused"
    assert_problem(await decided(api, next_one["change_id"], "confirm", "province-1"), 409, "wrong-state")
    record = await stored(api, "enterprise/e1")
    assert record is not None
    assert record.rev == 1


async def test_who_may_decide(api: Api) -> None:
    """Offices of the place and above; an administrator proposes and does not decide; others are told nothing."""
    put = await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "A"}}, 1, "admin-1")
    id_ = put.json()["change_id"]

    async def offered(who: str) -> dict[str, str]:
        found = await api.get(f"/v1/changes/{id_}/moves", who)
        return {row["move"]: row["barred"] for row in found.json().get("moves", [])}

    only = "only who proposed this change withdraws it"
    assert await offered("admin-1") == {"withdraw": ""}
    assert await offered("office-1") == {"confirm": "", "refuse": "", "withdraw": only}
    assert await offered("auditor-1") == {}
    assert_problem(await decided(api, id_, "confirm", "admin-1"), 403, "role-not-allowed")
    assert_problem(await decided(api, id_, "confirm", "tangshan-1"), 404, "not-found")
    for who in ("team-1", "plant-1", "county-1"):
        assert_problem(await decided(api, id_, "confirm", who), 403, "forbidden")
        assert_problem(await api.get("/v1/changes", who), 403, "forbidden")


async def test_the_start_of_a_warning_and_its_end(api: Api) -> None:
    """Rows of an import wait, each said; confirmed they are orders of detection; ended by one person."""
    rows = [{"kind": "response", "id": f"r{n}", "entity": {**DUTY, "source_id": s}} for n, s in ((1, "s1"), (2, "s9"))]
    said = (await api.call("POST", "/v1/registry:import", "office-1", json=rows)).json()
    assert said["counts"] == {"pending": 1, "refused": 1}
    row = said["rows"][0]
    assert (row["revision"], "第二人" in row["detail_zh"]) == (None, True)
    dry = (await api.call("POST", "/v1/registry:import?dry_run=true", "office-2", json=rows[:1])).json()
    assert dry["counts"] == {"pending": 1}
    assert await stored(api, "response/r1") is None
    assert [record.key for record in await api.store.waiting_records(10)] == ["enterprise/e1", "source/s1"]
    await confirmed(api, row["change_id"], "office-2")
    record = await stored(api, "response/r1")
    assert record is not None
    assert (record.rev, record.belongs.division_code) == (1, "130102")
    ended = await api.put("response/r1", {"entity": {**DUTY, "end_ms": NOW_MS + 1}}, 1, "office-1")
    assert (ended.status_code, ended.json()["revision"]) == (200, 2)
    again = await api.put("response/r1", {"entity": DUTY}, 2, "office-1")
    assert again.status_code == 202


async def test_what_changed_in_between_is_not_written_over(api: Api) -> None:
    """A duty that is another now is refused to be confirmed, and can still be refused."""
    await in_force(api, "response/r1", await api.put("response/r1", {"entity": DUTY}, who="office-1"))
    longer = await api.put("response/r1", {"entity": {**DUTY, "level": "red"}}, 1, "office-1")
    await api.put("response/r1", {"entity": {**DUTY, "end_ms": NOW_MS + 1}}, 1, "office-1")
    id_ = longer.json()["change_id"]
    assert "propose it anew" in assert_problem(await decided(api, id_, "confirm", "office-2"), 409, "guard")["detail"]
    assert (await decided(api, id_, "refuse", "office-2", "已结束")).status_code == 200


async def test_those_who_decide_are_told_and_what_nobody_decides_lapses(api: Api) -> None:
    """One event, told by notify; the keeper ends it after a week."""
    put = await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "A"}, "reason": "复核"}, 1, "office-1")
    case = await api.store.case(f"change/{put.json()['change_id']}", EVERYTHING)
    assert case is not None
    event = TaskEvent.FromString(case.outbox[0].event)
    assert (event.kind, event.division_code, event.path) == ("change-proposed", "130102", f"/v1/changes/{case.id}")
    assert event.reason == "绩效等级变更：某钢铁有限公司 未定 → A。复核"
    assert case.timer_ms == NOW_MS + 7 * DAY_MS
    api.clock.advance(7 * 86_400)
    assert case.case_id in await api.store.due_cases(api.clock.now_ms(), api.clock.wall_ms(), 10)
    assert await changes_over(api.store, api.clock).settle(case)
    after = (await api.get(f"/v1/changes/{case.id}", "office-2")).json()
    assert (after["state"], after["history"][-1]["actor"]["role"]) == ("lapsed", "system")
    assert_problem(await decided(api, case.id, "confirm", "office-2"), 409, "wrong-state")


async def test_a_process_that_ends_after_the_decision_loses_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirmed is written first; whoever looks next puts it in force, once."""
    put = await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "grade": "A"}}, 1, "office-1")
    id_ = put.json()["change_id"]

    async def ends(*_: Any, **__: Any) -> bool:
        raise Unavailable("the process ended")

    with monkeypatch.context() as patched:
        patched.setattr(Changes, "settle", ends)
        assert (await decided(api, id_, "confirm", "office-2")).status_code == 503
    case = await api.store.case(f"change/{id_}", EVERYTHING)
    assert case is not None
    assert (case.state, case.timer_ms) == ("confirmed", NOW_MS)
    assert await changes_over(api.store, api.clock).settle(case)
    assert not await changes_over(api.store, api.clock).settle(case)
    record = await stored(api, "enterprise/e1")
    assert record is not None
    assert (record.rev, record.entity["grade"], record.changed_by) == (2, "A", "office-2")
    again = await decided(api, id_, "confirm", "office-2")
    assert (again.status_code, again.json()["state"]) == (200, "in-force")
