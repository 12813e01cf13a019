"""The command `lantian decode`: frames to JSON, without a suite."""

import os
import sys
from collections.abc import Iterable
from typing import Annotated, BinaryIO

import typer

HJ212 = "hj212"


def decode(
    protocol: Annotated[str, typer.Argument(help="What the frames are: hj212, vehicle, or a decoder of your own.")],
    events: Annotated[bool, typer.Option("--events", help="hj212: also what devices say of themselves.")] = False,
    key: Annotated[
        str | None, typer.Option(envvar="LANTIAN_SM4_KEY", help="hj212: SM4 key of encrypted packets of 2025.")
    ] = None,
) -> None:
    """Print one JSON object for every frame of the standard input: one frame a line, as text or hexadecimal digits."""
    raise typer.Exit(run(protocol, sys.stdin.buffer, sys.stdout.buffer, events=events, key=key))


def run(protocol: str, lines: Iterable[bytes], output: BinaryIO, *, events: bool, key: str | None) -> int:
    """Reads all lines; the exit code: 2 for a protocol or a key that is none, else 0, whatever the frames are."""
    # Only this command needs the decoders; all others start faster without them.
    from lantian_ingest.decode.command import LineDecoder, decode_lines, decoder
    from lantian_ingest.decoders.hj212 import lines as hj212
    from lantian_ingest.decoders.hj212.reader import Profile
    from lantian_ingest.decoders.hj212.sm4 import WrongKey, key_of

    found: LineDecoder
    try:
        keys = () if key is None else (key_of(key),)
        found = hj212.Decoder(Profile(keys=keys), events=events) if protocol == HJ212 else decoder(protocol)
    except (WrongKey, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        for line in decode_lines(found, lines):
            output.write(line.encode() + b"\n")
        output.flush()
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
