"""Every kind of problem has its title in English and Chinese."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import lantian_tasks
from lantian_tasks.evidence.media import Unacceptable
from lantian_tasks.ledger.machine import ProblemCode
from lantian_tasks.problems import BY_STATUS, TITLES, ProblemError

FILES = [f"file-{code}" for code in get_args(get_type_hints(Unacceptable)["code"])]
WRITTEN = {
    found
    for path in Path(str(lantian_tasks.__file__)).parent.rglob("*.py")
    for found in re.findall(r'slug="([a-z-]+)"', path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("slug", sorted({*map(str, ProblemCode), *BY_STATUS.values(), *FILES, *WRITTEN}))
def test_a_title_in_both_languages(slug: str) -> None:
    """Whatever the code may say."""
    english, chinese = TITLES[slug]
    assert english.isascii()
    assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_a_problem_without_a_title_is_a_mistake_of_ours() -> None:
    """Found where it is made, not by who reads it."""
    assert len(WRITTEN) > 5
    with pytest.raises(ValueError, match="without a title"):
        ProblemError(409, "x", slug="of-a-later-release")
