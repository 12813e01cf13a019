"""Files of holders of keys: YAML with the SHA-256 of each key, read at start, refused whole when anything is off."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Generic, Protocol, TypeVar

import yaml
from pydantic import BaseModel, StringConstraints


class AccessError(Exception):
    """The file can not be used; the process must not start with half of it."""


KeyHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Holder(Protocol):
    """Somebody with a key."""

    @property
    def id(self) -> str:
        """The account."""


File = TypeVar("File", bound=BaseModel)
Who = TypeVar("Who", bound=Holder)


def read_key_file(path: Path, form: type[File], name: str) -> File:
    """The content of a file; `name` is how messages call it. Raises AccessError without showing any value of it."""
    try:
        return form.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise AccessError(f"the {name} can not be read: {error}") from error
    except yaml.YAMLError as error:
        raise AccessError(f"the {name} is no YAML") from error
    except ValueError as error:
        # The values are not shown: a key may have been put where its hash belongs.
        raise AccessError(f"the {name} is not valid: {_places(error)}") from None


def each_once(ids: Iterable[str], name: str) -> None:
    """Raises AccessError when an id stands twice."""
    listed = list(ids)
    if len(set(listed)) != len(listed):
        raise AccessError(f"an id stands twice in the {name}")


def key_hash(key: str) -> str:
    """What a file holds instead of a key."""
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()


class Holders(Generic[Who]):
    """Holders by key; denies by default."""

    def __init__(self, holders: Iterable[tuple[str, Who]] = ()) -> None:
        """Pairs of a key's SHA-256 and its holder. Raises AccessError when two share a key."""
        self._by_hash: dict[str, Who] = {}
        for hashed, holder in holders:
            other = self._by_hash.setdefault(hashed, holder)
            if other != holder:
                raise AccessError(f"{holder.id} and {other.id} have the same key")

    def of_key(self, key: str) -> Who | None:
        """Whose key it is. The look-up is by hash: its time says nothing about a key."""
        return self._by_hash.get(key_hash(key))

    @property
    def anybody(self) -> bool:
        """Whether there is one at all."""
        return bool(self._by_hash)


def _places(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return "unknown shape"
    return "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in errors())
