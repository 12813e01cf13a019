"""Issue events in, deliveries out: the first half of notify, from route to group; stages.py is the second."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import structlog
from google.protobuf.message import DecodeError

from lantian_kit.access.personal import masked
from lantian_kit.clock import Clock
from lantian_kit.records import Record
from lantian_kit.worker import InvalidRecord, Unavailable
from lantian_notify.calls.call import CallStore, acknowledge, call_of
from lantian_notify.channels.base import ChannelKind
from lantian_notify.deliveries.delivery import Delivery, DeliveryStore, StoreAway, delivery_of
from lantian_notify.deliveries.stages import Unreachable
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.parked.event import Parked, ParkedStore
from lantian_notify.registry.teams import ENTERPRISE, PERSON, Contact, Teams
from lantian_notify.routing.facts import Facts, facts_of
from lantian_notify.routing.policy import Policy
from lantian_notify.routing.route import Notice, Routing, Summons, route
from lantian_notify.silences.silence import Silence, SilenceStore
from lantian_notify.tasks_events import told_of
from lantian_proto.v1.issue_event_pb2 import IssueEvent

GROUP = "notify"
TASKS_GROUP = "notify-tasks"
LONGEST_ID = 200
# Severity that does not wait for others of its group.
AT_ONCE = 4
ITEMS_AT_MOST = 50
GATHER_TRIES = 50


@dataclass(slots=True)
class Case:
    """One event on its way through the stages; `silenced` names the silence of a notice or call, by its id."""

    event: IssueEvent
    facts: Facts
    at_ms: int
    routing: Routing = field(default_factory=lambda: Routing("not-wanted"))
    notices: list[Notice] = field(default_factory=list)
    summons: list[Summons] = field(default_factory=list)
    silenced: dict[str, str] = field(default_factory=dict)
    outcome: str = ""
    fresh: bool = False


class EventHandler:
    """Handles one record of issue-events.v1; a record seen before changes nothing."""

    def __init__(
        self,
        store: DeliveryStore,
        calls: CallStore,
        silences: SilenceStore,
        parked: ParkedStore,
        teams: Teams,
        policy: Policy,
        channels: Mapping[str, ChannelKind],
        clock: Clock,
        metrics: NotifyMetrics,
        *,
        kick: Callable[[Iterable[str]], None],
        wake: Callable[[], None],
        team_wait_seconds: float,
    ) -> None:
        self._store = store
        self._calls = calls
        self._silences = silences
        self._parked = parked
        self._teams = teams
        self._policy = policy
        self._channels = channels
        self._clock = clock
        self._metrics = metrics
        self._kick = kick
        self._wake = wake
        self._team_wait_ms = int(team_wait_seconds * 1000)
        self._stages = (self.answer, self.route, self.mute, self.deduplicate, self.group, self.write)

    async def handle(self, record: Record) -> str:
        """The outcome counted: notified, repeated, muted, not-wanted, parked or no-channel.

        Raises InvalidRecord for a record that is no issue event, Unavailable while the store is away.
        """
        event = without_numbers(read_event(record.value))
        case = self._case(event, event.at_ms)
        try:
            await self._pass(case)
            if case.outcome == "no-team":
                return await self._park(case, record.value or b"")
        except StoreAway as error:
            raise Unavailable(str(error)) from error
        if case.outcome == "no-channel":
            structlog.get_logger().warning("nobody hears of an event", issue=event.issue_id, kind=event.kind)
        return case.outcome

    async def handle_task(self, record: Record) -> str:
        """The same for a record of task-events.v1; `not-wanted` for what nobody is told of."""
        event = told_of(record.value)
        return await self.handle(replace(record, value=event.SerializeToString())) if event else "not-wanted"

    async def again(self, value: bytes) -> str:
        """The same for an event that waited for a team, with whoever is in force now. Raises StoreAway."""
        case = self._case(without_numbers(read_event(value)), self._clock.now_ms())
        await self._pass(case)
        return case.outcome

    def _case(self, event: IssueEvent, at_ms: int) -> Case:
        enterprise = self._teams.enterprise_of(event.lead.source_id, at_ms)
        return Case(event, facts_of(event, enterprise.enterprise_id if enterprise else ""), at_ms)

    async def _pass(self, case: Case) -> None:
        for stage in self._stages:
            await stage(case)
            if case.outcome:
                return

    async def answer(self, case: Case) -> None:
        """Whoever moved the issue by hand has answered: nobody is called about it any more."""
        by_hand = case.event.kind in ("moved", "acknowledged") and case.event.actor.role not in ("", "system")
        if not by_hand and case.event.kind != "voided":
            return
        for call in await self._calls.calls_of_issue(case.facts.issue_id):
            who = case.event.actor.actor_id or "ledger"
            await acknowledge(self._calls, call.call_id, by=who, via="ledger", now_ms=self._clock.now_ms())
            self._metrics.acknowledged.labels("ledger").inc()

    async def route(self, case: Case) -> None:
        """Who hears of it, by which channel."""
        case.routing = route(case.facts, self._policy, self._teams, case.at_ms)
        case.notices, case.summons = list(case.routing.notices), list(case.routing.summons)
        if case.routing.outcome != "routed":
            case.outcome = case.routing.outcome

    async def mute(self, case: Case) -> None:
        """What a silence holds back: it is written down, and not sent. Silences are read anew for every event."""
        silences = await self._silences.silences(self._clock.now_ms())
        for notice in case.notices:
            self._note(case, silences, notice.notice_id, notice.recipient_id)
        for summons in case.summons:
            self._note(case, silences, summons.call_id, summons.team_id)

    def _note(self, case: Case, silences: Iterable[Silence], id_: str, recipient_id: str) -> None:
        now = self._clock.now_ms()
        silence = next((one for one in silences if one.mutes(case.facts, recipient_id, now)), None)
        if silence is not None:
            case.silenced[id_] = silence.silence_id

    async def deduplicate(self, case: Case) -> None:
        """Notices that lie in a delivery already are left out; what is under its own id is refused by the store."""
        known = []
        for notice in case.notices:
            if notice.group is None or notice.notice_id in case.silenced:
                continue
            placed = await self._store.placed(notice.notice_id)
            delivery = None if placed is None else await self._store.get(placed)
            if delivery is not None and _holds(delivery, case.facts.event_id):
                known.append(notice)
        case.notices = [notice for notice in case.notices if notice not in known]

    async def group(self, case: Case) -> None:
        """Notices that go into a message with others of their kind."""
        rest = []
        for notice in case.notices:
            if notice.group is None or notice.notice_id in case.silenced:
                rest.append(notice)
            else:
                await self._gather(notice, case)
        case.notices = rest

    async def write(self, case: Case) -> None:
        """Deliveries of their own, and calls; the deliverer is told at once of what is due."""
        bodies: dict[str, bytes] = {}
        for notice in case.notices:
            kind = self._channels[notice.contact.channel]
            if kind.render is not None and kind.name not in bodies:
                bodies[kind.name] = kind.render(case.event)
            silence_id = case.silenced.get(notice.notice_id, "")
            delivery = delivery_of(
                notice, case.facts, self._clock.now_ms(), body=bodies.get(kind.name, b""), silence_id=silence_id
            )
            await self._insert(delivery, case)
        for summons in case.summons:
            await self._summon(summons, case)
        if not case.fresh:
            case.outcome = "repeated"
        else:
            ids = {notice.notice_id for notice in case.routing.notices} | {one.call_id for one in case.summons}
            case.outcome = "muted" if ids <= case.silenced.keys() else "notified"

    async def _insert(self, delivery: Delivery, case: Case) -> None:
        if not await self._store.insert(delivery):
            return
        case.fresh = True
        if delivery.state == "muted":
            self._metrics.held_back.inc()
        else:
            self._kick([delivery.endpoint_id])

    async def _summon(self, summons: Summons, case: Case) -> None:
        escalation = self._policy.escalation(summons.escalation_id)
        assert escalation is not None  # Policy checks that it exists
        silence_id = case.silenced.get(summons.call_id, "")
        if await self._calls.insert_call(call_of(summons, case.facts, escalation, self._clock.now_ms(), silence_id)):
            case.fresh = True
            if silence_id:
                self._metrics.held_back.inc()
            self._wake()

    async def _gather(self, notice: Notice, case: Case) -> None:
        rule, facts, now = notice.group, case.facts, self._clock.now_ms()
        assert rule is not None
        key = f"{notice.route_id}:{rule.key(facts)}"
        due = now if facts.urgency >= AT_ONCE else now + rule.wait_seconds * 1000
        for _ in range(GATHER_TRIES):
            open_one = await self._store.gathering(notice.endpoint_id, key)
            if open_one is None or len(open_one.items) >= ITEMS_AT_MOST:
                # Planned first: killed between the two, the second reading finds that nothing holds it yet.
                await self._store.place(notice.notice_id, notice.notice_id)
                await self._insert(delivery_of(notice, facts, now, due_ms=due, group_key=key), case)
                return
            await self._store.place(notice.notice_id, open_one.delivery_id)
            fuller = replace(
                open_one,
                items=(*open_one.items, facts.stored()),
                urgency=max(open_one.urgency, facts.urgency),
                next_at_ms=min(open_one.next_at_ms, due),
                received_ms=min(open_one.received_ms or facts.received_ms, facts.received_ms or open_one.received_ms),
            )
            if await self._store.save(fuller):
                case.fresh = True
                self._kick([notice.endpoint_id])
                return
        raise StoreAway(f"the group of {notice.endpoint_id} changed {GATHER_TRIES} times while it was written")

    async def _park(self, case: Case, value: bytes) -> str:
        now = self._clock.now_ms()
        parked = Parked(
            event_id=case.facts.event_id,
            state="waiting",
            value=value,
            division_code=case.facts.division_code,
            issue_id=case.facts.issue_id,
            created_ms=now,
            deadline_ms=now + self._team_wait_ms,
        )
        if not await self._parked.park(parked):
            return "repeated"
        structlog.get_logger().warning(
            "no team serves a division, the event waits", issue=case.facts.issue_id, division=case.facts.division_code
        )
        self._wake()
        return "parked"

    def find_contact(self, channel: str, recipient_id: str, at_ms: int) -> Contact | Unreachable | None:
        """For the deliverer: where a recipient is reached at a time."""
        if not recipient_id.startswith((PERSON, ENTERPRISE)) and self._teams.voided(recipient_id):
            return Unreachable("team-voided")
        recipient = self._teams.recipient(recipient_id, at_ms)
        if recipient is None or channel not in self._channels:
            return None
        contact = next((one for one in recipient.contacts if one.channel == channel), None)
        return contact or Unreachable("no-address")


def _holds(delivery: Delivery, event_id: str) -> bool:
    return delivery.event_id == event_id or any(item["event_id"] == event_id for item in delivery.items)


def without_numbers(event: IssueEvent) -> IssueEvent:
    """The event as it is told: messages lie with others than those who act, so phone numbers and plates are masked."""
    for name in ("reason", "person", "unit", "enterprise_name", "source_name"):
        setattr(event, name, masked(getattr(event, name)))
    lead = event.lead
    for text in (lead.title, lead.summary) if event.HasField("lead") else ():
        text.zh, text.en = masked(text.zh), masked(text.en)
    return event


def read_event(value: bytes | None) -> IssueEvent:
    """The event of a record. Raises InvalidRecord with `undecodable` or `invalid`."""
    event = IssueEvent()
    try:
        event.ParseFromString(value or b"")
    except DecodeError as error:
        raise InvalidRecord("undecodable", f"no IssueEvent: {error}") from error
    for name in ("event_id", "issue_id", "kind"):
        if not getattr(event, name):
            raise InvalidRecord("invalid", f"an issue event without {name}")
    lead = event.lead
    ids = (event.event_id, event.issue_id, event.number, event.path, event.from_state, event.to_state, event.kind)
    for text in (*ids, event.division_code, lead.lead_id, lead.rule_id, lead.source_id, lead.factor, lead.episode):
        if len(text) > LONGEST_ID:
            raise InvalidRecord("invalid", f"an id of {len(text)} characters")
    if not 0 < event.at_ms < 1 << 53:
        raise InvalidRecord("invalid", f"an event at {event.at_ms} ms")
    return event
