"""What ingest says of senders, and what it noticed about them."""

from typing import Any

from lantian_proto.v1.feed_event_pb2 import FeedEvent
from tests.browser.campaign import DAY_MS, HOSTILE, NOW_MS
from tests.support.tasks_leads import HOUR_MS

MINUTE_MS = 60_000


def feeds() -> list[dict[str, Any]]:
    """Forty senders: some are silent, one is not registered, one sends what is refused, one has a wrong clock."""
    return [
        {
            "feed": f"DE130100{n:016X}",
            "registered": n != 3,
            "connected": n % 8 != 3,
            "last_ms": NOW_MS - (n * HOUR_MS if n % 8 == 3 else n * 1000),
            "frames": 4100 + n,
            "accepted": 4100 + n - (62 if n == 5 else 0),
            "clock_skew_ms": 310_000 if n == 6 else None if n == 3 else 400,
        }
        for n in range(40)
    ]


def events() -> list[FeedEvent]:
    """More than a page of strangers, and one of each other kind."""
    unknown = "not in the registry, or a wrong password"
    missing = "ST=31 CN=2061 DataTime=2026-11-28 13:00: of 4 packets missing 2"
    found: list[tuple[str, str, list[str], str]] = [
        ("two-addresses", "DE1301000000000000000005", ["10.20.0.7", "172.16.4.9"], ""),
        ("packets-missing", "DE1301000000000000000006", [], missing),
        ("adopted", "DE1301000000000000000004", [], "128 frames since 1795305600000, 2 refused again"),
        ("stranger", HOSTILE[:64], ["203.0.113.9"], unknown),
    ]
    found += [("stranger", f"XX{n:022d}", [f"203.0.113.{n}"], unknown) for n in range(40)]
    return [
        FeedEvent(
            event_id=f"e{n:03d}",
            kind=kind,
            feed_id=feed,
            addresses=addresses,
            detail=detail,
            at_ms=NOW_MS - n * 7 * MINUTE_MS,
        )
        for n, (kind, feed, addresses, detail) in enumerate(found)
    ]


def feed(name: str) -> dict[str, Any]:
    """What ingest says of one feed, and of what was asked of its device."""
    command = {
        "command_id": "c1",
        "feed": name,
        "begin_ms": NOW_MS - DAY_MS,
        "end_ms": NOW_MS - 20 * HOUR_MS,
        "code": 1,
    }
    asked = {"requested_by": "alerts", "requested_ms": NOW_MS - 19 * HOUR_MS, "attempts": 1, "reason": ""}
    commands = [
        command | asked | {"kind": "recall-hours", "state": "executed", "records": 4},
        command
        | asked
        | {"command_id": "c2", "kind": "set-time", "begin_ms": 0, "state": "refused", "records": 0}
        | {"reason": "the device refuses: wrong password"},
    ]
    seen = {"peer": "10.20.0.7:40112", "edition": "2017", "frames": 4120, "accepted": 4118, "clock_skew_ms": -130_000}
    return {
        "feed": name,
        "registered": True,
        "connected": True,
        "last_ms": NOW_MS - 20_000,
        "commands": commands,
    } | seen
