"""Every shipped row says where it is from and how sure it is; what is unsure takes no effect."""

import subprocess
import sys
from datetime import date

import pytest

from lantian_alerts.knowledge import shipped
from lantian_alerts.knowledge.loader import FILES
from lantian_alerts.knowledge.rows import Sourced

ROWS: list[Sourced] = [row for table in shipped() for row in table if isinstance(row, Sourced)]


def test_every_kind_is_there() -> None:
    """No table is empty, or the checks below would pass on nothing."""
    assert all(len(table) > 0 for table in shipped())
    assert {row.file for row in ROWS} == set(FILES) - {"processes.csv", "gaps.csv"}
    assert len(ROWS) > 700


def test_every_row_has_source_mark_confidence_and_place() -> None:
    """Source, mark, confidence, file and line; dates with a mark of their own."""
    for row in ROWS:
        assert row.source.strip(), row
        assert row.mark, row
        assert row.confidence in ("H", "M", "L"), row
        assert row.file in FILES, row
        assert row.line > 1, row
        assert (row.valid_from is None) == (row.dates_mark == ""), row


@pytest.mark.parametrize(("marks", "confidence"), [({"S1", "V", "K+"}, "H"), ({"K~"}, "M"), ({"K?", "P"}, "L")])
def test_confidence_follows_the_mark(marks: set[str], confidence: str) -> None:
    """S, V and K+ are high, K~ medium, K? and P low; and the marks occur."""
    simple = [row for row in ROWS if row.mark in marks]
    assert simple
    assert {row.confidence for row in simple} == {confidence}


def test_low_confidence_is_present_but_disabled() -> None:
    """K? rows are held, none is in force on any day."""
    low = [row for row in ROWS if "K?" in row.mark]
    assert len(low) >= 5
    for row in low:
        assert not row.enabled, row
        assert not row.in_force(date(2026, 11, 22)), row


def test_disabled_rows_say_why() -> None:
    """A note or a mark tells the reader what is missing."""
    assert all(row.note or "K?" in row.mark or row.file == "exemptions.csv" for row in ROWS if not row.enabled)


def test_every_process_is_used() -> None:
    """A process nobody has limits for is a slip."""
    used = {(row.industry, row.process) for row in shipped().limits}
    assert {(row.industry, row.process) for row in shipped().processes} == used


def test_package_is_pure() -> None:
    """It pulls in no bus, store, web or process plumbing, and no numba."""
    code = (
        "import sys, lantian_alerts.knowledge as k; k.shipped();"
        "bad = {'kafka', 'faust', 'aiokafka', 'motor', 'pymongo', 'fastapi', 'lantian_kit', 'asyncio', 'numba'};"
        "sys.exit(', '.join(sorted(bad & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
