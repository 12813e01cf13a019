"""The probe: each round is a new lead, nothing is sent twice, and only what was signed counts."""

import base64
import json
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook

from lantian_kit.health import Health, health_routes
from lantian_probe.api import PATH, create_app
from lantian_probe.book import GIVEN_UP_SECONDS, Book, key_of
from lantian_probe.metrics import ProbeMetrics
from lantian_probe.rounds import FACTORS, HOUR_MS, LIMIT, Round, registry, round_after
from lantian_probe.sender import Sender
from lantian_simulator.frames import read_reply
from lantian_tasks.registry.kinds import ENTITIES
from lantian_tasks.registry.record import Kind

AN_HOUR = 6
NOON_MS = int(datetime(2026, 11, 20, 4, 0, tzinfo=UTC).timestamp() * 1000)


def rounds(count: int, since_ms: int = NOON_MS) -> list[Round]:
    """Rounds one after another."""
    found = []
    for _ in range(count):
        found.append(round_after(since_ms, AN_HOUR))
        since_ms = found[-1].at_ms
    return found


def test_every_ten_minutes_another_episode() -> None:
    """No source exceeds by one factor twice within six hours: an episode is closed by then, so each is a new lead."""
    day = rounds(144)
    assert [one.at_ms for one in day] == [NOON_MS + number * 600_000 for number in range(1, 145)]
    last: dict[tuple[str, str], int] = {}
    for one in day:
        before = last.get((one.source_id, one.factor))
        assert before is None or one.hour_ms - before >= 6 * HOUR_MS
        last[one.source_id, one.factor] = one.hour_ms
        assert one.hour_ms + HOUR_MS <= one.at_ms < one.hour_ms + 2 * HOUR_MS


def test_the_frame_is_one_that_the_gateway_takes() -> None:
    """One factor is above its limit; length and check code are right."""
    (one,) = rounds(1)
    text = one.frame().decode()
    read_reply(one.frame())
    found = re.findall(r"(a\d{5})-Avg=([\d.]+)", text)
    values = {factor: float(value) for factor, value in found}
    assert {factor for factor, value in values.items() if value > LIMIT} == {one.factor}
    assert set(values) == set(FACTORS)


def test_the_registry_takes_what_it_is_told() -> None:
    """Every row is one that the API accepts."""
    rows = list(registry(AN_HOUR, "990101", "http://127.0.0.1:1/hooks/probe", "probe"))
    assert len(rows) == 2 + AN_HOUR * (2 + len(FACTORS))
    for row in rows:
        ENTITIES[Kind(row["kind"])].model_validate(row["entity"])


def test_the_book_knows_what_waits() -> None:
    """The oldest counts; a repeat and a stranger change nothing; after an hour a round is lost."""
    one, two = rounds(2)
    book = Book()
    book.sent(one, 100.0)
    book.sent(two, 200.0)
    assert book.oldest(250.0) == 150.0
    assert book.arrived(key_of(one), 160.0) == 60.0
    assert book.arrived(key_of(one), 170.0) is None
    assert book.oldest(250.0) == 50.0
    assert book.given_up(200.0 + GIVEN_UP_SECONDS) == 0
    assert book.given_up(201.0 + GIVEN_UP_SECONDS) == 1
    assert book.oldest(9999.0) == 0.0


class Desk:
    """The probe's HTTP side without a network."""

    def __init__(self, folder: Path) -> None:
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        (folder / "probe").write_text(self.secret)
        self.registry = CollectorRegistry()
        self.metrics, self.book, self.voided = ProbeMetrics(self.registry), Book(), list[str]()
        routes: APIRouter = health_routes(Health(), self.registry, "probe")
        self.app = create_app(routes, folder / "probe", self.book, self.metrics, self.voided.append)

    async def post(self, body: bytes, secret: str) -> int:
        """The status of a webhook signed with `secret`."""
        now = datetime.now(UTC)
        signed = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", now, body.decode()),
        }
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
            return (await client.post(PATH, content=body, headers=signed)).status_code


def notice(one: Round) -> dict[str, Any]:
    """The webhook about a round, as far as the probe reads it."""
    started = datetime.fromtimestamp(one.hour_ms / 1000, UTC).isoformat()
    about = {"source": {"id": one.source_id}, "factor": one.factor, "times": {"started": started}}
    return {"type": "issue.registered", "data": {"issue": {"id": "iss-1"}, **about}}


async def test_a_signed_notice_ends_the_wait_and_its_issue_is_voided(tmp_path: Path) -> None:
    """Another's signature changes nothing."""
    desk = Desk(tmp_path)
    (one,) = rounds(1)
    desk.book.sent(one, 0.0)
    body = json.dumps(notice(one)).encode()
    foreign = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    assert await desk.post(body, foreign) == 401
    assert desk.book.waiting
    assert await desk.post(body, desk.secret) == 204
    assert not desk.book.waiting
    assert desk.voided == ["iss-1"]
    assert desk.registry.get_sample_value("lantian_probe_rounds_total", {"result": "reached"}) == 1


def test_the_gauge_shows_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was given up is counted as lost."""
    from lantian_kit.clock import ManualClock

    collected = CollectorRegistry()
    book = Book()
    sender = Sender("127.0.0.1:1", AN_HOUR, book, ManualClock(NOON_MS), ProbeMetrics(collected))
    book.sent(rounds(1)[0], 100.0)
    monkeypatch.setattr("lantian_probe.sender.time.monotonic", lambda: 221.0)
    sender.look()
    assert collected.get_sample_value("lantian_probe_waiting_seconds") == 121.0
