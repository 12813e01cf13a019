"""Parameters of rules as the registry holds them: dated sets, by rule and number; pure."""

from typing import NamedTuple

from lantian_proto.replays import values_of
from lantian_proto.v1.registry_pb2 import RegistryChange, RuleParameters

KIND = "rule-parameters"


class RuleSet(NamedTuple):
    """One set: what differs from the catalogue of `base_version`, by path, from a time on."""

    rule_id: str
    number: int
    base_version: int
    from_ms: int
    values: dict[str, float]
    reason: str
    changed_by: str
    changed_ms: int
    replay_id: str


class RuleSets:
    """Takes changes in any order and with repeats. A voided set never held; the higher number wins at one time."""

    def __init__(self) -> None:
        self.changes = 0
        self._held: dict[str, tuple[int, bool, RuleSet]] = {}

    def take(self, change: RegistryChange) -> None:
        """Takes one change. Raises ValueError for one without its entity."""
        if change.WhichOneof("entity") != "rule_parameters":
            raise ValueError(f"a change of {KIND} carries {change.WhichOneof('entity')}")
        held = self._held.get(change.id)
        if held is None or change.revision >= held[0]:
            self._held[change.id] = (change.revision, change.voided, _of(change, change.rule_parameters))
            self.changes += 1

    def forget(self, id_: str) -> None:
        """The topic forgets a set."""
        if self._held.pop(id_, None) is not None:
            self.changes += 1

    def rules(self) -> set[str]:
        """Rules that have sets."""
        return {one.rule_id for _, _, one in self._held.values()}

    def of_rule(self, rule_id: str) -> list[RuleSet]:
        """Its sets, by time and number: the last that has begun is in force."""
        found = [one for _, voided, one in self._held.values() if one.rule_id == rule_id and not voided]
        return sorted(found, key=lambda one: (one.from_ms, one.number))

    def last_number(self, rule_id: str, base_version: int) -> int:
        """Of the sets ever made for a version, voided ones too; 0 for none."""
        fitting = ((rule_id, base_version) == (one.rule_id, one.base_version) for _, _, one in self._held.values())
        numbers = [one.number for (_, _, one), fits in zip(self._held.values(), fitting, strict=True) if fits]
        return max(numbers, default=0)


def _of(change: RegistryChange, entity: RuleParameters) -> RuleSet:
    return RuleSet(
        entity.rule_id,
        entity.number,
        entity.base_version,
        change.valid_from_ms,
        values_of(entity.values),
        entity.reason,
        change.changed_by,
        change.changed_ms,
        entity.replay_id,
    )
