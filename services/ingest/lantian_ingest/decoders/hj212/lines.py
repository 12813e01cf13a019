"""HJ 212: what one line of input says. No registry: senders are not looked up and units are as sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from lantian_ingest.decoders.answer import Reading, answer
from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.decode import Decoded, select
from lantian_ingest.decoders.hj212.frame import Framer, Kind, Piece
from lantian_ingest.decoders.hj212.outcomes import OUTCOME_OF_REASON
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.reader import Profile, Read, Reader
from lantian_ingest.decoders.hj212.segment import HJ212Frame
from lantian_ingest.decoders.hj212.times import OFFSET
from lantian_ingest.outcome import Outcome
from lantian_proto.factors import by_number
from lantian_proto.readings import STAT_NAMES, Edition, Stat

EDITIONS: Final = {Edition.E2005: "2005", Edition.E2017: "2017", Edition.E2025: "2025"}
_LOCAL: Final = timezone(OFFSET)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Decoder:
    """Reads frames one line at a time; `profile` as for Reader, the same for all."""

    def __init__(self, profile: Profile | None = None, *, events: bool = False) -> None:
        self._reader = Reader()
        self._profile = Profile() if profile is None else profile
        self._events = events

    def lines(self, frame: bytes) -> Iterator[dict[str, Any]]:
        """One object for each frame in the bytes, and for each stretch that is none; at least one."""
        framer = Framer()
        pieces = framer.feed(frame + b"\r\n") + framer.expire()
        shown = [piece for piece in pieces if piece.kind not in (Kind.BLANK, Kind.REST)]
        if not shown:
            yield answer(Outcome.MALFORMED, reason="no-frame", code=Verdict.NONE)
        for piece in shown:
            yield self._piece(piece)

    def _piece(self, piece: Piece) -> dict[str, Any]:
        if piece.kind is Kind.TOO_LARGE:
            return answer(Outcome.TOO_LARGE, reason="too-large", length="wrong", code=Verdict.NONE)
        if piece.kind is not Kind.FRAME:
            return answer(Outcome.MALFORMED, reason="no-frame", code=Verdict.NONE)
        read = self._reader.read(piece, lambda mn: self._profile)
        frame, decoded = read.frame, read.decoded
        outcome = Outcome.ACCEPTED if decoded is not None else OUTCOME_OF_REASON[read.reason]
        time_ms = decoded.time_ms if decoded is not None else frame.time_ms if frame is not None else None
        head = None if frame is None else frame.head
        return answer(
            outcome,
            edition=None if head is None else EDITIONS[head.edition],
            command=None if head is None else head.cn,
            feed=None if head is None else _text(head.mn),
            time=_time(time_ms),
            length=_length(read),
            code=read.verdict,
            quirks=sorted(read.quirks),
            readings=_readings(frame, decoded, self._profile) if frame is not None and decoded is not None else [],
            reason=read.reason,
            events=_events(decoded) if self._events else None,
        )


def _length(read: Read) -> str:
    if Quirk.WRONG_LENGTH in read.quirks:
        return "wrong"
    return "absent" if Quirk.ODD_HEADER in read.quirks else "right"


def _readings(frame: HJ212Frame, decoded: Decoded, profile: Profile) -> list[Reading]:
    if not decoded.values:  # replies and notices have none, whatever stands in them
        return []
    items = {item.code: item for item in frame.items}
    found: list[Reading] = []
    for field, value, flag in zip(select(frame, set(), profile.codes), decoded.values, decoded.flags, strict=True):
        raw = items[field.code].first(field.suffix)
        found.append(
            {
                "factor": by_number(field.factor.number).code,
                "stat": STAT_NAMES[Stat(field.stat)],
                "value": value,
                "raw": None if raw is None else _text(raw),
                "flag": chr(flag) if flag else "",
            }
        )
    return found


def _events(decoded: Decoded | None) -> list[dict[str, Any]]:
    if decoded is None:
        return []
    return [
        {
            "kind": str(event.kind),
            "code": _text(event.code),
            "info": _text(event.info),
            "text": _text(event.text),
            "number": event.number,
            "time": _time(event.time_ms),
        }
        for event in decoded.events
    ]


def _time(time_ms: int | None) -> str | None:
    if not time_ms:
        return None
    return (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(_LOCAL).isoformat()


def _text(text: str) -> str:
    """Text that any JSON reader takes: bytes that were no UTF-8 become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
