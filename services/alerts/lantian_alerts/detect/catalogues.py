"""The catalogue a command works with: the shipped one, a file, or some of its rules by name and version."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from lantian_alerts.core.catalogue import Catalogue, CatalogueError, parse
from lantian_alerts.rules import KINDS

ALL: Final = "all"


class Chosen(NamedTuple):
    """A catalogue, and the rules of it whose findings are wanted."""

    catalogue: Catalogue
    rules: frozenset[str]


def shipped() -> Catalogue:
    """The rules as they are shipped."""
    return parse(files("lantian_alerts.rules").joinpath("catalogue.yaml").read_text(encoding="utf-8"), KINDS)


def chosen(words: list[str]) -> Chosen:
    """What `--rules` asks for: `all`, rule ids, ids with `@v2`, or one path of a catalogue file, in any mixture.

    Rules inhibit and need each other, so the whole catalogue always runs; only the findings of the chosen rules are
    told. Raises CatalogueError for a file that is none, an unknown rule and another version than the catalogue's.
    """
    paths = [word for word in words if word.endswith((".yaml", ".yml"))]
    names = [word for word in words if word not in paths and word != ALL]
    if len(paths) > 1:
        raise CatalogueError("one catalogue file at a time")
    catalogue = from_file(Path(paths[0])) if paths else shipped()
    return Chosen(catalogue, frozenset(named(catalogue, name) for name in names) or frozenset(catalogue.entries))


def from_file(path: Path) -> Catalogue:
    """A catalogue from a file. Raises CatalogueError."""
    try:
        return parse(path.read_text(encoding="utf-8"), KINDS)
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error


def named(catalogue: Catalogue, name: str) -> str:
    """The id of `rule` or `rule@v2`. Raises CatalogueError when the catalogue holds no such rule or version."""
    rule_id, _, version = name.partition("@")
    entry = catalogue.entries.get(rule_id)
    if entry is None:
        near = get_close_matches(rule_id, catalogue.entries, n=3) or sorted(catalogue.entries)
        raise CatalogueError(f"no rule {rule_id!r}; there is {', '.join(near)}")
    if version and version.removeprefix("v") != str(entry.version):
        raise CatalogueError(f"{rule_id} is version {entry.version} in this catalogue, not {version}")
    return rule_id
