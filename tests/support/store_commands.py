"""The commands that a store sends, and whether an index serves them by the rules of MongoDB's planner."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo import monitoring

Command = Mapping[str, Any]
Indexes = Mapping[str, Mapping[str, Any]]
"""As pymongo's index_information: facts by name, among them `key`, `sparse`."""


class Heard(monitoring.CommandListener):
    """Commands of one test; a listener can not be taken away, so it stops listening."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.listens = True

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Kept whole."""
        if self.listens:
            self.commands.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to keep."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to keep."""

    def named(self, *names: str) -> list[dict[str, Any]]:
        """Commands of these kinds."""
        return [command for command in self.commands if next(iter(command)) in names]


def asked(command: Command) -> Iterator[tuple[Command, list[tuple[str, int]], str]]:
    """Filter, order and hint of each question in a command that looks for documents."""
    hint = str(command.get("hint", ""))
    match next(iter(command)):
        case "find":
            yield command.get("filter", {}), list(command.get("sort", {}).items()), hint
        case "aggregate":
            first, then = [*command["pipeline"], {}, {}][:2]
            yield first.get("$match", {}), list(then.get("$sort", {}).items()), hint
        case "distinct":
            yield command.get("query", {}), [(command["key"], 1)], hint
        case "update":
            yield from ((one["q"], [], "") for one in command["updates"])
        case "delete":
            yield from ((one["q"], [], "") for one in command["deletes"])


def is_served(wanted: Command, order: list[tuple[str, int]], hint: str, indexes: Indexes) -> bool:
    """Whether an index begins with a field that the filter bounds, or gives the order from its first key on.

    MongoDB's manual, Query Plans and Sort and Index Use. A sparse index holds no document without its field: it finds
    none that lacks it, and gives no order of all.
    """
    if hint:
        return hint in indexes
    return _is_bounded(wanted, indexes) or any(_gives(order, facts) for facts in indexes.values())


def _is_bounded(wanted: Command, indexes: Indexes) -> bool:
    for name, value in wanted.items():
        if name == "_id" and _enters(value, {}):
            return True  # every collection has this index, also one that nothing was written to yet
        if name == "$and" and any(_is_bounded(part, indexes) for part in value):
            return True
        if name == "$or" and all(_is_bounded(part, indexes) for part in value):
            return True
        if any(facts["key"][0][0] == name and _enters(value, facts) for facts in indexes.values()):
            return True
    return False


def _enters(value: Any, facts: Mapping[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    if "$regex" in value:
        return False  # of ours none is anchored: every key would be looked at
    return value != {"$exists": False} or not facts.get("sparse")


def _gives(order: list[tuple[str, int]], facts: Mapping[str, Any]) -> bool:
    if not order or facts.get("sparse") or "partialFilterExpression" in facts:
        return False
    keys = [(name, int(way)) for name, way in facts["key"]][: len(order)]
    return order in (keys, [(name, -way) for name, way in keys])
