"""Which synthetic source exceeds by which factor, and when. Pure.

Every source sends the hour before in its own slot of the hour. One of six factors exceeds its limit, another one each
hour: when it is that factor's turn again, its episode of six hours ago has long been closed, so each round is a new
lead. Real devices, real time: the suite can not tell it from others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lantian_simulator.frames import HOUR, request_number, stamp, upload

HOUR_MS = 3_600_000
FACTORS = ("a21026", "a21002", "a34013", "a21005", "a21024", "a24088")
LIMIT = 100.0
EXCEEDING, COMPLIANT = 150.0, 10.0
PASSWORD = "probe0"
ENTERPRISE = "probe"
TEAM = "probe"


@dataclass(frozen=True, slots=True)
class Round:
    """One exceedance: source and factor, the hour it is about, and when it is sent; suite ms."""

    source_id: str
    feed_id: str
    factor: str
    hour_ms: int
    at_ms: int

    def frame(self) -> bytes:
        """The upload of the hour, which asks for an answer."""
        items = (f"{f}-Avg={EXCEEDING if f == self.factor else COMPLIANT},{f}-Flag=N" for f in FACTORS)
        content = f"DataTime={stamp(self.hour_ms)};{';'.join(items)}"
        number = request_number(self.at_ms)
        return upload(number=number, command=HOUR, station=self.feed_id, password=PASSWORD, content=content)


def round_after(now_ms: int, an_hour: int) -> Round:
    """The first round that begins after `now_ms`: a restart sends nothing twice."""
    slot_ms = HOUR_MS // an_hour
    at_ms = (now_ms // slot_ms + 1) * slot_ms
    slot = at_ms % HOUR_MS // slot_ms
    hour_ms = at_ms - at_ms % HOUR_MS - HOUR_MS
    factor = FACTORS[hour_ms // HOUR_MS % len(FACTORS)]
    return Round(source(slot), feed(slot), factor, hour_ms, at_ms)


def source(slot: int) -> str:
    """Id of a synthetic source."""
    return f"probe-{slot}"


def feed(slot: int) -> str:
    """MN of its logger."""
    return f"LANTIANPROBE{slot:012d}"


def registry(an_hour: int, division: str, webhook_url: str, secret_name: str) -> Iterator[dict[str, Any]]:
    """What the registry must hold: one enterprise, a source, feed and limits for each slot, and the probe's team."""
    yield _row("team", TEAM, name="蓝天自检", division_code=division, webhook_url=webhook_url,
               webhook_secret_name=secret_name, event_kinds=["registered", "episode-extended"])  # fmt: skip
    yield _row("enterprise", ENTERPRISE, name="蓝天自检（非真实企业）", division_code=division, industry="自检")
    for slot in range(an_hour):
        yield _row("source", source(slot), enterprise_id=ENTERPRISE, name=f"自检排口{slot}", kind="outlet")
        yield _row("feed", feed(slot), source_id=source(slot), protocol="hj212", password=PASSWORD,
                   real_time_interval_seconds=0, minute_interval_minutes=0, sends_hours=True,
                   period_labelled_by_end=False)  # fmt: skip
        for factor in FACTORS:
            yield _row("limit", f"probe-{slot}-{factor}", source_id=source(slot), factor=factor, value=LIMIT,
                       reference_oxygen_percent=0.0, basis="permit", clause="自检限值")  # fmt: skip


def _row(kind: str, id_: str, /, **entity: Any) -> dict[str, Any]:
    return {"kind": kind, "id": id_, "entity": entity}
