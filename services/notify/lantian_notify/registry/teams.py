"""The people of the registry, dated: teams, who of them is on duty, enterprises and their outlets."""

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from lantian_notify.registry.dated import Dated, Version
from lantian_proto.v1.registry_pb2 import ContactPoint, RegistryChange

KINDS = frozenset({"team", "duty-roster", "enterprise", "source"})
# Kinds whose announced changes are worth keeping over a restart: few, and people depend on them.
KEPT = frozenset({"team", "duty-roster"})
PERSON, ENTERPRISE = "person/", "enterprise/"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where somebody is reached: the address and the name of the secret that notify holds for it."""

    channel: str
    address: str
    secret_name: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team as it was at some time; `event_kinds` empty means registered issues only."""

    team_id: str
    name: str
    division_code: str
    webhook_url: str
    webhook_secret_name: str
    event_kinds: frozenset[str]
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """A person's turn on duty, end exclusive."""

    person_id: str
    name: str
    contacts: tuple[Contact, ...]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Who of a team is on duty, when."""

    roster_id: str
    team_id: str
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise as far as it is told something."""

    enterprise_id: str
    name: str
    division_code: str
    contacts: tuple[Contact, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who may be told: a team by its id, a person as `person/<id>`, an enterprise as `enterprise/<id>`."""

    recipient_id: str
    name: str
    contacts: tuple[Contact, ...]


class Teams:
    """What registry.v1 says of the people; fed by `apply`, asked by time.

    Compaction keeps only the last revision of an entity; `announced.py` keeps the others over a restart.
    """

    def __init__(self) -> None:
        self._teams: Dated[Team] = Dated()
        self._rosters: Dated[Roster] = Dated()
        self._enterprises: Dated[Enterprise] = Dated()
        self._sources: Dated[str] = Dated()
        self.changes = 0
        """Counts what was applied; whoever waits for a team looks again when it moves."""

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes one record of registry.v1; kinds that tell nobody anything are passed over. Raises ValueError."""
        kind, _, entity_id = key.partition("/")
        if kind not in KINDS:
            return
        self.changes += 1
        if value is None:
            self._of(kind).forget(entity_id)
            return
        change = read_change(kind, entity_id, value)
        dates = (change.revision, change.valid_from_ms, change.valid_to_ms, change.voided)
        there = change.WhichOneof("entity") is not None
        if kind == "team":
            self._teams.put(entity_id, Version(*dates, _team(entity_id, change) if there else None))
        elif kind == "duty-roster":
            self._rosters.put(entity_id, Version(*dates, _roster(entity_id, change) if there else None))
        elif kind == "enterprise":
            self._enterprises.put(entity_id, Version(*dates, _enterprise(entity_id, change) if there else None))
        else:
            self._sources.put(entity_id, Version(*dates, change.source.enterprise_id if there else None))

    def in_force(self, at_ms: int) -> list[Team]:
        """Teams that exist at a time, by id."""
        return self._teams.all_at(at_ms)

    def one(self, team_id: str, at_ms: int) -> Team | None:
        """A team as it is at a time; None when it does not exist then."""
        return self._teams.at(team_id, at_ms)

    def voided(self, team_id: str) -> bool:
        """True when the last word on the team is that it was void."""
        return self._teams.voided(team_id)

    def enterprise_of(self, source_id: str, at_ms: int) -> Enterprise | None:
        """The enterprise a source belongs to."""
        enterprise_id = self._sources.at(source_id, at_ms)
        return self._enterprises.at(enterprise_id, at_ms) if enterprise_id else None

    def on_duty(self, team_id: str, at_ms: int) -> list[Recipient]:
        """People on duty for a team at a time, in the order in which they are called."""
        found: dict[str, Recipient] = {}
        for shift in self._shifts(team_id, at_ms):
            if shift.start_ms <= at_ms < shift.end_ms:
                person = person_of(shift)
                found.setdefault(person.recipient_id, person)
        return list(found.values())

    def recipient(self, recipient_id: str, at_ms: int) -> Recipient | None:
        """Whoever has this id at a time; a person also after the last shift, for what is still on its way."""
        if recipient_id.startswith(ENTERPRISE):
            enterprise = self._enterprises.at(recipient_id.removeprefix(ENTERPRISE), at_ms)
            return None if enterprise is None else Recipient(recipient_id, enterprise.name, enterprise.contacts)
        if recipient_id.startswith(PERSON):
            person_id = recipient_id.removeprefix(PERSON)
            mine = [shift for shift in self._shifts(None, at_ms) if shift.person_id == person_id]
            begun = [shift for shift in mine if shift.start_ms <= at_ms]
            return person_of(max(begun, key=lambda shift: shift.start_ms)) if begun else None
        team = self._teams.at(recipient_id, at_ms)
        return None if team is None else recipient_of(team)

    def _shifts(self, team_id: str | None, at_ms: int) -> Iterable[Shift]:
        for roster in self._rosters.all_at(at_ms):
            if team_id is None or roster.team_id == team_id:
                yield from roster.shifts

    def _of(self, kind: str) -> Dated[Team] | Dated[Roster] | Dated[Enterprise] | Dated[str]:
        tables = {
            "team": self._teams,
            "duty-roster": self._rosters,
            "enterprise": self._enterprises,
            "source": self._sources,
        }
        return tables[kind]  # type: ignore[return-value]  # only `forget` is called on it


def recipient_of(team: Team) -> Recipient:
    """A team as somebody who is told."""
    return Recipient(team.team_id, team.name, team.contacts)


def person_of(shift: Shift) -> Recipient:
    """Whoever has the shift."""
    return Recipient(f"{PERSON}{shift.person_id}", shift.name, shift.contacts)


def read_change(kind: str, entity_id: str, value: bytes) -> RegistryChange:
    """A record of registry.v1. Raises ValueError when it is none, or not of this entity."""
    change = RegistryChange()
    try:
        change.ParseFromString(value)
    except DecodeError as error:
        raise ValueError(f"no RegistryChange: {error}") from error
    if change.kind != kind or change.id != entity_id:
        raise ValueError(f"record of {change.kind}/{change.id} under the key of {kind} {entity_id}")
    entity = change.WhichOneof("entity")
    if entity is None and not change.voided:
        raise ValueError(f"change of {kind} {entity_id} without the {kind}")
    if entity is not None and entity.replace("_", "-") != kind:
        raise ValueError(f"change of {kind} {entity_id} with a {entity}")
    return change


def _contacts(points: Iterable[ContactPoint]) -> tuple[Contact, ...]:
    return tuple(Contact(point.channel, point.address, point.secret_name) for point in points)


def _team(team_id: str, change: RegistryChange) -> Team:
    entity = change.team
    webhook = Contact("webhook", entity.webhook_url, entity.webhook_secret_name)
    return Team(
        team_id=team_id,
        name=entity.name,
        division_code=entity.division_code,
        webhook_url=entity.webhook_url,
        webhook_secret_name=entity.webhook_secret_name,
        event_kinds=frozenset(entity.event_kinds),
        contacts=((webhook,) if entity.webhook_url else ()) + _contacts(entity.contacts),
    )


def _roster(roster_id: str, change: RegistryChange) -> Roster:
    shifts = (
        Shift(row.person_id, row.name, _contacts(row.contacts), row.start_ms, row.end_ms)
        for row in change.duty_roster.shifts
    )
    return Roster(roster_id, change.duty_roster.team_id, tuple(shifts))


def _enterprise(enterprise_id: str, change: RegistryChange) -> Enterprise:
    entity = change.enterprise
    return Enterprise(enterprise_id, entity.name, entity.division_code, _contacts(entity.contacts))
