"""Feeds of the registry: what belongs together is said when it is written, not when the first frame comes."""

from typing import Any

import pytest
from pydantic import ValidationError

from lantian_tasks.registry.entities import Feed

KEY = "0A" * 64
VEHICLE: dict[str, Any] = {"source_id": "truck-1", "protocol": "vehicle", "sends_hours": False}


def test_a_vehicle_may_have_its_chip() -> None:
    """With the key that it signs by; both reach ingest."""
    feed = Feed(**VEHICLE, terminal_chip="CHIP000000000001", terminal_key=KEY)
    assert (feed.content()["terminal_chip"], feed.content()["terminal_key"]) == ("CHIP000000000001", KEY)
    assert Feed(**VEHICLE).terminal_chip == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (VEHICLE | {"terminal_chip": "CHIP1"}, "filed with its public key"),
        (VEHICLE | {"terminal_key": KEY}, "filed with its public key"),
        (VEHICLE | {"terminal_chip": "C" * 17, "terminal_key": KEY}, "terminal_chip"),
        (VEHICLE | {"terminal_chip": "C 1", "terminal_key": KEY}, "terminal_chip"),
        (VEHICLE | {"terminal_chip": "C1", "terminal_key": "0A"}, "terminal_key"),
        ({"source_id": "outlet-1", "terminal_chip": "C1", "terminal_key": KEY}, "belongs to protocol vehicle"),
        (VEHICLE | {"sends_hours": True}, "a vehicle that stands is silent"),
        ({"source_id": "s", "protocol": "records"}, "record_kind belongs to protocol records"),
        ({"source_id": "s", "sends_hours": False}, "sends real-time, minute or hour data"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields: dict[str, Any], words: str) -> None:
    """In words that name it."""
    with pytest.raises(ValidationError, match=words):
        Feed(**fields)
