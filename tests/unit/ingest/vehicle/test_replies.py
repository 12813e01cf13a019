"""What vehicles are answered: bytes, by hand and as published."""

import pytest

from lantian_ingest.decoders.vehicle.decode import Command, decode
from lantian_ingest.decoders.vehicle.envelope import Answer, parse
from lantian_ingest.decoders.vehicle.replies import activation_reply, reply
from lantian_ingest.decoders.vehicle.session import ActivationAnswer
from tests.data.vehicle.golden import captured
from tests.unit.ingest.vehicle.frames import TIME_MS, flagged, in_dialect, plain, six, stream

LINES = {row.line: row.frame for row in captured()}
LOGIN = six() + bytes(2) + b"8" * 20 + b"\x00\x00"


@pytest.mark.parametrize(("asked", "answered"), [(27, 28), (29, 30), (31, 32), (35, 36), (43, 44), (47, 48), (51, 52)])
def test_published_answers(asked: int, answered: int) -> None:
    """Request and answer as published together: login, real-time, re-sent, logout, heartbeat."""
    assert reply(parse(LINES[asked]), TIME_MS) == LINES[answered]


@pytest.mark.parametrize("mark", [b"##", b"$$", b"~~"])
@pytest.mark.parametrize("answer", [Answer.OK, Answer.ERROR, Answer.VIN_TWICE])
def test_the_flag_says_how_it_went(mark: bytes, answer: Answer) -> None:
    """Same command, same vehicle, the request's own time."""
    assert reply(parse(flagged(1, LOGIN, mark=mark)), 0, answer) == flagged(1, six(), flag=answer, mark=mark)


def test_the_time_is_given_to_who_asks() -> None:
    """GB/T 32960 with its flag, GB 17691 without."""
    assert reply(parse(flagged(8, b"")), TIME_MS) == flagged(8, six(), flag=1)
    assert reply(parse(plain(5, b"")), TIME_MS) == plain(5, six())


@pytest.mark.parametrize(
    "raw",
    [
        plain(1, LOGIN),
        plain(2, in_dialect("A", [(2, stream())])),
        plain(5, six()),
        flagged(1, six(), flag=1),
        flagged(0xC1, six()),
        flagged(1, b"\xff" * 30, encryption=3),
        flagged(9, six() + bytes(100), mark=b"$$"),
        LINES[19],
    ],
)
def test_no_answer(raw: bytes) -> None:
    """GB 17691 needs none; answers, unknown commands, what is encrypted and activations get none from here."""
    assert reply(parse(raw), TIME_MS) is None


def test_echo_for_terminals_that_want_it() -> None:
    """Off unless asked for."""
    assert reply(parse(plain(1, LOGIN)), TIME_MS, echo=True) == plain(1, six())


def test_activation() -> None:
    """Command 08 of HJ 1239, 0A of GB/T 32960-2025 as published."""
    request = parse(plain(7, six() + bytes(163)))
    assert activation_reply(request, 1) == plain(8, b"\x01\x00")
    latest = activation_reply(parse(LINES[86]), 2, 1)
    decoded = decode(parse(latest))
    assert (decoded.command, decoded.body) == (Command.ACTIVATION_ANSWER, ActivationAnswer(2, 1))
    assert (latest[:4], latest[24:26]) == (LINES[87][:4], b"\x02\x01")
    with pytest.raises(ValueError, match="no activation"):
        activation_reply(parse(flagged(7, b"")), 1)
