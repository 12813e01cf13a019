"""docs/detectors.md against the catalogue: each pattern has its rules or a reason, each rule its pattern."""

import re
from pathlib import Path

import pytest

from lantian_alerts.detect import catalogues

PAGE = (Path(__file__).parents[3] / "docs" / "detectors.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]
PATTERNS = {row[0]: row for row in ROWS if re.fullmatch(r"[DFV]\d\d", row[0])}
WANTED = [f"D{n:02}" for n in range(1, 30)] + [f"F{n:02}" for n in range(1, 35)] + [f"V{n:02}" for n in range(1, 23)]
CATALOGUE = catalogues.shipped()


def rules_of(row: list[str]) -> list[str]:
    """Rules a row names."""
    return re.findall(r"`([a-z-]+)`", row[2])


@pytest.mark.parametrize("pattern", WANTED)
def test_every_pattern_has_rules_or_a_reason(pattern: str) -> None:
    """Rules are those of the catalogue and in force; without any the last cell says why."""
    row = PATTERNS[pattern]
    named = rules_of(row)
    assert all(rule in CATALOGUE.entries for rule in named), named
    assert named or len(row[3]) > 40, row


def test_every_rule_stands_on_the_page() -> None:
    """A rule that nobody asked for, or that the page forgot, is seen."""
    named = {rule for row in ROWS for rule in rules_of(row)}
    assert set(CATALOGUE.entries) - named == set()


def test_rules_stand_at_the_pattern_they_claim() -> None:
    """The `domain` of an entry is a pattern whose row names it; vehicles share D27."""
    for entry in CATALOGUE.entries.values():
        if entry.domain in PATTERNS and not (entry.domain == "D27" and entry.id.startswith("vehicle-")):
            assert entry.id in rules_of(PATTERNS[entry.domain]), (entry.id, entry.domain)
