"""The answer 9014 in the form of the edition, with the QN of the upload."""

from collections.abc import Callable

import pytest

from lantian_ingest.decoders.hj212 import checkcode
from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.frame import Framer, Kind
from lantian_ingest.decoders.hj212.reply import (
    answer,
    command,
    compare_sample,
    executed,
    network_code,
    new_qn,
    recall,
    renew_key,
    set_minute_interval,
    set_real_time_interval,
    set_time,
    set_timeouts,
    taken,
)
from lantian_ingest.decoders.hj212.segment import parse
from lantian_proto.readings import Edition
from tests.unit.ingest.frames import MN, QN, segment


def answered(packet: bytes) -> bytes | None:
    """The segment of the answer; its frame is checked on the way."""
    frame = parse(packet)
    sent = answer(frame.qn, frame.head)
    if sent is None:
        return None
    (piece,) = Framer().feed(sent)
    assert (piece.kind, piece.quirks) == (Kind.FRAME, ())
    assert checkcode.judge(piece.segment, piece.check) is Verdict.RIGHT
    return piece.segment


@pytest.mark.parametrize(("flag", "sent"), [(5, 4), (7, 4), (9, 8), (11, 8)])
def test_2017_and_later(flag: int, sent: int) -> None:
    """QN in the head, Flag with the version alone."""
    expected = f"QN={QN};ST=91;CN=9014;PW=123456;MN={MN};Flag={sent};CP=&&&&".encode()
    assert answered(segment(flag=flag)) == expected


def test_2005() -> None:
    """QN in the data area; Flag only where the upload had one."""
    assert answered(segment(flag=1)) == f"ST=91;CN=9014;PW=123456;MN={MN};Flag=0;CP=&&QN={QN}&&".encode()
    assert answered(segment(flag=None)) == f"ST=91;CN=9014;PW=123456;MN={MN};CP=&&QN={QN}&&".encode()
    assert answered(segment(flag=1, qn=None)) == f"ST=91;CN=9014;PW=123456;MN={MN};Flag=0;CP=&&&&".encode()


@pytest.mark.parametrize(("flag", "qn"), [(4, QN), (6, QN), (8, QN), (0, QN), (0, None), (None, None)])
def test_nobody_is_answered_who_did_not_ask(flag: int | None, qn: str | None) -> None:
    """A bit off; or 2005 with nothing an answer could be matched to."""
    assert answered(segment(flag=flag, qn=qn)) is None


def test_known_answer() -> None:
    """As in the examples of the standard, with the check code of the appendix."""
    packet = parse(b"QN=20160801090000001;ST=32;CN=2061;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&")
    expected = b"##0085QN=20160801090000001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&"
    sent = answer(packet.qn, packet.head)
    assert sent is not None
    assert sent[:-6][6:] == expected[6:]
    assert sent[-2:] == b"\r\n"


def test_foreign_bytes_in_the_head_go_back_unchanged() -> None:
    """An MN that is no UTF-8 is echoed as it was sent."""
    packet = b"QN=20160801090000001;ST=32;CN=2061;PW=\xff;MN=\xb1\xb1;Flag=5;CP=&&&&"
    found = answered(packet)
    assert found is not None
    assert b"PW=\xff;MN=\xb1\xb1;" in found


@pytest.mark.parametrize(
    ("cn", "receipt"),
    [("1013", "9013"), ("9015", "9013"), ("9021", "9022"), ("3020", "9014"), ("2081", "9014"), ("2111", "9014")],
)
def test_every_kind_of_packet_has_its_receipt(cn: str, receipt: str) -> None:
    """Notices 9013, logins 9022, uploads 9014."""
    found = answered(segment("", cn=cn))
    assert found is not None
    assert f";CN={receipt};".encode() in found


@pytest.mark.parametrize("cn", ["9011", "9012", "9014", "1012", "1061", "2999"])
def test_replies_and_requests_are_not_answered(cn: str) -> None:
    """Or two platforms would talk for ever."""
    assert answered(segment("", cn=cn)) is None


def test_answers_to_requests_in_each_edition() -> None:
    """2005 has fewer numbers and carries QN inside."""
    later, first = parse(segment(flag=9)).head, parse(segment(flag=1)).head
    assert b";CN=9011;" in taken(QN, later)
    assert b"Flag=8;CP=&&QnRtn=1&&" in taken(QN, later)
    assert f"CP=&&QN={QN};QnRtn=2&&".encode() in taken(QN, first, 9)
    assert b"CP=&&QnRtn=9&&" in taken(QN, later, 9)
    assert f"CP=&&QN={QN};ExeRtn=2&&".encode() in executed(QN, first, 4)
    assert b"CP=&&ExeRtn=100&&" in executed(QN, later, 100)


def test_commands() -> None:
    """Times are local, values those of table 4."""
    assert set_time(1_795_320_000_000, "w01018") == (
        "1012",
        (("", "PolId", "w01018"), ("", "SystemTime", "20261122120000")),
    )
    assert new_qn(1_795_320_000_123) == QN
    cn, fields = recall("2061", 1_795_316_400_000, 1_795_320_000_000)
    sent = command(cn, fields, st="31", mn=MN, pw="123456", qn=QN, edition=Edition.E2017)
    begin = f"QN={QN};ST=31;CN=2061;PW=123456;MN={MN};Flag=5;CP=&&".encode()
    assert sent[6:-6] == begin + b"BeginTime=20261122110000;EndTime=20261122120000&&"
    assert renew_key("0" * 16, 1_795_320_000_123)[1] == (("", "SKCreateTime", QN), ("", "NewSK", "0" * 16))
    assert set_minute_interval(10)[1] == (("", "MinInterval", "10"),)
    assert set_real_time_interval(30)[1] == (("", "RtdInterval", "30"),)
    assert set_timeouts()[1] == (("", "OverTime", "5"), ("", "ReCount", "3"))
    assert compare_sample("a21026") == ("3014", (("", "PolId", "a21026"),))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: set_minute_interval(7),
        lambda: set_real_time_interval(29),
        lambda: set_real_time_interval(3601),
        lambda: set_timeouts(0),
        lambda: recall("2011", 0, 1),
        lambda: recall("2061", 2, 1),
    ],
)
def test_commands_that_the_standard_does_not_know(wrong: Callable[[], object]) -> None:
    """Refused before they are sent."""
    with pytest.raises(ValueError, match=r"must be|no recall"):
        wrong()


def test_new_mn_of_2025() -> None:
    """1002 answers the logger's numbers with the MN it is to use."""
    head = parse(segment("i23005-Info=AB", cn="1001", flag=9, mn="")).head
    sent = network_code(QN, head, MN)
    assert f";CN=1002;PW=123456;MN=;Flag=9;CP=&&i23005-Info={MN}&&".encode() in sent


def test_numbers_of_a_logger_are_answered_by_its_mn() -> None:
    """2025 alone; before, 1001 was another command."""
    found = answered(segment("i23005-Info=AB", cn="1001", flag=9))
    assert found == f"QN={QN};ST=31;CN=1002;PW=123456;MN={MN};Flag=9;CP=&&i23005-Info={MN}&&".encode()
    assert answered(segment("i23005-Info=AB", cn="1001", flag=8)) is None
    assert b";CN=9014;" in (answered(segment("i23005-Info=AB", cn="1001", flag=5)) or b"")


def test_a_head_that_can_not_be_written_is_not_answered() -> None:
    """A password with a line end in it; never an exception."""
    assert answered(b"QN=20160801090000001;ST=32;CN=2061;PW=1\r2;MN=A;Flag=5;CP=&&&&") is None
