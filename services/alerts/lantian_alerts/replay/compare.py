"""The difference between two runs of detection over the same history; pure."""

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from lantian_alerts.core import parameters
from lantian_alerts.core.catalogue import Catalogue, CatalogueError
from lantian_alerts.core.rule import Episode
from lantian_alerts.core.rulebook import version_of
from lantian_alerts.detect.run import shown
from lantian_proto.v1.lead_pb2 import Lead

COMPARED = ("severity", "score", "start", "end")


class Difference(NamedTuple):
    """Leads of the candidate that the rule in force does not give, the other way round, and those told differently."""

    added: list[Lead]
    gone: list[Lead]
    changed: list[tuple[Lead, Lead]]
    same: int

    def as_json(self, lead_ids: bool = True) -> dict[str, Any]:
        """Counts and findings, as `lantian replay` prints them."""

        def one(lead: Lead) -> dict[str, Any]:
            return ({"lead_id": lead.lead_id} if lead_ids else {}) | shown(lead)

        return {
            "counts": {
                "added": len(self.added), "gone": len(self.gone), "changed": len(self.changed), "same": self.same,
            },
            "added": [one(lead) for lead in self.added],
            "gone": [one(lead) for lead in self.gone],
            "changed": [{"before": one(before), "after": one(after)} for before, after in self.changed],
        }  # fmt: skip


def difference(before: Iterable[Lead], after: Iterable[Lead]) -> Difference:
    """What the second run tells otherwise than the first; an episode is the same one when its id is."""
    old = {lead.lead_id: lead for lead in before}
    new = {lead.lead_id: lead for lead in after}
    both = [(old[key], new[key]) for key in old if key in new]
    changed = [(was, now) for was, now in both if _told(was) != _told(now)]
    return Difference(
        [lead for key, lead in new.items() if key not in old],
        [lead for key, lead in old.items() if key not in new],
        changed,
        len(both) - len(changed),
    )


def by_rule(before: Iterable[Lead], after: Iterable[Lead]) -> dict[str, Difference]:
    """The difference of each rule that has a lead in one of the runs, by its id."""
    old, new = list(before), list(after)

    def of(leads: list[Lead], rule_id: str) -> list[Lead]:
        return [lead for lead in leads if lead.rule_id == rule_id]

    rules = sorted({lead.rule_id for lead in [*old, *new]})
    return {rule_id: difference(of(old, rule_id), of(new, rule_id)) for rule_id in rules}


def _told(lead: Lead) -> tuple[object, ...]:
    found = shown(lead)
    return tuple(found[name] for name in COMPARED)


def candidate(catalogue: Catalogue, rule: str, settings: dict[str, object]) -> Catalogue:
    """The catalogue with one rule's parameters changed; `rule` is `id@v3`, the version the change would get.

    Raises CatalogueError for an unknown rule, a version that is not the next one, and parameters the rule refuses.
    """
    rule_id, _, version = rule.partition("@")
    entry = catalogue.entries.get(rule_id)
    if entry is None:
        raise CatalogueError(f"no rule {rule_id!r}, one of {', '.join(sorted(catalogue.entries))}")
    wanted = int(version.removeprefix("v")) if version.removeprefix("v").isdecimal() else entry.version + 1
    if settings and wanted == entry.version:
        raise CatalogueError(f"{rule_id}@v{wanted} is in force; other parameters are another version")
    known = msgspec.to_builtins(entry.rule)
    if unknown := settings.keys() - known.keys():
        raise CatalogueError(f"{rule_id} has no parameter {min(unknown)!r}, only {', '.join(sorted(known))}")
    try:
        changed = msgspec.convert(known | settings, type(entry.rule))
    except (msgspec.ValidationError, ValueError) as error:
        raise CatalogueError(f"{rule_id}: {error}") from error
    entries = dict(catalogue.entries)
    entries[rule_id] = msgspec.structs.replace(entry, rule=changed, version=wanted)
    return Catalogue(entries)


def with_values(catalogue: Catalogue, rule_id: str, number: int, values: dict[str, float]) -> Catalogue:
    """The catalogue with a set of parameters in force at all times. Raises CatalogueError, ParameterError."""
    entry = catalogue.entries.get(rule_id)
    if entry is None:
        raise CatalogueError(f"no rule {rule_id!r}, one of {', '.join(sorted(catalogue.entries))}")
    rule, version = parameters.changed(entry.rule, entry.changeable, values), version_of(entry.version, number)
    return Catalogue(catalogue.entries | {rule_id: msgspec.structs.replace(entry, rule=rule, version=version)})


def replay_id(rule: str, parameters: object, from_ms: int, to_ms: int, history: object) -> str:
    """Names a replay by what it was about: rule, parameters, span and the history it read."""
    text = msgspec.json.encode([rule, msgspec.to_builtins(parameters), from_ms, to_ms, history], order="sorted")
    return hashlib.sha256(text).hexdigest()[:24]


def within(episode: Episode, from_ms: int, to_ms: int) -> bool:
    """Whether an episode touches a span."""
    return episode.start_ms < to_ms and episode.end_ms >= from_ms
