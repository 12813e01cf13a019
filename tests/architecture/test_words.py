"""One thing has one Chinese name: on the console, in the authority's papers and in messages."""

from collections.abc import Mapping

import pytest

from lantian_notify.wording.letter import LEVELS
from lantian_tasks.evidence.piece import FLAGS as PHOTO_FLAGS
from lantian_tasks.leads.presence import FLAGS as PLACE_FLAGS
from lantian_tasks.ledger.field_words import FIELD_WORDS
from lantian_tasks.reports import words

from .console_words import of_console

SAME = (
    *("STATES", "STAGES", "MOVES", "ROLES", "CATEGORIES", "CHANNELS", "FLAGS", "SEVERITIES"),
    *("ROUND_STATES", "TASK_KINDS", "LIMIT_BASES"),
)


@pytest.mark.parametrize("name", SAME)
def test_papers_speak_as_the_console_does(name: str) -> None:
    """Every code that both know; a paper knows no code that the console does not."""
    of_papers: Mapping[object, str] = getattr(words, name)
    console = of_console("ledger", name)
    assert {str(code): said for code, said in of_papers.items()}.items() <= console.items()


def test_inspections_read_alike_on_paper_and_in_the_console() -> None:
    """The place, what is to be said of it, the answers of a check list, and what speaks against a photo."""
    assert dict(words.PLACES) == of_console("site", "PLACES")
    assert dict(words.FOUND) == of_console("site", "FOUND")
    assert dict(PLACE_FLAGS) == of_console("site", "PLACE_FLAGS")
    assert dict(PHOTO_FLAGS) == of_console("site", "DOUBTS")
    assert words.RESULTS.items() <= of_console("ledger", "MOVES").items()


def test_messages_name_severities_as_the_console_does() -> None:
    """Severity 3 is 较重 everywhere."""
    assert {str(level): LEVELS[level] for level in (1, 2, 3, 4)} == of_console("ledger", "SEVERITIES")


def test_an_input_that_is_missing_is_called_what_its_form_calls_it() -> None:
    """The service says which one, and the handbook names it too."""
    assert FIELD_WORDS.items() <= of_console("answers", "FIELD_WORDS").items()
