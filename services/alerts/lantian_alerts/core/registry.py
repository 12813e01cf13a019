"""The registry as alerts needs it: feeds, limits and marks with their times of validity; pure, built from changes."""

from array import array
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf.message import DecodeError

from lantian_alerts.core import entities
from lantian_alerts.core.entities import FOR_EVER, KINDS, Entity, Version, Versions
from lantian_alerts.core.key_index import KeyIndex
from lantian_alerts.core.rule_sets import KIND as RULE_PARAMETERS
from lantian_alerts.core.rule_sets import RuleSets
from lantian_alerts.knowledge import outlets
from lantian_alerts.knowledge.limits import Averaging, Outlet, day_of
from lantian_alerts.knowledge.rows import Limit as Shipped
from lantian_proto import factors
from lantian_proto.v1.registry_pb2 import Feed, Limit, Mark, RegistryChange, Response, Source, Suppression

LONGEST_SUPPRESSION_MS = 90 * 86_400_000
PLATFORM = "platform"
STATION = "station"
BIT = {name: 1 << place for place, name in enumerate((*KINDS, PLATFORM, STATION))}
JOURNAL = 10_000
OPEN_AT_MOST = 512
"""Sources whose entities are held as objects: those an hour looks at come one after the other."""
TIDIED_FROM_BYTES = 4096


class Registry:
    """Applies changes in any order and with repeats; the higher revision wins where two hold at one time.

    A change takes effect at its `valid_from_ms`, not at its arrival: until then the revision before it holds, as far
    as it was seen. A voided entity never held.

    Every source that an entity ever named has all versions of it in its bytes, since a version of another source can
    end what an earlier one gave to this.
    """

    def __init__(self) -> None:
        self.parameters = RuleSets()
        self._ids: list[str] = []
        self._number: dict[str, int] = {}
        self._bytes: list[bytes] = []
        self._kinds = array("B")
        self._named = KeyIndex()
        self._open: OrderedDict[int, Versions] = OrderedDict()
        self._journal: deque[str] = deque(maxlen=JOURNAL)
        self._changes = 0

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes one record of the topic; None forgets the entity. Raises ValueError for bytes that are no change."""
        if value is None:
            for number in self._named.of(key):
                self._forget(number, key)
            if key.startswith(f"{RULE_PARAMETERS}/"):
                self.parameters.forget(key.partition("/")[2])
            return
        change = RegistryChange()
        try:
            change.ParseFromString(value)
        except DecodeError as error:
            raise ValueError(f"no registry change: {error}") from error
        if f"{change.kind}/{change.id}" != key:
            raise ValueError(f"key {key!r} does not fit entity {change.kind}/{change.id}")
        self.take(change)

    def take(self, change: RegistryChange) -> None:
        """Takes one change; kinds alerts does not need are passed over. Raises ValueError for a missing entity."""
        if change.kind == RULE_PARAMETERS:
            self.parameters.take(change)
        if change.kind not in KINDS:
            return
        if change.WhichOneof("entity") != change.kind:
            raise ValueError(f"a change of a {change.kind} carries {change.WhichOneof('entity')}")
        entity: Entity = getattr(change, change.kind)
        if not entity.source_id:
            raise ValueError(f"{change.kind}/{change.id} names no source")
        until = change.valid_to_ms or FOR_EVER
        version = Version(change.revision, change.valid_from_ms, until, change.voided, entity.source_id, entity)
        key = f"{change.kind}/{change.id}"
        own, naming = self._numbered(version.source_id), self._named.of(key)
        self._kinds[own] |= _bits(change.kind, entity)
        if own not in naming:
            for earlier in self._elsewhere(key, naming):
                self._append(own, key, earlier)
            self._named.put(key, own)
        for number in {own, *naming}:
            self._append(number, key, version)
            self._touch(number)

    def _numbered(self, source_id: str) -> int:
        number = self._number.get(source_id)
        if number is None:
            number = self._number[source_id] = len(self._ids)
            self._ids.append(source_id)
            self._bytes.append(b"")
            self._kinds.append(0)
        return number

    def _elsewhere(self, key: str, naming: list[int]) -> list[Version]:
        """Versions of an entity that named other sources so far; each of those holds them all."""
        found = (entities.of_key(self._bytes[number], self._ids[number], key) for number in naming)
        return next((versions for versions in found if versions), [])

    def _append(self, number: int, key: str, version: Version) -> None:
        before = self._bytes[number]
        after = entities.appended(before, key, version, self._ids[number])
        self._open.pop(number, None)
        if len(after) >= TIDIED_FROM_BYTES and len(after).bit_length() > len(before).bit_length():
            after = entities.written(entities.read(after, self._ids[number]), self._ids[number])
        self._bytes[number] = after

    def _forget(self, number: int, key: str) -> None:
        versions = self._entities(number)
        if key in versions:
            self._bytes[number] = entities.written(versions, self._ids[number], key)
            del self._open[number]
            self._touch(number)

    def _entities(self, number: int) -> Versions:
        versions = self._open.get(number)
        if versions is None:
            if len(self._open) >= OPEN_AT_MOST:
                self._open.popitem(last=False)
            versions = self._open[number] = entities.read(self._bytes[number], self._ids[number])
        return versions

    def _touch(self, number: int) -> None:
        self._journal.append(self._ids[number])
        self._changes += 1

    @property
    def changes(self) -> int:
        """How many changes have been taken."""
        return self._changes

    def touched_since(self, changes: int) -> list[str] | None:
        """Sources touched after that many changes; None when that is too long ago to tell."""
        missed = self._changes - changes
        if missed == 0:
            return []
        if missed > len(self._journal):
            return None
        return list(dict.fromkeys(list(self._journal)[len(self._journal) - missed :]))

    def sources(self) -> Iterator[str]:
        """All sources ever named, in the order they came."""
        return iter(self._ids)

    def knows(self, source_id: str) -> bool:
        """Whether a source or feed of this id was registered at any time and not voided."""
        return any(self._all(source_id, "source")) or any(self._all(source_id, "feed"))

    def has(self, source_id: str, kind: str) -> bool:
        """Whether a source ever had an entity of a kind, `platform` for a limit of a platform; or was a `station`."""
        number = self._number.get(source_id)
        return number is not None and bool(self._kinds[number] & BIT[kind])

    def responding(self) -> list[str]:
        """Sources that ever had a duty under an emergency response."""
        bit = BIT["response"]
        return [source_id for source_id, kinds in zip(self._ids, self._kinds, strict=True) if kinds & bit]

    def site(self, source_id: str) -> "Site":
        """The registry as one source sees it."""
        return Site(self, source_id)

    def _of_kind(self, source_id: str, kind: str) -> Iterator[list[Version]]:
        number = self._number.get(source_id)
        if number is None or not self._kinds[number] & BIT[kind]:
            return
        for key, versions in self._entities(number).items():
            if key.startswith(kind) and key[len(kind)] == "/":
                yield versions

    def _lasting(self, source_id: str, kind: str) -> Iterator[list[Version]]:
        return (versions for versions in self._of_kind(source_id, kind) if not versions[0].voided)

    def _all(self, source_id: str, kind: str) -> Iterator[Version]:
        for versions in self._lasting(source_id, kind):
            yield from (version for version in versions if version.source_id == source_id and not version.voided)

    def _at(self, source_id: str, kind: str, at_ms: int) -> Iterator[Version]:
        for versions in self._lasting(source_id, kind):
            holding = next((version for version in versions if version.from_ms <= at_ms), None)
            if holding is not None and holding.holds(at_ms) and holding.source_id == source_id and not holding.voided:
                yield holding

    def newest(self, source_id: str, key: str) -> int:
        """The newest revision of an entity that a source ever had; -1 for none."""
        number = self._number.get(source_id)
        versions = None if number is None else self._entities(number).get(key)
        return versions[0].revision if versions else -1


def _bits(kind: str, entity: Entity) -> int:
    bits = BIT[kind]
    if isinstance(entity, Limit) and entity.basis == PLATFORM:
        bits |= BIT[PLATFORM]
    if isinstance(entity, Source) and entity.kind == STATION:
        bits |= BIT[STATION]
    return bits


class Site(NamedTuple):
    """The registry as one source sees it; a rule's only way to it."""

    registry: Registry
    source_id: str

    def feeds(self, at_ms: int) -> list[Feed]:
        """Feeds that carry the source at a time."""
        return [one.entity for one in self.registry._at(self.source_id, "feed", at_ms) if isinstance(one.entity, Feed)]

    def limits(self, factor: str, at_ms: int, averaging: Averaging = "hour") -> list[Limit]:
        """Limits of an average in force for a factor at a time: the stated ones, then those the outlet's facts bring.

        The strictest is the one a value exceeds most. All have to be judged: limits with and without a reference
        oxygen can not be compared beforehand, and severity asks for the statutory ones among them.
        """
        wanted = factor_number(factor)
        limits = [one for one in self.stated(at_ms, averaging) if factor_number(one.factor) == wanted]
        outlet = self.outlet(at_ms)
        if outlet is not None and wanted >= 0:
            code = factors.by_number(wanted).code
            limits += [
                _of_knowledge(row, self.source_id) for row in outlets.binding(outlet, code, day_of(at_ms), averaging)
            ]
        return limits

    def stated(self, at_ms: int, averaging: Averaging = "hour") -> list[Limit]:
        """Limits of an average that the registry states one by one, in force at a time, of all factors."""
        found = [one.entity for one in self.registry._at(self.source_id, "limit", at_ms)]
        return [one for one in found if isinstance(one, Limit) and _usable(one, averaging)]

    def outlet(self, at_ms: int) -> Outlet | None:
        """What the registry says about the outlet at a time; None when it says nothing that brings limits."""
        for one in self.registry._at(self.source_id, "source", at_ms):
            if isinstance(one.entity, Source) and (facts := outlet_facts(one.entity)) is not None:
                return facts
        return None

    def any_limits(self, averaging: Averaging = "hour") -> list[Limit]:
        """Limits of any time, for the loop's screen, which must never be too narrow."""
        found = [one.entity for one in self.registry._all(self.source_id, "limit")]
        limits = [one for one in found if isinstance(one, Limit) and _usable(one, averaging)]
        for version in self.registry._all(self.source_id, "source"):
            facts = outlet_facts(version.entity) if isinstance(version.entity, Source) else None
            if facts is not None:
                rows = [row for found in outlets.ever(facts, averaging).values() for row in found]
                limits += [_of_knowledge(row, self.source_id) for row in rows]
        return limits

    def marks(self, start_ms: int, end_ms: int) -> list[Mark]:
        """Marks that touch a period; a mark without an end goes on."""
        found = [one.entity for one in self.registry._all(self.source_id, "mark")]
        latest = {one.mark_id: one for one in reversed(found) if isinstance(one, Mark)}
        return [one for one in latest.values() if one.start_ms < end_ms and (one.end_ms == 0 or one.end_ms > start_ms)]

    def platform_limits(self, factor: str, at_ms: int) -> list[Limit]:
        """What platforms alarm by: no limits in law, but they decide which exceedance is noticed there."""
        found = [one.entity for one in self.registry._at(self.source_id, "limit", at_ms)]
        limits = [one for one in found if isinstance(one, Limit) and one.basis == PLATFORM and one.value > 0]
        return [one for one in limits if factor_number(one.factor) == factor_number(factor)]

    def suppression(self, rule_id: str, factor: str, at_ms: int) -> Suppression | None:
        """The order that holds a finding back at a time, if it names owner, reason and an expiry within 90 days."""
        for version in self.registry._all(self.source_id, "suppression"):
            one = version.entity
            if not isinstance(one, Suppression) or not one.owner or not one.reason:
                continue
            lasting = one.start_ms <= at_ms < one.end_ms and one.end_ms - one.start_ms <= LONGEST_SUPPRESSION_MS
            fits = one.rule_id in ("", rule_id) and one.factor in ("", factor)
            if lasting and fits and version.revision == self._newest("suppression", one.suppression_id):
                return one
        return None

    def responses(self, start_ms: int, end_ms: int) -> list[Response]:
        """Duties under emergency responses that touch a period."""
        found = []
        for version in self.registry._all(self.source_id, "response"):
            one = version.entity
            if not isinstance(one, Response) or version.revision != self._newest("response", one.response_id):
                continue
            if one.start_ms < end_ms and (one.end_ms == 0 or one.end_ms > start_ms):
                found.append(one)
        return found

    def _newest(self, kind: str, id_: str) -> int:
        return self.registry.newest(self.source_id, f"{kind}/{id_}")

    def source(self, at_ms: int) -> Source | None:
        """The source as the registry describes it at a time."""
        found = [one.entity for one in self.registry._at(self.source_id, "source", at_ms)]
        return next((one for one in found if isinstance(one, Source)), None)

    def times(self) -> list[int]:
        """Times at which a feed, a limit or what the registry says of the outlet begins or ceases to hold."""
        versions = [one for kind in ("feed", "limit", "source") for one in self.registry._all(self.source_id, kind)]
        return sorted({time for one in versions for time in (one.from_ms, one.to_ms) if 0 < time < FOR_EVER})


def factor_number(code: str) -> int:
    """Number of a factor code of any edition; -1 for an unknown one."""
    factor = factors.by_code(code)
    return -1 if factor is None else factor.number


def outlet_facts(source: Source) -> Outlet | None:
    """An outlet's facts as knowledge takes them; None when no industry is stated."""
    facts = source.outlet
    if not facts.industry:
        return None
    return Outlet(
        facts.industry,
        facts.process,
        facts.existing,
        facts.special_region,
        facts.commitment == "ultra-low",
        facts.city_code or None,
        frozenset(facts.conditions),
    )


def _usable(limit: Limit, averaging: str) -> bool:
    return limit.value > 0 and limit.basis != PLATFORM and (limit.averaging or "hour") == averaging


def _of_knowledge(row: Shipped, source_id: str) -> Limit:
    return Limit(
        limit_id=f"{row.rule}/{row.scope}/{row.factor}",
        source_id=source_id,
        factor=row.factor,
        value=row.value,
        reference_oxygen_percent=row.reference_o2 or 0.0,
        basis=row.basis,
        clause=row.clause,
        averaging=row.averaging,
    )
