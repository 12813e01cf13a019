"""Pauses before a restart grow and become short again after a calm time."""

from lantian_local.backoff import Backoff


def test_the_pause_doubles_up_to_the_longest() -> None:
    """A part that dies at once, again and again."""
    backoff = Backoff()
    assert [backoff.after(0.0) for _ in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]


def test_a_calm_minute_makes_it_short_again() -> None:
    """A part that ran well for a minute is started again quickly."""
    backoff = Backoff()
    for _ in range(5):
        backoff.after(0.0)
    assert [backoff.after(60.0), backoff.after(0.0)] == [0.5, 1.0]


def test_less_than_a_minute_does_not() -> None:
    """A part that dies every 59 s is in trouble."""
    backoff = Backoff()
    backoff.after(0.0)
    assert backoff.after(59.0) == 1.0
