"""What every captured vehicle frame is decoded to: writes golden.json, and is what the drift test compares with it.

Run from the root of the project: `python -m tests.data.vehicle.golden`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lantian_ingest.decoders.vehicle.fields import Block, Raw
from lantian_ingest.decoders.vehicle.frame import Framer, Piece
from lantian_ingest.decoders.vehicle.reader import Read, Reader
from lantian_ingest.decoders.vehicle.readings import NUMBERS

HERE = Path(__file__).parent
FRAMES = HERE / "vehicle_frames.txt"
GOLDEN = HERE / "golden.json"
NAMES = {number: name for name, number in NUMBERS.items()}
NUMBERS_SHOWN = 24  # of a long list


class Captured(NamedTuple):
    """A frame of vehicle_frames.txt and its line there; `wrong` is the comment above one that was published wrong."""

    line: int
    frame: bytes
    wrong: str


def captured() -> list[Captured]:
    """All frames."""
    found = []
    comment = ""
    negative = False
    for number, row in enumerate(FRAMES.read_text(encoding="utf-8").split("\n"), start=1):
        if row.startswith("#"):
            comment = row[2:]
            negative = negative or "NEGATIVE" in row
        elif row:
            found.append(Captured(number, bytes.fromhex(row.split("\t")[2]), comment if negative else ""))
    return found


def pieces(frame: bytes) -> list[Piece]:
    """The frame as it comes from a socket that closes after it."""
    framer = Framer()
    return framer.feed(frame) + framer.expire()


def _shown(value: Raw) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int):
        return value
    items = [item.hex() if isinstance(item, bytes) else item for item in value]
    return items if len(items) <= NUMBERS_SHOWN else [*items[:NUMBERS_SHOWN], f"... {len(items)} in all"]


def _block(block: Block) -> dict[str, Any]:
    raw: Mapping[str, Raw] = block.raw
    entry: dict[str, Any] = {"kind": block.kind, "type": block.type, "time_ms": block.time_ms}
    return entry | {"serial": block.serial, "sure": block.confidence.name} | {name: _shown(raw[name]) for name in raw}


def _decoded(read: Read) -> dict[str, Any]:
    decoded, found = read.decoded, read.readings
    if decoded is None or found is None:
        return {}
    body = decoded.body
    slots: tuple[str, ...] = getattr(type(body), "__slots__", ())
    return {
        "protocol": decoded.protocol,
        "sure": decoded.confidence.name,
        "command": decoded.command,
        "answer": decoded.answer,
        "vin": decoded.vin.decode(),
        "time_ms": decoded.time_ms,
        "dialect": decoded.dialect,
        "serial": decoded.serial,
        "body": None if body is None else {name: _shown(getattr(body, name)) for name in slots},
        "blocks": [_block(block) for block in decoded.blocks],
        "signatures": [len(signature) for signature in decoded.signatures],
        "readings": [
            f"{NAMES[factor]} {value!r} {time_ms}"
            for factor, value, time_ms in zip(found.factors, found.values, found.times, strict=True)
        ],
        "gaps": found.gaps,
    }


def describe(row: Captured) -> dict[str, Any]:
    """Everything that is decided about one frame, as JSON."""
    found = pieces(row.frame)
    if len(found) != 1:
        return {"line": row.line, "verdict": [f"{piece.kind.name} {piece.reason} {len(piece.raw)}" for piece in found]}
    read = Reader().read(found[0])
    entry = {"line": row.line, "verdict": read.verdict, "reason": read.reason}
    return entry | _decoded(read) | {"quirks": sorted(read.quirks)}


def golden() -> str:
    """The whole file."""
    rows = [json.dumps(describe(row), ensure_ascii=False) for row in captured()]
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
