"""Commands under way: one at a time to each feed, written to its link, each step published."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

import structlog

from lantian_ingest.decoders.hj212.decode import Reply
from lantian_ingest.decoders.hj212.reply import new_qn
from lantian_ingest.decoders.hj212.sm4 import KeyRing
from lantian_ingest.dialogue.exchange import EXECUTED, REFUSED, Exchange, Patience
from lantian_ingest.dialogue.renewal import Renewal
from lantian_ingest.dialogue.requests import ADOPT, RECALLS, RENEW_KEY, request, trouble
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.presence import Presence
from lantian_kit.bus import Delivered, Publisher
from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.readings import Period
from lantian_proto.topics import COMMAND_STATES
from lantian_proto.v1.command_pb2 import Command, CommandState

TYPE: Final = "cn.lantian.command-state.v1"
TURN_SECONDS: Final = 0.5
OPEN_OF_ONE_FEED: Final = 50
OPEN_AT_MOST: Final = 20_000
CLOSED_KEPT: Final = 1000


class Desk(LoopPart):
    """A part of the process. A command is carried out at most once: its id is remembered while it is open.

    Patience is wall time, because devices and networks are real; what is published carries suite time. Requests to one
    feed are `gap_seconds` apart.
    """

    name = "command desk"

    def __init__(
        self,
        presence: Presence,
        publisher: Publisher,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        patience: Patience | None = None,
        gap_seconds: float = 10.0,
        adopt: Callable[[Exchange], None] | None = None,
        renewal: Renewal | None = None,
        seen_as: Callable[[str], str] = lambda feed: feed,
    ) -> None:
        super().__init__()
        self._presence = presence
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._patience = patience or Patience()
        self._gap_ms = int(gap_seconds * 1000)
        self._adopt = adopt
        self._renewal = Renewal(KeyRing(), None) if renewal is None else renewal
        self._seen_as = seen_as
        self._open: dict[str, Exchange] = {}
        self._feeds: dict[str, deque[Exchange]] = {}  # open ones of a feed, in order
        self._asked: dict[str, tuple[int, str]] = {}  # wall ms and QN of the last request to a feed
        self._closed: OrderedDict[str, Exchange] = OrderedDict()
        self._log = structlog.get_logger()

    async def _run(self) -> None:
        while True:
            self.turn()
            await asyncio.sleep(TURN_SECONDS)

    @property
    def exchanges(self) -> list[Exchange]:
        """The last 1000 that came to their end, then the open ones."""
        return [*self._closed.values(), *self._open.values()]

    def find(self, command_id: str) -> Exchange | None:
        """An open one, or one of the last that were."""
        return self._open.get(command_id) or self._closed.get(command_id)

    def give(self, command: Command, *, known: bool = False) -> Exchange:
        """Takes a command; one that can not be carried out is refused at once, one that is known is returned.

        A vehicle named by its VIN goes by its pseudonym from here on. `known`: its state queued was published before.
        """
        exchange = self.find(command.command_id)
        if exchange is not None:
            return exchange
        name = self._seen_as(command.feed_id)
        if name != command.feed_id:  # a VIN, which may not stand in what is published
            given, command = command, Command()
            command.MergeFrom(given)
            command.feed_id = name
        exchange = Exchange(command, self._clock.wall_ms())
        line = self._feeds.get(command.feed_id, ())
        why = trouble(command)
        if not why and (len(line) >= OPEN_OF_ONE_FEED or len(self._open) >= OPEN_AT_MOST):
            why = "too many commands are open"
        if why:
            exchange.state, exchange.reason = REFUSED, why
            self._close(exchange)
            self._publish(exchange)
            return exchange
        self._open[command.command_id] = exchange
        if not known:
            self._publish(exchange)
        if command.kind == ADOPT and self._adopt is not None:
            self._adopt(exchange)
        else:
            self._feeds.setdefault(command.feed_id, deque()).append(exchange)
        self._metrics.commands_open.set(len(self._open))
        return exchange

    def changed(self, exchange: Exchange) -> None:
        """Its state was changed from outside: an adoption."""
        if exchange.command.kind == RENEW_KEY and exchange.state == EXECUTED:
            self._renewal.done(exchange.command.feed_id)
        if exchange.final:
            self._close(exchange)
        self._publish(exchange)

    def replied(self, feed: str, reply: Reply) -> None:
        """A feed's 9011, 9012 or 9013."""
        for exchange in self._feeds.get(feed, ()):
            if exchange.request == reply.qn:
                if exchange.answered(reply.cn, reply.result, self._clock.wall_ms()):
                    self.changed(exchange)
                return

    def record(self, feed: str, period: Period, start_ms: int) -> None:
        """A record came in from a feed; it may be one that was recalled."""
        line = self._feeds.get(feed)
        if not line:
            return
        exchange = line[0]
        recall = RECALLS.get(exchange.command.kind)
        asked = exchange.command.begin_ms <= start_ms <= exchange.command.end_ms
        if recall is not None and recall[1] is period and asked:
            exchange.record(self._clock.wall_ms())

    def turn(self) -> None:
        """Looks at the first open command of each feed."""
        now = self._clock.wall_ms()
        for feed in list(self._feeds):
            line = self._feeds[feed]
            exchange = line[0]
            before = exchange.state
            what = exchange.due(now, self._patience)
            if what == "send":
                self._send(feed, exchange, now)
            elif exchange.state != before:
                self.changed(exchange)

    def _send(self, feed: str, exchange: Exchange, now: int) -> None:
        present = self._presence.get(feed)
        asked, number = self._asked.get(feed, (-self._gap_ms, ""))
        if present is None or not present.line.open or now - asked < self._gap_ms:
            return
        suite = self._clock.now_ms()
        while (following := new_qn(suite)) == number:
            suite += 1
        try:
            key = self._renewal.current(feed)
            new_key = self._renewal.offer(feed) if exchange.command.kind == RENEW_KEY else ""
            frame = request(exchange.command, present.head, following, suite, key=key, new_key=new_key)
        except ValueError as error:
            exchange.state, exchange.reason = REFUSED, str(error)
            self.changed(exchange)
            return
        present.line.answer(frame)
        self._asked[feed] = (now, following)
        if exchange.sent(following, now):
            self._publish(exchange)

    def _close(self, exchange: Exchange) -> None:
        command = exchange.command
        self._open.pop(command.command_id, None)
        line = self._feeds.get(command.feed_id)
        if line is not None and exchange in line:
            line.remove(exchange)
            if not line:
                del self._feeds[command.feed_id]
        self._closed[command.command_id] = exchange
        if len(self._closed) > CLOSED_KEPT:
            self._closed.popitem(last=False)
        self._metrics.commands_open.set(len(self._open))

    def _publish(self, exchange: Exchange) -> None:
        now = self._clock.now_ms()
        state = CommandState(
            command=exchange.command,
            state=exchange.state,
            at_ms=now,
            reason=exchange.reason,
            code=exchange.code,
            attempts=exchange.attempts,
            records=exchange.records,
        )
        value = state.SerializeToString()
        self._metrics.commands.labels(exchange.state).inc()
        sent = self._publisher.enqueue(
            COMMAND_STATES,
            value,
            key=exchange.command.command_id.encode(),
            headers=headers(TYPE, content_id(value), "/ingest", now, PROTOBUF),
        )
        sent.add_done_callback(self._told)

    def _told(self, future: "asyncio.Future[Delivered]") -> None:
        if (error := future.exception()) is not None:
            self._metrics.delivery_failures.labels(COMMAND_STATES).inc()
            self._log.warning("state of a command not acknowledged by Kafka", error=str(error))
