"""How an endpoint fares after good and bad answers."""

import pytest

from lantian_notify.deliveries.circuit import EndpointHealth

A, B = "https://a.example", "https://b.example"
FRESH = EndpointHealth("webhook:team-1")


def failed(times: int) -> EndpointHealth:
    """Health after failures in a row, all at 0 ms."""
    health = FRESH
    for _ in range(times):
        health = health.failed(A, 0)
    return health


@pytest.mark.parametrize(
    ("failures", "rest_seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 300), (50, 300)]
)
def test_rests_grow_from_the_fifth_failure_to_five_minutes(failures: int, rest_seconds: int) -> None:
    """Fewer failures cost nothing."""
    assert failed(failures).not_before_ms == rest_seconds * 1000


def test_width_is_full_then_none_then_one_then_full() -> None:
    """Sound, resting, on probation, sound again."""
    assert failed(4).width(0, 8) == 8
    assert failed(5).width(29_999, 8) == 0
    assert failed(5).width(30_000, 8) == 1
    assert failed(5).succeeded(A).width(0, 8) == 8


def test_a_throttling_answer_rests_the_endpoint_at_once() -> None:
    """And a shorter rest never shortens a longer one."""
    health = FRESH.failed(A, 0, 120.0)
    assert health.width(119_999, 8) == 0
    assert health.width(120_000, 8) == 8
    assert health.failed(A, 0, 5.0).not_before_ms == 120_000


def test_being_gone_holds_for_that_address_only() -> None:
    """A corrected address begins afresh."""
    gone = failed(7).disabled(A, 5, "gone")
    assert gone.at(A).disabled_reason == "gone"
    assert gone.at(B) == EndpointHealth("webhook:team-1", B)
    assert gone.failed(B, 0).failures == 1
    assert gone.succeeded(B).disabled_reason == ""


def test_a_person_enables_it_again() -> None:
    """With no failures on record."""
    assert failed(9).disabled(A, 5, "gone").enabled() == EndpointHealth("webhook:team-1", A)
