"""What becomes of a piece that gives no content, by the reason that the reader names."""

from typing import Final

from lantian_ingest.decoders.vehicle.quirks import Reason
from lantian_ingest.outcome import Outcome

OUTCOMES: Final = {
    Reason.WRONG_CHECK: Outcome.WRONG_CHECK,
    Reason.TOO_LARGE: Outcome.TOO_LARGE,
    Reason.COMMAND: Outcome.UNSUPPORTED,
}  # all others: malformed
