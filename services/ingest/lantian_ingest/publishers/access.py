"""Who may send records for which feeds: publishers and the hashes of their keys, from one mounted YAML file.

publishers:
  - id: sjz-stations              # stands in the evidence as the sender
    feeds: ["sjz-*"]              # ids of feeds; * and ? as in file names
    key_sha256: ["<64 hex>"]      # SHA-256 of the key; two while one is being replaced
    rows_per_minute: 60000        # optional
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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


class AccessError(Exception):
    """The file can not be used; the process must not start with half of it."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Name
    feeds: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(min_length=1)
    key_sha256: list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]] = Field(min_length=1, max_length=2)
    rows_per_minute: int = Field(default=ROWS_PER_MINUTE, ge=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    publishers: list[_Row]


class Publishers:
    """Publishers by key; denies by default."""

    def __init__(self, publishers: Iterable[tuple[str, Publisher]] = ()) -> None:
        """Pairs of a key's SHA-256 and its publisher. Raises AccessError when two share a key."""
        self._by_hash: dict[str, Publisher] = {}
        for key_sha256, publisher in publishers:
            if self._by_hash.setdefault(key_sha256, publisher) is not publisher:
                raise AccessError(f"{publisher.id} and {self._by_hash[key_sha256].id} have the same key")

    @classmethod
    def load(cls, path: Path | None) -> "Publishers":
        """The publishers of a file; nobody without one. Raises AccessError."""
        if path is None:
            return cls()
        try:
            rows = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).publishers
        except OSError as error:
            raise AccessError(f"the publishers' file can not be read: {error}") from error
        except yaml.YAMLError as error:
            raise AccessError("the publishers' file is no YAML") from error
        except ValueError as error:
            # The values are not shown: a key may have been put where its hash belongs.
            raise AccessError(f"the publishers' file is not valid: {_places(error)}") from None
        ids = [row.id for row in rows]
        if len(set(ids)) != len(ids):
            raise AccessError("an id stands twice in the publishers' file")
        return cls(
            (key, publisher)
            for row in rows
            for publisher in [Publisher(row.id, tuple(row.feeds), row.rows_per_minute)]
            for key in row.key_sha256
        )

    def of_key(self, key: str) -> Publisher | None:
        """Whose key it is. The look-up is by hash: its time says nothing about a key."""
        return self._by_hash.get(hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest())


def _places(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return "unknown shape"
    return "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in errors())
