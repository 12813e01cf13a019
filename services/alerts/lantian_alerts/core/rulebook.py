"""The rules by time: the catalogue, and the parameters that the registry sets from a time on (ADR 17).

A period is judged by the parameters in force when it began, so that findings follow from the readings and the registry
alone: arrival, restarts and the number of partitions do not matter. An episode keeps the version that opened it.
"""

from bisect import bisect_right
from typing import Final, NamedTuple, Protocol

import msgspec

from lantian_alerts.core.catalogue import Catalogue, Entry
from lantian_alerts.core.demand import Demand
from lantian_alerts.core.parameters import ParameterError, changed
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import Episode
from lantian_alerts.knowledge.limits import day_of
from lantian_alerts.knowledge.regions import region_of

SETS_OF_A_VERSION: Final = 1000
"""A lead's rule version with parameters of number n is the catalogue's version times this plus n: 2.1 is 2001."""


def version_of(base_version: int, number: int) -> int:
    """The version that stands in leads; number 0 is the catalogue's own."""
    return base_version * SETS_OF_A_VERSION + number if number else base_version


class Rules(Protocol):
    """Who knows the entry by which an episode was opened, and where its source lies."""

    def of(self, episode: Episode) -> Entry:
        """The entry; as it stands in the catalogue when its version is not known any more. Raises KeyError."""

    def in_key_region(self, episode: Episode) -> bool:
        """Whether the source lay in a key region of the air campaign when the episode began."""


class _Dated(NamedTuple):
    from_ms: int
    entry: Entry


class Rulebook:
    """Follows the registry by itself; asks of it nothing else than the parameters of rules."""

    def __init__(self, catalogue: Catalogue, registry: Registry) -> None:
        self.catalogue = catalogue
        self._registry = registry
        self._seen = 0
        self._dated: dict[str, list[_Dated]] = {}
        self._times: list[int] = []
        self._demands: dict[int, Demand] = {}

    def at(self, entry: Entry, at_ms: int) -> Entry:
        """The entry of the catalogue with the parameters in force at a time."""
        self._follow()
        dated = self._dated.get(entry.id)
        if not dated:
            return entry
        return next((one.entry for one in reversed(dated) if one.from_ms <= at_ms), entry)

    def of(self, episode: Episode) -> Entry:
        """See Rules."""
        self._follow()
        entry = self.catalogue.entries[episode.rule_id]
        dated = self._dated.get(entry.id, ())
        return next((one.entry for one in dated if one.entry.version == episode.rule_version), entry)

    def in_key_region(self, episode: Episode) -> bool:
        """See Rules: by its city and the regions of the day, or because the registry says that special limits hold."""
        source = self._registry.site(episode.source_id).source(episode.start_ms)
        if source is None:
            return False
        facts = source.outlet
        if facts.special_region or not facts.city_code:
            return facts.special_region
        return region_of(facts.city_code, day_of(episode.start_ms)) is not None

    def effective(self, rule_id: str) -> list[int]:
        """Numbers of a rule's sets that fit its version and bounds; the others have no effect."""
        self._follow()
        return [one.entry.version % SETS_OF_A_VERSION for one in self._dated.get(rule_id, ())]

    def demand(self, at_ms: int) -> Demand:
        """What the loop has to notice at a time; the same object as long as nothing changes."""
        self._follow()
        number = bisect_right(self._times, at_ms)
        found = self._demands.get(number)
        if found is None:
            entries = {name: self.at(entry, at_ms) for name, entry in self.catalogue.entries.items()}
            found = self._demands[number] = Catalogue(entries).demand()
        return found

    def _follow(self) -> None:
        sets = self._registry.parameters
        if self._seen == sets.changes:
            return
        self._seen = sets.changes
        self._dated = {rule_id: found for rule_id in sets.rules() if (found := self._entries(rule_id))}
        self._times = sorted({one.from_ms for dated in self._dated.values() for one in dated})
        self._demands = {}

    def _entries(self, rule_id: str) -> list[_Dated]:
        entry = self.catalogue.entries.get(rule_id)
        found: list[_Dated] = []
        for one in self._registry.parameters.of_rule(rule_id):
            if entry is None or one.base_version != entry.version:
                continue
            version = version_of(entry.version, one.number)
            try:
                rule = changed(entry.rule, entry.changeable, one.values)
            except ParameterError:  # bounds are narrower than they were; `effective` says so
                continue
            found.append(_Dated(one.from_ms, msgspec.structs.replace(entry, rule=rule, version=version)))
        return found
