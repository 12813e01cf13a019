"""The captured frames: real bytes from the field, replayed at the socket.

Most senders are unknown to the registry. A few are registered, two of them with a limit below what they sent, so
that old frames give retrospective leads.
"""

import asyncio
import contextlib
import csv
from dataclasses import dataclass
from importlib.resources import files

ENTERPRISE = "demo-captured"
_DIVISION = "410100"


@dataclass(frozen=True)
class Captured:
    """One row of hj212_frames.tsv: where it was published, what its check code is worth, and the frame."""

    origin: str
    verdict: str
    frame: bytes


@dataclass(frozen=True)
class Known:
    """A sender that the demo registers, with (factor, limit, reference oxygen) when a limit is to be judged."""

    feed_id: str
    name: str
    limit: tuple[str, float, float] | None = None


KNOWN = (
    Known("81733553216103", "VOCs 排气筒", ("a24088", 0.5, 0.0)),
    Known("NEWPROTOCOLTEST000000092", "VOCs 处理设施排口", ("a24088", 0.01, 0.0)),
    Known("18AAH", "厂界 VOCs 监测点"),
    Known("JLYP01_AIR01_0001", "环境空气微站"),
    Known("8888888000114W", "烟气排口（2017 版）"),
    Known("88888881234567", "废水排口（2005 版）"),
)
"""Limits chosen so that the frames exceed them; they are no real permit."""


def load() -> list[Captured]:
    """Return the captured frames in the order of the file."""
    text = files("lantian_local.demo").joinpath("hj212_frames.tsv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines()[1:], delimiter="\t", quoting=csv.QUOTE_NONE)
    return [Captured(f"{row[0]} {row[1]}", row[2], row[7].encode()) for row in rows]


def source_id(known: Known) -> str:
    """Return the registry id of a known sender's source."""
    return f"{ENTERPRISE}-{known.feed_id.lower()}"


def changes() -> list[dict[str, object]]:
    """Return the registry of the known senders, as `lantian_simulator.registry.changes` returns its own."""
    enterprise = {
        "name": "公开报文回放（演示）",
        "division_code": _DIVISION,
        "industry": "公开报文",
    }
    rows: list[dict[str, object]] = [{"kind": "enterprise", "id": ENTERPRISE, "entity": enterprise}]
    for known in KNOWN:
        source = {"enterprise_id": ENTERPRISE, "name": known.name, "kind": "outlet"}
        rows.append({"kind": "source", "id": source_id(known), "entity": source})
        feed = {
            "source_id": source_id(known),
            "protocol": "hj212",
            "password": "",  # any is taken
            "real_time_interval_seconds": 0,
            "minute_interval_minutes": 0,
            "sends_hours": True,
            "period_labelled_by_end": False,
        }
        rows.append({"kind": "feed", "id": known.feed_id, "entity": feed})
        if known.limit is not None:
            factor, value, oxygen = known.limit
            limit = {
                "source_id": source_id(known),
                "factor": factor,
                "value": value,
                "reference_oxygen_percent": oxygen,
                "basis": "permit",
                "clause": "演示限值，为回放公开报文而设，不是真实许可",
            }
            rows.append({"kind": "limit", "id": f"{source_id(known)}-{factor}", "entity": limit})
    return rows


async def replay(host: str, port: int, frames: list[Captured], *, quiet_seconds: float = 1.0) -> int:
    """Send the frames over one connection each and wait for what comes back; returns the bytes of all replies.

    One connection each, as the frames come from different devices: what is left over of a broken one must not
    swallow the next sender's frame.
    """
    gate = asyncio.Semaphore(16)

    async def send(frame: bytes) -> int:
        async with gate:
            reader, writer = await asyncio.open_connection(host, port)
            received = 0
            try:
                writer.write(frame + b"\r\n")
                await writer.drain()
                writer.write_eof()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(quiet_seconds):
                        while data := await reader.read(4096):
                            received += len(data)
            except ConnectionError:
                return received  # the gateway may cut off what it can not read
            finally:
                writer.close()
            return received

    return sum(await asyncio.gather(*(send(captured.frame) for captured in frames)))
