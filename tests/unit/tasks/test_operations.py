"""Dead letters and lags over HTTP: who may, what goes back, what stands in the audit."""

import pytest
from aiokafka import TopicPartition

from lantian_proto.v1.feed_event_pb2 import FeedEvent
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.operations.desk import Behind, KafkaOperations, Shut, lags
from lantian_tasks.operations.feed_events import read_events
from tests.support.examples import message
from tests.support.tasks_api import LISTED, Api, assert_problem
from tests.support.tasks_operations import a_letter

LEAD = message("leads.v1", "data-dropout.json").SerializeToString()
PATH = "/v1/operations/letters"
EVENTS = "/v1/operations/feed-events"
WHY = "发送方已重发"


@pytest.fixture
def api() -> Api:
    """Two letters lie there."""
    api = Api()
    api.operations.letters = [a_letter(), a_letter("ee01ee02", topic="raw-frames.v1", group="ingest", failed_ms=9)]
    return api


async def test_letters_are_the_administrators_alone(api: Api) -> None:
    """Every other role is refused, whatever it asks for."""
    for who in sorted(set(LISTED) - {"admin-1"}):
        for path in (PATH, f"{PATH}/ab01cd02", "/v1/operations/behind", EVENTS):
            assert_problem(await api.get(path, who), 403, "forbidden")
        body = {"action": "discard", "reason": WHY}
        assert_problem(await api.call("POST", f"{PATH}/ab01cd02:decide", who, json=body), 403, "forbidden")
    assert api.operations.decisions == {}


async def test_the_list_is_narrowed_and_says_how_many_there_are(api: Api) -> None:
    """Newest first; a limit does not hide that there are more."""
    body = (await api.get(PATH, "admin-1")).json()
    assert [row["id"] for row in body["items"]] == ["ee01ee02", "ab01cd02"]
    narrow = (await api.get(PATH, "admin-1", group="tasks")).json()
    assert ([row["id"] for row in narrow["items"]], narrow["found"]) == (["ab01cd02"], 1)
    first = (await api.get(PATH, "admin-1", limit=1)).json()
    assert (len(first["items"]), first["found"]) == (1, 2)


async def test_a_letter_goes_back_once_and_the_audit_knows_who(api: Api) -> None:
    """The second decision is refused; the history of the letter keeps both tries."""
    body = {"action": "replay", "reason": " 服务已修复 "}
    done = (await api.call("POST", f"{PATH}/ab01cd02:decide", "admin-1", json=body)).json()
    assert (done["state"], done["editable"]) == ("replayed", "none")
    assert (done["decision"]["actor"], done["decision"]["reason"]) == ("admin-1", "服务已修复")
    assert [back.value for back in api.operations.sent] == [b"\xff\xfe"]
    again = await api.call("POST", f"{PATH}/ab01cd02:decide", "admin-1", json={"action": "discard", "reason": WHY})
    assert "was replayed by admin-1" in assert_problem(again, 409, "refused")["detail"]
    assert len(api.operations.sent) == 1
    document = api.access.document("dead-letter/ab01cd02")
    assert document is not None
    known = [(entry["kind"], entry["fields"]["action"], entry["actor"]["actor_id"]) for entry in document["history"]]
    assert known == [
        ("dead-letter-decided", "replay", "admin-1"),
        ("dead-letter-decided", "discard", "admin-1"),
    ]
    assert (await api.get(PATH, "admin-1", state="replayed")).json()["found"] == 1


async def test_a_value_is_mended_by_its_fields_or_by_its_bytes(api: Api) -> None:
    """A message by fields, frames by bytes; what the contract can not read is refused and nothing is sent."""
    api.operations.letters.append(a_letter("cc01cc02", value=LEAD))
    shown = (await api.get(f"{PATH}/cc01cc02", "admin-1")).json()
    assert (shown["editable"], shown["value_hex"]) == ("fields", LEAD.hex())
    fields = {**shown["value"], "rule_version": 9}
    wrong = {"action": "fix", "reason": WHY, "fields": {"nonsense": 1}}
    assert_problem(await api.call("POST", f"{PATH}/cc01cc02:decide", "admin-1", json=wrong), 409, "refused")
    wrong = {"action": "fix", "reason": WHY, "value_hex": "ff"}
    assert_problem(await api.call("POST", f"{PATH}/cc01cc02:decide", "admin-1", json=wrong), 409, "refused")
    assert api.operations.sent == []
    good = {"action": "fix", "reason": WHY, "fields": fields}
    assert (await api.call("POST", f"{PATH}/cc01cc02:decide", "admin-1", json=good)).json()["state"] == "fixed"
    assert Lead.FromString(api.operations.sent[0].value).rule_version == 9
    assert (await api.get(f"{PATH}/ee01ee02", "admin-1")).json()["editable"] == "bytes"
    bytes_ = {"action": "fix", "reason": WHY, "value_hex": "2323"}
    assert (await api.call("POST", f"{PATH}/ee01ee02:decide", "admin-1", json=bytes_)).json()["state"] == "fixed"
    assert api.operations.sent[1].value == b"##"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "fix", "reason": WHY},
        {"action": "replay", "reason": WHY, "value_hex": "ff"},
        {"action": "fix", "reason": WHY, "value_hex": "ff", "fields": {}},
        {"action": "fix", "reason": WHY, "value_hex": "f"},
        {"action": "discard", "reason": "  "},
        {"action": "burn", "reason": WHY},
    ],
)
async def test_a_decision_without_sense_is_not_read(api: Api, body: dict[str, object]) -> None:
    """A fix needs one value, the others none; a reason is always needed."""
    assert_problem(await api.call("POST", f"{PATH}/ab01cd02:decide", "admin-1", json=body), 422, "invalid")


async def test_no_letter_a_shut_door_and_a_broker_away_are_told_apart(api: Api) -> None:
    """404, 409 with what opens it, 503."""
    assert_problem(await api.get(f"{PATH}/0000000000", "admin-1"), 404, "not-found")
    api.operations.away = True
    assert_problem(await api.get(PATH, "admin-1"), 503, "unavailable")
    api.operations.shut = True
    assert "LANTIAN_OPERATORS_USER" in assert_problem(await api.get(PATH, "admin-1"), 409, "shut")["detail"]


async def test_lags_are_listed(api: Api) -> None:
    """As the broker says."""
    api.operations.lags = [Behind("tasks", "leads.v1", 3, 7)]
    items = (await api.get("/v1/operations/behind", "admin-1")).json()["items"]
    assert items == [{"group": "tasks", "topic": "leads.v1", "partitions": 3, "records": 7}]


def test_lags_are_counted_by_group_and_topic() -> None:
    """An end that is not known counts as reached, one behind the group too."""
    a0, a1, b0 = TopicPartition("a", 0), TopicPartition("a", 1), TopicPartition("b", 0)
    found = lags({"one": {a0: 5, a1: 2}, "two": {a0: 9, b0: 4}}, {a0: 8, a1: 12})
    assert found == [Behind("one", "a", 2, 13), Behind("two", "a", 1, 0), Behind("two", "b", 1, 0)]


async def test_brokers_that_ask_for_a_user_keep_the_door_shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own user is never used for it."""
    monkeypatch.setenv("LANTIAN_KAFKA_SECURITY", "SASL_PLAINTEXT")
    monkeypatch.setenv("LANTIAN_KAFKA_USER", "tasks")
    with pytest.raises(Shut):
        await KafkaOperations("127.0.0.1:1", "", "").behind()


async def test_events_of_senders_are_read_page_by_page_newest_first(api: Api) -> None:
    """Each once, those of one moment too; narrowed to a feed or a kind; a cursor of elsewhere is refused."""
    events = [
        FeedEvent(
            event_id=f"e{n}", feed_id=f"DE{n % 2}", kind=("stranger", "two-addresses")[n % 2], at_ms=1000 + n // 3
        )
        for n in range(7)
    ]
    api.operations.events = [*events, events[2]]  # published twice
    read: list[str] = []
    cursor = None
    while cursor is not None or not read:
        body = (await api.get(EVENTS, "admin-1", limit=3, **({"cursor": cursor} if cursor else {}))).json()
        assert len(body["items"]) <= 3
        read += [row["event_id"] for row in body["items"]]
        cursor = body["next_cursor"]
    assert read == ["e6", "e5", "e4", "e3", "e2", "e1", "e0"]
    of_one = (await api.get(EVENTS, "admin-1", feed="DE1", kind="two-addresses")).json()
    assert [row["event_id"] for row in of_one["items"]] == ["e5", "e3", "e1"]
    api.operations.unreadable = 3
    none = (await api.get(EVENTS, "admin-1", feed="DE1", kind="stranger")).json()
    assert none == {"items": [], "next_cursor": None, "unreadable": 3}
    assert_problem(await api.get(EVENTS, "admin-1", cursor="bm9uc2Vuc2U"), 400, "cursor")
    api.operations.shut = True
    assert_problem(await api.get(EVENTS, "admin-1"), 409, "shut")


def test_a_record_that_is_no_feed_event_is_counted() -> None:
    """What another release wrote, beside an event; a record without a value is neither."""
    event = FeedEvent(event_id="1", feed_id="DE1", kind="stranger", at_ms=7)
    assert read_events([b"\xff\xff", event.SerializeToString(), None, b""]) == ([event], 1)
