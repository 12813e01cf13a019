"""Parameters of rules over HTTP: bounds, the replay they need, numbers, dates, who may, what stays."""

from typing import Any

import pytest

from lantian_kit.records import Record as TopicRecord
from lantian_kit.worker import InvalidRecord
from lantian_proto.replays import intact
from lantian_proto.topics import RULES, TOPICS
from lantian_proto.v1.rule_pb2 import RuleNews
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ledger.history import verify
from lantian_tasks.registry.record import message
from lantian_tasks.registry.rule_news import RuleNewsKeeper, replay_key
from tests.support.examples import message as example
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import NOW_MS
from tests.support.tasks_rules import told_catalogue, told_replay

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LATER_MS = (NOW_MS // HOUR_MS + 2) * HOUR_MS
VALUES = {"high_ratio": 1.5}
RULE = "hour-exceedance"


def listed(values: dict[str, float]) -> list[dict[str, Any]]:
    """Values as the API takes them."""
    return [{"path": path, "value": value} for path, value in values.items()]


def wish(values: dict[str, float] = VALUES, **other: Any) -> dict[str, Any]:
    """A wish for a replay of a week."""
    entity = {"rule_id": RULE, "base_version": 2, "values": listed(values)} | other
    return {"entity": {"from_ms": NOW_MS - 7 * DAY_MS, "to_ms": NOW_MS} | entity}


@pytest.fixture
async def api() -> Api:
    """Alerts has told its catalogue, and what the replay r1 found."""
    api = Api()
    await api.store.keep_rule_news("catalogue", told_catalogue())
    await answer(api, "r1")
    return api


async def answer(api: Api, replay_id: str, values: dict[str, float] = VALUES, **other: Any) -> str:
    """Alerts answers; the digest."""
    result = told_replay(replay_id, values, NOW_MS, **other)
    await api.store.keep_rule_news(replay_key(replay_id), RuleNews(replay=result).SerializeToString())
    return result.sha256


def a_set(digest: str, values: dict[str, float] = VALUES, from_ms: int = LATER_MS, **other: Any) -> dict[str, Any]:
    """A set of parameters on the replay r1."""
    entity = {"rule_id": RULE, "base_version": 2, "number": 1, "values": listed(values), "reason": "按复核情况调整"}
    return {"entity": entity | {"replay_id": "r1", "replay_sha256": digest} | other, "valid_from_ms": from_ms}


async def digest_of(api: Api) -> str:
    """Digest of r1."""
    return RuleNews.FromString((await api.store.rule_news(["replay/r1"]))["replay/r1"]).replay.sha256


async def test_wish_look_and_set(api: Api) -> None:
    """A replay is wished, answered and looked at; the set is written with its history and leaves for alerts."""
    assert (await api.put("rule-replay/r1", wish())).status_code == 201
    shown = (await api.call("GET", "/v1/rule-replays/r1", "admin-1")).json()
    assert (shown["state"], shown["counts"][0]["added"], shown["counts"][0]["gone"]) == ("done", 1, 1)
    assert [lead["outcome"] for lead in shown["leads"]] == ["added", "gone"]
    made = await api.put(f"rule-parameters/{RULE}.2.1", a_set(shown["sha256"]))
    assert made.status_code == 201, made.text
    key = f"rule-parameters/{RULE}.2.1"
    record = (await api.store.records([key], EVERYTHING))[key]
    assert verify(record.history, key) is None
    assert record.history[0]["actor"]["actor_id"] == "admin-1"
    told = message(record)
    assert (told.valid_from_ms, told.rule_parameters.number, told.rule_parameters.replay_id) == (LATER_MS, 1, "r1")
    assert [(one.path, one.value) for one in told.rule_parameters.values] == [("high_ratio", 1.5)]
    assert key in {one.key for one in await api.store.waiting_records(10)}


async def test_a_replay_waits_until_it_is_answered(api: Api) -> None:
    """And one that failed says why; one nobody wished is not there."""
    await api.put("rule-replay/r2", wish())
    assert (await api.call("GET", "/v1/rule-replays/r2", "admin-1")).json()["state"] == "waiting"
    await answer(api, "r2", state="failed")
    assert (await api.call("GET", "/v1/rule-replays/r2", "admin-1")).json()["state"] == "failed"
    assert_problem(await api.call("GET", "/v1/rule-replays/r1", "admin-1"), 404, "not-found")


@pytest.mark.parametrize(
    ("values", "zh", "en"),
    [
        ({"high_ratio": 11.0}, "参数 high_ratio 须在 1.1–10 之内", "high_ratio has to lie within 1.1–10"),
        ({"high_hours": 0.0}, "须在 1–24 h 之内", "has to lie within 1–24 h"),
        ({"high_hours": 2.5}, "须为整数", "whole number"),
        ({"oxygen_guard_percent": 19.0}, "不能修改", "no parameter that may be changed"),
    ],
)
async def test_out_of_bounds_is_refused_in_both_languages(api: Api, values: dict[str, float], zh: str, en: str) -> None:
    """A problem that names the input, for a replay and for a set."""
    for answer in (
        await api.put("rule-replay/r9", wish(values)),
        await api.put(f"rule-parameters/{RULE}.2.1", a_set(await digest_of(api), values)),
    ):
        problem = assert_problem(answer, 422, "invalid")
        assert zh in problem["detail_zh"]
        assert en in problem["detail"]
        assert problem["errors"][0]["field"] == "body.entity.values"


async def test_what_a_set_needs(api: Api) -> None:
    """Each condition by itself; nothing is written."""
    digest = await digest_of(api)
    other = {"high_ratio": 1.6}
    cases: list[tuple[dict[str, Any], int, str]] = [
        (a_set("0" * 64), 409, "digest"),
        (a_set(digest, other), 409, "other parameters"),
        (a_set(digest, replay_id="r7"), 409, "has no result"),
        (a_set(digest, number=2), 422, "the id of this set"),
        (a_set(digest, base_version=3), 409, "has hour-exceedance in version 2"),
        (a_set(digest, rule_id="nothing"), 422, "no rule nothing"),
        (a_set(digest, from_ms=LATER_MS + 1), 422, "full hour"),
        (a_set(digest, from_ms=LATER_MS - 48 * HOUR_MS), 422, "10 minutes"),
        (a_set(digest, from_ms=0), 422, "10 minutes"),
        (a_set(digest) | {"valid_to_ms": LATER_MS + HOUR_MS}, 422, "until the next one"),
    ]
    for body, status, why in cases:
        answer = await api.put(f"rule-parameters/{RULE}.2.1", body)
        assert (answer.status_code, why in answer.text) == (status, True), (why, answer.text)
    await answer_with(api, records=0)
    assert "read no history" in (await api.put(f"rule-parameters/{RULE}.2.1", a_set(await digest_of(api)))).text
    await answer_with(api, number=2)
    assert "replay again" in (await api.put(f"rule-parameters/{RULE}.2.1", a_set(await digest_of(api)))).text
    assert await api.store.records([f"rule-parameters/{RULE}.2.1"], EVERYTHING) == {}


async def answer_with(api: Api, **other: Any) -> None:
    """Another answer for r1."""
    await answer(api, "r1", **other)


async def test_an_old_replay_is_not_enough(api: Api) -> None:
    """After 30 days it has to be run again."""
    digest = await digest_of(api)
    api.clock.advance(31 * DAY_MS / 1000)
    later = (api.clock.now_ms() // HOUR_MS + 2) * HOUR_MS
    assert "older than 30 days" in (await api.put(f"rule-parameters/{RULE}.2.1", a_set(digest, from_ms=later))).text


async def test_a_set_stays_as_it_is_and_the_next_one_follows(api: Api) -> None:
    """The same again changes nothing, another content is refused; the next has the next number and a later time."""
    first = f"rule-parameters/{RULE}.2.1"
    body = a_set(await digest_of(api))
    assert (await api.put(first, body)).status_code == 201
    assert (await api.put(first, body, 1)).status_code == 200
    body["valid_from_ms"] = LATER_MS + HOUR_MS
    assert "stays as it is" in (await api.put(first, body, 1)).text
    digest = await answer(api, "r3", {}, number=2)
    back = a_set(digest, {}, number=2, replay_id="r3")
    assert "another set holds" in (await api.put(f"rule-parameters/{RULE}.2.2", back)).text
    back["valid_from_ms"] = LATER_MS + HOUR_MS
    assert (await api.put(f"rule-parameters/{RULE}.2.2", back)).status_code == 201


async def test_voided_before_it_holds_only(api: Api) -> None:
    """What held explains leads: it is not taken back. A number is never used again."""
    first = f"rule-parameters/{RULE}.2.1"
    await api.put(first, a_set(await digest_of(api)))
    void: dict[str, Any] = {"json": {"reason": "误设"}, "headers": {"If-Match": '"1"'}}
    api.clock.advance(3 * HOUR_MS / 1000)
    refused = await api.call("POST", f"/v1/registry/{first}/void", "admin-1", **void)
    assert "hold already" in assert_problem(refused, 409, "conflict")["detail"]
    api.clock.advance(-3 * HOUR_MS / 1000)
    assert (await api.call("POST", f"/v1/registry/{first}/void", "admin-1", **void)).status_code == 200
    assert "stays as it is" in (await api.put(first, a_set(await digest_of(api)), 2)).text
    again = a_set(await digest_of(api), from_ms=LATER_MS + HOUR_MS, number=2)
    assert "replay again" in (await api.put(f"rule-parameters/{RULE}.2.2", again)).text


@pytest.mark.parametrize("who", ["office-1", "team-1", "plant-1"])
async def test_only_who_sees_the_whole_country(api: Api, who: str) -> None:
    """Parameters hold everywhere: whoever sees a part may neither set nor replay nor look."""
    assert (await api.put("rule-replay/r1", wish(), who=who)).status_code == 403
    assert (await api.put(f"rule-parameters/{RULE}.2.1", a_set(await digest_of(api)), who=who)).status_code == 403
    await api.put("rule-replay/r1", wish())
    assert (await api.call("GET", "/v1/rule-replays/r1", who)).status_code in (403, 404)


async def test_an_import_goes_by_the_same_conditions(api: Api) -> None:
    """A file is no way round the replay."""
    row = {"kind": "rule-parameters", "id": f"{RULE}.2.1", **a_set("0" * 64)}
    answer = await api.call("POST", "/v1/registry:import", "admin-1", json=[row])
    assert answer.json()["rows"][0]["outcome"] == "refused"


async def test_without_a_catalogue_nothing_is_taken() -> None:
    """Alerts has not spoken yet."""
    assert "not told its catalogue" in (await Api().put("rule-replay/r1", wish())).text


async def test_news_are_kept_by_their_key(api: Api) -> None:
    """What does not fit its key, or is no news, is a dead letter."""
    keeper = RuleNewsKeeper(api.store)
    result = RuleNews(replay=told_replay("r5", VALUES, NOW_MS)).SerializeToString()
    assert await keeper.handle(record(b"replay/r5", result)) == "replay"
    assert await keeper.handle(record(b"catalogue", told_catalogue())) == "catalogue"
    misplaced = ((b"replay/r6", result), (b"replay/r5", told_catalogue()), (b"replay/r5", b"\xff\xff"), (b"x", b""))
    for key, value in misplaced:
        with pytest.raises(InvalidRecord):
            await keeper.handle(record(key, value))
    assert (await api.store.rule_news(["replay/r5"]))["replay/r5"] == result


@pytest.mark.parametrize("name", TOPICS[RULES].examples)
async def test_the_examples_are_taken(api: Api, name: str) -> None:
    """What the contract shows is kept, and the digest of the example is right."""
    news = example(RULES, name)
    key = "catalogue" if name == "catalogue.json" else replay_key(news.replay.replay_id)
    assert await RuleNewsKeeper(api.store).handle(record(key.encode(), news.SerializeToString())) in name
    assert name == "catalogue.json" or intact(news.replay)


def record(key: bytes, value: bytes) -> TopicRecord:
    """A record of rules.v1."""
    return TopicRecord(RULES, 0, 0, NOW_MS, key, value)
