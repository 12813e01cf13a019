"""What is missing, from what came."""

from hypothesis import given
from hypothesis import strategies as st

from lantian_ingest.dialogue.gaps import DAY_MS, HOUR_MS, Gap, Gaps
from lantian_proto.readings import Period

BASE = 1_795_284_000_000
NOW = BASE + 100 * HOUR_MS
STEP = {Period.MINUTE: 600_000, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}


def found(gaps: Gaps, now: int = NOW, delay: int = 0, again: int = HOUR_MS) -> list[tuple[int, int, int]]:
    """Begin and end in hours after the base, and the attempt."""
    due: list[Gap] = list(gaps.due(now, delay, again))
    return [((gap.begin_ms - BASE) // HOUR_MS, (gap.end_ms - BASE) // HOUR_MS, gap.attempt) for gap in due]


def hours(*numbers: int, now: int = NOW) -> Gaps:
    """A feed that sent these hours, in this order."""
    gaps = Gaps()
    for number in numbers:
        gaps.seen("f", Period.HOUR, BASE + number * HOUR_MS, HOUR_MS, now)
    return gaps


def test_gaps_and_what_fills_them() -> None:
    """Late records fill; what is before the first is not missed."""
    assert found(hours(5, 6, 7)) == []
    assert found(hours(5, 9)) == [(6, 8, 1)]
    assert found(hours(5, 9, 7)) == [(6, 6, 1), (8, 8, 1)]
    assert found(hours(5, 9, 6, 7, 8)) == []
    assert found(hours(5, 3, 4)) == []


def test_asked_three_times_with_growing_patience() -> None:
    """Then it is the device's loss, and visible as such."""
    gaps = hours(0, 2)
    asked = [found(gaps, NOW + at * HOUR_MS, delay=HOUR_MS, again=2 * HOUR_MS) for at in range(9)]
    assert [index for index, each in enumerate(asked) if each] == [1, 3, 5]
    assert [each[0][2] for each in asked if each] == [1, 2, 3]
    assert len(gaps) == 1


def test_long_gaps_are_asked_for_in_stretches_and_not_without_end() -> None:
    """A device is slow; a month is all."""
    assert found(hours(0, 60)) == [(1, 24, 1), (25, 48, 1), (49, 59, 1)]
    late = NOW + 5000 * HOUR_MS
    year = found(hours(0, 5000, now=late), late)
    assert (year[0][0], year[-1][1]) == (5000 - 744, 4999)


def test_odd_times_and_the_future_are_no_gaps() -> None:
    """A clock that is wrong must not make us ask for a century."""
    assert found(hours(0, 200)) == []
    gaps = Gaps()
    gaps.seen("f", Period.HOUR, BASE, HOUR_MS, NOW)
    gaps.seen("f", Period.HOUR, BASE + 3 * HOUR_MS + 1, HOUR_MS, NOW)
    gaps.seen("f", Period.MINUTE, BASE, 0, NOW)
    assert (found(gaps), len(gaps)) == ([], 0)


@given(st.sampled_from(list(STEP)), st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_whatever_the_order_the_missing_are_those_not_seen(period: Period, order: list[int]) -> None:
    """Between the first and the last, where the last ones come late."""
    gaps = Gaps()
    step = STEP[period]
    for number in order:
        gaps.seen("f", period, BASE + number * step, step, NOW + 100 * DAY_MS)
    expected = set(range(order[0], max(order))) - set(order) if max(order) > order[0] else set()
    asked = {
        number
        for gap in gaps.due(NOW + 100 * DAY_MS, 0, 1)
        for number in range((gap.begin_ms - BASE) // step, (gap.end_ms - BASE) // step + 1)
    }
    assert asked == expected
