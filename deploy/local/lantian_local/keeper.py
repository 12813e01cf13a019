"""Keeps one part running: starts it, waits until it is ready, watches it, starts it again after a growing pause."""

import asyncio
import time
from collections.abc import Callable

from lantian_local.backoff import Backoff
from lantian_local.part import Child, Part, tail
from lantian_local.state import PartPhase, PartState, ProcessId

LOOK_SECONDS = 0.1  # between two looks at whether the process still runs
ASK_STARTING_SECONDS = 0.3  # between two questions whether a starting part is ready
ASK_SECONDS = 2.0  # the same of a part that was ready
READY_SECONDS = 240.0  # the longest that a process may take to be ready the first time, its preparation not counted
FIRST_TRIES = 3  # deaths before the part was ever ready that make the start of the suite fail


class StartFailed(RuntimeError):
    """A part did not become ready; carries its name and the end of its log."""

    def __init__(self, part: str, why: str, log_tail: str = "") -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.log_tail = log_tail


class Keeper:
    """`run` goes on until cancelled and must run in the main thread's event loop (see leash); `state` is kept true."""

    def __init__(self, part: Part, report: Callable[[], None], backoff: Backoff | None = None) -> None:
        self.part = part
        self.state = PartState(address=part.address, log=str(part.log))
        self.child: Child | None = None
        self._backoff = backoff or Backoff()
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._first_ready: asyncio.Future[None] = self._loop.create_future()
        self._stopping = False

    async def first_ready(self) -> None:
        """Return when the part was ready once. Raises StartFailed when it can not even start."""
        await asyncio.shield(self._first_ready)

    async def run(self) -> None:
        """Start, watch, start again, for ever; returns only when the first start failed."""
        while True:
            ready_since = None
            why = await self._prepare()
            if why is None:
                try:
                    ready_since, why = await self._live()
                except TimeoutError as error:
                    self._fail(str(error))
                    return
            if not self._first_ready.done() and self._hopeless():
                self._fail(why)
                return
            pause = self._backoff.after(0.0 if ready_since is None else time.monotonic() - ready_since)
            self.state.restarts += 1
            self._set(PartPhase.PAUSED, f"{why}; starting again in {pause:.1f} s")
            await asyncio.sleep(pause)

    def _fail(self, why: str) -> None:
        self._first_ready.set_exception(StartFailed(self.part.name, why, tail(self.part.log)))
        self._set(PartPhase.STOPPED, why)

    def _hopeless(self) -> bool:
        # No process at all: the preparation failed, and trying again would say the same.
        return self.child is None or self.state.restarts + 1 >= FIRST_TRIES

    async def _prepare(self) -> str | None:
        """None when the part may be started, else why not."""
        self._set(PartPhase.PREPARING)
        try:
            await asyncio.to_thread(self.part.prepare, self._say)
        except (OSError, RuntimeError) as error:
            return f"{error}"
        return None

    async def _live(self) -> tuple[float | None, str]:
        """One life of the process: since when it was ready (monotonic seconds) and how it ended."""
        child = self.child = Child(self.part)
        begun = time.monotonic()
        self.state.process = ProcessId.of(child.pid)
        self._set(PartPhase.STARTING)
        ready_since: float | None = None
        ask_at = 0.0
        while (code := child.exit_code()) is None:
            if time.monotonic() >= ask_at:
                trouble = await asyncio.to_thread(self.part.ready if ready_since is None else self.part.alive)
                if child.exit_code() is not None:
                    continue
                if trouble is None:
                    ready_since = ready_since or time.monotonic()
                    self._set(PartPhase.READY)
                    if not self._first_ready.done():
                        self._first_ready.set_result(None)
                else:
                    self._set(PartPhase.STARTING if ready_since is None else PartPhase.NOT_READY, trouble)
                    if not self._first_ready.done() and time.monotonic() - begun > READY_SECONDS:
                        raise TimeoutError(f"not ready after {READY_SECONDS:.0f} s: {trouble}")
                ask_at = time.monotonic() + (ASK_STARTING_SECONDS if ready_since is None else ASK_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)
        self.note_exit(code)
        return ready_since, f"ended with {code}"

    def _say(self, doing: str) -> None:
        """Called in the thread that prepares; a thread can not be cancelled, so this is where it learns of the end."""
        if self._stopping:
            raise RuntimeError("stopped")
        self._loop.call_soon_threadsafe(self._set, PartPhase.PREPARING, doing)

    def note_exit(self, code: int) -> None:
        """Write down that the process is gone."""
        self.state.last_exit = code
        self.state.process = None
        self._report()

    def _set(self, phase: PartPhase, reason: str | None = None) -> None:
        changed = (self.state.phase, self.state.reason) != (phase, reason)
        self.state.phase, self.state.reason = phase, reason
        if changed:
            self._report()

    async def stop(self) -> None:
        """SIGTERM, SIGKILL when it takes too long; `run` must have been cancelled before."""
        self._stopping = True
        if self.child is not None and self.child.exit_code() is None:
            self._set(PartPhase.NOT_READY, "stopping")
            self.note_exit(await asyncio.to_thread(self.child.stop))
        self._set(PartPhase.STOPPED)
