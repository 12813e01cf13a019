"""A service as its own process, as it is deployed: started, ready, ended hard when the test did not end it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

READY_SECONDS = 120.0


@asynccontextmanager
async def running(service: str, env: Mapping[str, str], port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process of `lantian_<service>`, ready on its HTTP port."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", f"lantian_{service}", env=env)
    try:
        await until_ready(process, port)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_ready(process: asyncio.subprocess.Process, port: int) -> None:
    """Waits for /readyz. Raises AssertionError when the process ends meanwhile."""
    async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
        while process.returncode is None:
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError(f"the process ended with {process.returncode}")
