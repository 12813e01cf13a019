"""The senders of bench/gateway.py: frames made beforehand, sockets in one epoll loop: cheap beside the gateway."""

import random
import select
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.decode_hj212 import CODES
from lantian_ingest.decoders.hj212 import checkcode

RANGES = {"a01013": (-0.9, 0.9), "a01011": (4.0, 20.0), "a00000": (5.0, 80.0)}  # in their units: none is converted
LOCAL = timedelta(hours=8)
READ_BYTES = 262_144
WAIT_SECONDS = 120.0
LINE_END = b"\r\n"
ACCEPTED = b"CN=9014"


def mn(number: int) -> str:
    """24 characters, as the standard has them."""
    return f"0100BE{number:018d}"


class Traffic:
    """Frames of ten factors, no two of one sender with the same DataTime; none an hour old, which is back-fill."""

    def __init__(self, senders: int) -> None:
        chance = random.Random(7)
        self._next = [0] * senders
        self._values = [
            ";".join(f"{code}-Rtd={chance.uniform(*RANGES.get(code, (0, 200))):.3f},{code}-Flag=N" for code in CODES)
            for _ in range(512)
        ]
        begin = datetime.now(UTC) + LOCAL - timedelta(minutes=40)
        self._seconds = [(begin + timedelta(seconds=second)).strftime("%Y%m%d%H%M%S") for second in range(2400)]

    def frame(self, sender: int) -> bytes:
        """The sender's next; its QN is its own."""
        number = self._next[sender]
        self._next[sender] += 1
        at = self._seconds[number]
        segment = (
            f"QN={at}{sender % 1000:03d};ST=31;CN=2011;PW=123456;MN={mn(sender)};Flag=5;"
            f"CP=&&DataTime={at};{self._values[(number + sender) % 512]}&&"
        ).encode()
        return b"##%04d%s%s\r\n" % (len(segment), segment, checkcode.text(segment))


class Sender:
    """One connection and what it has to send."""

    __slots__ = ("_answers", "_ends", "_frames", "_rest", "_sent", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self._frames = memoryview(b"")
        self._ends: list[int] = [0]
        self._sent = 0
        self._answers = 0
        self._rest = b""
        self.sent_at: list[float] = []  # when each frame was due, in order

    def load(self, frames: Sequence[bytes]) -> None:
        """What it sends from now on."""
        self._frames = memoryview(b"".join(frames))
        self._ends = [0]
        for frame in frames:
            self._ends.append(self._ends[-1] + len(frame))
        self._sent = self._answers = 0
        self.sent_at = []

    def send(self, count: int) -> None:
        """The next so many in one write; a write the kernel does not take whole ends the run."""
        first, self._sent = self._sent, min(self._sent + count, len(self._ends) - 1)
        data = self._frames[self._ends[first] : self._ends[self._sent]]
        if data and self.socket.send(data) != len(data):
            raise RuntimeError("the gateway reads too slowly for this run")

    def read(self) -> int:
        """How many answers came."""
        data = self._rest + self.socket.recv(READ_BYTES)
        if not data:
            raise RuntimeError("the gateway closed a connection")
        whole, end, self._rest = data.rpartition(LINE_END)
        count = whole.count(LINE_END) + 1 if end else 0
        if count != whole.count(ACCEPTED):
            raise RuntimeError(f"another answer than 9014: {whole!r}")
        self._answers += count
        return count

    def took(self, count: int, now: float) -> list[float]:
        """Seconds from when each of the last `count` answered frames was due."""
        return [now - at for at in self.sent_at[self._answers - count : self._answers]]


class Senders:
    """All connections of a run."""

    def __init__(self, port: int, count: int) -> None:
        self.all = [Sender(port) for _ in range(count)]
        self._by_number = {sender.socket.fileno(): sender for sender in self.all}
        self._poll = select.epoll()
        for number in self._by_number:
            self._poll.register(number, select.EPOLLIN)

    def rate(self, frames: Sequence[Sequence[bytes]], window: int) -> float:
        """Wall seconds until all are answered, each connection having `window` under way."""
        for sender, own in zip(self.all, frames, strict=True):
            sender.load(own)
        left = sum(len(own) for own in frames)
        begin = time.perf_counter()
        for sender in self.all:
            sender.send(window)
        while left:
            for sender in self._ready(begin):
                count = sender.read()
                left -= count
                sender.send(count)
        return time.perf_counter() - begin

    def paced(self, frames: Sequence[Sequence[bytes]], per_second: int) -> list[float]:
        """Seconds from when each frame was due to its answer; they are due one after another, connection by turns."""
        for sender, own in zip(self.all, frames, strict=True):
            sender.load(own)
        total = sum(len(own) for own in frames)
        sent, taken = 0, list[float]()
        begin = time.perf_counter()
        while len(taken) < total:
            now = time.perf_counter()
            due = min(total, int((now - begin) * per_second))
            for number in range(sent, due):
                sender = self.all[number % len(self.all)]
                sender.sent_at.append(begin + number / per_second)
                sender.send(1)
            sent = due
            for sender in self._ready(begin + total / per_second, 0.001):
                count = sender.read()
                taken += sender.took(count, time.perf_counter())
        return taken

    def _ready(self, begin: float, wait: float = 1.0) -> list[Sender]:
        if time.perf_counter() - begin > WAIT_SECONDS:
            raise RuntimeError("answers are missing")
        return [self._by_number[number] for number, _ in self._poll.poll(wait)]

    def close(self) -> None:
        """Hangs up."""
        self._poll.close()
        for sender in self.all:
            sender.socket.close()
