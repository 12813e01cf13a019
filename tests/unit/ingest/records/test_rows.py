"""Records: units, bounds, states, identities, times; a record is taken whole or refused with every reason."""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.records.kinds import kinds
from lantian_ingest.decoders.records.rows import Checked, check
from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_proto.factors import by_code, by_number
from lantian_proto.readings import Period, Stat

CALM = settings(  # a loaded machine proves nothing
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
NOW_MS = 1_795_320_000_000
TIME = "2026-11-22T11:00:00+08:00"
KEY = b"k" * 32
FEEDS = {kind: kinds()[kind] for kind in kinds()}


def judge(*rows: dict[str, Any], key: bytes | None = KEY) -> Checked:
    """Rows whose feed is named like its kind."""
    return check(rows, FEEDS.get, NOW_MS, key)


def one(feed: str, **fields: Any) -> dict[str, Any]:
    """A row; `_` in a name stands for what a Python name can not hold."""
    return {"feed": feed, "time": TIME, **fields}


def values(checked: Checked) -> dict[str, float]:
    """Values of the only record by the factor's code."""
    (record,) = checked.records
    return {by_number(n).code: value for n, value in zip(record.factors, record.values, strict=True)}


def reasons(checked: Checked) -> list[str]:
    """Reasons in order."""
    return [error.reason for error in checked.errors]


def test_a_station_in_its_units() -> None:
    """Ambient gases come in µg/m³ and leave in the factor's mg/m³; hour is the kind's own period."""
    checked = judge(one("station", pm25=35, so2="12.5", co=0.9, a25002=3e-3, temperature=-4))
    assert checked.errors == []
    assert values(checked) == {"a34004": 35.0, "a21026": 0.0125, "a21005": 0.9, "a25002": 3e-3, "a01001": -4.0}
    (record,) = checked.records
    assert (record.period, record.time_ms) == (Period.HOUR, NOW_MS - 3_600_000)
    assert set(record.stats) == {Stat.AVG}


def test_units_convert_and_wrong_ones_are_refused() -> None:
    """What measures the same is converted; what does not is the publisher's mistake."""
    assert values(judge(one("station", so2={"value": 0.02, "unit": "mg/m3"})))["a21026"] == pytest.approx(0.02)
    assert values(judge(one("station", pressure={"value": 1013.2, "unit": "hPa"})))["a01006"] == pytest.approx(101.32)
    assert reasons(judge(one("station", so2={"value": 10, "unit": "ppb"}))) == ["unit"]
    assert reasons(judge(one("station", temperature={"value": 300, "unit": "K"}))) == ["unit"]


def test_columns_may_be_codes_with_a_statistic() -> None:
    """As in HJ 212: a21026-Max; codes of any case, also of 2005."""
    checked = judge({**one("outlet", flag="D"), "A21026-Avg": 31, "a21026-Max": 60, "S01": {"value": 9, "flag": "N"}})
    (record,) = checked.records
    assert [by_number(n).code for n in record.factors] == ["a21026", "a21026", "a19001"]
    assert list(record.stats) == [Stat.AVG, Stat.MAX, Stat.AVG]
    assert record.flags == b"DDN"


def test_plates_become_fingerprints_that_match_every_spelling() -> None:
    """48 bits of the keyed pseudonym; none without a key."""
    row = {"plate": "京A·12345", "direction": "进", "fuel": "diesel", "emission_stage": 5, "goods": "coal"}
    found = values(judge(one("gate", **row)))
    digits = pseudonym(Identity.PLATE, "京A12345", KEY).rpartition("-")[2]
    assert found["t07202"] == int(digits[:12], 16)
    assert found["t07202"].is_integer()
    assert (found["t07201"], found["t07205"], found["t07206"]) == (1, 2, 5)
    assert reasons(judge(one("gate", **row), key=None)) == ["no-identity-key"]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"pm25": "NaN"}, "number", "pm25"),
        ({"pm25": math.nan}, "number", "pm25"),
        ({"pm25": "Infinity"}, "number", "pm25"),
        ({"pm25": math.inf}, "number", "pm25"),
        ({"pm25": 1e308}, "range", "pm25"),
        ({"pm25": 10**400}, "number", "pm25"),
        ({"pm25": "1_000"}, "number", "pm25"),
        ({"pm25": -1}, "range", "pm25"),
        ({"pm25": True}, "number", "pm25"),
        ({"pm25": [1]}, "number", "pm25"),
        ({"pm25": {"value": 1, "unti": "x"}}, "value", "pm25"),
        ({"a25002": 1e13}, "range", "a25002"),
        ({"plate": "京A12345"}, "unknown-field", "plate"),
        ({"a21026-Most": 1}, "unknown-field", "a21026-Most"),
        ({"tick": 1}, "unknown-field", "tick"),
        ({"g101xx": 1}, "unknown-field", "g101xx"),
        ({}, "empty", ""),
        ({"pm25": ""}, "empty", ""),
        ({"pm25": 1, "a34004": 2}, "repeated-field", ""),
        ({"pm25": 1, "flag": "?"}, "flag", "flag"),
        ({"pm25": {"value": 1, "flag": "xx"}}, "flag", "pm25.flag"),
        ({"pm25": 1, "period": "week"}, "period", "period"),
        ({"pm25": 1, "kind": "gate"}, "wrong-kind", "kind"),
        ({"pm25": 1, "time": "2026-11-22T13:00:00+08:00"}, "future", "time"),
        ({"pm25": 1, "time": 1_795_320_000}, "too-old", "time"),
        ({"pm25": 1, "time": "22.11.2026"}, "time", "time"),
        ({"pm25": 1, "time": "2026-02-30T00:00:00Z"}, "time", "time"),
        ({"pm25": 1, "time": None}, "time", "time"),
        ({"pm25": 1, "time": 10**30}, "future", "time"),
        ({"pm25": 1, "time": "99999999999999"}, "time", "time"),
    ],
)
def test_mistakes_have_names(fields: dict[str, Any], reason: str, field: str) -> None:
    """One mistake, one error, at its field; nothing of the record is taken, and the next one is."""
    checked = judge({**one("station"), **fields}, one("station", pm25=3))
    assert [(error.row, error.reason, error.field) for error in checked.errors] == [(1, reason, field)]
    assert [record.row for record in checked.records] == [2]


def test_unknown_feeds_of_all_sorts_are_one_answer() -> None:
    """Absent, another's, no text: the sender is not told which."""
    checked = judge(one("nobody", pm25=1), {"time": TIME, "pm25": 1}, {"feed": 7, "time": TIME, "pm25": 1})
    assert reasons(checked) == ["unknown-feed"] * 3
    assert len({error.detail for error in checked.errors}) == 1


def test_required_fields_and_states() -> None:
    """Every missing one is named; a state is a word of the table, or its number."""
    checked = judge(one("inspection", plate="京A12345", result="maybe"))
    assert [(error.field, error.reason) for error in checked.errors] == [("result", "state"), ("method", "missing")]
    assert values(judge(one("power-meter", running="ON"))) == {"m07112": 1.0}
    assert values(judge(one("power-meter", running=False))) == {"m07112": 0.0}
    assert reasons(judge(one("power-meter", running=7))) == ["state"]


def test_the_same_record_twice_in_a_batch_is_refused() -> None:
    """Which of two values should hold? The publisher must say."""
    checked = judge(one("station", pm25=3), one("station", pm25=4), one("station", pm10=4))
    assert [(error.row, error.reason) for error in checked.errors] == [(2, "repeated")]
    assert [record.row for record in checked.records] == [1, 3]


def test_times_in_every_form_mean_the_same() -> None:
    """RFC 3339, Beijing time without offset, 14 digits, ms."""
    same = NOW_MS - 3_600_000
    forms: list[Any] = [TIME, "2026-11-22T03:00:00Z", "2026-11-22 11:00:00", "20261122110000", same, str(same)]
    for form in forms:
        (record,) = judge({**one("station", pm25=1), "time": form}).records
        assert record.time_ms == same, form


def test_every_field_of_every_kind_can_be_sent() -> None:
    """The table is whole: each field's own bounds are accepted and reach a factor in that factor's unit."""
    for kind in kinds().values():
        for name, item in kind.fields.items():
            needed: dict[str, Any] = {"plate": "京A12345", "vin": "LGDCHA1G8MA779653"}
            for other, its in kind.fields.items():
                if its.values or its.required:
                    needed.setdefault(other, next(iter(its.values or ()), its.least))
            sent = needed.get(name, "some text" if item.text else max(item.least, -1.0))
            fields = {other: needed[other] for other, its in kind.fields.items() if its.required}
            checked = judge(one(kind.name, **{**fields, name: sent}))
            assert checked.errors == [], (kind.name, name)
            if not item.text:
                assert by_code(item.factor).number in checked.records[0].factors  # type: ignore[union-attr]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
COLUMNS = st.sampled_from(["pm25", "a21026-Max", "plate", "fuel", "time", "flag", "period", "kind", "goods"])


@CALM
@given(
    st.lists(
        st.fixed_dictionaries({"feed": st.sampled_from(["station", "gate", "dcs", "x"])}).flatmap(
            lambda base: st.dictionaries(COLUMNS | st.text(max_size=8), ANYTHING, max_size=6).map(
                lambda d: {**d, **base}
            )
        ),
        max_size=4,
    )
)
def test_anything_at_all_is_judged(rows: list[dict[str, Any]]) -> None:
    """No exception; a row is accepted or has an error, and accepted values are finite."""
    checked = judge(*rows)
    taken = {record.row for record in checked.records}
    assert taken.isdisjoint(checked.refused_rows)
    assert taken | set(checked.refused_rows) == set(range(1, len(rows) + 1))
    assert all(math.isfinite(value) for record in checked.records for value in record.values)
