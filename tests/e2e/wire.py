"""A device's end of a connection, for tests that say exactly which bytes go out."""

import asyncio
from datetime import UTC, datetime, timedelta

from lantian_local.demo.stage import Stage
from lantian_local.ports import HOST
from lantian_simulator.frames import FrameError, Reply, read_reply, request_number, stamp, upload

HOUR_MS = 3_600_000
PASSWORD = "123456"


class Device:
    """One TCP connection to the gateway."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, data: bytes) -> None:
        """Write bytes; connects first, and again when the gateway has hung up."""
        if self._writer is None or self._reader is None or self._reader.at_eof() or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(HOST, self._stage.suite.hj212_port)
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            self._writer = None
            await self.send(data)

    async def reply(self, seconds: float = 15.0) -> Reply:
        """The next whole frame from the gateway. Raises TimeoutError, FrameError, IncompleteReadError."""
        if self._reader is None:
            raise FrameError("nothing was sent yet")
        async with asyncio.timeout(seconds):
            head = await self._reader.readexactly(6)
            return read_reply(head + await self._reader.readexactly(int(head[2:]) + 6))

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def hour_frame(feed: str, start_ms: int, items: str, sent_ms: int | None = None) -> tuple[str, bytes]:
    """QN and bytes of a 2061 upload that asks for an answer."""
    number = request_number(sent_ms if sent_ms is not None else start_ms + HOUR_MS + 5_000)
    content = f"DataTime={stamp(start_ms)};{items}"
    return number, upload(number=number, command="2061", station=feed, password=PASSWORD, content=content)


def local_ms(year: int, month: int, day: int, hour: int) -> int:
    """A local time (UTC+8) in ms UTC."""
    return int((datetime(year, month, day, hour, tzinfo=UTC) - timedelta(hours=8)).timestamp() * 1000)


def site(stage: Stage, feed: str, factor: str, limit: float) -> list[dict[str, object]]:
    """Registry of one enterprise with one outlet, one feed and one limit, as measured, and the team of its city."""
    name = feed.lower()
    address = stage.team_address
    return [
        {
            "kind": "team",
            "id": "team-410100",
            "entity": {
                "name": "郑州监督帮扶组（演示）",
                "division_code": "410100",
                "webhook_url": address.url.format(division="410100"),
                "webhook_secret_name": address.secret_name,
                "event_kinds": [],
            },
        },
        {
            "kind": "enterprise",
            "id": f"e-{name}",
            "entity": {
                "name": f"郑州{name}有限公司（演示）",
                "division_code": "410100",
                "industry": "化工",
            },
        },
        {
            "kind": "source",
            "id": f"s-{name}",
            "entity": {"enterprise_id": f"e-{name}", "name": "1号排气筒", "kind": "outlet"},
        },
        {
            "kind": "feed",
            "id": feed,
            "entity": {
                "source_id": f"s-{name}",
                "protocol": "hj212",
                "password": "",
                "real_time_interval_seconds": 0,
                "minute_interval_minutes": 0,
                "sends_hours": True,
                "period_labelled_by_end": False,
            },
        },
        {
            "kind": "limit",
            "id": f"l-{name}",
            "entity": {
                "source_id": f"s-{name}",
                "factor": factor,
                "value": limit,
                "reference_oxygen_percent": 0.0,
                "basis": "permit",
                "clause": "演示限值，不是真实许可",
            },
        },
    ]
