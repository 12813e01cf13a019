"""A real Prometheus and promtool from the Debian package, unpacked beside the other downloads; nothing is installed."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest

from lantian_local.ports import HOST, PortLease

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".local" / "prometheus"
START_SECONDS = 60.0


def tool(name: str) -> Path:
    """prometheus or promtool; skips the test where there is no Debian archive to take it from."""
    found = CACHE / "usr" / "bin" / name
    if not found.exists():
        _unpack()
    return found


def _unpack() -> None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip("no Debian: promtool and Prometheus come from its package")
    draft = CACHE.with_name(f"prometheus.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        if not _download(draft):
            if os.geteuid() != 0 or subprocess.run(["apt-get", "update"], capture_output=True, check=False).returncode:
                pytest.skip("the Debian archive's index is not there and can not be fetched")
            if not _download(draft):
                pytest.skip("the Debian archive can not be reached")
        (package,) = draft.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), str(draft)], check=True)
        package.unlink()
        shutil.rmtree(CACHE, ignore_errors=True)
        draft.replace(CACHE)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _download(folder: Path) -> bool:
    done = subprocess.run(["apt-get", "download", "prometheus"], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0 and any(folder.glob("*.deb"))


class Prometheus:
    """`async with Prometheus(folder)`: runs with the configuration written there as prometheus.yml."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._binary = tool("prometheus")
        self._lease = PortLease()
        self._url = f"http://{HOST}:{self._lease.any()}"
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(self._binary),
                f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address={self._url.removeprefix('http://')}",
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(START_SECONDS):
            while not await self._answers():
                if self._process.returncode is not None:
                    raise RuntimeError((self._folder / "prometheus.log").read_text())
                await asyncio.sleep(0.1)
        return self

    async def _answers(self) -> bool:
        assert self._session is not None
        try:
            async with self._session.get(f"{self._url}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._session is not None:
            await self._session.close()
        self._lease.release()

    async def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of the HTTP API. Raises RuntimeError with Prometheus's own words."""
        assert self._session is not None
        async with self._session.get(f"{self._url}/api/v1/{path}", params=parameters) as answer:
            body = await answer.json()
        if body["status"] != "success":
            raise RuntimeError(f"{path} {parameters}: {body['error']}")
        return body["data"]

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The series an expression gives now. Raises RuntimeError when it is wrong."""
        found: list[dict[str, Any]] = (await self.ask("query", query=expression))["result"]
        return found

    async def firing(self) -> set[str]:
        """Names of the alerts that fire now."""
        alerts = (await self.ask("alerts"))["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
