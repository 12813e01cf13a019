"""One thing has one Chinese name: on the console, in the authority's papers and in messages."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from lantian_notify.wording.letter import LEVELS
from lantian_tasks.evidence.piece import FLAGS as PHOTO_FLAGS
from lantian_tasks.leads.presence import FLAGS as PLACE_FLAGS
from lantian_tasks.reports import words

ROOT = Path(__file__).resolve().parents[2]
LEDGER = (ROOT / "web" / "src" / "words" / "zh" / "ledger.ts").read_text(encoding="utf-8")
SITE = (ROOT / "web" / "src" / "words" / "zh" / "site.ts").read_text(encoding="utf-8")
SAME = (
    *("STATES", "STAGES", "MOVES", "ROLES", "CATEGORIES", "CHANNELS", "FLAGS", "SEVERITIES"),
    *("ROUND_STATES", "TASK_KINDS", "LIMIT_BASES"),
)


def of_console(name: str, text: str = LEDGER) -> dict[str, str]:
    """A table of the console's Chinese dictionary."""
    found = re.search(rf"export const {name} = {{(.*?)}};", text, re.DOTALL)
    assert found is not None, name
    return {key.strip('"'): said for key, said in re.findall(r'("[^"]+"|\w+): "([^"]*)"', found[1])}


@pytest.mark.parametrize("name", SAME)
def test_papers_speak_as_the_console_does(name: str) -> None:
    """Every code that both know; a paper knows no code that the console does not."""
    of_papers: Mapping[object, str] = getattr(words, name)
    console = of_console(name)
    assert {str(code): said for code, said in of_papers.items()}.items() <= console.items()


def test_inspections_read_alike_on_paper_and_in_the_console() -> None:
    """The place, what is to be said of it, the answers of a check list, and what speaks against a photo."""
    assert dict(words.PLACES) == of_console("PLACES", SITE)
    assert dict(words.FOUND) == of_console("FOUND", SITE)
    assert dict(PLACE_FLAGS) == of_console("PLACE_FLAGS", SITE)
    assert dict(PHOTO_FLAGS) == of_console("DOUBTS", SITE)
    assert words.RESULTS.items() <= of_console("MOVES").items()


def test_messages_name_severities_as_the_console_does() -> None:
    """Severity 3 is 较重 everywhere."""
    assert {str(level): LEVELS[level] for level in (1, 2, 3, 4)} == of_console("SEVERITIES")
