"""Follows commands.v1; after a start also what the last process left open, told by command-states.v1."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from google.protobuf.message import DecodeError

from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.exchange import FINAL
from lantian_kit.bus import DeliveryError
from lantian_kit.clock import Clock
from lantian_kit.consumer import connected
from lantian_kit.deadletter import DeadLetters
from lantian_kit.records import Record, record_of
from lantian_kit.whole import places_of, up_to
from lantian_proto.topics import COMMAND_STATES, COMMANDS
from lantian_proto.v1.command_pb2 import Command, CommandState

DAY_MS: Final = 86_400_000
GROUP: Final = "ingest-commands"
Take = Callable[[Record], Awaitable[None]]


class Inbox:
    """A part of the process. It commits nothing: every replica reads all commands of the last day, and the one that the
    device is connected to carries them out.
    """

    name = "command inbox"

    def __init__(self, bootstrap: str, desk: Desk, clock: Clock, dead_letters: DeadLetters) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._bootstrap = bootstrap
        self._desk = desk
        self._clock = clock
        self._dead_letters = dead_letters
        self._consumer: AIOKafkaConsumer | None = None
        self._follower: asyncio.Task[None] | None = None
        self._states: dict[str, CommandState] = {}

    async def start(self) -> None:
        """Returns when everything of the last day was read and what is open lies on the desk."""
        self.failure = asyncio.get_running_loop().create_future()
        # One consumer a topic: aiokafka's do not bear a change of subscription.
        states = await connected(self._bootstrap, GROUP, auto_offset_reset="earliest")
        try:
            await self._read(states, COMMAND_STATES, self._state)
        finally:
            await states.stop()
        for state in self._states.values():
            if state.state not in FINAL:
                self._desk.give(state.command, known=True)
        consumer = self._consumer = await connected(self._bootstrap, GROUP, auto_offset_reset="earliest")
        await self._read(consumer, COMMANDS, self._command)
        self._follower = asyncio.create_task(self._follow(consumer), name=self.name)
        self._follower.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None and self.failure is not None:
            self.failure.set_exception(error)

    async def stop(self) -> None:
        """Reads no more."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, topic: str, take: Take) -> None:
        """Hands over what lies in a topic since a day ago; the consumer goes on behind it."""
        places = await places_of(consumer, topic)
        ends = await consumer.end_offsets(places)
        since = await consumer.offsets_for_times({place: self._clock.wall_ms() - DAY_MS for place in places})
        for place in places:
            found = since.get(place)
            consumer.seek(place, ends[place] if found is None else found.offset)
        async for _, records in up_to(consumer, ends):
            for record in records:
                await take(record_of(record))

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                fetched = await consumer.getmany(timeout_ms=1000)
            except KafkaError as error:
                structlog.get_logger().warning("following failed, trying again", topic=COMMANDS, error=repr(error))
                await asyncio.sleep(1)
                continue
            for records in fetched.values():
                for found in records:
                    await self._command(record_of(found))

    async def _state(self, record: Record) -> None:
        try:
            state = CommandState.FromString(record.value or b"")
        except DecodeError:
            return  # our own topic; whoever wrote this there, it opens no command
        self._states[state.command.command_id] = state

    async def _command(self, record: Record) -> None:
        try:
            command = Command.FromString(record.value or b"")
        except DecodeError as error:
            await self._give_up(record, str(error))
            return
        known = self._states.pop(command.command_id, None)
        if known is None:
            self._desk.give(command)

    async def _give_up(self, record: Record, why: str) -> None:
        while True:
            try:
                await self._dead_letters.put(record, "undecodable", why, group=GROUP, attempts=1)
            except DeliveryError:
                await asyncio.sleep(1)
            else:
                return
