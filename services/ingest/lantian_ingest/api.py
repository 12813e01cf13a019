"""HTTP of ingest: what was seen of each feed, and commands to devices by hand."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from lantian_ingest.decoders.hj212.habits import Habits, Known, Label
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.exchange import REFUSED, Exchange
from lantian_ingest.feeds import Feeds, Names
from lantian_ingest.judge import PROTOCOL
from lantian_ingest.once import IngestRoute
from lantian_ingest.presence import Presence
from lantian_ingest.sightings import Sightings
from lantian_kit.access.operator import guard
from lantian_kit.clock import Clock
from lantian_proto.events import content_id
from lantian_proto.v1.command_pb2 import Command

NOTHING_SAID: Final = Known({})
PAGE: Final = 1000
Limit = Annotated[int, Query(ge=1, le=PAGE)]


class CommandBody(BaseModel):
    """A command by hand; times are ms since 1970 UTC."""

    model_config = ConfigDict(extra="forbid")

    feed: str = Field(min_length=1, max_length=64)
    kind: Literal[
        "recall-minutes",
        "recall-hours",
        "recall-days",
        "set-time",
        "set-real-time-interval",
        "set-minute-interval",
        "comparison-sample",
        "renew-key",
        "adopt",
    ]
    begin_ms: int = Field(default=0, ge=0, lt=1 << 62)
    end_ms: int = Field(default=0, ge=0, lt=1 << 62)
    interval: int = Field(default=0, ge=0, le=3600)
    factor: str = Field(default="", max_length=8)
    requested_by: str = Field(min_length=1, max_length=64)


def routes(
    sightings: Sightings,
    feeds: Feeds,
    presence: Presence,
    desk: Desk,
    clock: Clock,
    *,
    habits: Habits | None = None,
    names: Names | None = None,
    key_sha256: str = "",
) -> APIRouter:
    """The routes under /v1."""
    named = Names(feeds.registered) if names is None else names
    router = APIRouter(prefix="/v1", tags=["feeds"], route_class=IngestRoute, dependencies=[Depends(guard(key_sha256))])

    def shown(name: str) -> dict[str, Any]:
        seen = sightings.get(name)
        assert seen is not None
        present = presence.get(name)
        now = clock.now_ms()
        feed = feeds.find(name, PROTOCOL, now)
        return seen.shown(name) | {
            "registered": named.registered(name, now),
            "habits": told(habits, name, NOTHING_SAID if feed is None else feed.known),
            "connected": present is not None and present.line.open,
            "address_conflicts": 0 if present is None else present.conflicts,
        }

    def nameless() -> list[dict[str, Any]]:
        return [seen.shown("") for seen in sightings.nameless.values()]

    @router.get("/feeds", operation_id="list_feeds")
    async def list_feeds(
        limit: Limit = 100,
        after: str = "",
        registered: bool | None = None,
        refused: Annotated[bool, Query(description="Only those with refused frames")] = False,
    ) -> dict[str, Any]:
        """Feeds seen since this process started, by name; `next` is the `after` of the next page.

        `nameless` is what named no sender, by protocol: noise, half frames, segments without an MN.
        """
        page: list[dict[str, Any]] = []
        names = [name for name in sightings.names() if name > after]
        for index, name in enumerate(names):
            row = shown(name)
            if (registered is None or row["registered"] is registered) and (not refused or row["refused"]):
                page.append(row)
            if len(page) == limit:
                return {"feeds": page, "nameless": nameless(), "next": name if index + 1 < len(names) else None}
        return {"feeds": page, "nameless": nameless(), "next": None}

    @router.get("/feeds/{feed}", operation_id="get_feed")
    async def get_feed(feed: str) -> dict[str, Any]:
        """One feed and its commands; a vehicle by its pseudonym, or by its VIN."""
        feed = named.seen_as(feed)
        if sightings.get(feed) is None:
            raise HTTPException(404, "not seen since this process started")
        commands = [_shown(each) for each in desk.exchanges if each.command.feed_id == feed]
        return shown(feed) | {"commands": commands[-50:]}

    @router.get("/commands", operation_id="list_commands")
    async def list_commands(limit: Limit = 100) -> dict[str, Any]:
        """The last commands; open ones at the end."""
        return {"commands": [_shown(each) for each in desk.exchanges[-limit:]]}

    @router.post("/commands", operation_id="give_command", status_code=202)
    async def give_command(body: CommandBody) -> dict[str, Any]:
        """Gives a command; its states are published. 422 for one that can never be carried out."""
        now = clock.now_ms()
        feed, fields = named.seen_as(body.feed), body.model_dump(exclude={"feed"})
        identity = content_id(feed, body.kind, str(now), *(str(value) for value in fields.values()))
        exchange = desk.give(Command(command_id=identity, feed_id=feed, requested_ms=now, **fields))
        if exchange.state == REFUSED:
            raise HTTPException(422, exchange.reason)
        return _shown(exchange)

    return router


def told(habits: Habits | None, mn: str, known: Known) -> list[dict[str, Any]]:
    """What a feed does otherwise than the standard says: by the registry, or as its packets tell with their votes."""
    found: dict[str, dict[str, Any]] = {}
    if habits is not None:
        for each in habits.evidence(mn):
            found[each.question] = {
                "about": each.question,
                "as": each.answer,
                "by": "packets",
                "in_force": each.decided,
                "votes": each.votes,
                "against": each.against,
            }
    said = dict(known.units) | ({"label": str(known.label)} if known.label is not Label.UNKNOWN else {})
    for about, answer in said.items():
        votes = {key: found[about][key] for key in ("votes", "against")} if about in found else {}
        found[about] = {"about": about, "as": answer, "by": "registry", "in_force": True} | votes
    return list(found.values())


def _shown(exchange: Exchange) -> dict[str, Any]:
    command = exchange.command
    return {
        "command_id": command.command_id,
        "feed": command.feed_id,
        "kind": command.kind,
        "begin_ms": command.begin_ms,
        "end_ms": command.end_ms,
        "requested_by": command.requested_by,
        "requested_ms": command.requested_ms,
        "state": exchange.state,
        "reason": exchange.reason,
        "code": exchange.code,
        "attempts": exchange.attempts,
        "records": exchange.records,
    }
