"""What each kind of command is in HJ 212: the request's number and fields (HJ 212-2017 6.6.5, appendix C); pure."""

from typing import Final

from lantian_ingest.decoders.hj212 import reply
from lantian_ingest.decoders.hj212.encode import EncodeError, Field
from lantian_ingest.decoders.hj212.segment import Head
from lantian_proto.readings import Edition, Period
from lantian_proto.v1.command_pb2 import Command

RECALLS: Final = {
    "recall-minutes": ("2051", Period.MINUTE),
    "recall-hours": ("2061", Period.HOUR),
    "recall-days": ("2031", Period.DAY),
}
SET_TIME: Final = "set-time"
REAL_TIME_INTERVAL: Final = "set-real-time-interval"
MINUTE_INTERVAL: Final = "set-minute-interval"
COMPARISON_SAMPLE: Final = "comparison-sample"
RENEW_KEY: Final = "renew-key"
ADOPT: Final = "adopt"
KINDS: Final = frozenset({*RECALLS, SET_TIME, REAL_TIME_INTERVAL, MINUTE_INTERVAL, COMPARISON_SAMPLE, RENEW_KEY, ADOPT})
LONGEST_RECALL_MS: Final = 31 * 86_400_000


def trouble(command: Command) -> str:
    """Why a command can never be carried out; empty when it can."""
    if not command.command_id or not command.feed_id:
        return "no command id or no feed"
    if command.kind not in KINDS:
        return f"unknown kind {command.kind[:40]!r}"
    if command.kind in RECALLS and not 0 <= command.end_ms - command.begin_ms <= LONGEST_RECALL_MS:
        return "the end of a recall lies 0 to 31 days behind its begin"
    if command.kind in RECALLS and command.begin_ms <= 0:
        return "a recall has a begin"
    if command.kind == ADOPT and command.begin_ms <= 0:
        return "an adoption has a begin"
    try:
        if command.kind not in (ADOPT, RENEW_KEY):
            _fields(command, 0)
    except ValueError as error:
        return str(error)
    return ""


def request(
    command: Command, head: Head, number: str, now_ms: int, *, key: bytes | None = None, new_key: str = ""
) -> bytes:
    """The frame that asks the device. `head` is that of its last upload: its system, password and edition.

    It is encrypted by `key` where the device encrypts; `new_key` is what a renewal offers. Raises ValueError for what
    this device's edition does not know.
    """
    edition = head.edition
    if command.kind == COMPARISON_SAMPLE and edition is Edition.E2005:
        raise ValueError("the edition of 2005 knows no comparison sample")
    if command.kind == MINUTE_INTERVAL and edition is Edition.E2005:
        raise ValueError("the edition of 2005 knows no interval of minute data")
    cn, fields = reply.renew_key(new_key, now_ms) if command.kind == RENEW_KEY else _fields(command, now_ms)
    try:
        return reply.command(cn, fields, st=head.st, mn=head.mn, pw=head.pw, qn=number, edition=edition, key=key)
    except EncodeError as error:
        raise ValueError(str(error)) from error


def _fields(command: Command, now_ms: int) -> tuple[str, tuple[Field, ...]]:
    if command.kind in RECALLS:
        return reply.recall(RECALLS[command.kind][0], command.begin_ms, command.end_ms)
    if command.kind == SET_TIME:
        return reply.set_time(now_ms)
    if command.kind == REAL_TIME_INTERVAL:
        return reply.set_real_time_interval(command.interval)
    if command.kind == MINUTE_INTERVAL:
        return reply.set_minute_interval(command.interval)
    if not (command.factor.isascii() and command.factor.isalnum() and len(command.factor) <= 8):
        raise ValueError("a comparison sample is asked of one factor code")
    return reply.compare_sample(command.factor)
