"""The live stream of the process as it is deployed: resumed exactly over a kill, whatever came meanwhile."""

import asyncio
import hashlib
import json
import signal
from pathlib import Path

import aiohttp
import yaml

from tests.support.notify_process import ProcessBench

OFFICE = "office-key-for-tests"


async def follow(bench: ProcessBench, last_id: str, count: int) -> tuple[list[str], str]:
    """Names of so many events of our division, and the id behind the last one; an id comes before the first event."""
    headers = {"Authorization": f"Bearer {OFFICE}"} | ({"Last-Event-ID": last_id} if last_id else {})
    names: list[str] = []
    event = ""
    async with (
        asyncio.timeout(120),
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"http://127.0.0.1:{bench.port}/v1/stream") as answer,
    ):
        assert answer.status == 200, await answer.text()
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "issue":
                names.append(json.loads(value)["event_id"].removeprefix(f"{bench.team_id}-"))
            elif name == "id":
                last_id = value
            elif line == b"\n" and len(names) >= count:  # an event is whole at its empty line
                break
    return names, last_id


async def test_a_stream_goes_on_exactly_over_a_kill(running: ProcessBench, tmp_path: Path) -> None:
    """Begun live, cut after two, the process killed, more written meanwhile: the rest comes once, and only ours."""
    bench = running
    row = {
        "id": "office",
        "role": "city-office",
        "organisation": "x",
        "divisions": [bench.division],
        "key_sha256": [hashlib.sha256(OFFICE.encode()).hexdigest()],
    }
    (tmp_path / "access.yaml").write_text(yaml.safe_dump({"principals": [row]}), encoding="utf-8")
    bench.env["LANTIAN_ACCESS_FILE"] = str(tmp_path / "access.yaml")
    await bench.register_team()
    names = [f"n{number}" for number in range(8)]
    async with bench.notify() as process:
        none, last_id = await follow(bench, "", 0)
        assert (none, bool(last_id)) == ([], True)
        await bench.tell(*(bench.event(name) for name in names[:4]))
        first, last_id = await follow(bench, last_id, 2)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await bench.tell(*(bench.event(name) for name in names[4:6]))
    foreign = bench.event("foreign")
    foreign.division_code = "999999" if bench.division[:4] != "9999" else "110101"
    await bench.tell(foreign)
    async with bench.notify() as process:
        await bench.tell(*(bench.event(name) for name in names[6:]))
        second, last_id = await follow(bench, last_id, 6)
        assert len(first) == 2
        assert sorted(first + second) == names
        # A stream that is open does not hold up the end of the process.
        following = asyncio.create_task(follow(bench, last_id, 1))
        await bench.counted("lantian_notify_stream_clients 1.0")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        rest, _ = await following
        assert rest == []
