"""Every captured frame: nothing raises, the verdict is the recorded one, and nothing changes unnoticed."""

import json

import pytest

from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.commands import COMMANDS, Role
from lantian_ingest.decoders.hj212.frame import Kind
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.judge import Judge
from lantian_ingest.outcome import Outcome
from tests.data.hj212.golden import GOLDEN, NOW_MS, Captured, captured, everybody, golden, pieces

FRAMES = captured()
REGISTRY = everybody(FRAMES)


def test_all_frames_are_there() -> None:
    """A cut file must not pass as a smaller set of frames."""
    assert len(FRAMES) == 229


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: f"line{row.line}")
def test_verdict_and_outcome_follow_the_record(row: Captured) -> None:
    """One piece, whole, with the recorded verdict; the outcome is one that verdict allows."""
    judge = Judge(REGISTRY, Reader())
    (piece,) = pieces(row.frame)
    assert piece.raw.rstrip(b"\r\n") == row.frame
    judgement = judge.judge(piece, NOW_MS)
    assert judgement.verdict == row.verdict
    if row.verdict.startswith("mismatch"):
        assert judgement.outcome is Outcome.WRONG_CHECK
    elif row.verdict == "no-crc":
        assert judgement.outcome is Outcome.MALFORMED
    else:
        right = {Outcome.ACCEPTED, Outcome.UNSUPPORTED}
        if b"MN=;" in row.frame:
            right = {Outcome.UNKNOWN_FEED}
        if b"DATATIME=201909262113836" in row.frame:  # no time: see the README beside the frames
            right = {Outcome.MALFORMED}
        assert judgement.outcome in right


def test_requests_are_never_taken_for_data() -> None:
    """Whatever its check code, a packet that only a platform sends is not accepted; an upload has its time."""
    entries = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for entry in entries:
        if entry["outcome"] == "accepted":
            command = COMMANDS[entry["cn"]]
            assert command.role is not Role.REQUEST
            assert entry["time_ms"] > 0 or not command.timed
        if entry.get("cn") in COMMANDS and COMMANDS[entry["cn"]].role is Role.REQUEST:
            assert entry["no_readings"] == "request"
    assert {entry["cn"] for entry in entries if entry["outcome"] == "accepted"} >= {"2011", "2081", "9014", "9021"}


def test_strict_policy_takes_only_the_right_check_code() -> None:
    """Foreign check codes, tolerated by default, are wrong under the strict policy."""
    judge = Judge(REGISTRY, Reader(tolerant=False))
    for row in FRAMES:
        (piece,) = pieces(row.frame)
        judgement = judge.judge(piece, NOW_MS)
        if row.verdict != "hj212":
            assert judgement.outcome in (Outcome.WRONG_CHECK, Outcome.MALFORMED)
        assert (judgement.outcome is Outcome.ACCEPTED) <= (row.verdict == "hj212")


def test_golden_file_is_what_the_code_decides() -> None:
    """Decoded values of all frames; after a wanted change run `python -m tests.data.hj212.golden` and read the diff."""
    assert GOLDEN.read_text(encoding="utf-8") == golden()


def test_every_frame_reads_the_same_the_fast_way() -> None:
    """A frame that came three times is read by its layout and gives what the slow way gave."""
    fast = 0
    reader = Reader()
    reader.prepare()
    for row in FRAMES:
        (piece,) = pieces(row.frame)
        if piece.kind is not Kind.FRAME:
            continue
        first = reader.read(piece)
        for _ in range(2):
            reader.accepted(piece, first)
        again = reader.quick(piece)
        assert again is None or (first.verdict is Verdict.RIGHT and again == first.decoded)
        fast += again is not None
    assert fast >= 30
