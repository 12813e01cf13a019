"""The JSON object of a frame, the same for every protocol."""

from typing import Any, Final, TypedDict

from lantian_ingest.outcome import Outcome

LOCAL: Final = 8 * 3600  # +08:00, the time of every protocol read here


class Reading(TypedDict):
    """One value: `raw` as the sender wrote it, null where several bytes made it up."""

    factor: str
    stat: str
    value: float
    raw: str | int | None
    flag: str


def answer(
    outcome: Outcome,
    *,
    edition: str | None = None,
    command: str | None = None,
    feed: str | None = None,
    time: str | None = None,
    length: str = "absent",
    code: str = "absent",
    quirks: list[str] | None = None,
    readings: list[Reading] | None = None,
    reason: str = "",
    events: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The object. `reason` is there when the outcome is not accepted, `events` only when asked for."""
    found: dict[str, Any] = {
        "outcome": str(outcome),
        "edition": edition,
        "command": command,
        "feed": feed,
        "time": time,
        "checks": {"length": length, "code": code},
        "quirks": quirks or [],
        "readings": readings or [],
    }
    if outcome is not Outcome.ACCEPTED:
        found["reason"] = reason
    if events is not None:
        found["events"] = events
    return found
