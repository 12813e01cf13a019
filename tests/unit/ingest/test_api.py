"""HTTP of ingest: who may ask, pages of feeds, commands by hand."""

import hashlib
import uuid

import httpx
import pytest
from fastapi import FastAPI

from lantian_ingest import once
from lantian_ingest.api import routes
from lantian_ingest.arrival import Arrival
from lantian_ingest.feeds import Names
from lantian_ingest.figures import Cities, FeedFigures
from lantian_ingest.outcome import Outcome
from lantian_ingest.transports.vehicle_judge import VehicleFeeds
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.support.writes import writes
from tests.unit.ingest.frames import MN, frame, segment
from tests.unit.ingest.rig import Rig

KEY = "operator"


def caller(rig: Rig, *, key: str = "", host: str = "127.0.0.1", names: Names | None = None) -> httpx.AsyncClient:
    """A client of the routes; `key` is what the process is set to."""
    app = FastAPI()
    digest = hashlib.sha256(key.encode()).hexdigest() if key else ""
    once.install(app, rig.clock, digest)
    parts = (rig.sightings, rig.feeds, rig.presence, rig.desk, rig.clock)
    app.include_router(routes(*parts, habits=rig.habits, names=names, key_sha256=digest))
    transport = httpx.ASGITransport(app=app, client=(host, 1))
    client = httpx.AsyncClient(transport=transport, base_url="http://ingest")
    client.event_hooks["request"].append(_keyed)
    return client


async def _keyed(request: httpx.Request) -> None:
    """A new Idempotency-Key unless the request brings its own."""
    request.headers.setdefault("Idempotency-Key", uuid.uuid4().hex)


async def with_feeds() -> Rig:
    """One that is registered, three that are not."""
    rig = Rig()
    rig.take(frame(segment()) + frame(segment(), check=b"0000"))
    for stranger in ("1", "2", "3"):
        rig.take(frame(segment(mn=stranger * 24)))
    await rig.settle()
    return rig


async def test_feeds_with_reasons() -> None:
    """Counts, refusals by reason, state."""
    rig = await with_feeds()
    async with caller(rig) as client:
        answer = (await client.get(f"/v1/feeds/{MN}")).json()
        assert (answer["accepted"], answer["refused"]) == (1, {"check-code": 1})
        assert (answer["registered"], answer["connected"], answer["commands"]) == (True, True, [])
        stranger = (await client.get(f"/v1/feeds/{'1' * 24}")).json()
        assert (stranger["registered"], stranger["refused"]) == (False, {"unknown-feed": 1})
        assert (await client.get("/v1/feeds/nobody")).status_code == 404


async def test_habits_are_shown_and_the_registry_goes_first() -> None:
    """What the packets say with their votes; what the registry says against them, with the same votes beside it."""
    rig = Rig()
    for second in range(4):
        rig.take(frame(segment(f"DataTime=2026112212000{second};a01013-Rtd=-123.{second},a01013-Flag=N")))
    await rig.settle()
    told = {"about": "a01013", "as": "Pa", "by": "packets", "in_force": True, "votes": 4, "against": 0}
    async with caller(rig) as client:
        assert (await client.get(f"/v1/feeds/{MN}")).json()["habits"] == [told]
        rig.register(MN, "outlet-1", units={"a01013": "kPa"}, period_label="end")
        found = (await client.get(f"/v1/feeds/{MN}")).json()["habits"]
    assert found == [
        told | {"as": "kPa", "by": "registry"},
        {"about": "label", "as": "end", "by": "registry", "in_force": True},
    ]


async def test_what_names_no_sender_is_shown_too() -> None:
    """Noise and segments without an MN have no feed; they are counted together with their reasons."""
    rig = Rig()
    rig.take(b"noise noise\r\n" + frame(segment(mn="")) + frame(segment()))
    await rig.settle()
    async with caller(rig) as client:
        page = (await client.get("/v1/feeds")).json()
    assert [feed["feed"] for feed in page["feeds"]] == [MN]
    (row,) = page["nameless"]
    assert (row["protocol"], row["feed"], row["peer"]) == ("hj212", "", rig.link.peer)
    assert row["refused"] == {"no-frame": 1, "unknown-feed": 1}


async def test_a_vehicle_is_found_by_its_vin_and_goes_by_its_pseudonym() -> None:
    """In what is shown and in what is published of its commands."""
    rig, vin = Rig(), "LGDCHA1G8MA779653"
    vehicles = VehicleFeeds(b"i" * 32)
    change = RegistryChange(kind="feed", id=vin, feed=Feed(feed_id=vin, source_id="truck", protocol="vehicle"))
    rig.feeds.apply(f"feed/{vin}", change.SerializeToString())
    vehicles.apply(f"feed/{vin}", change.SerializeToString())
    name = vehicles.name(vin)
    rig.sightings.note(
        Arrival("vehicle", b"x", name, "192.0.2.9:1", Outcome.ACCEPTED, rig.clock.now_ms()), Outcome.ACCEPTED
    )
    known = Names(lambda feed, at: vehicles.find(feed, at) is not None, vehicles.name)
    async with caller(rig, names=known) as client:
        found = (await client.get(f"/v1/feeds/{vin}")).json()
        assert (found["feed"], found["registered"]) == (name, True)
        given = await client.post("/v1/commands", json={"feed": vin, "kind": "set-time", "requested_by": "zhang"})
        assert given.json()["feed"] == name
    published = b"".join(record.value or b"" for record in rig.publisher.records("command-states.v1"))
    assert name.encode() in published
    assert vin.encode() not in published
    figures = FeedFigures(rig.feeds, Cities(), rig.sightings, rig.clock.now_ms, rig.registry, known.seen_as)
    assert figures is not None
    assert rig.registry.get_sample_value("lantian_ingest_feeds_heard", {"city": "unknown"}) == 1


async def test_pages_hold_every_feed_once() -> None:
    """By name, filtered or not."""
    rig = await with_feeds()

    async def names(**query: bool) -> list[str]:
        found: list[str] = []
        after: str | None = ""
        async with caller(rig) as client:
            while after is not None:
                page = (await client.get("/v1/feeds", params={"limit": 2, "after": after, **query})).json()
                found += [feed["feed"] for feed in page["feeds"]]
                after = page["next"]
        return found

    strangers = [each * 24 for each in "123"]
    assert await names() == [MN, *strangers]
    assert await names(registered=False) == strangers
    assert await names(registered=True) == [MN]
    assert await names(refused=True) == [MN, *strangers]


async def test_command_by_hand() -> None:
    """Taken, shown with its feed; refused in words."""
    rig = await with_feeds()
    body = {"feed": MN, "kind": "set-real-time-interval", "interval": 60, "requested_by": "zhang.wei"}
    async with caller(rig) as client:
        given = await client.post("/v1/commands", json=body)
        assert (given.status_code, given.json()["state"]) == (202, "queued")
        rig.desk.turn()
        (shown,) = (await client.get(f"/v1/feeds/{MN}")).json()["commands"]
        assert (shown["state"], shown["requested_by"], shown["attempts"]) == ("sent", "zhang.wei", 1)
        assert (await client.get("/v1/commands")).json()["commands"] == [shown]
        wrong = await client.post("/v1/commands", json=body | {"interval": 5})
        assert wrong.status_code == 422
        assert "30 to 3600" in wrong.json()["detail"]
        for unusable in ({"kind": "explode"}, {"more": 1}, {"requested_by": ""}, {"begin_ms": -1}):
            assert (await client.post("/v1/commands", json=body | unusable)).status_code == 422


@pytest.mark.parametrize(
    ("key", "host", "sent", "status"),
    [
        ("", "127.0.0.1", None, 200),
        ("", "192.0.2.1", None, 403),
        ("", "192.0.2.1", f"Bearer {KEY}", 403),
        (KEY, "192.0.2.1", f"Bearer {KEY}", 200),
        (KEY, "127.0.0.1", None, 401),
        (KEY, "127.0.0.1", "Bearer guess", 401),
        (KEY, "127.0.0.1", f"Basic {KEY}", 401),
    ],
)
async def test_who_may_ask(key: str, host: str, sent: str | None, status: int) -> None:
    """MNs are worth guessing, and commands reach devices."""
    rig = await with_feeds()
    headers = {} if sent is None else {"Authorization": sent}
    async with caller(rig, key=key, host=host) as client:
        for path in ("/v1/feeds", f"/v1/feeds/{MN}", "/v1/commands"):
            assert (await client.get(path, headers=headers)).status_code == status
        body = {"feed": MN, "kind": "set-time", "requested_by": "x"}
        given = await client.post("/v1/commands", json=body, headers=headers)
        assert given.status_code == (202 if status == 200 else status)


async def test_a_command_is_given_once_for_its_key() -> None:
    """The first answer again; another content 422, no key 400; only records need none, and say why."""
    rig = await with_feeds()
    body = {"feed": MN, "kind": "set-time", "requested_by": "zhang.wei"}
    key = {"Idempotency-Key": "k"}
    async with caller(rig) as client:
        first = await client.post("/v1/commands", json=body, headers=key)
        rig.clock.advance(1)
        again = await client.post("/v1/commands", json=body, headers=key)
        assert (first.status_code, again.content) == (202, first.content)
        assert len((await client.get("/v1/commands")).json()["commands"]) == 1
        other = await client.post("/v1/commands", json=body | {"requested_by": "li"}, headers=key)
        assert (other.status_code, other.json()["type"]) == (422, "urn:lantian:problem:key-reused")
        client.event_hooks["request"].clear()
        bare = await client.post("/v1/commands", json=body)
        assert (bare.status_code, bare.json()["title_zh"]) == (400, "缺少幂等键（Idempotency-Key）")
        assert bare.headers["content-type"] == "application/problem+json"
        document = client._transport.app.openapi()  # type: ignore[attr-defined]  # httpx names it nowhere else
    assert {name for _, _, name, _ in writes(document)} == {"give_command"}
    assert set(once.FREE) == {"post_readings"}
