"""What a platform says to a device, as bytes: receipts of uploads and notices, answers to logins, commands.

HJ 212-2017 6.2, 6.5 and appendix C; HJ/T 212-2005 carries the QN of the packet inside the data area and has its own
return codes; HJ 212-2025 as 2017 with its own version bits. Every receipt keeps the QN of what it answers.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from lantian_ingest.decoders.hj212 import checkcode
from lantian_ingest.decoders.hj212.commands import COMMANDS, Receipt
from lantian_ingest.decoders.hj212.encode import EncodeError, Field, Packet, encode, flag_of
from lantian_ingest.decoders.hj212.frame import CHECK_BYTES, HEADER_BYTES, LINE_END
from lantian_ingest.decoders.hj212.segment import VERSION_SHIFT, Head
from lantian_ingest.decoders.hj212.times import OFFSET
from lantian_proto.readings import Edition

SYSTEM: Final = "91"
DATA_ANSWER: Final = "9014"
LOGGER_NUMBERS: Final = "1001"
_ANY_QN: Final = "0" * 17
_NONE: Final = Receipt.NONE
LOGIN_ANSWER: Final = "9022"
NEW_MN: Final = "i23005"  # of 1002: the code the platform gives a logger
SECONDS_AT_LEAST: Final = 30  # RtdInterval, 2017 table 4
SECONDS_AT_MOST: Final = 3600
MINUTES: Final = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)


def answer(qn: str, head: Head) -> bytes | None:
    """The frame that tells a device that its packet is safe; None where it asked for none, or nothing answers it.

    Uploads get 9014, notices 9013, logins 9022; the numbers of a logger of 2025 (1001) get 1002 with the MN under which
    the registry knows it. 2017 and later carry the QN in the head and a Flag with the version
    alone. 2005 carries it in the data area and a Flag only where the packet had one. A packet of 2005 with neither QN
    nor Flag could not match an answer, and one whose password or MN holds line ends can not be answered in its words.
    """
    command = COMMANDS.get(head.cn)
    receipt = _NONE if command is None else command.receipt
    if receipt is _NONE or not head.wants_answer or (head.flag is None and not qn):
        return None
    try:
        if head.cn == LOGGER_NUMBERS and head.edition is Edition.E2025:
            return network_code(qn, head, head.mn)
        if len(qn) != len(_ANY_QN) or not (qn.isascii() and qn.isdecimal()):
            return receipt_of(receipt, qn, head)
        before, after, rest = _around(receipt, head.pw, head.mn, head.flag)
    except EncodeError:
        return None
    number = qn.encode()
    code = checkcode.TEXTS[rest ^ checkcode.share(number, len(after))]
    return b"".join((before, number, after, code, LINE_END))


@lru_cache(maxsize=131_072)
def _around(cn: str, pw: str, mn: str, flag: int | None) -> tuple[bytes, bytes, int]:
    """A frame before and behind the QN, the one thing that changes from upload to upload, and the check code's state
    without it.
    """
    head = Head("", "", pw, mn, flag, None, None, Edition.E2017)  # the rest of one does not show in a receipt
    whole = receipt_of(cn, _ANY_QN, head)[: -len(LINE_END) - CHECK_BYTES]
    name = b"QN=" + _ANY_QN.encode()
    at = (whole.find(name) if head.version else whole.rfind(name)) + len(b"QN=")
    before, after = whole[:at], whole[at + len(_ANY_QN) :]
    return before, after, checkcode.state(before[HEADER_BYTES:] + bytes(len(_ANY_QN)) + after)


def receipt_of(cn: str, qn: str, head: Head, fields: tuple[Field, ...] = ()) -> bytes:
    """A frame of ST=91 that answers a packet; `fields` follow the QN where the edition carries it inside."""
    if head.version:
        packet = Packet(SYSTEM, cn, head.pw, head.mn, qn, head.version << VERSION_SHIFT, fields=fields)
    else:
        inside: tuple[Field, ...] = (("", "QN", qn),) if qn else ()
        flag = None if head.flag is None else 0
        packet = Packet(SYSTEM, cn, head.pw, head.mn, flag=flag, fields=(*inside, *fields))
    return encode(packet)


def taken(qn: str, head: Head, result: int = 1) -> bytes:
    """9011, the answer to a request: 1 ready, 2 refused, 3 PW, 4 MN, 5 ST, 6 Flag, 7 QN, 8 CN, 9 check code.

    2005 knows 1 to 3 only; what it has no number for is refused.
    """
    if head.version == 0 and result > 3:
        result = 2
    return receipt_of("9011", qn, head, (("", "QnRtn", str(result)),))


def executed(qn: str, head: Head, result: int = 1) -> bytes:
    """9012, the result of a request: 1 done, 2 failed, 3 conditions, 4 time out, 5 busy, 6 fault, 100 no data.

    2005 knows 1, 2 and 100.
    """
    if head.version == 0 and result not in (1, 100):
        result = 2
    return receipt_of("9012", qn, head, (("", "ExeRtn", str(result)),))


def local_time(now_ms: int) -> str:
    """A time as HJ 212 writes it: fourteen digits, +08:00."""
    return _local(now_ms).strftime("%Y%m%d%H%M%S")


def new_qn(now_ms: int) -> str:
    """A QN for a command: seventeen digits; the caller sees that no two are the same for one device."""
    return f"{local_time(now_ms)}{now_ms % 1000:03d}"


def _local(now_ms: int) -> datetime:
    return datetime.fromtimestamp(now_ms // 1000, UTC) + OFFSET


def command(
    cn: str,
    fields: tuple[Field, ...],
    *,
    st: str,
    mn: str,
    pw: str,
    qn: str,
    edition: Edition,
    key: bytes | None = None,
) -> bytes:
    """A request to a device, to be answered by 9011 and 9012."""
    return encode(Packet(st, cn, pw, mn, qn, flag_of(edition, answer=True), fields=fields), key)


def set_time(now_ms: int, pol_id: str = "") -> tuple[str, tuple[Field, ...]]:
    """Command 1012 and its fields: the answer to a device that asks for the time by 1013."""
    about: tuple[Field, ...] = (("", "PolId", pol_id),) if pol_id else ()
    return "1012", (*about, ("", "SystemTime", local_time(now_ms)))


def set_timeouts(seconds: int = 5, repeats: int = 3) -> tuple[str, tuple[Field, ...]]:
    """Command 1000: what the device waits for an answer, and how often it repeats (2017 6.1)."""
    _within("seconds", seconds, 1, 99)
    _within("repeats", repeats, 1, 99)
    return "1000", (("", "OverTime", str(seconds)), ("", "ReCount", str(repeats)))


def set_real_time_interval(seconds: int) -> tuple[str, tuple[Field, ...]]:
    """Command 1062. Raises ValueError outside 30 to 3600 s."""
    _within("seconds", seconds, SECONDS_AT_LEAST, SECONDS_AT_MOST)
    return "1062", (("", "RtdInterval", str(seconds)),)


def set_minute_interval(minutes: int) -> tuple[str, tuple[Field, ...]]:
    """Command 1064. Raises ValueError for a number that table 4 does not allow."""
    if minutes not in MINUTES:
        raise ValueError(f"minutes must be one of {MINUTES}, not {minutes}")
    return "1064", (("", "MinInterval", str(minutes)),)


def recall(cn: str, begin_ms: int, end_ms: int) -> tuple[str, tuple[Field, ...]]:
    """2051, 2061, 2031 or 2041: the device is to send again what it recorded between two times."""
    if cn not in ("2051", "2061", "2031", "2041") or begin_ms > end_ms:
        raise ValueError(f"no recall of {cn} from {begin_ms} to {end_ms}")
    return cn, (("", "BeginTime", local_time(begin_ms)), ("", "EndTime", local_time(end_ms)))


def compare_sample(pol_id: str) -> tuple[str, tuple[Field, ...]]:
    """Command 3014: a comparison sample of one factor (2017; in 2005 the number means another thing)."""
    return "3014", (("", "PolId", pol_id),)


def network_code(qn: str, head: Head, mn: str) -> bytes:
    """1002 of 2025, the answer to the logger's numbers (1001): the MN it is to use. `head` is that of the 1001."""
    flag = head.version << VERSION_SHIFT | 1
    return encode(Packet(head.st, "1002", head.pw, head.mn, qn, flag, fields=((NEW_MN, "Info", mn),)))


def renew_key(key: str, created_ms: int) -> tuple[str, tuple[Field, ...]]:
    """1014 of 2025: a new SM4 key, sixteen characters, and when it was made. Send it under the old key."""
    created = f"{local_time(created_ms)}{created_ms % 1000:03d}"
    return "1014", (("", "SKCreateTime", created), ("", "NewSK", key))


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}, not {value}")
