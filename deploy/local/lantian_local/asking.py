"""`lantian command`: something asked of a device by hand, through ingest; and what became of what was asked."""

import getpass
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from lantian_local import state as states
from lantian_local.frames import milliseconds
from lantian_local.layout import DEFAULT_HOME

FINAL = ("executed", "refused", "failed", "timed-out")


class Asked(StrEnum):
    """What can be asked of a device."""

    RECALL_MINUTES = "recall-minutes"
    RECALL_HOURS = "recall-hours"
    RECALL_DAYS = "recall-days"
    SET_TIME = "set-time"
    SET_REAL_TIME_INTERVAL = "set-real-time-interval"
    SET_MINUTE_INTERVAL = "set-minute-interval"
    COMPARISON_SAMPLE = "comparison-sample"
    RENEW_KEY = "renew-key"
    ADOPT = "adopt"


def command(
    kind: Annotated[Asked, typer.Argument(help="What is asked; adopt: judge anew what came before it was registered.")],
    feed: Annotated[str, typer.Option(help="Id of the feed: an MN, or a VIN.")],
    begin: Annotated[str, typer.Option("--from", help="Of a recall or an adoption, RFC 3339; +08:00 by default.")] = "",
    end: Annotated[str, typer.Option("--to", help="Of a recall: start of the last record.")] = "",
    interval: Annotated[int, typer.Option(min=0, help="Seconds of real-time data, or minutes of minute data.")] = 0,
    factor: Annotated[str, typer.Option(help="Code a comparison sample is asked of, e.g. a21026.")] = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the end; 0: only hand it over.")] = 30.0,
    by: Annotated[str, typer.Option(help="Who asks; default: the name of the user.")] = "",
    ingest: Annotated[
        str, typer.Option(envvar="LANTIAN_INGEST_URL", help="Address of ingest; default: that of the local suite.")
    ] = "",
    key: Annotated[str, typer.Option(envvar="LANTIAN_OPERATOR_KEY", help="The operator's key, where one is set.")] = "",
    home: Annotated[Path, typer.Option(envvar="LANTIAN_LOCAL_HOME", help="Folder of the local suite.")] = DEFAULT_HOME,
) -> None:
    """Ask a device for something and print each state as JSON; exit code 0 when it was carried out, or handed over."""
    try:
        address = ingest or _address(home)
        body = {
            "feed": feed,
            "kind": str(kind),
            "begin_ms": milliseconds(begin) or 0,
            "end_ms": milliseconds(end) or 0,
            "interval": interval,
            "factor": factor,
            "requested_by": by or getpass.getuser(),
        }
        found = _call(address, "/v1/commands", key, body)
        _print(found)
        deadline = time.monotonic() + wait
        while found["state"] not in FINAL and time.monotonic() < deadline:
            time.sleep(0.2)
            before, found = found, _again(address, key, found)
            if found["state"] != before["state"]:
                _print(found)
    except (ValueError, LookupError, OSError) as error:
        sys.stderr.write(f"{_words(error)}\n")
        raise typer.Exit(1) from error
    raise typer.Exit(0 if not wait or found["state"] == "executed" else 1)


def _again(address: str, key: str, known: dict[str, Any]) -> dict[str, Any]:
    """The command as it stands now."""
    page = _call(address, "/v1/commands?limit=1000", key)
    return next((each for each in page["commands"] if each["command_id"] == known["command_id"]), known)


def _call(address: str, path: str, key: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    headers |= {"Idempotency-Key": uuid.uuid4().hex} if body is not None else {}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{address}{path}", data=data, headers=headers), timeout=10
    ) as response:
        found: dict[str, Any] = json.load(response)
    return found


def _print(found: dict[str, Any]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stdout.write(json.dumps({"at": at, **found}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _address(home: Path) -> str:
    state = states.read(home.resolve())
    if state is None or "ingest" not in state.parts:
        raise LookupError(f"nothing is up in {home}; name ingest with --ingest")
    return state.parts["ingest"].address


def _words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"{error.code}: {error.read().decode(errors='replace')}"
    return str(error)
