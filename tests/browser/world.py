"""The running suite as the story needs it: its people, one plant, and days that pass.

Days pass by starting the suite again, on the same data, with a later clock: as an upgrade would.
"""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from lantian_local.demo.stage import Stage
from lantian_local.keys import ACCESS, administrator_key
from lantian_local.layout import ClockSetting
from lantian_local.suite import Suite
from tests.e2e.conftest import ROOT
from tests.e2e.wire import Device, hour_frame, local_ms, site

FEED, FACTOR, LIMIT = "NEWPROTOCOLTEST000000092", "a24088", 0.01
PATIENCE = 240
"""Looks at something that another service brings about, a second apart."""
PEOPLE = {
    "office": ("city-office", "郑州市大气办", ["410100"]),
    "office-2": ("city-office", "郑州市大气办", ["410100"]),
    "team": ("city-team", "郑州市执法队", ["410100"]),
    "plant": ("enterprise", "某包装有限公司", ["410100"]),
    "province": ("province", "河南省生态环境厅", ["410000"]),
    "stranger": ("city-office", "洛阳市大气办", ["410300"]),
}


def key_of(home: Path, who: str) -> str:
    """A key for each of them, long enough to be told from an account."""
    return hashlib.sha256(f"{home}{who}".encode()).hexdigest()


def let_in(home: Path, enterprise_id: str) -> None:
    """The access file of the suite, before its first start."""
    home.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = [
        {"id": "demo-administrator", "role": "administrator", "organisation": "demo", "divisions": ["000000"]}
    ]
    keys = [administrator_key(home)]
    for who, (role, organisation, divisions) in PEOPLE.items():
        own = {"enterprise_id": enterprise_id} if role == "enterprise" else {}
        rows.append({"id": who, "role": role, "organisation": organisation, "divisions": divisions, **own})
        keys.append(key_of(home, who))
    for row, key in zip(rows, keys, strict=True):
        row["key_sha256"] = [hashlib.sha256(key.encode()).hexdigest()]
    (home / ACCESS).write_text(yaml.safe_dump({"principals": rows}, allow_unicode=True), encoding="utf-8")


class World:
    """The suite, which can be asked from the browser's thread to go on at a later time."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._loop = asyncio.get_running_loop()
        self._suite: Suite | None = None
        self._stage: Stage | None = None
        self._device: Device | None = None
        self.url = ""

    async def begin(self, suite_ms: int) -> None:
        """Starts on what an earlier run has left, with the clock at `suite_ms`."""
        self._suite = Suite(
            home=self.home,
            clock=ClockSetting.starting_now(1.0, suite_ms),
            jar_cache=ROOT / ".local" / "jars",
            partitions=1,
            env={"tasks": {"LANTIAN_SCREENING": "full"}},
        )
        await self._suite.__aenter__()
        self._stage = await Stage(self._suite).__aenter__()
        self._device = Device(self._stage)
        self.url = self._suite.front_url

    async def end(self) -> None:
        """Stops everything."""
        if self._device is not None:
            self._device.close()
        if self._stage is not None:
            await self._stage.__aexit__(None, None, None)
        if self._suite is not None:
            await self._suite.__aexit__(None, None, None)
        self._device = self._stage = self._suite = None

    async def register(self) -> None:
        """One enterprise with one outlet; returns when detection judges by its limit."""
        assert self._stage is not None
        assert self._suite is not None
        await self._stage.register(site(self._stage, FEED, FACTOR, LIMIT))
        address = f"{self._suite.alerts_url}/v1/limits"
        asked = {"source": f"s-{FEED.lower()}", "at_ms": str(local_ms(2021, 7, 22, 13)), "factor": FACTOR}
        async with httpx.AsyncClient() as client:
            for _ in range(PATIENCE):
                answer = await client.get(address, params=asked)
                if answer.is_success and str(LIMIT) in answer.text:
                    return
                await asyncio.sleep(1)
        raise AssertionError(f"detection never heard of the limit: {answer.text}")

    def send(self, frames: list[bytes]) -> None:
        """From the browser's thread."""

        async def sent() -> None:
            assert self._device is not None
            for frame in frames:
                await self._device.send(frame)

        asyncio.run_coroutine_threadsafe(sent(), self._loop).result(120)

    def later(self, suite_ms: int) -> None:
        """From the browser's thread: the same suite, some days on."""

        async def again() -> None:
            await self.end()
            await self.begin(suite_ms)

        asyncio.run_coroutine_threadsafe(again(), self._loop).result(600)

    def ask(self, who: str, path: str, **query: str) -> Any:
        """What the API tells somebody; None while it does not answer."""
        headers = {"Authorization": f"Bearer {key_of(self.home, who)}"}
        answer = httpx.get(f"{self.url}{path}", params=query, headers=headers, timeout=30)
        return answer.json() if answer.is_success else None

    def until(self, what: str, look: Callable[[], Any]) -> Any:
        """Looks until there is something."""
        for _ in range(PATIENCE):
            found = look()
            if found:
                return found
            asyncio.run_coroutine_threadsafe(asyncio.sleep(1), self._loop).result(30)
        raise AssertionError(f"never came: {what}; leads: {self.ask('office', '/v1/leads')}")


def an_hour(at_ms: int, value: float) -> bytes:
    """The hour's mean of the outlet, as its logger sends it."""
    return hour_frame(FEED, at_ms, f"{FACTOR}-Avg={value:.4f},{FACTOR}-Flag=N")[1]
