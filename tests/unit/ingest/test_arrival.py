"""What stands with a frame in the evidence."""

import pytest

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import Outcome
from lantian_kit.batches import packed, packed_headers

FRAMES = (
    Arrival("hj212", b"##", "MN", "192.0.2.1:5000", Outcome.ACCEPTED, 1_700_000_000_123, "", "hj212", "1"),
    Arrival("hj212", b"", "", "", Outcome.MALFORMED, 1, "no-frame", "no-crc"),
    Arrival("vehicle", b"x" * 3000, "v", "p", Outcome.DUPLICATE, 2, extra=[("box", b"sealed"), ("key", b"1")]),
)


@pytest.mark.parametrize("arrival", FRAMES)
def test_headers_as_kafka_writes_them_are_the_same_headers(arrival: Arrival) -> None:
    """The quick way for frames that share most of theirs, and the slow one."""
    whole = arrival.headers()
    assert arrival.packed_headers() == packed_headers(len(whole), packed(whole))
