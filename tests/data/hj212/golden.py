"""What every captured frame is decoded to: writes golden.json, and is what the drift test compares with it.

Run from the root of the project: `python -m tests.data.hj212.golden`.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.decode import Decoded, decode
from lantian_ingest.decoders.hj212.frame import Framer, Kind, Piece
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.decoders.hj212.segment import DecodeError, HJ212Frame, parse
from lantian_ingest.feeds import Feeds
from lantian_ingest.judge import Judge
from lantian_proto.factors import by_number
from lantian_proto.readings import PERIOD_NAMES, STAT_NAMES, Stat
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange

HERE = Path(__file__).parent
FRAMES = HERE / "hj212_frames.tsv"
GOLDEN = HERE / "golden.json"
NOW_MS = 1_795_305_600_000


class Captured(NamedTuple):
    """A row of hj212_frames.tsv; `line` is its line in the file, the heading is line 1."""

    line: int
    verdict: str
    frame: bytes


def captured() -> list[Captured]:
    """All rows."""
    rows = FRAMES.read_text(encoding="utf-8").split("\n")
    cells = [(number, row.split("\t")) for number, row in enumerate(rows, start=1) if row and not row.startswith("#")]
    return [Captured(number, row[2], row[7].encode()) for number, row in cells]


def pieces(frame: bytes) -> list[Piece]:
    """The frame as it comes from a socket that closes after it, without the line end."""
    framer = Framer()
    found = framer.feed(frame + b"\r\n") + framer.expire()
    return [piece for piece in found if piece.kind is not Kind.BLANK]


def everybody(frames: list[Captured]) -> Feeds:
    """A registry in which every sender is known, so that outcomes depend on the frame alone."""
    feeds = Feeds()
    for row in frames:
        try:
            mn = parse(row.frame).head.mn
        except DecodeError:
            continue
        if mn:
            feed = Feed(feed_id=mn, source_id=f"source-{mn}", protocol="hj212")
            feeds.apply(f"feed/{mn}", RegistryChange(kind="feed", id=mn, feed=feed).SerializeToString())
    return feeds


def packet_of(frame: bytes) -> HJ212Frame | None:
    """The packet, also where it was published without its frame; None where it can not be read."""
    found = pieces(frame)
    segment = found[0].segment if len(found) == 1 and found[0].kind is Kind.FRAME else frame
    try:
        return parse(segment)
    except DecodeError:
        return None


def decoded_of(packet: HJ212Frame | None) -> Decoded | str:
    """The readings, or the reason why there are none."""
    try:
        return "no packet" if packet is None else decode(packet)
    except DecodeError as error:
        return error.reason


def describe(row: Captured, judge: Judge) -> dict[str, Any]:
    """Everything that is decided about one frame, as JSON."""
    found = pieces(row.frame)
    judgements = [judge.judge(piece, NOW_MS) for piece in found]
    packet = packet_of(row.frame)
    decoded = decoded_of(packet)
    quirks: set[Quirk] = set().union(*(judgement.quirks for judgement in judgements)) if judgements else set()
    entry: dict[str, Any] = {
        "line": row.line,
        "verdict": judgements[0].verdict if len(judgements) == 1 else Verdict.NONE,
        "outcome": judgements[0].outcome if len(judgements) == 1 else "?",
    }
    if packet is not None:
        quirks |= packet.quirks
        head = packet.head
        entry |= {"edition": head.edition.name, "qn": packet.qn, "st": head.st, "cn": head.cn, "mn": head.mn}
        entry |= {"flag": head.flag, "pnum": head.pnum, "pno": head.pno, "data_time": packet.name("DataTime")}
    if isinstance(decoded, Decoded):
        quirks |= decoded.shape.quirks
        entry |= {"time_ms": decoded.time_ms, "period": PERIOD_NAMES[decoded.shape.period]}
        entry["readings"] = [
            f"{by_number(factor).code} {STAT_NAMES[Stat(stat)]} {value!r} {chr(flag) if flag else ''}".rstrip()
            for factor, stat, value, flag in zip(
                decoded.shape.factors, decoded.shape.stats, decoded.values, decoded.flags, strict=True
            )
        ]
        if decoded.events:
            entry["events"] = [" ".join(f"{part}" for part in event).strip() for event in decoded.events]
        if decoded.reply is not None:
            entry["reply"] = list(decoded.reply)
    else:
        entry["no_readings"] = decoded
    entry["quirks"] = sorted(quirks)
    return entry


def golden() -> str:
    """The whole file."""
    frames = captured()
    judge = Judge(everybody(frames), Reader())
    rows = [json.dumps(describe(row, judge), ensure_ascii=False) for row in frames]
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
