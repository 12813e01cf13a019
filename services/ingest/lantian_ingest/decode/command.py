"""Lines in, JSON lines out. A new protocol is one line in `DECODERS`."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from lantian_ingest.decode import hj212, vehicle
from lantian_ingest.decode.lines import frame_of


class LineDecoder(Protocol):
    """What a protocol offers here."""

    def lines(self, frame: bytes) -> Iterator[dict[str, Any]]:
        """One object for each frame in the bytes; never raises."""


DECODERS: Final[Mapping[str, Callable[[], LineDecoder]]] = {
    "hj212": hj212.Decoder,
    "vehicle": vehicle.Decoder,
}


def decode_lines(decoder: LineDecoder, lines: Iterable[bytes]) -> Iterator[str]:
    """One line of JSON a frame, in the order of the input; blank lines are passed over."""
    for line in lines:
        frame = frame_of(line)
        if frame is not None:
            for found in decoder.lines(frame):
                yield json.dumps(found, ensure_ascii=False, allow_nan=False)
