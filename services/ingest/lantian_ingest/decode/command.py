"""Lines in, JSON lines out. A new protocol is one line in `DECODERS`."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from lantian_ingest.decode.lines import frame_of
from lantian_ingest.decoders.hj212 import lines as hj212
from lantian_ingest.decoders.vehicle import lines as vehicle


class LineDecoder(Protocol):
    """What the file `lines.py` of a decoder offers as `Decoder()`."""

    def lines(self, frame: bytes) -> Iterator[dict[str, Any]]:
        """One object for each frame in the bytes; never raises."""


# Folders of `decoders` whose frames can be asked about.
DECODERS: Final[Mapping[str, Callable[[], LineDecoder]]] = {
    "hj212": hj212.Decoder,
    "vehicle": vehicle.Decoder,
}


def decoder(name: str) -> LineDecoder:
    """The decoder of a protocol. Raises ValueError for one that is not in `DECODERS`."""
    if name not in DECODERS:
        raise ValueError(f"no decoder {name!r}; there are {', '.join(DECODERS)}")
    return DECODERS[name]()


def decode_lines(decoder: LineDecoder, lines: Iterable[bytes]) -> Iterator[str]:
    """One line of JSON a frame, in the order of the input; blank lines are passed over."""
    for line in lines:
        frame = frame_of(line)
        if frame is not None:
            for found in decoder.lines(frame):
                yield json.dumps(found, ensure_ascii=False, allow_nan=False)
