"""`lantian command`: what is sent to ingest, each state once, and the exit code by how it ended."""

import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from typing import Any

import pytest
from typer.testing import CliRunner

from lantian_local.__main__ import app

Answer = Callable[[urllib.request.Request, float], io.BytesIO]
BASE = ["command", "recall-hours", "--feed", "M1", "--ingest", "http://127.0.0.1:1", "--by", "zhang.wei"]
PERIOD = ["--from", "2026-11-22T08:00", "--to", "2026-11-22T10:00"]


def states(*names: str) -> tuple[Answer, list[urllib.request.Request]]:
    """An ingest that tells one state after the other; what it was asked."""
    asked: list[urllib.request.Request] = []

    def answer(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        asked.append(request)
        found: dict[str, Any] = {"command_id": "c1", "state": names[min(len(asked), len(names)) - 1]}
        return io.BytesIO(json.dumps(found if request.data else {"commands": [{"command_id": "c0"}, found]}).encode())

    return answer, asked


def test_it_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times without offset are Beijing's; the operator's key goes with every call."""
    answer, asked = states("queued", "sent", "sent", "accepted", "executed")
    monkeypatch.setattr("urllib.request.urlopen", answer)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    done = CliRunner().invoke(app, [*BASE, *PERIOD, "--key", "secret"])
    assert done.exit_code == 0, done.output
    assert [json.loads(line)["state"] for line in done.stdout.splitlines()] == [
        "queued",
        "sent",
        "accepted",
        "executed",
    ]
    body = json.loads(asked[0].data or b"")  # type: ignore[arg-type]
    assert (body["feed"], body["kind"], body["requested_by"]) == ("M1", "recall-hours", "zhang.wei")
    assert (body["begin_ms"], body["end_ms"]) == (1_795_305_600_000, 1_795_312_800_000)
    assert {request.get_header("Authorization") for request in asked} == {"Bearer secret"}


@pytest.mark.parametrize(("last", "code"), [("refused", 1), ("failed", 1), ("timed-out", 1), ("executed", 0)])
def test_the_exit_code_says_how_it_ended(monkeypatch: pytest.MonkeyPatch, last: str, code: int) -> None:
    """For scripts."""
    monkeypatch.setattr("urllib.request.urlopen", states("queued", last)[0])
    assert CliRunner().invoke(app, [*BASE, *PERIOD]).exit_code == code


def test_only_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is not there may take a day."""
    answer, asked = states("queued")
    monkeypatch.setattr("urllib.request.urlopen", answer)
    done = CliRunner().invoke(app, [*BASE, *PERIOD, "--wait", "0"])
    assert (done.exit_code, len(asked)) == (0, 1)


def test_what_ingest_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own words."""

    def refuse(request: urllib.request.Request, timeout: float) -> io.BytesIO:
        raise urllib.error.HTTPError("u", 422, "no", Message(), io.BytesIO(b'{"detail":"a recall has a begin"}'))

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    done = CliRunner().invoke(app, BASE)
    assert done.exit_code == 1
    assert "a recall has a begin" in done.output
