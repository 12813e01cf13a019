"""POST /v1/readings: who may send, what is promised when, and what a refusal says."""

import asyncio
import hashlib
import json
from typing import Any

import pytest
from httpx import Response

from lantian_ingest.decoders.records.documents import Media
from lantian_ingest.publishers.access import Publisher
from lantian_ingest.publishers.desk import Sender
from lantian_proto.events import header
from tests.unit.ingest.others_rig import API_KEY, OthersRig, client

TIME = "2026-11-22T11:00:00+08:00"
HASH = hashlib.sha256(API_KEY.encode()).hexdigest()
JSON = {"content-type": "application/json"}


class Caller:
    """A publisher of the feeds s-* with its key."""

    def __init__(self, rig: OthersRig | None = None, rows_per_minute: int = 1000, **app: Any) -> None:
        self.rig = rig or OthersRig()
        self.rig.feed("s-1", "station")
        self.rig.feed("s-2", "station")
        self.rig.feed("other", "station")
        self.rig.feed("s-gate", "gate")
        self.now = 0.0
        publisher = Publisher("tester", ("s-*",), rows_per_minute)
        self.app = self.rig.app((HASH, publisher), now=lambda: self.now, **app)

    async def post(self, body: Any, headers: dict[str, str] | None = None, query: str = "") -> Response:
        """Sends, and lets Kafka answer."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {"authorization": f"Bearer {API_KEY}", **JSON, **(headers or {})}
        async with client(self.app) as http:
            sending = asyncio.create_task(http.post(f"/v1/readings{query}", content=content, headers=own))
            while not sending.done():
                await self.rig.settle()
            return await sending


def row(feed: str = "s-1", **fields: Any) -> dict[str, Any]:
    """A record."""
    return {"feed": feed, "time": TIME, "pm25": 35, **fields}


async def test_accepted_means_safe() -> None:
    """202 comes after the body and its readings are acknowledged, and names the evidence."""
    caller = Caller()
    answer = await caller.post([row(), row("s-2", so2=12)])
    assert (answer.status_code, answer.json()["accepted"], answer.json()["readings"]) == (202, 2, 3)
    (record,) = caller.rig.evidence()
    assert header(record.headers, "ce_id") == answer.json()["evidence"]
    assert header(record.headers, "feeds") == "s-1,s-2"
    assert json.loads(record.value or b"") == [row(), row("s-2", so2=12)]
    rows = caller.rig.rows()
    assert sorted(rows.sources) == ["source-s-1", "source-s-2"]
    assert set(rows.received.tolist()) == {caller.rig.clock.now_ms()}


async def test_nothing_is_promised_before_kafka_answers() -> None:
    """No answer while Kafka is silent; 503 with Retry-After when it fails, and the repeat is taken."""
    caller = Caller()
    caller.rig.publisher.hold = True
    sending = asyncio.create_task(caller.post([row()]))
    for _ in range(5):
        await caller.rig.settle()
    assert not sending.done()
    caller.rig.publisher.hold = False
    caller.rig.publisher.release()
    assert (await sending).status_code == 202
    caller.rig.publisher.fail_next = 1
    refused = await caller.post([row(pm25=36)], {"idempotency-key": "k"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert (await caller.post([row(pm25=36)], {"idempotency-key": "k"})).status_code == 202
    assert caller.rig.outcomes("http") == {"accepted": 2, "undelivered": 1}


async def test_all_or_nothing_with_every_mistake_by_row() -> None:
    """400 as a problem; the body lies in the evidence; no reading leaves."""
    caller = Caller()
    answer = await caller.post([row(), row(pm25="NaN"), row("nobody"), row(time="2030-01-01T00:00:00Z", so2="x")])
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (problem["rows"], problem["refused"], problem["type"]) == (4, 3, "urn:lantian:problem:number")
    assert [(e["row"], e["field"], e["reason"]) for e in problem["errors"]] == [
        (2, "pm25", "number"),
        (3, "feed", "unknown-feed"),
        (4, "time", "future"),
        (4, "so2", "number"),
    ]
    (record,) = caller.rig.evidence()
    assert (header(record.headers, "outcome"), header(record.headers, "ce_id")) == ("malformed", problem["evidence"])
    assert caller.rig.publisher.records("readings.v1") == []


async def test_skip_takes_the_good_rows_and_says_so() -> None:
    """One outcome for the body: accepted, with the refused rows beside."""
    caller = Caller()
    answer = await caller.post([row(), row(pm25=-5), row("s-2")], query="?on_error=skip")
    assert answer.status_code == 202
    assert (answer.json()["accepted"], answer.json()["refused"], answer.json()["errors"][0]["row"]) == (2, 1, 2)
    assert caller.rig.outcomes("http") == {"accepted": 1}
    nothing = await caller.post([row(pm25=-5)], query="?on_error=skip")
    assert nothing.status_code == 400


async def test_dry_run_says_what_would_be_and_keeps_nothing() -> None:
    """200 for a batch that would be taken, the same problem for one that would not."""
    caller = Caller()
    good = await caller.post([row()], query="?dry_run=true")
    assert (good.status_code, good.json()["dry_run"], good.json()["accepted"]) == (200, True, 1)
    bad = await caller.post([row(pm25=-1)], query="?dry_run=true")
    assert (bad.status_code, bad.json()["errors"][0]["reason"], bad.json()["evidence"]) == (400, "range", "")
    assert caller.rig.evidence() == []
    assert caller.rig.outcomes("http") == {}


async def test_keys_open_their_own_feeds_alone() -> None:
    """No key, a wrong key: 401. A feed of somebody else looks like one that does not exist."""
    caller = Caller()
    for authorization in ("", "Bearer wrong", f"Basic {API_KEY}", API_KEY):
        answer = await caller.post([row()], {"authorization": authorization})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    other = (await caller.post([row("other")])).json()
    nobody = (await caller.post([row("no-such")])).json()
    assert other["errors"] == nobody["errors"]
    assert caller.rig.outcomes("http") == {"unknown-feed": 2}
    assert caller.rig.count("lantian_ingest_requests_total") == {"no-key": 4}


async def test_idempotency_key() -> None:
    """Same key and body: the same answer, once in Kafka. Another body 422, under way 409, after a day anew."""
    caller = Caller()
    key = {"idempotency-key": "batch-1"}
    first = await caller.post([row()], key)
    again = await caller.post([row()], key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(caller.rig.evidence()) == 1
    assert (await caller.post([row(pm25=1)], key)).status_code == 422
    caller.rig.publisher.hold = True
    waiting = asyncio.create_task(caller.post([row(pm25=2)], {"idempotency-key": "slow"}))
    for _ in range(5):
        await caller.rig.settle()
    assert (await caller.post([row(pm25=2)], {"idempotency-key": "slow"})).status_code == 409
    caller.rig.publisher.hold = False
    caller.rig.publisher.release()
    assert (await waiting).status_code == 202
    caller.now += 86_401
    assert (await caller.post([row(pm25=1)], key)).status_code == 202


async def test_too_much() -> None:
    """413 for a body over the limit, its beginning kept; 413 for too many rows; 429 with the time to wait."""
    caller = Caller(body_bytes=20_000, rows_per_minute=60)
    large = await caller.post(b"[" + b" " * 30_000 + b"]")
    assert (large.status_code, large.json()["type"]) == (413, "urn:lantian:problem:body")
    many = await caller.post([{}] * 1001)
    assert (many.status_code, many.json()["type"]) == (413, "urn:lantian:problem:too-many-rows")
    assert caller.rig.outcomes("http") == {"too-large": 2}
    times = [f"2026-11-22T11:00:{second:02d}+08:00" for second in range(60)]
    assert (await caller.post([row(time=time) for time in times])).status_code == 202
    soon = await caller.post([row(), row("s-2")])
    assert (soon.status_code, soon.headers["retry-after"]) == (429, "2")
    caller.now += 2
    assert (await caller.post([row(), row("s-2")])).status_code == 202


async def test_forms() -> None:
    """CSV and Arrow are tested with the documents; here: what is none of the three, and compressed bodies."""
    caller = Caller()
    csv = f"feed,time,pm25 [µg/m³]\ns-1,{TIME},35\n".encode()
    assert (await caller.post(csv, {"content-type": "text/csv; charset=utf-8"})).status_code == 202
    for headers in ({"content-type": "application/xml"}, {"content-type": ""}, {"content-encoding": "gzip"}):
        assert (await caller.post(csv, headers)).status_code == 415
    assert (await caller.post(csv, query="?on_error=perhaps")).status_code == 400


@pytest.mark.parametrize("body", [b"", b"\x00\xff noise", b'{"records": 1}', b"[NaN]"])
async def test_noise_is_evidence_too(body: bytes) -> None:
    """400 with a reason, sealed in raw-frames.v1 because nobody knows what it was; the next good batch works."""
    caller = Caller()
    assert (await caller.post(body)).status_code == 400
    assert (await caller.post([row()])).status_code == 202
    assert caller.rig.outcomes("http") == {"malformed": 1, "accepted": 1}
    noise = caller.rig.evidence()
    assert body not in [record.value for record in noise] or not body


async def test_busy_gateway_takes_nothing() -> None:
    """Back-pressure before loss: 503, nothing read."""
    rig = OthersRig()
    caller = Caller(rig)
    rig.intake._limit = 0
    answer = await caller.post([row()])
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:lantian:problem:busy")


def passage(**fields: Any) -> dict[str, Any]:
    """A gate's record."""
    base = {"feed": "s-gate", "time": TIME, "plate": "京A12345", "direction": "in", "fuel": "diesel"}
    return {**base, "emission_stage": 5, "goods": "coke for 京A12345", **fields}


async def test_plates_are_masked_in_evidence_and_absent_from_readings() -> None:
    """As UTF-8 in place; escaped JSON can not be found, so all of it is masked."""
    caller = Caller()
    plain = json.dumps([passage()], ensure_ascii=False).encode()
    assert (await caller.post(plain)).status_code == 202
    (record,) = caller.rig.evidence()
    assert record.value is not None
    assert "京A12345".encode() not in record.value
    assert b'"direction"' in record.value
    assert len(record.value) == len(plain)
    assert (await caller.post([passage(time="2026-11-22T11:30:00+08:00")])).status_code == 202  # "\\u4eac..."
    assert (await caller.post(plain.replace(b'"in"', b'"by"'))).status_code == 400
    whole = [r.value for r in caller.rig.evidence() if r is not record and set(r.value or b"") == {ord("*")}]
    assert len(whole) == 2
    everything = repr(caller.rig.evidence() + caller.rig.publisher.records("readings.v1"))
    assert "A12345" not in everything


async def test_without_keys_plates_are_refused_and_not_kept() -> None:
    """A body that names somebody does not lie in a topic for want of a key."""
    caller = Caller(OthersRig(keys=None))
    answer = await caller.post(json.dumps([passage()], ensure_ascii=False).encode())
    assert (answer.status_code, answer.json()["errors"][0]["reason"]) == (400, "no-identity-key")
    assert caller.rig.outcomes("http") == {"unsupported": 1}
    (record,) = caller.rig.evidence()
    assert set(record.value or b"") == {ord("*")}


async def test_old_records_go_by_the_lane_of_back_fill() -> None:
    """A month-old batch must not delay what comes now."""
    caller = Caller()
    await caller.rig.intake.start()
    assert (await caller.post([row(time="2026-10-22T11:00:00+08:00")])).status_code == 202
    assert (await caller.post([row()])).status_code == 202
    await caller.rig.intake.stop()
    assert caller.rig.sightings.get("s-1").late == 1  # type: ignore[union-attr]


async def test_a_feed_that_nobody_knows_is_seen_under_its_own_name() -> None:
    """In the list of feeds and as key of its evidence; not what may be a vehicle, nor what is not the publisher's."""
    one = OthersRig()
    document = b'{"feed": "%s", "time": 1795316400000, "pm25": 35}'
    for name in (b"station-9", b"LGDCHA1G8MA779653", b"a b"):
        report = await one.desk.judge(document % name, Media.JSON, one.sender)
        await one.desk.take(report)
    limited = Sender("http", "limited", "192.0.2.7:1", lambda feed: False)
    await one.desk.take(await one.desk.judge(document % b"station-8", Media.JSON, limited))
    await one.settle()
    assert {record.key for record in one.evidence()} == {b"station-9", one.sender.id.encode(), b"limited"}
    assert one.sightings.get("station-9").refused == {"unknown-feed": 1}  # type: ignore[union-attr]
