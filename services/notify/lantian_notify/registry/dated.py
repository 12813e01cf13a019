"""Versions with dates: what held at which time. Pure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Version(Generic[Value]):
    """One revision; `value` None when it was voided. Times in ms, `valid_to_ms` 0 means open."""

    revision: int
    valid_from_ms: int
    valid_to_ms: int
    voided: bool
    value: Value | None

    def value_at(self, at_ms: int) -> Value | None:
        """What this revision says of a time it has begun at."""
        over = self.valid_to_ms != 0 and at_ms >= self.valid_to_ms
        return None if self.voided or over else self.value


class Dated(Generic[Value]):
    """Entities by id, each with its revisions.

    The revision that decides at a time is the highest one whose `valid_from_ms` has come: a later revision corrects the
    earlier ones from its own start on, and what held before stays true of the time before.
    """

    def __init__(self) -> None:
        self._versions: dict[str, dict[int, Version[Value]]] = {}

    def put(self, entity_id: str, version: Version[Value]) -> None:
        """Adds a revision, or replaces the one of the same number."""
        self._versions.setdefault(entity_id, {})[version.revision] = version

    def forget(self, entity_id: str) -> None:
        """Drops an entity whole."""
        self._versions.pop(entity_id, None)

    def at(self, entity_id: str, at_ms: int) -> Value | None:
        """An entity as it is at a time; None when it does not exist then."""
        begun = [one for one in self._versions.get(entity_id, {}).values() if one.valid_from_ms <= at_ms]
        return max(begun, key=lambda one: one.revision).value_at(at_ms) if begun else None

    def all_at(self, at_ms: int) -> list[Value]:
        """Everything that exists at a time, by id."""
        found = (self.at(entity_id, at_ms) for entity_id in sorted(self._versions))
        return [value for value in found if value is not None]

    def voided(self, entity_id: str) -> bool:
        """True when the last word on the entity is that it was void."""
        versions = self._versions.get(entity_id, {})
        return bool(versions) and versions[max(versions)].voided
