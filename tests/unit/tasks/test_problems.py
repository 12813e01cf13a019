"""Every kind of problem has its title in English and Chinese."""

import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import BaseModel, ValidationError

import lantian_notify
import lantian_tasks
from lantian_kit.mistakes import UNKNOWN, mistake
from lantian_tasks.evidence.media import Unacceptable
from lantian_tasks.ledger import schemas as ledger_schemas
from lantian_tasks.ledger.machine import ProblemCode
from lantian_tasks.problems import BY_STATUS, TITLES, ProblemError
from lantian_tasks.registry import entities, orders, rule_sets
from tests.support.texts import one_sided

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


SAID_BY = ("not_the_same", "weakness", "_objection", "_same_point", "period_problem")


def test_every_sentence_is_said_in_both_languages() -> None:
    """Of guards, of the machine and of the API: a new one without its Chinese, `Both(…)`, is found here."""
    root = Path(str(lantian_tasks.__file__)).parent
    assert list(one_sided(root, said_by=SAID_BY)) == []
    assert list(one_sided(Path(str(lantian_notify.__file__)).parent)) == []


def test_a_guard_without_chinese_would_be_found(tmp_path: Path) -> None:
    """As a text, in a choice, with values in it, in a call."""
    code = (
        "def a(s: Situation):\n    return None if s else 'not today'\n"
        "def b(s: Situation):\n    return f'{s} is too late'\n"
        "raise ProblemError(409, 'no more')\n"
        "def fine(s: Situation):\n    return Both('not today', '今天不行')\n"
    )
    (tmp_path / "x.py").write_text(code, encoding="utf-8")
    assert [line.split(" ", 1)[0] for line in one_sided(tmp_path)] == ["x.py:2", "x.py:4", "x.py:5"]


@pytest.mark.parametrize(
    "model",
    [
        model
        for module in (ledger_schemas, entities, orders, rule_sets)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model is not BaseModel
    ],
)
def test_what_pydantic_finds_is_said_in_chinese(model: type[BaseModel]) -> None:
    """Of every body: nothing, something of another kind in every field, something unknown."""
    fields = list(model.model_fields)
    kinds: tuple[object, ...] = ("", "x" * 5000, -1, 10**30, [], {}, None, [1] * 200, True, 1.5)
    bodies: list[object] = [{}, {"unknown": 1}, [], *(dict.fromkeys(fields, value) for value in kinds)]
    for body in bodies:
        try:
            model.model_validate(body)
        except ValidationError as error:
            for row in error.errors():
                said = mistake(row)
                assert re.search(r"[\u4e00-\u9fff]", said.zh), row
                assert said.zh != UNKNOWN, row
