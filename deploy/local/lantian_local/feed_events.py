"""`lantian feed-events`: what the gateway noticed about senders, read back from feed-events.v1."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from lantian_local import state as states
from lantian_local.frames import milliseconds
from lantian_local.layout import own_home


def feed_events(
    feed: Annotated[str, typer.Option(help="Id of the feed; empty: all.")] = "",
    kind: Annotated[str, typer.Option(help="Only this kind, e.g. stranger or two-addresses.")] = "",
    begin: Annotated[str, typer.Option("--from", help="From this moment, RFC 3339; without offset +08:00.")] = "",
    kafka: Annotated[
        str, typer.Option(envvar="LANTIAN_KAFKA_BOOTSTRAP", help="Broker; default: that of the local suite.")
    ] = "",
) -> None:
    """Print events about senders, one JSON object a line, by the suite's clock."""
    try:
        since = milliseconds(begin) or 0
        bootstrap = kafka or states.address_of(own_home(), "kafka", "name its broker with --kafka")
        found = asyncio.run(_read(bootstrap, feed, kind, since))
    except (ValueError, LookupError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error
    for event in sorted(found, key=lambda one: one.at_ms):
        sys.stdout.write(json.dumps(_shown(event), ensure_ascii=False) + "\n")
    sys.stderr.write(f"{len(found)} events\n")


async def _read(bootstrap: str, feed: str, kind: str, since_ms: int) -> list[Any]:
    from lantian_kit.whole import read_whole  # the client library costs every other command a second
    from lantian_proto.topics import FEED_EVENTS
    from lantian_proto.v1.feed_event_pb2 import FeedEvent

    events = [FeedEvent.FromString(record.value or b"") async for record in read_whole(bootstrap, FEED_EVENTS)]
    return [
        event
        for event in events
        if event.at_ms >= since_ms and feed in ("", event.feed_id) and kind in ("", event.kind)
    ]


def _shown(event: Any) -> dict[str, Any]:
    return {
        "at": datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "feed": event.feed_id,
        "kind": event.kind,
        "addresses": list(event.addresses),
        "detail": event.detail,
    }
