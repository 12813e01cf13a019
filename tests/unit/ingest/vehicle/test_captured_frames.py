"""Every captured vehicle frame: read or refused as recorded, and nothing changes unnoticed."""

import json

import pytest

from lantian_ingest.decoders.vehicle.envelope import build, parse
from lantian_ingest.decoders.vehicle.frame import Framer, Kind
from lantian_ingest.decoders.vehicle.quirks import Reason
from lantian_ingest.decoders.vehicle.reader import Reader
from tests.data.vehicle.golden import GOLDEN, Captured, captured, describe, golden, pieces

FRAMES = captured()
GOOD = [row for row in FRAMES if not row.wrong]
REASONS = {"BCC": Reason.WRONG_CHECK, "LEN": Reason.WRONG_LENGTH, "short": Reason.INCOMPLETE}


def test_all_frames_are_there() -> None:
    """A cut file must not pass as a smaller set of frames."""
    assert len(FRAMES) == 92
    assert len(GOOD) == 83


@pytest.mark.parametrize("row", GOOD, ids=lambda row: f"line{row.line}")
def test_good_frames_are_read(row: Captured) -> None:
    """One piece, the same bytes when built again, a command."""
    (piece,) = pieces(row.frame)
    assert (piece.kind, piece.raw, piece.reason) == (Kind.FRAME, row.frame, None)
    assert build(parse(row.frame)) == row.frame
    read = Reader().read(piece)
    assert read.reason is None
    assert read.decoded is not None


@pytest.mark.parametrize("row", [row for row in FRAMES if row.wrong], ids=lambda row: f"line{row.line}")
def test_wrong_frames_are_refused_with_their_reason(row: Captured) -> None:
    """The nine that were published wrong, by the comment above each."""
    expected = next(reason for word, reason in REASONS.items() if row.wrong.startswith(word))
    (piece,) = pieces(row.frame)
    assert (piece.kind, piece.raw, piece.reason) == (Kind.REFUSED, row.frame, expected)
    read = Reader().read(piece)
    assert (read.verdict, read.reason, read.decoded, read.readings) == (expected, expected, None, None)


def test_wrong_frames_are_nine() -> None:
    """The test above must not run on nothing."""
    assert [sum(row.wrong.startswith(word) for row in FRAMES) for word in REASONS] == [6, 2, 1]


def test_all_good_frames_in_one_stream_with_the_wrong_ones_between() -> None:
    """Each wrong frame costs itself alone."""
    stream = b"".join(row.frame for row in FRAMES)
    framer = Framer()
    found = framer.feed(stream) + framer.expire()
    assert [piece.raw for piece in found if piece.kind is Kind.FRAME] == [row.frame for row in GOOD]
    assert b"".join(piece.raw for piece in found) == stream


def test_golden_file_is_up_to_date() -> None:
    """A changed value shows as a difference; write it anew with `python -m tests.data.vehicle.golden`."""
    assert GOLDEN.read_text(encoding="utf-8") == golden()


def test_golden_file_holds_values() -> None:
    """The worked examples of the reference: three frames decoded independently."""
    rows = {row["line"]: row for row in json.loads(GOLDEN.read_text(encoding="utf-8"))}
    assert "rpm 874.75 1559546759000" in rows[8]["readings"]
    assert {"nox_up 166.8 1559546759000", "nox_down 12.5 1559546759000"} <= set(rows[8]["readings"])
    assert rows[6]["gaps"] == {"sensor-off": 2, "error": 3}
    assert rows[15]["dialect"] == "C"
    assert rows[15] == json.loads(json.dumps(describe(next(row for row in FRAMES if row.line == 15))))
