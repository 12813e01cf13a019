"""The table of feeds, and pages put together."""

import io
import json
from typing import Any

import pytest
from rich.console import Console

from lantian_local import feeds


def row(name: str, **fields: Any) -> dict[str, Any]:
    """A feed as ingest shows it."""
    return {
        "feed": name,
        "protocol": "hj212",
        "edition": "1",
        "peer": "192.0.2.1:5000",
        "last_ms": 1_795_320_000_000,
        "accepted": 7,
        "late": 0,
        "refused": {},
        "quirks": {},
        "habits": [],
        "clock_skew_ms": None,
        "address_conflicts": 0,
        "registered": True,
        "connected": True,
    } | fields


def printed(found: list[dict[str, Any]]) -> str:
    """The table as text."""
    console = Console(file=io.StringIO(), width=240)
    console.print(feeds.table(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_says_what_is_wrong() -> None:
    """Refused frames by reason, the most frequent first; markup in names is no markup."""
    refused = {"check-code": 2, "data-time": 9, "a": 1, "b": 1}
    text = printed(
        [
            row("[red]M1", refused=refused, clock_skew_ms=-61_000, address_conflicts=2),
            row("M2", registered=False, connected=False),
        ]
    )
    assert "[red]M1" in text
    assert "data-time 9, check-code 2, a 1, …" in text
    assert "-61 s" in text
    assert "2× two addresses" in text
    assert "unknown" in text
    assert "2026-11-22 04:00:00" in text


def test_table_says_what_a_feed_does_otherwise() -> None:
    """What is in force, and by whom; a suspicion is not."""
    habits = [
        {"about": "a01013", "as": "Pa", "by": "packets", "in_force": True, "votes": 12, "against": 0},
        {"about": "label", "as": "end", "by": "registry", "in_force": True},
        {"about": "a00000", "as": "m³/h", "by": "packets", "in_force": False, "votes": 1, "against": 0},
    ]
    text = printed([row("M1", habits=habits)])
    assert "a01013 in Pa (packets 12:0)" in text
    assert "named by their end (registry)" in " ".join(text.split())
    assert "m³/h" not in text


def test_a_narrow_terminal_gets_lines_that_can_be_searched() -> None:
    """Everything the table says, each thing whole in a line of its own; what there is nothing of has none."""
    habits = [{"about": "a01013", "as": "Pa", "by": "packets", "in_force": True, "votes": 12, "against": 0}]
    feed = row("M1", refused={"check-code": 2}, habits=habits, clock_skew_ms=-61_000, address_conflicts=2)
    console = Console(file=io.StringIO(), width=240)
    console.print(feeds.paragraph(feed))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "M1  hj212 2017  connected  accepted 7, late 0",
        "    refused  check-code 2",
        "    habits  a01013 in Pa (packets 12:0)",
        "    last  2026-11-22 04:00:00 from 192.0.2.1:5000, clock -61 s, 2× two addresses",
    ]


def test_what_has_no_name_is_said() -> None:
    """A line of its own under the table."""
    said = feeds.unnamed(row("", refused={"no-frame": 3, "unknown-feed": 1}))
    assert said.startswith("without a sender's name, hj212: no-frame 3, unknown-feed 1; last 2026-11-22 04:00:00")


def test_pages_are_put_together(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Names with signs of their own find their page."""
    asked: list[str] = []
    nameless = [row("", refused={"no-frame": 3})]
    pages = [
        {"feeds": [row("M&1")], "nameless": nameless, "next": "M&1"},
        {"feeds": [row("M2")], "nameless": nameless, "next": None},
    ]

    def answer(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(json.dumps(pages[len(asked) - 1]).encode())

    monkeypatch.setattr("urllib.request.urlopen", answer)
    assert feeds.status("http://127.0.0.1:1", True, Console()) == 0
    assert [feed["feed"] for feed in json.loads(capsys.readouterr().out)] == ["M&1", "M2", ""]
    assert asked[1].endswith("after=M%261")


def test_no_gateway(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """In words."""

    def refuse(url: str, timeout: float) -> io.BytesIO:
        raise OSError("connection refused")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    assert feeds.status("http://127.0.0.1:1", False, Console()) == 1
    assert "connection refused" in capsys.readouterr().err
