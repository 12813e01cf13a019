"""Starts the parts of the suite in order, keeps them running, stops them in reverse, and writes down what is."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from typing import IO

from lantian_local import keys
from lantian_local.front import Front
from lantian_local.kafka import kafka
from lantian_local.keeper import Keeper, StartFailed
from lantian_local.layout import SERVICES, TEMPORARY, Layout
from lantian_local.part import Part, start_time
from lantian_local.service import service
from lantian_local.state import Phase, ProcessId, SuiteState, lock
from lantian_local.store import store


def no_listener(state: SuiteState) -> None:
    """Nobody wants to know."""


class Supervisor:
    """One suite in this process. Its children die with it, however it dies; its home is locked while it lives.

    `on_change` is told of every change of the state, in the event loop.
    """

    def __init__(self, layout: Layout, on_change: Callable[[SuiteState], None] = no_listener) -> None:
        self.layout = layout
        self.keepers: dict[str, Keeper] = {}
        self._on_change = on_change
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._lock: IO[str] | None = None
        self._front: Front | None = None
        me = os.getpid()
        self.state = SuiteState(
            home=str(layout.home),
            supervisor=ProcessId(me, start_time(me) or 0.0),
            addresses=layout.addresses(),
            clock={
                "rate": layout.clock.rate,
                "wall_epoch_ms": layout.clock.wall_epoch_ms,
                "suite_epoch_ms": layout.clock.suite_epoch_ms,
            },
        )

    async def start(self) -> None:
        """Return when every part is ready. Raises AlreadyUp, or StartFailed having stopped what it had started."""
        self._lock = lock(self.layout.home)
        try:
            keys.provide(self.layout.home)
            shutil.rmtree(self.layout.home / TEMPORARY, ignore_errors=True)
            (self.layout.home / TEMPORARY).mkdir()
            parts = build(self.layout)
            self.keepers = {part.name: Keeper(part, self._report) for part in parts}
            self.state.parts = {name: keeper.state for name, keeper in self.keepers.items()}
            self._report()
            await self._start_together([name for name in self.keepers if name not in SERVICES])
            if "kafka" in self.keepers:
                await asyncio.to_thread(_create_topics, self.layout)
            await self._start_together([name for name in self.keepers if name in SERVICES])
            await self._open_front()
        except BaseException as error:
            await self._end(Phase.FAILED, str(error))
            raise
        self.state.phase = Phase.READY
        self._report()

    async def stop(self) -> None:
        """Stop the services, then the store, then Kafka, and give the home free."""
        self.state.phase = Phase.STOPPING
        self._report()
        await self._end(Phase.STOPPED, None)

    async def _start_together(self, names: Sequence[str]) -> None:
        for name in names:
            self._tasks[name] = asyncio.create_task(self.keepers[name].run(), name=f"keep {name}")
        ready = [asyncio.create_task(self.keepers[name].first_ready()) for name in names]
        try:
            await asyncio.gather(*ready)
        finally:
            for task in ready:
                task.cancel()
            await asyncio.gather(*ready, return_exceptions=True)

    async def _open_front(self) -> None:
        ports = dict(self.layout.ports.items())
        if "tasks" not in self.layout.parts:
            return
        self._front = Front(ports["front"], {name: ports[name] for name in SERVICES if name in self.layout.parts})
        try:
            await self._front.start()
        except OSError as error:
            raise StartFailed("front", f"port {ports['front']}: {error}") from error

    async def _end(self, phase: Phase, trouble: str | None) -> None:
        if self._front is not None:
            await self._front.stop()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.gather(*(keeper.stop() for name, keeper in self.keepers.items() if name in SERVICES))
        for name in ("store", "kafka"):
            if name in self.keepers:
                await self.keepers[name].stop()
        self.state.phase, self.state.trouble = phase, trouble
        self._report()
        if self._lock is not None:
            self._lock.close()

    def _report(self) -> None:
        self.state.write(self.layout.home)
        self._on_change(self.state)


def build(layout: Layout) -> list[Part]:
    """The parts of the layout, in the order of the flow from the ground up."""
    home = layout.home
    ports = layout.ports
    parts = []
    if "kafka" in layout.parts:
        parts.append(
            kafka(
                home / "kafka",
                port=ports.kafka,
                controller=ports.kafka_controller,
                jar_cache=layout.jar_cache,
                quick=layout.quick,
            )
        )
    if "store" in layout.parts:
        parts.append(store(home / "store", port=ports.store))
    parts += [service(name, layout) for name in SERVICES if name in layout.parts]
    return parts


def _create_topics(layout: Layout) -> None:
    # Imported here: `lantian status` and the tests that want a broker alone have no use for them.
    from kafka.errors import KafkaError

    from lantian_kit.bus import create_topics
    from lantian_proto.topics import TOPICS

    try:
        create_topics(layout.kafka_bootstrap, TOPICS.values(), replication=1, partitions_override=layout.partitions)
    except KafkaError as error:
        raise StartFailed("kafka", f"the topics could not be created: {error}") from error
