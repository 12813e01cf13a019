"""One piece of the stream to what it says: envelope, check, decoding, readings. Keeps each sender's dialect."""

from hashlib import sha256
from typing import Final, NamedTuple

from lantian_ingest.decoders.vehicle import envelope
from lantian_ingest.decoders.vehicle.decode import Decoded, decode
from lantian_ingest.decoders.vehicle.emission import Dialect
from lantian_ingest.decoders.vehicle.envelope import Envelope
from lantian_ingest.decoders.vehicle.frame import Kind, Piece
from lantian_ingest.decoders.vehicle.quirks import DecodeError, Quirk, Reason
from lantian_ingest.decoders.vehicle.readings import Readings, readings

RIGHT: Final = "right"
SENDERS_AT_MOST: Final = 10_000
KEY_BYTES: Final = 16


class Read(NamedTuple):
    """What a piece says. `verdict` is `right` or the Reason why its bytes are no frame.

    `frame` is there when the bytes are a frame, `decoded` and `readings` when it could be read; else `reason` says why.
    """

    verdict: str
    frame: Envelope | None
    decoded: Decoded | None
    readings: Readings | None
    reason: Reason | None
    quirks: frozenset[Quirk]


class Reader:
    """Reads the pieces of one connection; never raises. Remembers the dialects of at most `senders` vehicles."""

    __slots__ = ("_dialects", "_senders")

    def __init__(self, senders: int = SENDERS_AT_MOST) -> None:
        self._senders = senders
        self._dialects: dict[bytes, Dialect] = {}

    def read(self, piece: Piece) -> Read:
        """Reads a piece of any kind."""
        if piece.kind is not Kind.FRAME:
            reason = piece.reason or Reason.NO_FRAME
            return Read(reason, None, None, None, reason, frozenset())
        frame: Envelope | None = None
        try:
            frame = envelope.parse(piece.raw)
            decoded = decode(frame, self._dialects.get(frame.vin))
        except DecodeError as error:
            quirks = frozenset(envelope.quirks_of(frame)) if frame is not None else frozenset[Quirk]()
            return Read(RIGHT if frame is not None else error.reason, frame, None, None, error.reason, quirks)
        if decoded.dialect is not None and decoded.blocks:
            self._remember(frame.vin, decoded)
        return Read(RIGHT, frame, decoded, readings(decoded), None, decoded.quirks)

    def _remember(self, vin: bytes, decoded: Decoded) -> None:
        """An ambiguous frame teaches nothing; the one remembered longest gives way."""
        if decoded.dialect is None or not decoded.quirks.isdisjoint((Quirk.AMBIGUOUS_DIALECT, Quirk.PARTLY_READ)):
            return
        if vin not in self._dialects and len(self._dialects) >= self._senders:
            del self._dialects[next(iter(self._dialects))]
        self._dialects[vin] = decoded.dialect


def duplicate_key(frame: Envelope, decoded: Decoded) -> bytes:
    """Equal for the same measurements of the same vehicle, sent at once or re-sent: serial numbers do not count."""
    digest = sha256(frame.vin)
    if decoded.blocks:
        for block in decoded.blocks:
            digest.update(f"|{block.type}|{block.time_ms}|".encode())
            digest.update(repr(sorted(block.raw.items())).encode())
    else:
        digest.update(bytes([frame.command, 0 if frame.answer is None else frame.answer]) + frame.data)
    return digest.digest()[:KEY_BYTES]
