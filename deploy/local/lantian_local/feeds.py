"""`lantian status --feeds`: what the gateway has seen of each sender, as a table or as JSON."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PAGE = 1000
HEADINGS = (
    "feed",
    "protocol",
    "state",
    "accepted",
    "late",
    "refused",
    "quirks",
    "habits",
    "last seen",
    "clock",
    "address",
)
SHOWN_OF_EACH = 3
TABLE_WIDTH = 160  # narrower, a column has a few characters
COLOURS = {"connected": "green", "registered": "dim", "unknown": "red"}
EDITIONS = {"0": "2005", "1": "2017", "2": "2025"}


def status(address: str, as_json: bool, console: Console) -> int:
    """Prints all feeds of the ingest at `address`; the exit code."""
    try:
        found, nameless = seen(address)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"no list of feeds from {address}: {error}\n")
        return 1
    if as_json:
        sys.stdout.write(json.dumps([*found, *nameless], ensure_ascii=False) + "\n")
    else:
        if console.is_terminal and console.width >= TABLE_WIDTH:
            console.print(table(found))
        else:
            for feed in found:
                console.print(paragraph(feed))
        for row in nameless:
            console.print(unnamed(row))
    return 0


def seen(address: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All feeds, page by page, and by protocol what named no sender. Raises OSError, ValueError."""
    found: list[dict[str, Any]] = []
    nameless: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        query = urllib.parse.urlencode({"limit": PAGE, "after": after})
        with urllib.request.urlopen(f"{address}/v1/feeds?{query}", timeout=10) as response:
            page = json.load(response)
        found += page["feeds"]
        nameless = page["nameless"]
        after = page["next"]
    return found, nameless


def table(found: list[dict[str, Any]]) -> Table:
    """One line a feed; of reasons and quirks the most frequent ones."""
    shown = Table(title=f"{len(found)} feeds seen since the gateway started", title_justify="left")
    for heading in HEADINGS:
        shown.add_column(heading, overflow="fold", justify="right" if heading in ("accepted", "late") else "left")
    for feed in found:
        state = _state(feed)
        conflicts = feed["address_conflicts"]
        skew = feed["clock_skew_ms"]
        shown.add_row(
            escape(feed["feed"]),
            _protocol(feed),
            f"[{COLOURS[state]}]{state}[/]",
            str(feed["accepted"]),
            str(feed["late"]),
            _most(feed["refused"]),
            _most(feed["quirks"]),
            _habits(feed["habits"]),
            _time(feed["last_ms"]),
            "–" if skew is None else f"{skew / 1000:+.0f} s",
            escape(feed["peer"]) + (f" [red]({conflicts}× two addresses)[/]" if conflicts else ""),
        )
    return shown


def paragraph(feed: dict[str, Any]) -> str:
    """The same as a line of the table, for narrow terminals, files and pipes: lines that can be searched."""
    state, skew, conflicts = _state(feed), feed["clock_skew_ms"], feed["address_conflicts"]
    lines = [
        f"{escape(feed['feed'])}  {_protocol(feed)}  [{COLOURS[state]}]{state}[/]"
        f"  accepted {feed['accepted']}, late {feed['late']}"
    ]
    lines += [f"    {name}  {text}" for name, text in _departures(feed) if text]
    clock = "" if skew is None else f", clock {skew / 1000:+.0f} s"
    twice = f", [red]{conflicts}× two addresses[/]" if conflicts else ""
    lines.append(f"    last  {_time(feed['last_ms'])} from {escape(feed['peer'])}{clock}{twice}")
    return "\n".join(lines)


def _departures(feed: dict[str, Any]) -> list[tuple[str, str]]:
    return [("refused", _most(feed["refused"])), ("quirks", _most(feed["quirks"])), ("habits", _habits(feed["habits"]))]


def _protocol(feed: dict[str, Any]) -> str:
    edition = EDITIONS.get(feed["edition"], "") if feed["protocol"] == "hj212" else feed["edition"]
    return f"{feed['protocol']} {edition}".strip()


def _state(feed: dict[str, Any]) -> str:
    return "connected" if feed["connected"] else "registered" if feed["registered"] else "unknown"


def unnamed(row: dict[str, Any]) -> str:
    """One line of text: what came by a protocol without the name of a sender."""
    last = f"last {_time(row['last_ms'])} from {escape(row['peer'])}"
    return f"without a sender's name, {row['protocol']}: {_most(row['refused'])}; {last}"


def _habits(told: list[dict[str, Any]]) -> str:
    """What is in force: `a01013 in Pa (packets 12:0)`, `periods named by their end (registry)`."""
    shown = []
    for each in told:
        if each["in_force"]:
            votes = f" {each['votes']}:{each['against']}" if each["by"] == "packets" else ""
            what = (
                f"periods named by their {each['as']}"
                if each["about"] == "label"
                else f"{each['about']} in {each['as']}"
            )
            shown.append(f"{escape(what)} ({each['by']}{votes})")
    return ", ".join(shown)


def _most(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{escape(name)} {count}" for name, count in ordered[:SHOWN_OF_EACH])
    return shown + (", …" if len(ordered) > SHOWN_OF_EACH else "")


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if ms else "–"
