"""Who may send records for which feeds: publishers and the hashes of their keys, from one mounted YAML file.

publishers:
  - id: sjz-stations              # stands in the evidence as the sender
    feeds: ["sjz-*"]              # ids of feeds; * and ? as in file names
    key_sha256: ["<64 hex>"]      # SHA-256 of the key; two while one is being replaced
    rows_per_minute: 60000        # optional
"""

import re
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lantian_kit.access.key_file import Holders, KeyHash, each_once, read_key_file

NAME_OF_FILE: Final = "publishers' file"
ROWS_PER_MINUTE: Final = 60_000

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]


@dataclass(frozen=True, slots=True)
class Publisher:
    """One sender of records."""

    id: str
    feeds: tuple[str, ...]
    rows_per_minute: int = ROWS_PER_MINUTE
    _patterns: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_patterns", tuple(re.compile(translate(pattern)) for pattern in self.feeds))

    def may(self, feed: str) -> bool:
        """Whether it may send for a feed."""
        return any(pattern.match(feed) for pattern in self._patterns)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Name
    feeds: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(min_length=1)
    key_sha256: list[KeyHash] = Field(min_length=1, max_length=2)
    rows_per_minute: int = Field(default=ROWS_PER_MINUTE, ge=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    publishers: list[_Row]


class Publishers(Holders[Publisher]):
    """Publishers by key; denies by default."""

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """The publishers of a file; nobody without one. Raises AccessError."""
        if path is None:
            return cls()
        rows = read_key_file(path, _File, NAME_OF_FILE).publishers
        each_once((row.id for row in rows), NAME_OF_FILE)
        return cls(
            (key, publisher)
            for row in rows
            for publisher in [Publisher(row.id, tuple(row.feeds), row.rows_per_minute)]
            for key in row.key_sha256
        )
