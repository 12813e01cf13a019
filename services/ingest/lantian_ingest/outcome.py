"""What becomes of a frame. Every frame ends in exactly one of these, and is counted there."""

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """The label `outcome` of lantian_ingest_frames_total; the README says when each is given."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"
    WRONG_CHECK = "wrong-check"
    UNKNOWN_FEED = "unknown-feed"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too-large"
    UNDELIVERED = "undelivered"


# For the hottest path: Python 3.11 takes 0.15 µs to look a member up in its class, and a frame asks twenty times.
ACCEPTED: Final = Outcome.ACCEPTED
DUPLICATE: Final = Outcome.DUPLICATE
UNDELIVERED: Final = Outcome.UNDELIVERED
