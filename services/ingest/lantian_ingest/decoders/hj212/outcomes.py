"""What becomes of a packet that gives no content, by the reason that the reader names."""

from typing import Final

from lantian_ingest.outcome import Outcome

OUTCOME_OF_REASON: Final = {
    "no-data-area": Outcome.MALFORMED,
    "not-closed": Outcome.MALFORMED,
    "no-command": Outcome.MALFORMED,
    "no-check-code": Outcome.MALFORMED,
    "data-time": Outcome.MALFORMED,
    "check-code": Outcome.WRONG_CHECK,
    "encrypted": Outcome.UNSUPPORTED,
    "command": Outcome.UNSUPPORTED,
    "request": Outcome.UNSUPPORTED,
}
