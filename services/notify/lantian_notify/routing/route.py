"""Who hears of an issue event, by which channel, and why. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from lantian_notify.registry.teams import ENTERPRISE, Contact, Recipient, Team, Teams, recipient_of
from lantian_notify.routing.facts import Facts
from lantian_notify.routing.policy import DEFAULT_KINDS, GroupRule, Policy, Route, prefix_of, serves
from lantian_proto.events import content_id

Outcome = Literal["routed", "not-wanted", "no-team", "no-channel"]
NATION = "00"
"""Division of a team of the whole country: it hears what is addressed to the ministry, and nothing else."""
NOBODY_NATIONAL = "no team of the whole country can be told: the province hears for the ministry"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event for one recipient by one channel."""

    notice_id: str
    endpoint_id: str
    recipient_id: str
    contact: Contact
    route_id: str
    group: GroupRule | None = None


@dataclass(frozen=True, slots=True)
class Summons:
    """A call to open: people on duty of this team must answer."""

    call_id: str
    team_id: str
    route_id: str
    escalation_id: str


@dataclass(frozen=True, slots=True)
class Line:
    """What one route made of an event, for a person who asks why."""

    route_id: str
    concerned: bool
    why: str
    notices: tuple[Notice, ...] = ()
    summons: tuple[Summons, ...] = ()


@dataclass(frozen=True, slots=True)
class Routing:
    """What to send, and the one outcome of the event; notices and summons are empty unless it is `routed`."""

    outcome: Outcome
    notices: tuple[Notice, ...] = ()
    summons: tuple[Summons, ...] = ()
    lines: tuple[Line, ...] = ()


def route(facts: Facts, policy: Policy, teams: Teams, at_ms: int) -> Routing:
    """`at_ms` decides which teams and contacts are in force. Retrospective leads are routed like any other."""
    known = teams.in_force(at_ms)
    serving = [team for team in known if serves(team.division_code, facts.division_code)]
    national = [team for team in known if prefix_of(team.division_code) == NATION]
    lines = tuple(_line(row, facts, serving, national, teams, at_ms) for row in policy.routes)
    notices = tuple({notice.notice_id: notice for line in lines for notice in line.notices}.values())
    summons = tuple(one for line in lines for one in line.summons)
    if notices or summons:
        return Routing("routed", notices, summons, lines)
    if not serving:
        return Routing("no-team", lines=lines)
    return Routing("no-channel" if any(line.concerned for line in lines) else "not-wanted", lines=lines)


def _line(
    row: Route, facts: Facts, serving: Sequence[Team], national: Sequence[Team], teams: Teams, at_ms: int
) -> Line:
    refused = row.refuses(facts)
    if refused:
        return Line(row.id, False, refused)
    if row.to == "enterprise":
        enterprise = teams.enterprise_of(facts.source_id, at_ms)
        if enterprise is None:
            return Line(row.id, True, "the registry knows no enterprise of the source")
        told = [Recipient(f"{ENTERPRISE}{enterprise.enterprise_id}", enterprise.name, enterprise.contacts)]
        return _told(row, facts, told)
    if not serving:
        return Line(row.id, True, f"no team serves division {facts.division_code or '-'}")
    if row.to == "duty":
        assert row.escalation is not None
        called = tuple(
            Summons(f"call_{content_id(facts.event_id, row.id, team.team_id)}", team.team_id, row.id, row.escalation)
            for team in serving
            if reachable(team, teams, row.channels, at_ms)
        )
        why = f"{len(called)} of {len(serving)} teams have people on duty who can be called"
        return Line(row.id, bool(called), why, summons=called)
    if row.kinds == "subscribed":
        wanting = [team for team in serving if facts.kind in (team.event_kinds or DEFAULT_KINDS)]
        if not wanting:
            return Line(row.id, False, f"no team of {len(serving)} wants kind {facts.kind}")
    else:
        wanting = list(serving)
    if row.to == "superiors":
        wanting = _superior(wanting)
    if row.addressed and facts.step_to:
        ministry = [team for team in national if pick(recipient_of(team), row.channels, first=True)]
        meant = levels(facts, has_ministry=bool(ministry))
        wanting = [team for team in wanting if len(prefix_of(team.division_code)) in meant]
        if "ministry" in (facts.step_to, facts.step_cc):
            line = _told(row, facts, [recipient_of(team) for team in (*wanting, *ministry)])
            return line if ministry else replace(line, why=f"{line.why}; {NOBODY_NATIONAL}")
    return _told(row, facts, [recipient_of(team) for team in wanting])


def _told(row: Route, facts: Facts, recipients: Iterable[Recipient]) -> Line:
    notices = tuple(
        Notice(
            notice_id=notice_id(facts.event_id, contact.channel, recipient.recipient_id),
            endpoint_id=endpoint_of(contact.channel, recipient.recipient_id),
            recipient_id=recipient.recipient_id,
            contact=contact,
            route_id=row.id,
            group=row.group,
        )
        for recipient in recipients
        for contact in pick(recipient, row.channels, first=row.pick == "first")
    )
    why = f"{len(notices)} contacts" if notices else f"no contact by {', '.join(row.channels)}"
    return Line(row.id, True, why, notices)


def reachable(team: Team, teams: Teams, channels: Sequence[str], at_ms: int) -> bool:
    """Whether a call to the team can reach anybody: somebody on duty with a contact."""
    return any(pick(person, channels, first=True) for person in teams.on_duty(team.team_id, at_ms))


def step_recipients(to: str, team_id: str, division: str, teams: Teams, at_ms: int) -> list[Recipient]:
    """Whom a step of a call (`policy.StepAudience`) means now."""
    if to.startswith("duty-"):
        place = int(to.removeprefix("duty-"))
        return teams.on_duty(team_id, at_ms)[place - 1 : place]
    team = teams.one(team_id, at_ms)
    if to == "team":
        return [recipient_of(team)] if team else []
    serving = [one for one in teams.in_force(at_ms) if serves(one.division_code, division)]
    own = prefix_of(team.division_code) if team else division
    return [recipient_of(one) for one in serving if len(prefix_of(one.division_code)) < len(own)]


def pick(recipient: Recipient, channels: Sequence[str], *, first: bool) -> list[Contact]:
    """Contacts by these channels; one per channel, in the order of `channels`, only the first when asked."""
    found = []
    for channel in channels:
        contact = next((one for one in recipient.contacts if one.channel == channel), None)
        if contact is not None:
            found.append(contact)
    return found[:1] if first else found


def levels(facts: Facts, *, has_ministry: bool) -> frozenset[int]:
    """Digits of the divisions whose teams a reminder or an escalation is addressed to.

    The unit's own city and county follow what it is told. Where no team of the whole country can be reached, what goes
    to the ministry is told to the province.
    """
    named = {facts.step_to, facts.step_cc}
    below = {4, 6} if named & {"unit", "city"} else set()
    above = {"province"} if has_ministry else {"province", "ministry"}
    return frozenset(below | ({2} if named & above else set()))


def _superior(serving: Sequence[Team]) -> list[Team]:
    longest = max((len(prefix_of(team.division_code)) for team in serving), default=0)
    return [team for team in serving if len(prefix_of(team.division_code)) < longest]


def endpoint_of(channel: str, recipient_id: str) -> str:
    """Names a recipient's end of a channel; it stays the same when the address behind it changes."""
    return f"{channel}:{recipient_id}"


def notice_id(event_id: str, channel: str, recipient_id: str, *more: str) -> str:
    """From content, so that a record read twice gives the same id, and so does every attempt."""
    return f"msg_{content_id(event_id, endpoint_of(channel, recipient_id), *more)}"
