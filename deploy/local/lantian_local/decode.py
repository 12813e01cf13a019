"""The command `lantian decode`: frames to JSON, without a suite."""

import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, BinaryIO

import typer


class Protocol(StrEnum):
    """What can be read."""

    HJ212 = "hj212"
    VEHICLE = "vehicle"


def decode(
    protocol: Annotated[Protocol, typer.Argument(help="What the frames are.")],
    events: Annotated[bool, typer.Option("--events", help="hj212: also what devices say of themselves.")] = False,
    key: Annotated[
        str | None, typer.Option(envvar="LANTIAN_SM4_KEY", help="hj212: SM4 key of encrypted packets of 2025.")
    ] = None,
) -> None:
    """Print one JSON object for every frame of the standard input: one frame a line, as text or hexadecimal digits."""
    raise typer.Exit(run(protocol, sys.stdin.buffer, sys.stdout.buffer, events=events, key=key))


def run(protocol: Protocol, lines: Iterable[bytes], output: BinaryIO, *, events: bool, key: str | None) -> int:
    """Reads all lines; the exit code: 2 for a key that is none, else 0, whatever the frames are."""
    # Only this command needs the decoders; all others start faster without them.
    from lantian_ingest.decode import hj212
    from lantian_ingest.decode.command import DECODERS, decode_lines
    from lantian_ingest.decoders.hj212.reader import Profile
    from lantian_ingest.decoders.hj212.sm4 import WrongKey, key_of

    try:
        keys = () if key is None else (key_of(key),)
    except WrongKey as error:
        sys.stderr.write(f"{error}\n")
        return 2
    decoder = hj212.Decoder(Profile(keys=keys), events=events) if protocol is Protocol.HJ212 else DECODERS[protocol]()
    try:
        for found in decode_lines(decoder, lines):
            output.write(found.encode() + b"\n")
        output.flush()
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
