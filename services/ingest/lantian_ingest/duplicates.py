"""Tells a device's resend from a new record: HJ 212 lets a device send an upload again until it is answered."""

import asyncio
from enum import Enum
from typing import Final

Key = tuple[str, int, int | None]  # command, DataTime in ms, number of the sub-packet


class Novelty(Enum):
    """What a record is to those before it."""

    NEW = "new"
    REVISED = "revised"  # same key, other values
    DUPLICATE = "duplicate"


NEW, REVISED, REPEATED = Novelty.NEW, Novelty.REVISED, Novelty.DUPLICATE  # for speed, as in outcome.py


class Sent:
    """One record on its way to Kafka, or there."""

    __slots__ = ("acknowledged", "content", "failed", "waiting")

    def __init__(self, content: int) -> None:
        self.content = content
        self.acknowledged = False
        self.failed = False
        self.waiting: list[asyncio.Future[bool]] | None = None  # of few; thirty-two records of a feed are remembered


class Duplicates:
    """Remembers the last `kept` records of each feed, by key and a 64-bit hash of the data area; not the data.

    The memory is this process's own: after a restart, or on another replica, a resend is taken as new, which is
    harmless (readings have the same source, time and value).
    """

    def __init__(self, kept: int = 32) -> None:
        self._kept: Final = kept
        self._feeds: dict[str, dict[int, Sent]] = {}

    def see(self, feed: str, key: Key, content: int) -> tuple[Novelty, Sent]:
        """What this record is; a new or revised one is remembered as being on its way."""
        records = self._feeds.get(feed)
        if records is None:
            records = self._feeds[feed] = {}
        number = hash(key)
        before = records.pop(number, None)
        if before is not None and before.content == content:
            records[number] = before
            return REPEATED, before
        sent = records[number] = Sent(content)
        if len(records) > self._kept:
            del records[next(iter(records))]
        return (NEW if before is None else REVISED), sent

    def acknowledged(self, sent: Sent) -> None:
        """The record is safe: whoever waits for it may be answered."""
        sent.acknowledged = True
        self._tell(sent, True)

    def failed(self, feed: str, key: Key, sent: Sent) -> None:
        """The record is not safe: it is forgotten, so that the device's next attempt is new."""
        sent.failed = True
        records = self._feeds.get(feed, {})
        if records.get(hash(key)) is sent:
            del records[hash(key)]
        self._tell(sent, False)

    def safe(self, sent: Sent) -> "asyncio.Future[bool]":
        """Done when the record's fate is known; True when it is safe."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if sent.acknowledged or sent.failed:
            future.set_result(sent.acknowledged)
        elif sent.waiting is None:
            sent.waiting = [future]
        else:
            sent.waiting.append(future)
        return future

    @staticmethod
    def _tell(sent: Sent, safe: bool) -> None:
        if not sent.waiting:
            return
        waiting, sent.waiting = sent.waiting, None
        for future in waiting:
            if not future.done():
                future.set_result(safe)
