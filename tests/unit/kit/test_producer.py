"""What the producer makes of a library that stops answering; the library is a fake, real ones are killed elsewhere."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from lantian_kit import bus
from lantian_kit.batches import Records

Answer = int | BaseException | None
"""Offset of the first record of every batch, what is wrong with all of them, or silence."""


class Library:
    """Stands for KafkaProducer; the n-th one made gives the n-th answer to everything."""

    def __init__(self, answers: list[Answer]) -> None:
        self.made: list[Library.One] = []
        self.batches: list[int] = []
        self._answers = answers

    def __call__(self, **_: object) -> "Library.One":
        self.made.append(Library.One(self._answers[len(self.made)]))
        return self.made[-1]

    def hand_over(self, one: "Library.One", records: Records, settled: Callable[..., None], _fate: object) -> None:
        """Answers at once, or never."""
        self.batches.append(len(records))
        if isinstance(one.answer, int):
            settled(one.answer, None)
        elif one.answer is not None:
            error = one.answer
            settled(-1, lambda _: error)

    class One:
        def __init__(self, answer: Answer) -> None:
            self.answer = answer
            self.closed = False

        def partitions_for(self, _topic: str) -> set[int]:
            return {0}

        def flush(self, _seconds: float) -> None:
            return None

        def close(self, _seconds: float) -> None:
            self.closed = True


Make = Callable[..., tuple[bus.Producer, Library]]
GOOD = 7


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a producer over a library that answers so."""

    async def nobody(*_: object) -> Any:
        raise OSError("no sockets in unit tests")

    def made(*answers: Answer) -> tuple[bus.Producer, Library]:
        library = Library(list(answers))
        monkeypatch.setattr(bus, "KafkaProducer", library)
        monkeypatch.setattr(bus, "hand_over", library.hand_over)
        monkeypatch.setattr(asyncio, "open_connection", nobody)
        return bus.Producer("127.0.0.1:1", "test", ["t"]), library

    return made


async def test_a_producer_that_gave_up_on_a_record_is_replaced(
    make: Make,
) -> None:
    """kafka-python 3.0.12 never sends again after a retried record has expired: its sequence is lost."""
    producer, library = make(KafkaTimeoutError("Expiring 1 record(s)"), GOOD)
    await producer.start()
    with pytest.raises(bus.DeliveryError):
        await producer.send("t", b"1")
    assert (await producer.send("t", b"2")).offset == 7
    assert [one.closed for one in library.made] == [True, False]
    await producer.stop()


async def test_a_record_that_is_refused_costs_no_producer(
    make: Make,
) -> None:
    """It is the record's fault."""
    producer, library = make(MessageSizeTooLargeError("too large"))
    await producer.start()
    for _ in range(2):
        with pytest.raises(bus.DeliveryError):
            await producer.send("t", b"1")
    assert [one.closed for one in library.made] == [False]
    await producer.stop()


async def test_a_producer_that_answers_for_nothing_is_replaced(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long after the last moment for what it holds; one that has nothing to do is left alone."""
    producer, library = make(None, GOOD)
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    await producer.start()
    now += 10_000
    producer._watch()
    pending = producer.enqueue("t", b"1")
    producer._hand_over_all()
    now += 60 + bus.OVERDUE_SECONDS - 1
    producer._watch()
    assert len(library.made) == 1
    now += 2
    producer._watch()
    second = asyncio.create_task(producer.send("t", b"2"))
    while not producer._open:  # noqa: ASYNC110  # the clock stands still, and with it the timer
        await asyncio.sleep(0)
    producer._hand_over_all()
    assert (await second).offset == 7
    assert [one.closed for one in library.made] == [True, False]
    assert not pending.done()
    await producer.stop()


async def test_what_comes_while_there_is_no_producer_fails_at_once(
    make: Make,
) -> None:
    """Nothing is kept that nobody would deliver; before the start it is a mistake of the caller."""
    producer, _ = make(KafkaTimeoutError("Expiring 1 record(s)"), GOOD)
    with pytest.raises(bus.DeliveryError, match="not started"):
        producer.enqueue("t", b"0")
    await producer.start()
    first = producer.enqueue("t", b"1")
    with pytest.raises(bus.DeliveryError):
        await first
    await asyncio.sleep(0)
    with pytest.raises(bus.DeliveryError, match="no broker"):
        await producer.enqueue("t", b"2")
    await producer.stop()


async def test_records_of_a_moment_are_one_batch(make: Make) -> None:
    """Each hears its own offset; what is over the size of a batch goes at once."""
    producer, library = make(GOOD)
    await producer.start()
    futures = [producer.enqueue("t", b"%d" % number) for number in range(5)]
    assert [found.offset for found in await asyncio.gather(*futures)] == [7, 8, 9, 10, 11]
    assert library.batches == [5]
    producer.enqueue("t", b"x" * bus.BATCH_BYTES)
    assert library.batches == [5, 1]
    assert producer.in_flight_bytes > bus.BATCH_BYTES
    await asyncio.sleep(0)
    assert producer.in_flight_bytes == 0
    with pytest.raises(bus.DeliveryError, match="too many"):
        await producer.send("t", b"x" * bus.LARGEST_RECORD_BYTES)
    await producer.stop()
