"""Which limits bind, which is the strictest, and what is refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_alerts.knowledge import Outlet, day_of, effective, limits_for, shipped, stated
from lantian_alerts.knowledge.limits import sift, strictness
from lantian_alerts.knowledge.rows import Limit

NOX, SO2, PM = "a21002", "a21026", "a34013"
TODAY = date(2026, 11, 22)
KILN = ("cement", "kiln", NOX)

candidates = st.lists(
    st.builds(
        lambda basis, value, oxygen: stated(basis, KILN, value, "x", reference_o2=oxygen),
        st.sampled_from(["local", "permit"]),
        st.floats(0.1, 1000),
        st.none() | st.floats(0, 20),
    ),
    min_size=1,
    max_size=8,
)


@given(candidates)
def test_strictest_is_never_above_any_candidate(rows: list[Limit]) -> None:
    """At the same oxygen, or by printed value against the strictest of the other kind."""
    found = effective(rows)
    winner = found.limit
    for row in rows:
        if (row.reference_o2 is None) == (winner.reference_o2 is None):
            assert strictness(winner) <= strictness(row) * (1 + 1e-6) + 1e-8
    others = [row for row in rows if (row.reference_o2 is None) != (winner.reference_o2 is None)]
    if others:
        assert winner.value <= min(others, key=strictness).value * (1 + 1e-6) + 1e-8
    assert len(found.lost) == len(rows) - 1
    assert found.exact == (not others)


@given(candidates)
def test_order_of_candidates_does_not_matter(rows: list[Limit]) -> None:
    """The same demand wins however the registry lists it."""
    one, two = effective(rows).limit, effective(rows[::-1]).limit
    assert (one.reference_o2 is None) == (two.reference_o2 is None)
    assert strictness(one) == pytest.approx(strictness(two), rel=1e-6, abs=1e-8)


def test_strictest_of_every_process_and_day() -> None:
    """All shipped processes and factors, three kinds of outlet: the effective limit is no laxer than its candidates."""
    keys = {(row.industry, row.process, row.factor) for row in shipped().limits if row.factor}
    assert len(keys) > 150
    judged = 0
    for industry, process, factor in sorted(keys):
        for special, existing in ((True, False), (False, True), (False, False)):
            for averaging in ("hour", "day", "spot"):
                rows = limits_for(
                    Outlet(industry, process, special_region=special, existing=existing, ultra_low=True),
                    factor,
                    TODAY,
                    averaging=averaging,
                )
                if rows:
                    winner = effective(rows).limit
                    judged += 1
                    assert all(
                        strictness(winner) <= strictness(row) + 1e-9
                        for row in rows
                        if (row.reference_o2 is None) == (winner.reference_o2 is None)
                    )
    assert judged > 400


def test_special_limits_are_never_laxer() -> None:
    """A special limit above the general one would be a slip of the pen."""
    general = {
        (row.industry, row.process, row.condition, row.factor, row.averaging): row.value
        for row in shipped().limits
        if row.basis == "national" and row.enabled and row.scope in ("new", "general")
    }
    compared = 0
    for row in shipped().limits:
        key = (row.industry, row.process, row.condition, row.factor, row.averaging)
        if row.scope == "special" and row.enabled and key in general:
            assert row.value <= general[key], row
            compared += 1
    assert compared > 80


def test_oxygen_decides_between_limits() -> None:
    """50 at 16 % is laxer than 100 at 6 %: 10 against 6.7 for each percent below air."""
    found = effective(
        [stated("permit", KILN, 50, "a", reference_o2=16), stated("permit", KILN, 100, "b", reference_o2=6)]
    )
    assert (found.limit.value, found.lost[0].why, found.exact) == (100, "higher-at-same-oxygen", True)


def test_as_measured_against_converted_is_said() -> None:
    """No silent comparison of what can not be compared."""
    found = effective([stated("permit", KILN, 50, "a", reference_o2=16), stated("local", KILN, 300, "b")])
    assert (found.limit.value, found.lost[0].why, found.exact) == (50, "not-comparable", False)


def test_equal_limits_name_the_enforceable_one() -> None:
    """A permit outranks a commitment of the same value."""
    ours = limits_for(Outlet("power", "coal-boiler", special_region=True, ultra_low=True), NOX, TODAY)
    found = effective([*ours, stated("permit", ("power", "coal-boiler", NOX), 50, "permit", reference_o2=6)])
    assert found.limit.basis == "permit"
    assert {one.limit.basis: one.why for one in found.lost} == {"ultra-low": "equal", "national": "higher"}


def test_permit_outranks_all_tables_when_stricter() -> None:
    """The strictest of national, local, permit and commitment."""
    like = ("boiler", "gas-boiler", NOX)
    ours = limits_for(Outlet(*like[:2], special_region=True, ultra_low=True), like[2], TODAY)
    assert effective(ours).limit.value == 50
    assert effective([*ours, stated("permit", like, 30, "x", reference_o2=3.5)]).limit.value == 30
    assert effective([*ours, stated("permit", like, 80, "x", reference_o2=3.5)]).limit.value == 50


def test_gas_boiler_number_gives_way_to_a_local_standard() -> None:
    """暂未制定地方排放标准的: with one, the plan's number is set aside."""
    conditions = frozenset({"local-standard"})
    rows = limits_for(
        Outlet("boiler", "gas-boiler", special_region=True, ultra_low=True, conditions=conditions), NOX, TODAY
    )
    assert {row.value for row in rows} == {200, 150}


def test_without_commitment_no_ultra_low() -> None:
    """An ultra-low limit binds whoever committed to it."""
    rows = limits_for(Outlet("power", "coal-boiler"), NOX, TODAY)
    assert {row.basis for row in rows} == {"national"}


def test_disabled_rows_never_bind() -> None:
    """Rows marked K? are shown as set aside, never returned."""
    conditions = frozenset({"separate-heat-source"})
    found = sift(
        Outlet("cement", "dryer-mill-cooler", special_region=True, ultra_low=True, conditions=conditions), NOX, TODAY
    )
    aside = {row.rule: why for row, why in found if why is not None}
    assert aside["ULE-CE-02"] == "disabled"
    assert aside["ULE-CE-02L"] == "other-region"


def test_before_the_first_day_nothing_is_claimed() -> None:
    """No limit is invented for a time that no row covers."""
    assert limits_for(Outlet("power", "coal-boiler", special_region=True, ultra_low=True), NOX, date(2005, 1, 1)) == ()


@pytest.mark.parametrize(
    ("process", "conditions"), [("no-such", frozenset[str]()), ("kiln", frozenset({"no-such-condition"}))]
)
def test_unknown_questions_are_refused(process: str, conditions: frozenset[str]) -> None:
    """A misspelt process or condition would otherwise read as 'no limit'."""
    with pytest.raises(ValueError, match="no-such"):
        limits_for(Outlet("cement", process, special_region=True, conditions=conditions), NOX, TODAY)


def test_mixed_candidates_are_refused() -> None:
    """Hour and day limits, or two factors, have no common strictest."""
    with pytest.raises(ValueError, match="judged apart"):
        effective([stated("permit", KILN, 1, "a"), stated("permit", KILN, 1, "b", averaging="day")])
    with pytest.raises(ValueError, match="judged apart"):
        effective([stated("permit", KILN, 1, "a"), stated("permit", ("cement", "kiln", SO2), 1, "b")])
    with pytest.raises(ValueError, match="no candidate"):
        effective([])


@pytest.mark.parametrize(("value", "oxygen"), [(0.0, None), (float("nan"), None), (50.0, 21.0), (-1.0, 8.0)])
def test_stated_nonsense_is_refused(value: float, oxygen: float | None) -> None:
    """A registry entry that can not be a limit."""
    with pytest.raises(ValueError, match="no limit"):
        stated("permit", KILN, value, "x", reference_o2=oxygen)


def test_the_day_turns_in_beijing() -> None:
    """16:00 UTC is midnight there."""
    before = int(datetime(2026, 2, 28, 15, 59, tzinfo=UTC).timestamp() * 1000)
    assert (day_of(before), day_of(before + 60_000)) == (date(2026, 2, 28), date(2026, 3, 1))
