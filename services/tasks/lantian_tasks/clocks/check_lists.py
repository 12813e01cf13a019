"""What an inspection on site looks at: check lists by rule and category, read from check_lists.yaml, dated. Pure once
loaded. Basis: reference T5 (check-list complete); each item names its own source.
"""

from collections.abc import Sequence
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lantian_tasks.clocks.policy import read

WORD = r"^[a-z][a-z-]{0,39}$"


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(_Row):
    """A text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Item(Named):
    """One thing to look at, said as it should be. `when_problem`: what a problem needs besides the answer."""

    id: str = Field(pattern=WORD)
    when_problem: Literal["", "note", "evidence"] = "note"
    source: str = Field(min_length=1)


class CheckList(_Row):
    """A list in force from a day (Beijing) on, until a higher version of the same id begins."""

    id: str = Field(pattern=WORD)
    version: int = Field(ge=1)
    valid_from: date
    title: Named
    items: tuple[Item, ...] = Field(min_length=4, max_length=10)

    @model_validator(mode="after")
    def _items_differ(self) -> "CheckList":
        if len({item.id for item in self.items}) < len(self.items):
            raise ValueError(f"{self.id} names an item twice")
        return self


class Ask(_Row):
    """Which leads ask for a list: by rule, by category (shell patterns), or all that are left."""

    list: str
    rules: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def fits(self, rule_id: str, category: str) -> bool:
        """Whether a lead of this rule and category asks for it."""
        if not self.rules and not self.categories:
            return True
        return any(fnmatchcase(rule_id, p) for p in self.rules) or any(
            fnmatchcase(category, p) for p in self.categories
        )


class CheckLists(_Row):
    """The whole file."""

    version: date
    change_log: tuple[str, ...]
    asks: tuple[Ask, ...]
    lists: tuple[CheckList, ...]

    @model_validator(mode="after")
    def _every_lead_has_one(self) -> "CheckLists":
        known = {row.id for row in self.lists}
        missing = {ask.list for ask in self.asks} - known
        if missing:
            raise ValueError(f"no list {', '.join(sorted(missing))}")
        if not self.asks or self.asks[-1].rules or self.asks[-1].categories:
            raise ValueError("the last row of asks takes every lead that is left")
        if len({(row.id, row.version) for row in self.lists}) < len(self.lists):
            raise ValueError("a version of a list stands there twice")
        for name in known:
            rows = sorted((row for row in self.lists if row.id == name), key=lambda row: row.version)
            if [row.valid_from for row in rows] != sorted({row.valid_from for row in rows}):
                raise ValueError(f"versions of {name} do not begin one after another")
        return self

    def asked(self, rule_id: str, category: str, since: date, until: date) -> Sequence[CheckList]:
        """The versions of the lead's list that were in force on some day from `since` to `until`, the newest first.

        More than one only when the list changed meanwhile: a phone without a network may have answered the older one.
        Never empty: before the first version began, the first counts.
        """
        name = next(ask.list for ask in self.asks if ask.fits(rule_id, category))
        rows = sorted((row for row in self.lists if row.id == name), key=lambda row: row.version)
        begun = [row for row in rows if row.valid_from <= until] or rows[:1]
        older = [row for row in begun if row.valid_from <= since]
        return [row for row in reversed(begun) if not older or row.version >= older[-1].version]


def load(path: Path | None = None) -> CheckLists:
    """The lists of a file, by default those that are shipped. Raises PolicyError."""
    return read(path or Path(__file__).with_name("check_lists.yaml"), CheckLists)


@cache
def shipped() -> CheckLists:
    """The lists in the package."""
    return load()
