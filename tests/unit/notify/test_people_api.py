"""Calls, silences, links and explanations over HTTP; no server, no socket."""

import hashlib
import uuid
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import APIRouter

from lantian_kit.access.key_file import AccessError
from lantian_notify.access import Access
from lantian_notify.api import create_app
from lantian_notify.calls.acknowledge import acknowledge_routes
from lantian_notify.calls.endpoints import call_routes
from lantian_notify.channels import CHANNELS
from lantian_notify.deliveries.endpoints import delivery_routes
from lantian_notify.once import ALONE, FREE
from lantian_notify.routing.endpoints import policy_routes
from lantian_notify.routing.policy import PolicyError, load
from lantian_notify.silences.endpoints import silence_routes
from lantian_notify.stream.endpoints import stream_routes
from lantian_notify.stream.stream import Streams
from tests.support.notify_calls import FakeRequests
from tests.support.notify_events import NOW_MS, a_delivery, an_event
from tests.support.notify_office import HOUR_MS, Office
from tests.support.writes import unkeyed, writes
from tests.unit.notify.test_stream import FakeFeed

PEOPLE = {
    "root": ("administrator", ["000000"]),
    "tangshan": ("city-office", ["130200"]),
    "baoding": ("city-office", ["130600"]),
    "auditor": ("auditor", ["000000"]),
}
DAY_MS = 24 * HOUR_MS


def access_file(folder: Path) -> Path:
    """Keys are the names."""
    rows = [
        {
            "id": name,
            "role": role,
            "organisation": "x",
            "divisions": divisions,
            "key_sha256": [hashlib.sha256(name.encode()).hexdigest()],
        }
        for name, (role, divisions) in PEOPLE.items()
    ]
    path = folder / "access.yaml"
    path.write_text(yaml.safe_dump({"principals": rows}), encoding="utf-8")
    return path


class Desk:
    """The app over an office."""

    def __init__(self, folder: Path) -> None:
        self.office = Office()
        self.office.staff("a", "b")
        self.requests = FakeRequests()
        office = self.office
        streams = Streams(FakeFeed(), office.teams, office.clock, office.metrics, clients_at_most=1)
        app = create_app(
            APIRouter(),
            Access.load(access_file(folder), None),
            call_routes(office.calls, office.clock, office.metrics),
            silence_routes(office.silences, office.clock),
            policy_routes(office.policy, office.teams, office.silences, office.templates, CHANNELS, office.clock),
            acknowledge_routes(office.calls, office.links, office.clock, office.metrics),
            delivery_routes(office.store, office.parked, office.clock, office.kicked.extend),
            stream_routes(streams),
            requests=self.requests,
            wall_ms=office.clock.wall_ms,
        )
        self.app = app
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notify")

    async def ask(self, who: str, method: str, path: str, body: object = None, key: str | None = "") -> httpx.Response:
        """A request of somebody, with a new Idempotency-Key unless it brings one; None: with none."""
        headers = {"Authorization": f"Bearer {who}"} if who else {}
        headers |= {"Idempotency-Key": key or uuid.uuid4().hex} if key is not None else {}
        return await self.client.request(method, path, json=body, headers=headers)

    async def called(self) -> tuple[str, str]:
        """A call with its first message sent: its id, and the path of the link."""
        await self.office.take(an_event())
        await self.office.timekeeper.look()
        (delivery,) = self.office.store.deliveries.values()
        return delivery.call_id, delivery.link_url.removeprefix("https://notify.example")


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    """With four principals."""
    return Desk(tmp_path)


async def test_a_link_asks_and_only_its_button_acknowledges(desk: Desk) -> None:
    """However often scanners look; the second press shows the first."""
    call_id, path = await desk.called()
    for _ in range(5):
        shown = await desk.ask("", "GET", path)
        assert shown.status_code == 200
        assert "确认收到" in shown.text
        assert "唐山示例钢铁有限公司" in shown.text
        assert shown.headers["cache-control"] == "no-store"
        assert (await desk.ask("", "HEAD", path)).status_code == 405
    assert desk.office.calls.calls[call_id].state == "open"
    pressed = await desk.ask("", "POST", path)
    assert "已确认" in pressed.text
    call = desk.office.calls.calls[call_id]
    assert (call.state, call.acknowledged_by, call.acknowledged_via) == ("acknowledged", "person/a", "link")
    assert {step.state for step in call.steps} == {"done", "cancelled"}
    desk.office.clock.advance(60)
    assert "已确认" in (await desk.ask("", "POST", path)).text
    assert "已确认" in (await desk.ask("", "GET", path)).text
    assert desk.office.calls.calls[call_id].acknowledged_ms == call.acknowledged_ms


async def test_what_enterprises_write_is_text_on_the_page(desk: Desk) -> None:
    """No script, and nothing may be loaded or framed."""
    await desk.office.take(an_event(enterprise_name="<script>alert(1)</script>"))
    await desk.office.timekeeper.look()
    (delivery,) = desk.office.store.deliveries.values()
    shown = await desk.ask("", "GET", delivery.link_url.removeprefix("https://notify.example"))
    assert "<script>" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_a_wrong_or_old_link(desk: Desk) -> None:
    """404 and 410, in words; nothing is acknowledged, and nobody learns whether a call exists."""
    call_id, path = await desk.called()
    for wrong in (path[:-1] + ("A" if path[-1] != "A" else "B"), "/a/x", "/a/" + "A" * 59):
        for method in ("GET", "POST"):
            assert (await desk.ask("", method, wrong)).status_code == 404
    desk.office.clock.advance(8 * 86_400)
    for method in ("GET", "POST"):
        answer = await desk.ask("", method, path)
        assert answer.status_code == 410
        assert "已过期" in answer.text
    assert desk.office.calls.calls[call_id].state == "open"


async def test_calls_are_seen_and_acknowledged_within_ones_divisions(desk: Desk) -> None:
    """The same 404 for absent and not yours."""
    call_id, _ = await desk.called()
    assert [one["call_id"] for one in (await desk.ask("tangshan", "GET", "/v1/calls")).json()["items"]] == [call_id]
    assert (await desk.ask("baoding", "GET", "/v1/calls")).json()["items"] == []
    for path in (f"/v1/calls/{call_id}", "/v1/calls/call_none"):
        hidden = await desk.ask("baoding", "GET", path)
        assert (hidden.status_code, hidden.json()["detail"]) == (404, "no such call")
    assert (await desk.ask("baoding", "POST", f"/v1/calls/{call_id}:acknowledge")).status_code == 404
    done = await desk.ask("tangshan", "POST", f"/v1/calls/{call_id}:acknowledge", {"comment": "已派人"})
    assert done.json()["acknowledged_by"] == "tangshan"
    assert [step["state"] for step in done.json()["steps"]] == ["done", "cancelled", "cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/calls"),
        ("POST", "/v1/calls/x:acknowledge"),
        ("GET", "/v1/silences"),
        ("POST", "/v1/silences"),
        ("GET", "/v1/routes"),
        ("POST", "/v1/routes:explain"),
        ("POST", "/v1/templates:preview"),
        ("GET", "/v1/stream"),
    ],
)
async def test_nobody_gets_in_without_a_key_or_with_the_wrong_role(desk: Desk, method: str, path: str) -> None:
    """401 without, 403 for a role that may not."""
    assert (await desk.ask("", method, path)).status_code == 401
    assert (await desk.ask("wrong", method, path)).status_code == 401
    if path != "/v1/stream":
        assert (await desk.ask("auditor", method, path)).status_code == 403


def a_silence(**changes: object) -> dict[str, object]:
    """Two days over the city."""
    plain = {
        "reason": "计划检修",
        "team_id": "team-1",
        "match": {"divisions": ["1302"]},
        "ends_ms": NOW_MS + 2 * DAY_MS,
    }
    return {**plain, **changes}


async def test_a_retry_begins_no_second_silence(desk: Desk) -> None:
    """By its Idempotency-Key; another silence under it is refused, another caller has keys of its own."""
    first = await desk.ask("tangshan", "POST", "/v1/silences", a_silence(), "tap")
    again = await desk.ask("tangshan", "POST", "/v1/silences", a_silence(), "tap")
    assert (first.status_code, again.json()) == (201, first.json())
    other = a_silence(match={"divisions": ["130203"]})
    assert (await desk.ask("tangshan", "POST", "/v1/silences", other, "tap")).status_code == 422
    assert (await desk.ask("root", "POST", "/v1/silences", a_silence(), "tap")).json() != first.json()
    assert len((await desk.ask("root", "GET", "/v1/silences")).json()["items"]) == 2


async def test_a_silence_has_an_owner_a_reason_and_an_end(desk: Desk) -> None:
    """Begun, seen by its own, prolonged, ended; others do not know of it."""
    begun = await desk.ask("tangshan", "POST", "/v1/silences", a_silence())
    assert begun.status_code == 201
    silence_id = begun.json()["silence_id"]
    assert (begun.json()["owner"], begun.json()["match"]["max_severity"]) == ("tangshan", 3)
    assert await desk.office.take(an_event()) == "muted"
    assert len((await desk.ask("tangshan", "GET", "/v1/silences")).json()["items"]) == 1
    assert (await desk.ask("baoding", "GET", "/v1/silences")).json()["items"] == []
    longer = {"ends_ms": NOW_MS + 9 * DAY_MS, "reason": "检修延长"}
    assert (await desk.ask("baoding", "POST", f"/v1/silences/{silence_id}:extend", longer)).status_code == 404
    extended = await desk.ask("tangshan", "POST", f"/v1/silences/{silence_id}:extend", longer)
    assert (extended.json()["ends_ms"], extended.json()["reason"]) == (NOW_MS + 9 * DAY_MS, "检修延长")
    ended = await desk.ask("root", "POST", f"/v1/silences/{silence_id}:end")
    assert (ended.json()["state"], ended.json()["ended_by"]) == ("cancelled", "root")
    assert (await desk.ask("root", "POST", f"/v1/silences/{silence_id}:end")).status_code == 409
    assert await desk.office.take(an_event(event_id="e2")) == "notified"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": " "}, 422),
        ({"match": {}}, 422),
        ({"match": {"kinds": ["registered"]}}, 422),
        ({"match": {"rules": ["hour-*"]}}, 422),
        ({"match": {"divisions": ["1306"]}}, 403),
        ({"match": {"divisions": ["13"]}}, 403),
        ({"ends_ms": NOW_MS}, 422),
        ({"ends_ms": NOW_MS + 32 * DAY_MS}, 422),
        ({"starts_ms": NOW_MS + 3 * DAY_MS}, 422),
        ({"owner": "somebody"}, 422),
    ],
)
async def test_a_wrong_silence_is_refused(desk: Desk, change: dict[str, object], status: int) -> None:
    """Too wide, too long, not its own, or without a reason; nothing is written."""
    assert (await desk.ask("tangshan", "POST", "/v1/silences", a_silence(**change))).status_code == status
    assert desk.office.silences.held == {}


async def test_a_dry_run_says_who_would_get_what_and_why(desk: Desk) -> None:
    """Every route with its reason, the steps of a call with the people of their time; nothing is written."""
    answer = await desk.ask("root", "POST", "/v1/routes:explain", {"division_code": "130203"})
    explained = {row["route_id"]: row for row in answer.json()["routes"]}
    assert answer.json()["outcome"] == "routed"
    assert [step["people"] for step in explained["duty"]["calls"]] == [["值班a"], ["值班b"], [], ["省厅"]]
    assert explained["early-warning"]["why"].startswith("rule hour-exceedance is not among")
    assert explained["groups"]["why"] == "no contact by wecom, dingtalk, feishu"
    minor = await desk.ask("root", "POST", "/v1/routes:explain", {"division_code": "130203", "severity": 1})
    assert "severity 1 is not 2 to 4" in minor.text
    early = await desk.ask(
        "root", "POST", "/v1/routes:explain", {"division_code": "130203", "rule_id": "spot-exceedance"}
    )
    assert "is excepted" in early.text
    nobody = await desk.ask("root", "POST", "/v1/routes:explain", {"division_code": "610100"})
    assert nobody.json()["outcome"] == "no-team"
    assert desk.office.store.deliveries == {}
    assert desk.office.calls.calls == {}


async def test_a_preview_of_a_template_and_of_a_channel(desk: Desk) -> None:
    """With its length in bytes; a mistake is said in words."""
    events = [{"division_code": "130203", "enterprise_name": "某厂"}]
    own = {"template": "{{ first.enterprise_name }}", "form": "text", "events": events}
    assert (await desk.ask("root", "POST", "/v1/templates:preview", own)).json() == {"text": "某厂", "bytes": 6}
    robot = await desk.ask("root", "POST", "/v1/templates:preview", {"channel": "wecom", "events": events})
    assert "某厂" in robot.json()["text"]
    for wrong in ({"template": "{{ x"}, {"template": "{{ ''.__class__ }}"}, {"channel": "webhook"}):
        assert (await desk.ask("root", "POST", "/v1/templates:preview", {**wrong, "events": events})).status_code == 422


@pytest.mark.parametrize(
    "text",
    [
        "routes: []",
        "routes: {}",
        "- 1",
        "routes: [{id: a, to: teams, channels: [pigeon]}]",
        "routes: [{id: a, to: duty, kinds: [registered], channels: [sms]}]",
        "routes: [{id: a, to: duty, kinds: [registered], channels: [sms], escalation: none}]",
        "routes: [{id: a, to: enterprise, channels: [sms]}]",
        "routes: [{id: a, to: teams, channels: [sms]}, {id: a, to: teams, channels: [sms]}]",
        "routes: [{id: a, to: teams, channels: [sms], colour: red}]",
        "routes: [{id: a, to: teams, channels: [sms]",
    ],
)
def test_wrong_routes_stop_the_start(tmp_path: Path, text: str) -> None:
    """Not half of them: a process with half its routes looks well."""
    path = tmp_path / "routes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError):
        load(path, frozenset(CHANNELS))
    with pytest.raises(PolicyError):
        load(tmp_path / "absent", frozenset(CHANNELS))


def test_a_wrong_access_file_stops_the_start_and_shows_no_key(tmp_path: Path) -> None:
    """A key put where its hash belongs stays secret."""
    path = tmp_path / "access.yaml"
    path.write_text("principals: [{id: a, role: b, divisions: ['000000'], key_sha256: [plain-secret]}]")
    with pytest.raises(AccessError) as caught:
        Access.load(path, None)
    assert "plain-secret" not in str(caught.value)
    with pytest.raises(AccessError):
        Access.load(tmp_path / "absent", None)


def test_every_write_asks_for_a_key(desk: Desk) -> None:
    """In the OpenAPI document; those that do not are named with a reason."""
    document = desk.app.openapi()
    assert unkeyed(document) == set(FREE)
    assert all(len(reason) > 10 for reason in FREE.values())
    assert {name for _, _, name, _ in writes(document)} >= ALONE


@pytest.mark.parametrize(
    ("operation", "path", "body", "other"),
    [
        ("beginSilence", "/v1/silences", {}, {"reason": "另有原因"}),
        (
            "extendSilence",
            "/v1/silences/{silence}:extend",
            {"ends_ms": NOW_MS + DAY_MS, "reason": "延长"},
            {"ends_ms": NOW_MS + DAY_MS, "reason": "再延长"},
        ),
        ("endSilence", "/v1/silences/{silence}:end", None, {"reason": "x"}),
        ("acknowledgeCall", "/v1/calls/{call}:acknowledge", {"comment": "已派人"}, {"comment": "另派人"}),
        ("replayDelivery", "/v1/deliveries/{delivery}:replay", None, {"x": 1}),
        ("replayDeliveries", "/v1/deliveries:replay", {"state": "delivered"}, {"state": "failed"}),
    ],
)
async def test_a_write_is_done_once_for_its_key(
    desk: Desk, operation: str, path: str, body: dict[str, object] | None, other: dict[str, object]
) -> None:
    """The first answer again; another content 422; no key 400; another caller has keys of its own."""
    if operation == "beginSilence":
        body, other = a_silence(), a_silence(**other)
    call_id, _ = await desk.called()
    silence = (await desk.ask("root", "POST", "/v1/silences", a_silence())).json()["silence_id"]
    await desk.office.store.insert(a_delivery("msg_9", state="delivered", settled_ms=NOW_MS))
    where = path.format(silence=silence, call=call_id, delivery="msg_9")
    first = await desk.ask("root", "POST", where, body, "k")
    assert first.status_code in (200, 201, 202), first.text
    state = dict(desk.office.store.deliveries)
    again = await desk.ask("root", "POST", where, body, "k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert desk.office.store.deliveries == state
    reused = await desk.ask("root", "POST", where, other, "k")
    assert (reused.status_code, reused.json()["type"]) == (422, "urn:lantian:problem:key-reused")
    bare = await desk.ask("root", "POST", where, body, None)
    assert (bare.status_code, bare.json()["type"]) == (400, "urn:lantian:problem:key-needed")
    assert {name for _, _, name, _ in writes(desk.app.openapi())} - set(FREE) == TRIED


TRIED = {*("beginSilence", "extendSilence", "endSilence", "acknowledgeCall", "replayDelivery", "replayDeliveries")}


async def test_without_the_store_of_requests_nothing_is_written(desk: Desk) -> None:
    """503: whether a key was used could not be known."""
    desk.requests.away = True
    assert (await desk.ask("root", "POST", "/v1/silences", a_silence())).status_code == 503
    assert not desk.office.silences.held
