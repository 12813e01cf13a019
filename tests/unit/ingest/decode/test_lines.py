"""`lantian decode`: one JSON object a frame, on every captured frame of both protocols, and on rubbish."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decode.command import DECODERS, decode_lines, decoder
from lantian_ingest.decode.lines import frame_of
from lantian_ingest.decoders.hj212.encode import encode, packet_of
from lantian_ingest.decoders.hj212.lines import Decoder
from lantian_ingest.decoders.hj212.segment import parse
from lantian_local.decode import run
from tests.data.hj212 import golden as hj212
from tests.data.vehicle import golden as vehicle
from tests.unit.ingest.frames import frame, segment

KEYS = ["outcome", "edition", "command", "feed", "time", "checks", "quirks", "readings"]
REASONS = {
    "BCC": ("wrong-check", "wrong-check"),
    "LEN": ("malformed", "wrong-length"),
    "short": ("malformed", "incomplete"),
}


def decoded(protocol: str, *lines: bytes) -> list[dict[str, Any]]:
    """What the command prints for these lines."""
    output = io.BytesIO()
    assert run(protocol, lines, output, events=False, key=None) == 0
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_one_frame_exactly() -> None:
    """Keys, their order, and digits as sent."""
    sent = frame(segment("DataTime=20261122120000;a21026-Rtd=35.20,a21026-ZsRtd=40,a21026-Flag=N"))
    (found,) = decoded("hj212", sent)
    assert list(found) == KEYS
    assert found == {
        "outcome": "accepted",
        "edition": "2017",
        "command": "2011",
        "feed": "010000A8900016F000169DC0",
        "time": "2026-11-22T12:00:00+08:00",
        "checks": {"length": "right", "code": "hj212"},
        "quirks": [],
        "readings": [
            {"factor": "a21026", "stat": "rtd", "value": 35.2, "raw": "35.20", "flag": "N"},
            {"factor": "a21026", "stat": "zs-rtd", "value": 40.0, "raw": "40", "flag": "N"},
        ],
    }


def test_hexadecimal_digits_are_the_same_frame() -> None:
    """With or without blanks, in either case."""
    sent = frame(segment())
    text = decoded("hj212", sent)
    for line in (sent.hex().encode(), sent.hex(" ").upper().encode(), b"0x" + sent.hex().encode()):
        assert decoded("hj212", line + b"\n") == text


def test_every_captured_frame_has_its_verdict() -> None:
    """One object a line, with the recorded verdict; outcomes as the gateway decides for known senders."""
    rows = hj212.captured()
    found = decoded("hj212", *(row.frame for row in rows))
    assert len(found) == len(rows) == 229
    for row, answer in zip(rows, found, strict=True):
        assert answer["checks"]["code"] == row.verdict
        assert (answer["outcome"] == "accepted") == ("reason" not in answer)
        assert list(answer)[:8] == KEYS
    expected = {entry["line"]: entry for entry in json.loads(hj212.GOLDEN.read_text(encoding="utf-8"))}
    for row, answer in zip(rows, found, strict=True):
        golden = expected[row.line]
        if golden["outcome"] != "unknown-feed":
            assert answer["outcome"] == golden["outcome"]
        if answer["outcome"] == "accepted":
            shown = [
                f"{reading['factor']} {reading['stat']} {reading['value']!r} {reading['flag']}".rstrip()
                for reading in answer["readings"]
            ]
            assert shown == golden["readings"]
            assert all(float(reading["raw"]) == reading["value"] for reading in answer["readings"])


def test_every_captured_vehicle_frame() -> None:
    """83 are read; the nine that were published wrong are refused with the right reason."""
    rows = vehicle.captured()
    found = decoded("vehicle", *(row.frame.hex().encode() for row in rows))
    assert len(found) == len(rows) == 92
    for row, answer in zip(rows, found, strict=True):
        if row.wrong:
            expected = next(pair for word, pair in REASONS.items() if row.wrong.startswith(word))
            assert (answer["outcome"], answer["reason"]) == expected
        else:
            assert answer["outcome"] == "accepted"
            assert answer["checks"] == {"length": "right", "code": "right"}
    assert sum(row.wrong != "" for row in rows) == 9
    (first,) = (answer for row, answer in zip(rows, found, strict=True) if row.line == 8)
    assert {"factor": "v07005", "stat": "rtd", "value": 874.75, "raw": 6998, "flag": ""} in first["readings"]


@pytest.mark.parametrize("protocol", sorted(DECODERS))
@pytest.mark.parametrize(
    "line", [b"rubbish", b"\xff\xfe\x00", b"##", b"2323", b"##0001QN=1", b"{}", b"##9999" + b"x" * 20_000, b"# note"]
)
def test_rubbish_gives_an_object_and_never_a_traceback(protocol: str, line: bytes) -> None:
    """Outcome and reason."""
    found = decoded(protocol, line)
    assert found
    assert all(answer["outcome"] in ("malformed", "too-large") and answer["reason"] for answer in found)


@pytest.mark.parametrize("protocol", sorted(DECODERS))
@settings(max_examples=150)
@given(line=st.binary(max_size=120))
def test_any_line(protocol: str, line: bytes) -> None:
    """Always objects that any JSON reader takes."""
    lines = list(decode_lines(decoder(protocol), [line]))
    assert bool(lines) == (frame_of(line) is not None)
    for text in lines:
        assert list(json.loads(text))[:8] == KEYS


def test_glued_frames_are_one_object_each_and_blank_lines_none() -> None:
    """As they stand in a captured stream."""
    one, two = frame(segment()), frame(segment(mn="B"))
    found = decoded("hj212", one.strip() + two, b"\n", b"  \r\n")
    assert [answer["feed"] for answer in found] == ["010000A8900016F000169DC0", "B"]


def test_statements_and_encrypted_packets_on_request() -> None:
    """`--events` adds what devices say of themselves, `--key` opens what is encrypted."""
    plain = segment("DataTime=20261122120000;PolId=a21026;i13001-Info=300.0", cn="3020", flag=9)
    (found,) = Decoder(events=True).lines(frame(plain))
    (event,) = found["events"]
    assert (event["kind"], event["code"], event["info"], event["number"]) == ("parameter", "a21026", "i13001", 300.0)
    sent = encode(packet_of(parse(plain)), b"0" * 16).hex().encode()
    output = io.BytesIO()
    assert run("hj212", [sent], output, events=False, key="0" * 16) == 0
    assert json.loads(output.getvalue())["outcome"] == "accepted"
    (blind,) = decoded("hj212", sent)
    assert (blind["outcome"], blind["reason"]) == ("unsupported", "encrypted")


def test_a_key_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and a sentence, before anything is read."""
    assert run("hj212", [], io.BytesIO(), events=False, key="short") == 2
    assert "16 characters" in capsys.readouterr().err
