"""Sentences in source code that an API may answer with: those that are not in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

SAYING = {
    *("ProblemError", "Refused", "Refusal", "Verdict", "Unacceptable", "PhotoError", "TableError"),
    *("AccountError", "HTTPException", "of", "_misfit"),
}
"""Calls whose texts are shown to whoever asked; `of` is FieldProblem's."""
GUARDING = {"Situation"}
"""Functions that take one of these and return a text say why not."""


def one_sided(root: Path, *, said_by: tuple[str, ...] = ()) -> Iterator[str]:
    """Place and text of each sentence without its other half; `said_by` are more functions that return such texts."""
    for path in sorted(root.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for text in (*_in_call(node), *_in_guard(node, said_by)):
                yield f"{path.relative_to(root)}:{text.lineno} {ast.unparse(text)}"


def _in_call(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and _name(node.func) in SAYING:
        for value in (*node.args, *(word.value for word in node.keywords if word.arg == "detail")):
            yield from _sentences(value)


def _in_guard(node: ast.AST, said_by: tuple[str, ...]) -> Iterator[ast.expr]:
    if not isinstance(node, ast.FunctionDef):
        return
    takes = {ast.unparse(one.annotation) for one in node.args.args if one.annotation is not None}
    if not takes & GUARDING and node.name not in said_by:
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Return) and inner.value is not None:
            yield from _sentences(inner.value)


def _sentences(value: ast.expr) -> Iterator[ast.expr]:
    """Texts with a space in them that stand here as they are, in a choice or in a sum; not those within Both(…)."""
    if isinstance(value, ast.IfExp):
        yield from _sentences(value.body)
        yield from _sentences(value.orelse)
    elif isinstance(value, ast.BinOp):
        yield from _sentences(value.left)
        yield from _sentences(value.right)
    elif isinstance(value, ast.BoolOp):
        for one in value.values:
            yield from _sentences(one)
    elif (
        isinstance(value, ast.JoinedStr)
        and any(isinstance(part, ast.Constant) and " " in str(part.value) for part in value.values)
    ) or (isinstance(value, ast.Constant) and isinstance(value.value, str) and " " in value.value):
        yield value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
