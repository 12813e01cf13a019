"""A metric's attribute is given once: a second one of the same name would silently take its place."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for folder in ("kit", "services") for path in (ROOT / folder).rglob("metrics.py") if ".venv" not in path.parts
)


def given_twice(text: str) -> list[str]:
    """Attributes of self that one class gives more than once."""
    found: list[str] = []
    for kind in ast.walk(ast.parse(text)):
        if isinstance(kind, ast.ClassDef):
            targets = (target for node in ast.walk(kind) if isinstance(node, ast.Assign) for target in node.targets)
            names = Counter(ast.unparse(target) for target in targets if isinstance(target, ast.Attribute))
            found += [name for name, times in names.items() if times > 1]
    return found


def test_the_check_sees_a_second_one() -> None:
    """It can fail."""
    assert given_twice("class A:\n def f(self):\n  self.a = 1\n  self.a = 2\n  self.b = 1\n") == ["self.a"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_metric_has_a_name_of_its_own(path: Path) -> None:
    """In every service."""
    assert given_twice(path.read_text(encoding="utf-8")) == []


def test_every_service_is_looked_at() -> None:
    """Six packages count something."""
    assert len(FILES) >= 5
