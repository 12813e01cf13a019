"""The registry over HTTP: what is accepted, what is refused, what is published, who may write."""

from typing import Any

import pytest

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ledger.history import verify
from lantian_tasks.registry.record import Kind, Record, message, salted
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import NOW_MS, PLACE

ENTERPRISE = {"name": "某钢铁有限公司", "division_code": "130102", "industry": "钢铁"}
SOURCE = {"enterprise_id": "e1", "name": "1号烧结机头排口", "kind": "outlet"}
FEED = {"source_id": "s1", "real_time_interval_seconds": 30, "minute_interval_minutes": 10}
LIMIT = {
    "source_id": "s1",
    "factor": "a21026",
    "value": 35.0,
    "reference_oxygen_percent": 16.0,
    "basis": "ultra-low",
    "clause": "环大气〔2019〕35号",
}
MARK = {"source_id": "s1", "kind": "stopped", "start_ms": NOW_MS, "end_ms": NOW_MS + 1, "reason": "检修"}
TEAM = {
    "name": "石家庄市执法队",
    "division_code": "130100",
    "webhook_url": "https://team.example/hook",
    "webhook_secret_name": "sjz",
}
ROWS: list[dict[str, Any]] = [
    {"kind": "team", "id": "t1", "entity": TEAM},
    {"kind": "mark", "id": "m1", "entity": MARK},
    {"kind": "limit", "id": "l1", "entity": LIMIT},
    {"kind": "feed", "id": "MN100000_0005", "entity": {**FEED, "password": "123456"}},
    {"kind": "source", "id": "s1", "entity": SOURCE},
    {"kind": "enterprise", "id": "e1", "entity": ENTERPRISE},
]


@pytest.fixture
async def api() -> Api:
    """A registry with an enterprise and a source."""
    api = Api()
    assert (await api.put("enterprise/e1", {"entity": ENTERPRISE})).status_code == 201
    assert (await api.put("source/s1", {"entity": SOURCE})).status_code == 201
    return api


async def kept(api: Api, key: str) -> Record:
    """The record in the store."""
    return (await api.store.records([key], EVERYTHING))[key]


async def imported(api: Api, rows: list[dict[str, Any]], who: str = "admin-1") -> Any:
    """The result of an import."""
    response = await api.call("POST", "/v1/registry:import", who, json=rows)
    assert response.status_code == 200, response.text
    return response.json()


async def test_an_entity_lives(api: Api) -> None:
    """Created, read, changed, voided, brought back: each a revision, each in its history."""
    created = await api.put("limit/l1", {"entity": LIMIT, "valid_from_ms": 5, "valid_to_ms": 9, "reason": "首次"})
    assert (created.status_code, created.headers["etag"]) == (201, '"1"')
    read = (await api.get("/v1/registry/limit/l1")).json()
    assert read == created.json()
    assert read["entity"] == {**LIMIT, "averaging": ""}
    assert (read["division_code"], read["changed_by"], read["changed_ms"]) == ("130102", "admin-1", NOW_MS)

    changed = await api.put("limit/l1", {"entity": {**LIMIT, "value": 30.0}}, rev=1)
    assert (changed.status_code, changed.headers["etag"], changed.json()["valid_to_ms"]) == (200, '"2"', 0)
    same = await api.put("limit/l1", {"entity": {**LIMIT, "value": 30.0}}, rev=2)
    assert (same.status_code, same.headers["etag"]) == (200, '"2"')

    path = "/v1/registry/limit/l1/void"
    voided = await api.call("POST", path, "admin-1", {"If-Match": '"2"'}, json={"reason": "标准废止"})
    assert (voided.status_code, voided.json()["voided"], voided.headers["etag"]) == (200, True, '"3"')
    again = await api.call("POST", path, "admin-1", {"If-Match": '"3"'}, json={"reason": "x"})
    assert_problem(again, 409, "conflict")
    back = await api.put("limit/l1", {"entity": {**LIMIT, "value": 30.0}}, rev=3)
    assert (back.json()["voided"], back.json()["revision"]) == (False, 4)

    history = (await api.get("/v1/registry/limit/l1/history")).json()
    assert [entry["kind"] for entry in history["entries"]] == ["created", "changed", "voided", "changed"]
    assert history["entries"][0]["reason"] == "首次"
    assert history["entries"][1]["fields"]["entity"]["value"] == 30.0
    assert (history["intact"], history["broken_entry"]) == (True, None)
    assert verify((await kept(api, "limit/l1")).history, "limit/l1") is None


async def test_a_changed_registry_shows_in_its_history(api: Api) -> None:
    """Whoever edits a limit in the store is found."""
    await api.put("limit/l1", {"entity": LIMIT})
    document = api.store.registry.get("limit/l1")
    assert document is not None
    document["entity"]["value"] = 500.0
    api.store.registry.put(document)
    assert (await api.get("/v1/registry/limit/l1/history")).json()["intact"] is False


async def test_revisions_are_checked(api: Api) -> None:
    """428 without, 412 with an old one or for nothing, 400 for no tag."""
    await api.put("limit/l1", {"entity": LIMIT})
    body = {"entity": {**LIMIT, "value": 1.0}}
    assert_problem(await api.put("limit/l1", body), 428, "revision-needed")
    stale = await api.put("limit/l1", body, rev=7)
    assert_problem(stale, 412, "revision")
    assert stale.headers["etag"] == '"1"'
    assert_problem(await api.put("limit/l2", body, rev=1), 412, "revision")
    star = await api.call("PUT", "/v1/registry/limit/l1", "admin-1", {"If-Match": "*"}, json=body)
    assert_problem(star, 400, "bad-request")
    void = {"reason": "x"}
    assert_problem(await api.call("POST", "/v1/registry/limit/l1/void", "admin-1", json=void), 428, "revision-needed")
    old = await api.call("POST", "/v1/registry/limit/l1/void", "admin-1", {"If-Match": '"9"'}, json=void)
    assert_problem(old, 412, "revision")


@pytest.mark.parametrize(
    ("path", "entity"),
    [
        ("limit/l1", {**LIMIT, "value": -1.0}),
        ("limit/l1", {**LIMIT, "value": 0}),
        ("limit/l1", {**LIMIT, "value": 1e13}),
        ("limit/l1", {**LIMIT, "factor": "a99999"}),
        ("limit/l1", {**LIMIT, "factor": ""}),
        ("limit/l1", {**LIMIT, "reference_oxygen_percent": 21.0}),
        ("limit/l1", {**LIMIT, "basis": "guess"}),
        ("limit/l1", {**LIMIT, "clause": " "}),
        ("limit/l1", {**LIMIT, "source_id": "none"}),
        ("limit/l1", {**LIMIT, "source_id": {"$ne": ""}}),
        ("limit/l1", {**LIMIT, "password_sha256": "x"}),
        ("enterprise/e9", {**ENTERPRISE, "division_code": "1301"}),
        ("enterprise/e9", {**ENTERPRISE, "name": ""}),
        ("enterprise/e9", {**ENTERPRISE, "name": "x" * 201}),
        ("source/s9", {**SOURCE, "enterprise_id": "none"}),
        ("source/s9", {**SOURCE, "kind": "chimney"}),
        ("feed/MN1", {**FEED, "sends_hours": False, "real_time_interval_seconds": 0, "minute_interval_minutes": 0}),
        ("feed/MN1", {**FEED, "protocol": "mqtt"}),
        ("feed/MN1", {**FEED, "password_salt": "x"}),
        ("mark/m1", {**MARK, "end_ms": NOW_MS}),
        ("mark/m1", {**MARK, "declared_ms": 1}),
        ("team/t1", {**TEAM, "webhook_url": "ftp://x"}),
        ("team/t1", {**TEAM, "webhook_secret_name": ""}),
        ("team/t1", {**TEAM, "event_kinds": ["deleted"]}),
        ("team/t1", {**TEAM, "division_code": "130"}),
        ("team/..%2Fx", TEAM),
        ("team/a|b", TEAM),
    ],
)
async def test_nonsense_is_refused(api: Api, path: str, entity: dict[str, Any]) -> None:
    """422 with the input to blame, alone and in an import; nothing is written."""
    before = api.woken
    response = await api.put(path, {"entity": entity})
    if response.status_code != 404:  # an escaped slash makes another path
        assert assert_problem(response, 422, "invalid")["errors"]
    kind, _, id_ = path.partition("/")
    result = await imported(api, [{"kind": kind, "id": id_, "entity": entity}])
    assert result["counts"] == {"refused": 1}
    assert result["rows"][0]["errors"]
    assert api.woken == before


@pytest.mark.parametrize("body", [b"NaN", b'{"entity": {"value": NaN}}', b'{"entity": {"value": 1e999}}', b"[]", b"7"])
async def test_no_number_that_is_none(api: Api, body: bytes) -> None:
    """NaN and infinities never get in."""
    response = await api.call(
        "PUT", "/v1/registry/limit/l1", "admin-1", {"Content-Type": "application/json"}, content=body
    )
    assert_problem(response, 422, "invalid")


async def test_a_period_has_an_order(api: Api) -> None:
    """valid_to after valid_from."""
    body = {"entity": LIMIT, "valid_from_ms": 9, "valid_to_ms": 9}
    assert_problem(await api.put("limit/l1", body), 422, "invalid")


async def test_one_clause_says_one_value(api: Api) -> None:
    """Two values by the same clause for the same time contradict each other; other times or clauses do not."""
    await api.put("limit/l1", {"entity": LIMIT, "valid_to_ms": 1000})
    stricter = {**LIMIT, "value": 20.0}
    contradiction = await api.put("limit/l2", {"entity": stricter, "valid_from_ms": 999})
    assert "l1" in assert_problem(contradiction, 409, "conflict")["detail"]
    assert (await api.put("limit/l3", {"entity": stricter, "valid_from_ms": 1000})).status_code == 201
    assert (await api.put("limit/l4", {"entity": {**stricter, "clause": "排污许可证"}})).status_code == 201
    assert (await api.put("limit/l5", {"entity": LIMIT, "valid_to_ms": 1000})).status_code == 201  # says the same
    assert (await api.put("limit/l1", {"entity": stricter, "valid_to_ms": 5}, rev=1)).status_code == 409


async def test_a_code_of_2005_is_kept_as_the_later_one(api: Api) -> None:
    """02 is sulphur dioxide, a21026."""
    assert (await api.put("limit/l1", {"entity": {**LIMIT, "factor": "02"}})).json()["entity"]["factor"] == "a21026"


async def test_a_password_is_never_kept_nor_shown(api: Api) -> None:
    """Salted hash in store and topic; the answer says only that there is one."""
    created = await api.put("feed/MN1", {"entity": {**FEED, "password": "geheim123"}})
    assert created.json()["entity"]["has_password"] is True
    record = await kept(api, "feed/MN1")
    salt, hashed = record.entity["password_salt"], record.entity["password_sha256"]
    assert hashed == salted(salt, "geheim123")
    assert len(salt) == 32
    published = message(record)
    assert (published.feed.password_salt, published.feed.password_sha256) == (salt, hashed)
    history = await api.get("/v1/registry/feed/MN1/history")
    for text in (created.text, history.text, str(api.store.registry.get("feed/MN1")), str(published)):
        assert "geheim" not in text
    for text in (created.text, history.text):
        assert hashed not in text
        assert salt not in text


async def test_a_password_stays_until_it_is_changed(api: Api) -> None:
    """Absent: as before. The same: unchanged. Another: a new salt. Empty: any password is taken."""
    await api.put("feed/MN1", {"entity": {**FEED, "password": "a"}})
    first = (await kept(api, "feed/MN1")).entity
    assert (await api.put("feed/MN1", {"entity": {**FEED, "password": "a"}}, rev=1)).headers["etag"] == '"1"'
    await api.put("feed/MN1", {"entity": {**FEED, "real_time_interval_seconds": 60}}, rev=1)
    second = (await kept(api, "feed/MN1")).entity
    assert second["password_sha256"] == first["password_sha256"]
    await api.put("feed/MN1", {"entity": {**FEED, "password": "b"}}, rev=2)
    third = (await kept(api, "feed/MN1")).entity
    assert third["password_sha256"] == salted(third["password_salt"], "b")
    assert third["password_salt"] != first["password_salt"]
    await api.put("feed/MN1", {"entity": {**FEED, "password": ""}}, rev=3)
    assert (await kept(api, "feed/MN1")).entity["password_sha256"] == ""
    assert (await api.get("/v1/registry/feed/MN1")).json()["entity"]["has_password"] is False


async def test_a_mark_keeps_the_time_it_was_declared(api: Api) -> None:
    """By our clock: a mark that is declared late shows it, and editing does not renew it."""
    await api.put("mark/m1", {"entity": MARK})
    api.clock.advance(3600)
    await api.put("mark/m1", {"entity": {**MARK, "reason": "故障"}}, rev=1)
    assert (await api.get("/v1/registry/mark/m1")).json()["entity"]["declared_ms"] == NOW_MS


async def test_an_import_in_any_order(api: Api) -> None:
    """Rows refer to each other; the answer keeps their order; a second import changes nothing."""
    api.store.reset()
    result = await imported(api, ROWS)
    assert result["counts"] == {"created": 6}
    assert [(row["index"], row["kind"], row["revision"]) for row in result["rows"]] == [
        (index, row["kind"], 1) for index, row in enumerate(ROWS)
    ]
    woken = api.woken
    assert (await imported(api, ROWS))["counts"] == {"unchanged": 6}
    assert api.woken == woken
    assert (await kept(api, "limit/l1")).belongs.enterprise_id == "e1"


async def test_a_bad_row_does_not_stop_the_others(api: Api) -> None:
    """Row by row: unknown kind, bad id, bad entity, a missing reference, a repeated key, a change."""
    rows: list[dict[str, Any]] = [
        {"kind": "planet", "id": "x", "entity": {}},
        {"kind": "source", "id": "a b", "entity": SOURCE},
        {"kind": "source", "id": "s2", "entity": {**SOURCE, "enterprise_id": "none"}},
        {"kind": "source", "id": "s1", "entity": {**SOURCE, "name": "新名"}},
        {"kind": "source", "id": "s1", "entity": SOURCE},
        {"kind": "limit", "id": "l1", "entity": LIMIT},
        {"kind": "limit", "id": "l2", "entity": {**LIMIT, "value": 1.0}},
        {},
    ]
    result = await imported(api, rows)
    assert [row["outcome"] for row in result["rows"]] == [
        *("refused", "refused", "refused", "changed", "refused", "created", "refused", "refused")
    ]
    assert result["rows"][0]["errors"][0]["field"] == "0.kind"
    assert result["rows"][2]["errors"][0]["field"] == "2.entity.enterprise_id"
    assert api.counted("lantian_registry_changes_total", kind="source", result="refused") == 2


async def test_an_import_has_a_size(api: Api) -> None:
    """5,000 rows at most."""
    response = await api.call("POST", "/v1/registry:import", "admin-1", json=[{}] * 5001)
    assert_problem(response, 422, "invalid")
    assert (await imported(api, []))["counts"] == {}


async def test_lists_are_paged_and_filtered(api: Api) -> None:
    """By id, with voided ones only when asked for."""
    for number in range(5):
        await api.put(f"source/s{number + 2}", {"entity": SOURCE})
    await api.call("POST", "/v1/registry/source/s3/void", "admin-1", {"If-Match": '"1"'}, json={"reason": "拆除"})
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await api.get("/v1/registry/source", limit=2, **cursor)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["s1", "s2", "s4", "s5", "s6"]
    assert len((await api.get("/v1/registry/source", voided=True)).json()["items"]) == 6
    assert (await api.get("/v1/registry/feed", source_id="s1")).json()["items"] == []
    assert_problem(await api.get("/v1/registry/source", cursor="x"), 400, "cursor")
    assert_problem(await api.get("/v1/registry/planet"), 422, "invalid")
    assert_problem(await api.get("/v1/registry/source/none"), 404, "not-found")


async def test_an_enterprise_states_its_own_marks(api: Api) -> None:
    """For its own outlet, to be corrected and never taken back; another one's is refused, and so is anything else."""
    own = {**ENTERPRISE, "name": "某钢铁"}
    assert (await api.put(f"enterprise/{PLACE.enterprise_id}", {"entity": own})).status_code == 201
    source = {**SOURCE, "enterprise_id": PLACE.enterprise_id}
    assert (await api.put("source/own", {"entity": source})).status_code == 201
    mark = {**MARK, "source_id": "own"}
    stated = await api.put("mark/m1", {"entity": mark, "reason": "企业申报"}, who="plant-1")
    assert (stated.status_code, stated.json()["changed_by"]) == (201, "plant-1")
    longer = {**mark, "end_ms": NOW_MS + 9}
    assert (await api.put("mark/m1", {"entity": longer}, rev=1, who="plant-1")).status_code == 200
    assert [entry["actor"]["actor_id"] for entry in (await kept(api, "mark/m1")).history] == ["plant-1", "plant-1"]
    assert_problem(await api.put("mark/m2", {"entity": MARK}, who="plant-1"), 422, "invalid")  # as if it did not exist
    assert_problem(await api.put("mark/m3", {"entity": mark}, who="plant-2"), 422, "invalid")
    taken = await api.call("POST", "/v1/registry/mark/m1/void", "plant-1", {"If-Match": '"2"'}, json={"reason": "误报"})
    assert_problem(taken, 403, "forbidden")


@pytest.mark.parametrize("who", ["auditor-1", "plant-1", "team-1"])
async def test_who_may_not_write(api: Api, who: str) -> None:
    """403, whatever the body."""
    assert_problem(await api.put("limit/l1", {"entity": LIMIT}, who=who), 403, "forbidden")
    assert_problem(await api.call("POST", "/v1/registry:import", who, json=ROWS), 403, "forbidden")
    void = await api.call("POST", "/v1/registry/source/s1/void", who, {"If-Match": '"1"'}, json={"reason": "x"})
    assert_problem(void, 403, "forbidden")


async def test_writers_stay_in_their_divisions(api: Api) -> None:
    """Nothing is written into, moved into, or taken from another division, and what is there is not found."""
    who = "tangshan-1"
    assert_problem(await api.get("/v1/registry/source/s1", who), 404, "not-found")
    assert_problem(await api.get("/v1/registry/source/s1/history", who), 404, "not-found")
    assert (await api.get("/v1/registry/source", who)).json()["items"] == []
    assert_problem(await api.put("limit/l1", {"entity": LIMIT}, who=who), 422, "invalid")  # its source is not there
    assert_problem(await api.put("enterprise/e2", {"entity": ENTERPRISE}, who=who), 403, "forbidden")
    tangshan = {**ENTERPRISE, "division_code": "130202"}
    assert (await api.put("enterprise/e2", {"entity": tangshan}, who=who)).status_code == 201
    assert_problem(await api.put("enterprise/e1", {"entity": tangshan}, who=who), 404, "not-found")
    assert_problem(await api.put("enterprise/e2", {"entity": ENTERPRISE}, rev=1, who=who), 403, "forbidden")
    void = await api.call("POST", "/v1/registry/source/s1/void", who, {"If-Match": '"1"'}, json={"reason": "x"})
    assert_problem(void, 404, "not-found")
    result = await imported(api, [{"kind": "source", "id": "s1", "entity": SOURCE}], who)
    assert result["counts"] == {"refused": 1}


async def test_what_hangs_on_an_enterprise_moves_with_it(api: Api) -> None:
    """A corrected division takes sources and limits along, a source its limits to another enterprise."""
    await api.put("limit/l1", {"entity": LIMIT})
    await api.put("enterprise/e1", {"entity": {**ENTERPRISE, "division_code": "130202"}}, rev=1)
    assert (await api.get("/v1/registry/limit/l1", "tangshan-1")).status_code == 200
    await api.put("enterprise/e2", {"entity": ENTERPRISE})
    await api.put("source/s1", {"entity": {**SOURCE, "enterprise_id": "e2"}}, rev=1)
    assert (await kept(api, "limit/l1")).belongs.enterprise_id == "e2"
    assert_problem(await api.get("/v1/registry/limit/l1", "tangshan-1"), 404, "not-found")


async def test_a_station_has_no_enterprise(api: Api) -> None:
    """Only who sees the whole country may write it as yet."""
    station = {"name": "世纪公园站", "kind": "station"}
    assert (await api.put("source/st1", {"entity": station})).status_code == 201
    assert_problem(await api.put("source/st2", {"entity": station}, who="office-1"), 403, "forbidden")


@pytest.mark.parametrize("code", ["130100", "1301"])
async def test_a_team_serves_a_prefix(api: Api, code: str) -> None:
    """The contract wants a prefix of the enterprises' codes; who may write the team stays the same."""
    created = await api.put("team/t1", {"entity": {**TEAM, "division_code": code}}, who="office-1")
    assert (created.status_code, created.json()["entity"]["division_code"]) == (201, "1301")
    assert_problem(await api.get("/v1/registry/team/t1", "tangshan-1"), 404, "not-found")


async def test_a_team_of_the_whole_country_is_the_ministrys_to_write(api: Api) -> None:
    """It hears what is addressed to the ministry; a city's keeper neither writes nor reads it."""
    team = {**TEAM, "division_code": "000000"}
    answer = await api.put("team/nation", {"entity": team})
    assert (answer.status_code, answer.json()["entity"]["division_code"]) == (201, "00")
    assert (await api.get("/v1/registry/team/nation", "office-1")).status_code == 404
    assert_problem(await api.put("team/other", {"entity": team}, who="office-1"), 403, "forbidden")


async def test_changes_are_published_as_they_stand(api: Api) -> None:
    """Every kind becomes its message; the key is kind/id."""
    api.store.reset()
    await imported(api, ROWS)
    waiting = {record.key: message(record) for record in await api.store.waiting_records(10)}
    assert set(waiting) == {f"{row['kind']}/{row['id']}" for row in ROWS}
    assert waiting["enterprise/e1"].enterprise.division_code == "130102"
    assert waiting["source/s1"].source.enterprise_id == "e1"
    assert waiting["limit/l1"].limit.value == 35.0
    assert waiting["mark/m1"].mark.declared_ms == NOW_MS
    assert waiting["team/t1"].team.webhook_secret_name == "sjz"
    feed = waiting["feed/MN100000_0005"]
    assert (feed.feed.feed_id, feed.feed.sends_hours, feed.feed.protocol) == ("MN100000_0005", True, "hj212")
    assert (feed.kind, feed.id, feed.revision, feed.changed_by) == ("feed", "MN100000_0005", 1, "admin-1")
    assert {change.WhichOneof("entity") for change in waiting.values()} == {
        str(kind) for kind in (Kind.ENTERPRISE, Kind.SOURCE, Kind.FEED, Kind.LIMIT, Kind.MARK, Kind.TEAM)
    }
