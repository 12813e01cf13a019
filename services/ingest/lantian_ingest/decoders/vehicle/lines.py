"""Vehicles: what one line of input says. Dialects are remembered from line to line, as on a connection."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from lantian_ingest.decoders.answer import Reading, answer
from lantian_ingest.decoders.vehicle.frame import Framer, Piece
from lantian_ingest.decoders.vehicle.outcomes import OUTCOMES
from lantian_ingest.decoders.vehicle.quirks import Reason
from lantian_ingest.decoders.vehicle.reader import Read, Reader
from lantian_ingest.decoders.vehicle.readings import NUMBERS
from lantian_ingest.outcome import Outcome
from lantian_proto.factors import by_number
from lantian_proto.readings import STAT_NAMES, Stat

# Of a piece that is no frame: what its reason says of length and check byte.
CHECKS: Final = {
    Reason.WRONG_CHECK: ("right", "wrong"),
    Reason.WRONG_LENGTH: ("wrong", "right"),
    Reason.INCOMPLETE: ("wrong", "absent"),
    Reason.TOO_LARGE: ("wrong", "absent"),
}
_LOCAL: Final = timezone(timedelta(hours=8))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Decoder:
    """Reads frames one line at a time."""

    def __init__(self) -> None:
        self._reader = Reader()

    def lines(self, frame: bytes) -> Iterator[dict[str, Any]]:
        """One object for each frame in the bytes, and for each stretch that is none; at least one."""
        framer = Framer()
        pieces = framer.feed(frame) + framer.expire()
        if not pieces:
            yield answer(Outcome.MALFORMED, reason=Reason.NO_FRAME)
        for piece in pieces:
            yield self._piece(piece)

    def _piece(self, piece: Piece) -> dict[str, Any]:
        read = self._reader.read(piece)
        decoded, reason = read.decoded, read.reason
        length, code = ("right", "right") if read.frame is not None else CHECKS.get(read.verdict, ("absent", "absent"))  # type: ignore[call-overload]  # a verdict that is no reason has no entry
        if reason is not None or decoded is None:
            outcome = OUTCOMES.get(reason or Reason.NO_FRAME, Outcome.MALFORMED)
            return answer(
                outcome,
                length=length,
                code=code,
                feed=None if read.frame is None else _text(read.frame.vin),
                quirks=sorted(read.quirks),
                reason=str(reason),
            )
        return answer(
            Outcome.ACCEPTED,
            edition=str(decoded.protocol),
            command=str(decoded.command),
            feed=_text(decoded.vin),
            time=_time(decoded.time_ms),
            length=length,
            code=code,
            quirks=sorted(read.quirks),
            readings=_readings(read),
        )


def _readings(read: Read) -> list[Reading]:
    columns = read.readings
    if columns is None or read.decoded is None:
        return []
    raws: dict[tuple[int, int], int] = {}
    for block in read.decoded.blocks:
        for name, raw in block.raw.items():
            if name in NUMBERS and isinstance(raw, int):
                raws.setdefault((block.time_ms, NUMBERS[name]), raw)
    return [
        {
            "factor": by_number(factor).code,
            "stat": STAT_NAMES[Stat(stat)],
            "value": value,
            "raw": raws.get((time_ms, factor)),
            "flag": chr(flag) if flag else "",
        }
        for factor, stat, time_ms, value, flag in zip(
            columns.factors, columns.stats, columns.times, columns.values, columns.flags, strict=True
        )
    ]


def _time(time_ms: int | None) -> str | None:
    return None if time_ms is None else (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(_LOCAL).isoformat()


def _text(vin: bytes) -> str:
    return vin.decode("ascii", "replace")
