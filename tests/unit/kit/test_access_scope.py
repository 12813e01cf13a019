"""What divisions cover, also those that do not hang where their code says, and from when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_kit.access.divisions import Division, Divisions, scope_of
from lantian_kit.access.scope import EVERYTHING, Scope

XINJI, HEBEI, SHIJIAZHUANG = "130181", "130000", "130100"
XIONGAN, BAODING, RONGCHENG = "133100", "130600", "130629"
THEN, LATER = 1_000, 2_000
TABLE = Divisions(
    (
        Division(XINJI, parent_code=HEBEI, from_ms=THEN),
        Division(RONGCHENG, parent_code=XIONGAN, from_ms=THEN),
        Division("130602", successor_code="130606", to_ms=THEN),
        Division("130603", successor_code="130101", to_ms=THEN),
        Division("130184"),
    )
)


def test_by_code_alone() -> None:
    """A code covers what begins like it."""
    assert scope_of([SHIJIAZHUANG]).covers(XINJI, "")
    assert not scope_of([SHIJIAZHUANG]).covers(BAODING, "")


@pytest.mark.parametrize(
    ("granted", "code", "before", "after"),
    [
        (SHIJIAZHUANG, XINJI, True, False),
        (SHIJIAZHUANG, "130102", True, True),
        (HEBEI, XINJI, True, True),
        (XINJI, XINJI, True, True),
        (BAODING, RONGCHENG, True, False),
        (XIONGAN, RONGCHENG, False, True),
        (XIONGAN, BAODING, False, False),
        (BAODING, "130602", True, True),
        (BAODING, "130603", True, False),
        (SHIJIAZHUANG, "130603", False, True),
        ("000000", XINJI, True, True),
    ],
)
def test_by_the_dated_table(granted: str, code: str, before: bool, after: bool) -> None:
    """A county that left its city, one that joined a new area, one that ended: each from its date on."""
    assert TABLE.scope_of([granted], at_ms=THEN - 1).covers(code, "") is before
    assert TABLE.scope_of([granted], at_ms=LATER).covers(code, "") is after


def test_what_one_grant_loses_another_may_give() -> None:
    """City and province together leave nothing out; a county granted by itself stays."""
    for codes in ([SHIJIAZHUANG, HEBEI], [SHIJIAZHUANG, XINJI]):
        scope = TABLE.scope_of(codes, at_ms=LATER)
        assert scope.covers(XINJI, "")
        assert scope.excluded == ()


def test_rows_in_a_circle_end() -> None:
    """A mistake in the registry hangs no request."""
    table = Divisions((Division("130101", parent_code="130201"), Division("130201", parent_code="130101")))
    assert not table.scope_of(["140000"]).covers("130101", "")
    assert not table.scope_of(["130100"]).covers("130101", "")


CODES = st.sampled_from([HEBEI, SHIJIAZHUANG, BAODING, XIONGAN, XINJI, RONGCHENG, "130102", "130602", "140100", ""])


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(granted=st.lists(CODES.filter(bool), max_size=4), code=CODES, at_ms=st.sampled_from([0, LATER]))
def test_ranges_say_the_same(granted: list[str], code: str, at_ms: int) -> None:
    """The filter of the store and the check of one document never differ."""
    scope = TABLE.scope_of(granted, at_ms=at_ms)
    assert scope.covers_division(code) == any(begin <= code < end for begin, end in scope.ranges())


def test_nothing_by_default() -> None:
    """No division, no sight; the country sees what has none."""
    assert Scope().sees_nothing
    assert scope_of([]).sees_nothing
    assert Scope(("13",), "").sees_nothing
    assert EVERYTHING.covers("", "")
    assert list(EVERYTHING.ranges()) == []
