"""Frames for the tests: built by hand, with a right check code unless told otherwise."""

from lantian_ingest.decoders.hj212 import checkcode

MN = "010000A8900016F000169DC0"
QN = "20261122120000123"


def segment(
    data: str = "DataTime=20261122120000;a21026-Rtd=35.2,a21026-Flag=N",
    *,
    qn: str | None = QN,
    st: str = "31",
    cn: str = "2011",
    pw: str = "123456",
    mn: str = MN,
    flag: int | None = 5,
    packet: str = "",
) -> bytes:
    """A data segment; `packet` is PNUM and PNO with their semicolons."""
    head = f"QN={qn};" if qn is not None else ""
    head += f"ST={st};CN={cn};PW={pw};MN={mn};"
    head += f"Flag={flag};" if flag is not None else ""
    return f"{head}{packet}CP=&&{data}&&".encode()


def frame(segment: bytes, *, check: bytes | None = None, end: bytes = b"\r\n", length: int | None = None) -> bytes:
    """The frame around a segment."""
    sent = checkcode.text(segment) if check is None else check
    return b"##%04d%s%s%s" % (len(segment) if length is None else length, segment, sent, end)
