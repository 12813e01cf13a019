"""Runs one process: HTTP server, parts in order, and an orderly end within the deadline."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import structlog
import uvicorn
from fastapi import FastAPI

from lantian_kit import tracing
from lantian_kit.health import Health
from lantian_kit.settings import ProcessSettings


class Part(Protocol):
    """Something with a life of its own: a producer, a consumer, a listener."""

    @property
    def name(self) -> str:
        """Shown in logs and in /readyz."""

    @property
    def failure(self) -> "asyncio.Future[None] | None":
        """Fails when the part can not go on; the process then ends with status 1. None: it never does."""

    async def start(self) -> None:
        """Returns when the part works."""

    async def stop(self) -> None:
        """Stops taking in, finishes what is under way, lets go."""


class _Server(uvicorn.Server):
    """Signals belong to `run`, not to the HTTP server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(service: str, settings: ProcessSettings, parts: Sequence[Part], app: FastAPI, health: Health) -> int:
    """Serves `app`, starts `parts` in order and, on SIGTERM, SIGINT or a failure, stops them in reverse.

    Returns 0 after a signal and 1 after a failure. A stop that takes longer than `settings.shutdown_seconds` is cut
    off: what was not acknowledged is taken again by the next process.
    """
    log = structlog.get_logger()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    starting = {part.name for part in parts}
    health.check("start", lambda: f"waiting for {', '.join(sorted(starting))}" if starting else None)
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(), name="http")
    started: list[Part] = []
    status = 0
    waiter = asyncio.create_task(stopping.wait(), name="signal")
    try:
        for part in parts:
            start = asyncio.create_task(part.start(), name=f"start {part.name}")
            started.append(part)
            await asyncio.wait({start, waiter, serving}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.is_set() or serving.done():
                start.cancel()
                await asyncio.gather(start, return_exceptions=True)
                break
            await start
            starting.discard(part.name)
            log.info("part started", part=part.name)
        settle_memory()
        watched: set[asyncio.Future[Any]] = {waiter, serving}
        watched |= {part.failure for part in started if part.failure is not None}
        done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for future in done - {waiter}:
            status = 1
            error = None if future.cancelled() else future.exception()
            log.error("a part can not go on", error=repr(error))
    except Exception:
        log.exception("start failed")
        status = 1
    _cut_off_later(settings.shutdown_seconds)
    log.info("stopping", status=status)
    for part in reversed(started):
        try:
            await part.stop()
        except Exception:
            # The others must still be stopped; the failure shows in the log and in the status.
            log.exception("stop failed", part=part.name)
            status = 1
    server.should_exit = True
    await asyncio.gather(serving, return_exceptions=True)
    waiter.cancel()
    await asyncio.to_thread(tracing.stop)
    log.info("stopped", status=status)
    return status


def settle_memory() -> None:
    """Takes what lives now out of the garbage collector's rounds, and makes the rounds rarer.

    A fetch is thousands of small objects that die together: at Python's own thresholds a third of the processor time
    of alerts went into walking a registry that never changes (bench/results/detection.json).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _cut_off_later(seconds: float) -> None:
    """Ends the process hard after `seconds`, even when the event loop hangs."""

    def cut_off() -> None:
        sys.stderr.write(f"not stopped within {seconds:g} s: cut off\n")
        sys.stderr.flush()
        os._exit(1)

    timer = threading.Timer(seconds, cut_off)
    timer.daemon = True
    timer.start()
