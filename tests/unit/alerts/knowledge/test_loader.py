"""The loader takes what is consistent and refuses the rest, naming file, row and reason."""

from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_alerts.knowledge.loader import FILES, KnowledgeError, Tables, load, parse
from lantian_alerts.knowledge.rows import Limit
from lantian_alerts.knowledge.shipped import shipped, texts

LIMITS = FILES["limits_steel.csv"]
HEADER = (
    "rule,basis,scope,industry,process,factor,value,unit,reference_o2,o2_mark,averaging,clause,valid_from,valid_to,"
    "dates_mark,mark,confidence,enabled,source"
)
GOOD = {
    "rule": "T", "basis": "national", "scope": "general", "industry": "steel", "process": "eaf", "factor": "a34013",
    "value": "20", "unit": "mg/m³", "reference_o2": "", "o2_mark": "", "averaging": "hour", "clause": "GB",
    "valid_from": "2015-01-01", "valid_to": "", "dates_mark": "K+", "mark": "K+", "confidence": "H", "enabled": "true",
    "source": "s",
}  # fmt: skip
START = date(2015, 1, 1)


def row(**changes: str) -> str:
    """One line of a limits file."""
    return ",".join((GOOD | changes)[column] for column in HEADER.split(","))


def one_file(*lines: str) -> list[Limit]:
    """The rows of a limits file of these lines."""
    return list(parse("limits_steel.csv", "\n".join(["# a comment", HEADER, *lines]), LIMITS))


@cache
def shipped_texts() -> dict[str, str]:
    """The shipped files, read once."""
    return texts()


def with_limits(*lines: str) -> Tables:
    """Everything shipped, but these lines as the only limits of steel."""
    return load({**shipped_texts(), "limits_steel.csv": "\n".join([HEADER, *lines]) + "\n"})


def test_shipped_files_load() -> None:
    """What we ship is consistent."""
    assert len(shipped().limits) > 400
    assert load(shipped_texts()) == shipped()


def test_good_row() -> None:
    """Types, file and line of a row."""
    (limit,) = one_file(row())
    assert (limit.value, limit.valid_from, limit.file, limit.line) == (20, START, "limits_steel.csv", 3)


def test_a_list_makes_several_rows() -> None:
    """`a|b` in industry and process."""
    found = one_file(row(process="eaf|ladle-furnace"))
    assert [limit.process for limit in found] == ["eaf", "ladle-furnace"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"factor": "a99999"}, "unknown factor code a99999"),
        ({"confidence": "X"}, "Invalid enum value 'X'"),
        ({"confidence": ""}, "missing required field `confidence`"),
        ({"confidence": "M"}, "mark K+ means confidence H, not M"),
        ({"mark": "V;K~"}, "mark V;K~ means confidence M, not H"),
        ({"mark": "own"}, "unknown mark 'own'"),
        ({"mark": "K?", "confidence": "L"}, "K? may not be enabled"),
        ({"source": " "}, "no source"),
        ({"source": ""}, "missing required field `source`"),
        ({"valid_from": "", "dates_mark": ""}, "an enabled row needs valid_from"),
        ({"dates_mark": ""}, "valid_from needs a dates_mark"),
        ({"valid_to": "2015-01-01"}, "valid_to must come after valid_from"),
        ({"valid_from": "2015-13-01"}, "Invalid RFC3339"),
        ({"value": "ten"}, "Expected `float`"),
        ({"value": "0"}, "0.0 is no limit"),
        ({"value": "nan"}, "nan is no limit"),
        ({"value": "inf"}, "inf is no limit"),
        ({"unit": "µg/m³"}, "a34013 is in 'mg/m³', not 'µg/m³'"),
        ({"reference_o2": "21", "o2_mark": "K+"}, "between 0 and 21"),
        ({"reference_o2": "8"}, "has a mark"),
        ({"reference_o2": "8", "o2_mark": "K?"}, "may not be marked 'K?'"),
        ({"factor": "", "unit": ""}, "needs a factor code"),
        ({"basis": "provincial"}, "Invalid enum value 'provincial'"),
        ({"averaging": "week"}, "Invalid enum value 'week'"),
    ],
)
def test_bad_rows_are_refused(changes: dict[str, str], reason: str) -> None:
    """Each fault by its own reason, with file and row."""
    with pytest.raises(KnowledgeError) as caught:
        one_file(row(), row(**changes))
    assert caught.value.file == "limits_steel.csv"
    assert caught.value.line == 4
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no header"),
        (f"{HEADER},rule\n", "a column stands twice"),
        (f"{HEADER}\n{row()},\n", "20 cells, the header has 19"),
        (f"{HEADER},colour\n{row()},red\n", "unknown field `colour`"),
        (f"{HEADER},file\n{row()},other.csv\n", "column file is not for files to fill"),
    ],
)
def test_bad_files_are_refused(text: str, reason: str) -> None:
    """A header that does not fit, too many cells, unknown columns."""
    with pytest.raises(KnowledgeError, match=reason):
        parse("limits_steel.csv", text, LIMITS)


def test_files_are_registered_in_one_line() -> None:
    """An unregistered file and a missing one are refused."""
    with pytest.raises(KnowledgeError, match=r"limits_new\.csv:0: not registered"):
        load({**shipped_texts(), "limits_new.csv": ""})
    rest = {name: text for name, text in shipped_texts().items() if name != "gaps.csv"}
    with pytest.raises(KnowledgeError, match=r"gaps\.csv:0: registered but missing"):
        load(rest)


def test_unknown_process_and_region_are_refused() -> None:
    """A misspelt key would never be found by a question."""
    with pytest.raises(KnowledgeError, match=r"limits_steel\.csv:2: unknown process steel eef"):
        with_limits(row(process="eef"))
    header = HEADER.replace("factor", "region,factor", 1)
    text = f"{header}\n{row().replace('eaf,', 'eaf,2+62,', 1)}\n"
    with pytest.raises(KnowledgeError, match=r"limits_steel\.csv:2: unknown region 2\+62"):
        load({**shipped_texts(), "limits_steel.csv": text})


def test_falling_breakpoints_are_refused() -> None:
    """An IAQI row that does not rise would divide by zero or fall."""
    text = shipped_texts()["iaqi.csv"].replace("0,35,75,115,150,250,350,500", "0,35,75,75,150,250,350,500")
    with pytest.raises(KnowledgeError, match=r"iaqi\.csv:\d+: breakpoints must rise"):
        load({**shipped_texts(), "iaqi.csv": text})


def test_enabled_exemption_is_refused() -> None:
    """Exemptions ship disabled, all of them."""
    text = shipped_texts()["exemptions.csv"].replace("K~,M,false", "K~,M,true", 1)
    with pytest.raises(KnowledgeError, match=r"exemptions\.csv:\d+: exemptions ship disabled"):
        load({**shipped_texts(), "exemptions.csv": text})


def chain(days: list[int], shift: int = 0, at: int = 0) -> list[str]:
    """Rows that follow each other after so many days each; the row `at` begins `shift` days off its place."""
    rows, start = [], START
    for place, length in enumerate(days):
        end = start + timedelta(length)
        begins = start + timedelta(shift if place == at else 0)
        last = place == len(days) - 1
        rows.append(row(valid_from=begins.isoformat(), valid_to="" if last else end.isoformat()))
        start = end
    return rows


lengths = st.lists(st.integers(60, 3000), min_size=2, max_size=5)


@given(lengths)
def test_touching_chains_are_taken(days: list[int]) -> None:
    """In any order of rows."""
    rows = chain(days)
    for order in (rows, rows[::-1]):
        assert sum(limit.rule == "T" for limit in with_limits(*order).limits) == len(days)


@given(lengths, st.integers(1, 50), st.booleans(), st.data())
def test_injected_overlap_or_gap_is_refused(days: list[int], shift: int, overlap: bool, data: st.DataObject) -> None:
    """Any row but the first, moved by any number of days, breaks the chain and is named."""
    at = data.draw(st.integers(1, len(days) - 1))
    with pytest.raises(KnowledgeError) as caught:
        with_limits(*chain(days, -shift if overlap else shift, at))
    assert caught.value.reason.startswith("overlaps" if overlap else "gap after")
    assert (caught.value.file, caught.value.line) == ("limits_steel.csv", at + 2)


def test_open_row_before_another_overlaps() -> None:
    """Two open rows of one key."""
    with pytest.raises(KnowledgeError, match=r"overlaps limits_steel\.csv:2, which ends never"):
        with_limits(row(), row(valid_from="2020-01-01"))


def test_chains_cross_files() -> None:
    """The same key in two files is one chain."""
    lines = shipped_texts()["limits_steel.csv"].splitlines()
    header = next(place for place, line in enumerate(lines) if line.startswith("rule,"))
    text = "\n".join([*shipped_texts()["limits_coking.csv"].splitlines(), lines[header + 1]])
    with pytest.raises(KnowledgeError, match="overlaps"):
        load({**shipped_texts(), "limits_coking.csv": text})


def test_disabled_rows_stand_beside_enabled_ones() -> None:
    """An unverified successor is held without taking effect."""
    tables = with_limits(row(), row(valid_from="2020-01-01", enabled="false"))
    assert [limit.enabled for limit in tables.limits if limit.rule == "T"] == [True, False]


def test_rows_without_dates_stand_alone() -> None:
    """Two undated rows of one key can not be told apart."""
    undated = row(valid_from="", dates_mark="", enabled="false")
    with pytest.raises(KnowledgeError, match="without dates beside others"):
        with_limits(undated, undated)
