"""The life of a command, step by step."""

import pytest

from lantian_ingest.dialogue.exchange import Exchange, Patience
from lantian_proto.v1.command_pb2 import Command

PATIENCE = Patience(link_ms=1000, answer_ms=10, execution_ms=100, attempts=3)


def exchange() -> Exchange:
    """A recall, queued at 0."""
    return Exchange(Command(command_id="c", feed_id="f", kind="recall-hours", begin_ms=1, end_ms=2), 0)


def test_the_way_of_the_standard() -> None:
    """Request, 9011, records, 9012."""
    each = exchange()
    assert each.due(5, PATIENCE) == "send"
    assert each.sent("q", 5)
    assert each.due(15, PATIENCE) == ""
    assert each.answered("9011", 1, 15)
    each.record(60)
    assert each.due(150, PATIENCE) == ""
    assert each.answered("9012", 1, 151)
    assert (each.state, each.final, each.records, each.attempts, each.code) == ("executed", True, 1, 1, 1)
    assert not each.answered("9012", 2, 152)
    assert each.due(10_000, PATIENCE) == ""


@pytest.mark.parametrize(
    ("code", "words"), [(2, "refused"), (3, "wrong password"), (8, "unknown command"), (77, "unknown")]
)
def test_refusals(code: int, words: str) -> None:
    """Each in words."""
    each = exchange()
    each.sent("q", 0)
    assert each.answered("9011", code, 1)
    assert (each.state, each.code) == ("refused", code)
    assert words in each.reason


@pytest.mark.parametrize(("code", "words"), [(100, "no data"), (4, "timeout"), (55, "unknown result")])
def test_failures(code: int, words: str) -> None:
    """After 9011 or without it."""
    each = exchange()
    each.sent("q", 0)
    assert each.answered("9012", code, 1)
    assert (each.state, each.code) == ("failed", code)
    assert words in each.reason


def test_sent_again_until_given_up() -> None:
    """Three times, ten apart."""
    each = exchange()
    at = 0
    for attempt in range(3):
        assert each.due(at, PATIENCE) == "send"
        assert each.sent(f"q{attempt}", at) is (attempt == 0)
        assert each.due(at + 10, PATIENCE) == ""
        at += 11
    assert each.due(at, PATIENCE) == "expired"
    assert (each.state, each.reason) == ("timed-out", "no answer to 3 requests")


def test_device_never_connected() -> None:
    """It had its day."""
    each = exchange()
    assert each.due(1000, PATIENCE) == "send"
    assert each.due(1001, PATIENCE) == "expired"
    assert each.reason == "the device was not connected"


@pytest.mark.parametrize(("records", "state"), [(0, "timed-out"), (1, "executed")])
def test_accepted_and_never_done(records: int, state: str) -> None:
    """Many devices send the records and no 9012."""
    each = exchange()
    each.sent("q", 0)
    each.answered("9011", None, 1)
    for _ in range(records):
        each.record(2)
    assert each.due(103, PATIENCE) == "expired"
    assert (each.state, each.records) == (state, records)


def test_records_instead_of_an_answer() -> None:
    """They say that it was accepted."""
    each = exchange()
    each.sent("q", 0)
    each.record(1)
    assert each.due(12, PATIENCE) == ""
    assert each.state == "accepted"


def test_answers_out_of_turn_change_nothing() -> None:
    """Before it was sent, a second 9011, and what is no answer."""
    each = exchange()
    assert not each.answered("9011", 1, 0)
    each.sent("q", 0)
    assert not each.answered("9014", 1, 0)
    assert each.answered("9011", 1, 0)
    assert not each.answered("9011", 2, 0)
    assert each.state == "accepted"
