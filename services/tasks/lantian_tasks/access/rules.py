"""Which roles may call which operation of the API, from rules.yaml. Pure; denies by default."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import yaml

from lantian_kit.access.principals import Permission
from lantian_tasks.ledger.machine import Role


class RuleError(Exception):
    """The rules do not fit the API: an operation without a rule, or a rule without a sense."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a call needs."""

    roles: frozenset[Role]
    permit: Permission


NOBODY = Rule(frozenset(), Permission.READ)
"""The rule of what has none."""


class Rules:
    """By operation id; the first line whose name fits decides."""

    def __init__(self, rules: Mapping[str, Rule], free: Collection[str] = ()) -> None:
        """`free` are operations for whoever comes."""
        self._rules = dict(rules)
        self.free = frozenset(free)

    @classmethod
    def shipped(cls) -> "Rules":
        """Those of rules.yaml. Raises RuleError."""
        return cls.read(files("lantian_tasks.access").joinpath("rules.yaml").read_text(encoding="utf-8"))

    @classmethod
    def read(cls, text: str) -> "Rules":
        """Those of a document. Raises RuleError."""
        try:
            found: dict[str, Any] = yaml.safe_load(text)
            groups = {name: frozenset(map(Role, roles)) for name, roles in found["roles"].items()}
            return cls(
                {
                    name: Rule(groups[row["roles"]], Permission(row["permit"]))
                    for name, row in found["operations"].items()
                },
                found["open"],
            )
        except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            raise RuleError(f"the rules can not be read: {error!r}") from error

    def of(self, operation: str) -> Rule:
        """The rule of an operation; nobody may call one that has none."""
        for name, rule in self._rules.items():
            if fnmatchcase(operation, name):
                return rule
        return NOBODY

    def check(self, operations: Collection[str], *, whole: bool = True) -> None:
        """Raises RuleError when an operation has no rule or, for the `whole` API, a rule names no operation."""
        without = sorted(one for one in operations if self.of(one) is NOBODY and one not in self.free)
        if without:
            raise RuleError(f"no rule in access/rules.yaml says who may call {', '.join(without)}")
        named = (*self._rules, *self.free)
        idle = sorted(name for name in named if not any(fnmatchcase(one, name) for one in operations))
        if idle and whole:
            raise RuleError(f"rules without an operation: {', '.join(idle)}")
