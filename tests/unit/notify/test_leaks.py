"""Every operation of notify, by every role, for things of every division: nothing leaks.

Drawn from the OpenAPI document: a parameter that this file does not know fails here. Whoever does not see a place gets
the answer of absence, word for word, and lists that are the same as if the place had nothing.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import APIRouter, FastAPI

from lantian_notify.access import OFFICERS, OPERATORS, WATCHERS, Access
from lantian_notify.api import create_app
from lantian_notify.calls.acknowledge import acknowledge_routes
from lantian_notify.calls.endpoints import call_routes
from lantian_notify.channels import CHANNELS
from lantian_notify.deliveries.endpoints import delivery_routes
from lantian_notify.routing.endpoints import policy_routes
from lantian_notify.silences.endpoints import silence_routes
from lantian_notify.silences.silence import Match, Silence
from lantian_notify.stream.endpoints import stream_routes
from lantian_notify.stream.stream import Streams
from lantian_proto.topics import ISSUE_EVENTS, LEADS
from lantian_proto.v1.registry_pb2 import Enterprise, RegistryChange, Source
from tests.support.notify_calls import FakeParkedStore
from tests.support.notify_events import NOW_MS, a_change, an_event
from tests.support.notify_office import HOUR_MS, Office, a_roster, a_shift
from tests.unit.notify.test_stream import FakeFeed

ROLES = sorted(WATCHERS | {"security"})
PLACES = {"000000": "", "130000": "13", "130203": "130203"}
PAGE = 2


@dataclass(frozen=True)
class Spot:
    """A place; its words appear nowhere else."""

    code: str

    @property
    def words(self) -> str:
        """The name of its enterprise."""
        return f"绝密企业{self.code}"


SPOTS = [Spot("130203"), Spot("130102"), Spot("610113")]
PEOPLE = {f"{role}-{code}": (role, code) for role in ROLES for code in PLACES if role != "enterprise"}
PEOPLE["enterprise-130203"] = ("enterprise", "130203")


def access_file(folder: Path) -> Path:
    """Everybody; the key is the name."""
    rows = []
    for name, (role, code) in PEOPLE.items():
        row: dict[str, Any] = {"id": name, "role": role, "organisation": "x", "divisions": [code]}
        row["key_sha256"] = [hashlib.sha256(name.encode()).hexdigest()]
        rows.append(row | ({"enterprise_id": f"ent-{code}"} if role == "enterprise" else {}))
    path = folder / "access.yaml"
    path.write_text(yaml.safe_dump({"principals": rows}), encoding="utf-8")
    return path


class World:
    """Notify with things in these places."""

    def __init__(self, folder: Path, *spots: Spot) -> None:
        self.office = Office()
        self.feed = FakeFeed()
        self.parked = FakeParkedStore()
        self.spots = spots
        office = self.office
        self.streams = Streams(self.feed, office.teams, office.clock, office.metrics, clients_at_most=9)
        self.app: FastAPI = create_app(
            APIRouter(),
            Access.load(access_file(folder), None),
            delivery_routes(office.store, self.parked, office.clock, lambda _: None),
            call_routes(office.calls, office.clock, office.metrics),
            silence_routes(office.silences, office.clock),
            policy_routes(office.policy, office.teams, office.silences, office.templates, CHANNELS, office.clock),
            acknowledge_routes(office.calls, office.links, office.clock, office.metrics),
            stream_routes(self.streams),
        )
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://notify")
        self.calls: dict[str, str] = {}

    async def filled(self) -> "World":
        """A call, a silence, a delivery and events of each place, three times over: more than a page."""
        for spot in self.spots:
            team = f"team-{spot.code}"
            self.office.teams.apply(f"team/{team}", a_change(team, division_code=spot.code[:4], webhook_url=""))
            self.office.teams.apply(f"duty-roster/{team}", a_roster(team, team, a_shift("a")))
        for number, spot in enumerate(spot for _ in range(3) for spot in self.spots):
            source = Source(source_id=f"src-{spot.code}", enterprise_id=f"ent-{spot.code}")
            enterprise = Enterprise(enterprise_id=f"ent-{spot.code}", name=spot.words, division_code=spot.code)
            for change in (
                RegistryChange(kind="source", id=source.source_id, revision=1, source=source),
                RegistryChange(kind="enterprise", id=enterprise.enterprise_id, revision=1, enterprise=enterprise),
            ):
                self.office.teams.apply(f"{change.kind}/{change.id}", change.SerializeToString())
            event = an_event(
                event_id=f"event-{number}",
                issue_id=f"issue-{number}",
                enterprise_name=spot.words,
                division_code=spot.code,
            )
            event.lead.source_id = source.source_id
            event.lead.title.zh = event.lead.summary.zh = spot.words
            assert await self.office.take(event) == "notified"
            self.office.clock.advance(1)
            self.feed.put(ISSUE_EVENTS, 0, event.SerializeToString())
            self.feed.put(LEADS, 0, event.lead.SerializeToString())
        for number, spot in enumerate(spot for _ in range(3) for spot in self.spots):
            await self.office.silences.insert_silence(self.silence(spot, number))
        known = {call.call_id for call in self.office.calls.calls.values()}
        assert len(known) == 3 * len(self.spots)
        for call in self.office.calls.calls.values():
            self.calls[call.facts["division_code"]] = call.call_id
        return self

    def silence(self, spot: Spot, number: int) -> Silence:
        """Of the place's own office."""
        return Silence(
            silence_id=f"silence_{spot.code}_{number}",
            state="active",
            owner="x",
            reason=spot.words,
            team_id="team-1",
            match=Match(divisions=(spot.code,)),
            starts_ms=NOW_MS,
            ends_ms=NOW_MS + HOUR_MS,
            created_ms=NOW_MS + number,
            due_ms=NOW_MS + HOUR_MS,
        )

    def values(self, spot: Spot | None) -> dict[str, str]:
        """What stands for a place in paths; None: something that is not there."""
        return {
            "call_id": self.calls[spot.code] if spot else "call_none",
            "silence_id": f"silence_{spot.code}_{SPOTS.index(spot)}" if spot else "silence_none",
            "delivery_id": "msg_none",
            "token": "A" * 59,
        }

    async def ask(self, row: "Operation", who: str, spot: Spot | None, **query: str) -> httpx.Response:
        """The operation on something of a place."""
        unknown = [name for name in row.parameters if name not in self.values(spot)]
        assert not unknown, f"{row.name}: say in World.values what {unknown} is for each place"
        headers = {"Idempotency-Key": "k", **({"Authorization": f"Bearer {who}"} if who else {})}
        path = row.path.format(**self.values(spot))
        return await self.client.request(row.method, path, headers=headers, params=query, json=BODIES.get(row.name))

    async def pages(self, row: "Operation", who: str) -> list[Any]:
        """A list read to its end in small pages."""
        found: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = await self.ask(row, who, None, limit=str(PAGE), **({"cursor": cursor} if cursor else {}))
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
            cursor = answer.json()["next"]
        return found


@dataclass(frozen=True)
class Operation:
    """One line of the document."""

    method: str
    path: str
    name: str
    parameters: tuple[str, ...]

    @property
    def roles(self) -> frozenset[str]:
        """Who may call it, as docs/operating.md says."""
        if "links" in TAGS[self.name]:
            return frozenset(ROLES)
        if "stream" in TAGS[self.name]:
            return WATCHERS
        return OFFICERS if "people" in TAGS[self.name] else OPERATORS


TAGS: dict[str, list[str]] = {}
BODIES: dict[str, Any] = {
    "extendSilence": {"ends_ms": NOW_MS + 2 * HOUR_MS, "reason": "延长"},
    "explainRoutes": {"division_code": "130203"},
    "previewTemplate": {"channel": "wecom", "events": [{"division_code": "130203"}]},
    "replayDeliveries": {"state": "failed"},
    "beginSilence": {
        "reason": "检修",
        "team_id": "team-1",
        "match": {"divisions": ["610113"]},
        "ends_ms": NOW_MS + HOUR_MS,
    },
}
LISTS = ("listCalls", "listSilences")


def operations(app: FastAPI) -> list[Operation]:
    """All of the document."""
    found = []
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            named = tuple(p["name"] for p in operation.get("parameters", []) if p["in"] == "path")
            TAGS[operation["operationId"]] = operation["tags"]
            found.append(Operation(method.upper(), path, operation["operationId"], named))
    return found


def sees(who: str, spot: Spot) -> bool:
    """Whether a place is one's own."""
    role, code = PEOPLE[who]
    return spot.code.startswith(PLACES[code]) and role != "security"


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_of_elsewhere_is_seen_or_touched(tmp_path: Path, role: str) -> None:
    """401 without a key, 403 for the wrong role, else absence for what is not one's own; and nothing has changed."""
    world = await World(tmp_path, *SPOTS).filled()
    calls, silences = dict(world.office.calls.calls), dict(world.office.silences.held)
    checked = 0
    for row in operations(world.app):
        assert (await world.ask(row, "", SPOTS[0])).status_code == (404 if "links" in TAGS[row.name] else 401)
        if row.name == "followStream":
            continue
        for who in (who for who in PEOPLE if PEOPLE[who][0] == role):
            absent = await world.ask(row, who, None)
            if role not in row.roles:
                answer = await world.ask(row, who, SPOTS[0])
                assert (answer.status_code, answer.text) == (403, absent.text), row.name
                checked += 1
                continue
            for spot in (spot for spot in SPOTS if not sees(who, spot)):
                if row.parameters:
                    answer = await world.ask(row, who, spot)
                    assert (answer.status_code, answer.text) == (absent.status_code, absent.text), (row.name, who)
                assert spot.words not in absent.text, (row.name, who)
                checked += 1
    assert checked > 10
    new = {one.owner for one in world.office.silences.held.values() if one.silence_id not in silences}
    assert all(sees(owner, SPOTS[2]) for owner in new)
    if role not in OPERATORS:
        assert world.office.calls.calls == calls
        assert silences.items() <= world.office.silences.held.items()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("who", ["city-team-130203", "province-130000", "ministry-000000"])
async def test_a_list_is_as_if_the_rest_were_not_there(tmp_path: Path, name: str, who: str) -> None:
    """Rows, sizes of pages and cursors: nothing tells how much lies elsewhere, or when it came."""
    (tmp_path / "own").mkdir()
    whole = await World(tmp_path, *SPOTS).filled()
    own = World(tmp_path / "own")
    visible = [spot for spot in SPOTS if sees(who, spot)]
    for call in whole.office.calls.calls.values():
        if Spot(call.facts["division_code"]) in visible:
            await own.office.calls.insert_call(call)
    for silence in whole.office.silences.held.values():
        if Spot(silence.match.divisions[0]) in visible:
            await own.office.silences.insert_silence(silence)
    row = next(row for row in operations(whole.app) if row.name == name)
    seen = await whole.pages(row, who)
    assert seen == await own.pages(row, who)
    assert sum(len(page["items"]) for page in seen) == 3 * len(visible)


@pytest.mark.parametrize("who", ["city-team-130203", "province-130000", "ministry-000000", "auditor-130203"])
async def test_the_live_stream_shows_ones_own(tmp_path: Path, who: str) -> None:
    """Issue events and leads, from the first of the topics on."""
    world = await World(tmp_path, *SPOTS).filled()
    principal = Access.load(access_file(tmp_path), None).principal(who)
    assert principal is not None
    records = [record for rows in world.feed.records.values() for record in rows]
    shown = [json.loads(event[1]) for one in records if (event := world.streams.shown(one, principal)) is not None]
    expected = [spot.code for spot in SPOTS if sees(who, spot)]
    assert {event["division_code"] for event in shown} == set(expected)
    topics = 1 if PEOPLE[who][0] == "auditor" else 2
    assert len(shown) == 3 * topics * len(expected)


async def test_the_words_would_be_seen(tmp_path: Path) -> None:
    """Otherwise the tests above could not fail."""
    world = await World(tmp_path, *SPOTS).filled()
    for row in (row for row in operations(world.app) if row.name in ("getCall", *LISTS)):
        assert SPOTS[2].words in (await world.ask(row, "ministry-000000", SPOTS[2])).text
