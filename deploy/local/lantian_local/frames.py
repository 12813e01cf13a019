"""`lantian frames`: the evidence of a feed, read back from raw-frames.v1."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lantian_local import state as states
from lantian_local.ingest_keys import keys
from lantian_local.layout import DEFAULT_HOME

MOST = 10_000


def frames(
    feed: Annotated[str, typer.Option(help="Id of the feed, an MN, or a VIN (with the suite's keys); empty: all.")],
    begin: Annotated[str, typer.Option("--from", help="Received from, RFC 3339; without offset +08:00.")] = "",
    end: Annotated[str, typer.Option("--to", help="Received before.")] = "",
    outcome: Annotated[str, typer.Option(help="Only frames of this outcome, e.g. accepted or malformed.")] = "",
    as_hex: Annotated[bool, typer.Option("--hex", help="Bytes as hex also where they are text.")] = False,
    reveal: Annotated[
        bool, typer.Option(help="Open sealed identities with LANTIAN_EVIDENCE_KEY, or the local suite's.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Stop after this many.")] = MOST,
    kafka: Annotated[
        str, typer.Option(envvar="LANTIAN_KAFKA_BOOTSTRAP", help="Broker; default: that of the local suite.")
    ] = "",
    home: Annotated[Path, typer.Option(envvar="LANTIAN_LOCAL_HOME", help="Folder of the local suite.")] = DEFAULT_HOME,
    evidence_key: Annotated[str, typer.Option(envvar="LANTIAN_EVIDENCE_KEY", hidden=True)] = "",
    identity_key: Annotated[str, typer.Option(envvar="LANTIAN_IDENTITY_KEY", hidden=True)] = "",
) -> None:
    """Print frames as received, one JSON object a line, in the order of each partition.

    Times are the suite's clock, as in the frames' own headers.
    """
    from lantian_local import evidence  # the client library costs every other command a second

    try:
        wanted = evidence.Wanted(
            names=evidence.names(feed, identity_key or _own(home, "identity")),
            begin_ms=milliseconds(begin),
            end_ms=milliseconds(end),
            outcome=outcome,
            limit=limit,
        )
        bootstrap = kafka or _bootstrap(home)
        sealer = evidence.sealer(evidence_key or _own(home, "evidence")) if reveal else None
        count = asyncio.run(_print(evidence.frames(bootstrap, wanted), sealer, as_hex))
    except (ValueError, LookupError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error
    sys.stderr.write(f"{count} frames{' (there may be more)' if count == limit else ''}\n")


async def _print(found: AsyncIterator[Any], sealer: Any, as_hex: bool) -> int:
    from lantian_local import evidence

    count = 0
    async for record in found:
        sys.stdout.write(json.dumps(evidence.shown(record, sealer, as_hex), ensure_ascii=False) + "\n")
        count += 1
    return count


def _own(home: Path, name: str) -> str:
    """A key of the local suite; empty when there is none."""
    state = states.read(home.resolve())
    return keys(home.resolve())[name] if state is not None else ""


def _bootstrap(home: Path) -> str:
    state = states.read(home.resolve())
    if state is None or "kafka" not in state.parts:
        raise LookupError(f"nothing is up in {home}; name a broker with --kafka")
    return state.parts["kafka"].address


def milliseconds(text: str) -> int | None:
    """A moment of the command line, ms since 1970 UTC; None for an empty one. Raises ValueError."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = datetime.fromisoformat(f"{text}+08:00" if "T" in text or " " in text else f"{text}T00:00:00+08:00")
    return int(moment.astimezone(UTC).timestamp() * 1000)
