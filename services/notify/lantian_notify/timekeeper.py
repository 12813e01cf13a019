"""What is due by itself: steps of calls, reminders of silences, events that wait for a team.

Times lie in the store. Whoever claims a call holds a lease, and writes by the revision it claimed: a replica that was
away too long, or that meets an acknowledgement, is refused. After a downtime steps are taken late, in their order.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_notify.calls.call import Call, CallStore
from lantian_notify.calls.links import Links
from lantian_notify.deliveries.delivery import DeliveryStore, StoreAway, delivery_of, finite_wait_seconds
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.nap import nap
from lantian_notify.parked.event import ParkedStore
from lantian_notify.registry.teams import Teams, recipient_of
from lantian_notify.routing.facts import Facts
from lantian_notify.routing.route import Notice, endpoint_of, notice_id, pick, step_recipients
from lantian_notify.silences.silence import Silence, SilenceStore
from lantian_notify.wording.letter import local_time
from lantian_notify.worker import EventHandler

POLL_WALL_SECONDS = 5.0
STORE_PAUSE_WALL_SECONDS = 1.0
CLAIM = 20
PARKED_AT_ONCE = 200
HELD_SHOWN_AT_MOST = 1000
OWNER_CHANNELS = ("wecom", "dingtalk", "feishu", "email", "sms")


class Timekeeper(LoopPart):
    """A part of the process; several replicas share one store."""

    name = "timekeeper"

    def __init__(
        self,
        store: DeliveryStore,
        calls: CallStore,
        silences: SilenceStore,
        parked: ParkedStore,
        teams: Teams,
        events: EventHandler,
        links: Links,
        clock: Clock,
        metrics: NotifyMetrics,
        *,
        owner: str,
        lease_seconds: float,
        kick: Callable[[Iterable[str]], None],
    ) -> None:
        super().__init__()
        self._store = store
        self._calls = calls
        self._silences = silences
        self._parked = parked
        self._teams = teams
        self._events = events
        self._links = links
        self._clock = clock
        self._metrics = metrics
        self._owner = owner
        self._lease_ms = int(lease_seconds * 1000)
        self._kick = kick
        self._wake = asyncio.Event()
        self._seen_changes = -1

    def wake(self) -> None:
        """Something may be due that was not."""
        self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            seconds = STORE_PAUSE_WALL_SECONDS * self._clock.rate
            try:
                next_ms = await self.look()
                seconds = finite_wait_seconds(next_ms, self._clock.now_ms(), POLL_WALL_SECONDS * self._clock.rate)
            except StoreAway as error:
                self._metrics.store_trouble.inc()
                structlog.get_logger().warning("the store is away, what is due waits", error=str(error))
            await nap(self._wake, self._clock, seconds)

    async def look(self) -> int | None:
        """Does what is due; returns when the next thing is, None when nothing waits for a time. Raises StoreAway."""
        while True:
            wall = self._clock.wall_ms()
            claimed = await self._calls.claim_calls(
                self._clock.now_ms(), wall, limit=CLAIM, owner=self._owner, until_wall_ms=wall + self._lease_ms
            )
            for call in claimed:
                await self.step(call)
            if not claimed:  # a step that met nobody makes the next one due at once
                break
        for silence in await self._silences.due_silences(self._clock.now_ms()):
            await self.tell_owner(silence)
        await self.try_parked()
        now = self._clock.now_ms()
        times = (await self._calls.next_call_ms(now), await self._silences.next_silence_ms(now))
        return min((time for time in times if time is not None), default=None)

    async def step(self, call: Call) -> None:
        """Takes the next step of a claimed call. Its messages are written down before the step is: killed between, it
        is taken again with the same ids; acknowledged between, it is refused here and they are cancelled there.
        """
        step = call.next_step()
        assert step is not None
        now = self._clock.now_ms()
        facts = Facts(**call.facts)
        deliveries, told, endpoints = [], [], []
        for recipient in step_recipients(step.to, call.team_id, facts.division_code, self._teams, now):
            for contact in pick(recipient, step.channels, first=True):
                notice = Notice(
                    notice_id(call.event_id, contact.channel, recipient.recipient_id, call.call_id, str(step.number)),
                    endpoint_of(contact.channel, recipient.recipient_id),
                    recipient.recipient_id,
                    contact,
                    call.route_id,
                )
                link = self._links.acknowledge_url(call.call_id, recipient.recipient_id, call.link_ends_ms)
                await self._store.insert(delivery_of(notice, facts, now, call_id=call.call_id, link_url=link))
                deliveries.append(notice.notice_id)
                told.append(recipient.recipient_id)
                endpoints.append(notice.endpoint_id)
        if not await self._calls.save_call(call.taken(step.number, deliveries, told, now)):
            self._metrics.fenced.inc()
            return
        self._metrics.steps.labels(step.to, "told" if deliveries else "nobody").inc()
        if not deliveries:
            structlog.get_logger().warning("a step of a call meets nobody", call=call.call_id, to=step.to)
            self._wake.set()
        self._kick(endpoints)

    async def tell_owner(self, silence: Silence) -> None:
        """Reminds before a silence ends, and says at its end what it held back."""
        now = self._clock.now_ms()
        over = silence.ends_ms <= now
        if over:
            held = await self._store.matching(
                state="muted", endpoint_id=None, silence_id=silence.silence_id, since_ms=0, limit=HELD_SHOWN_AT_MOST
            )
            await self._write_owner(silence, "silence-ended", f"期间暂缓{len(held)}条消息，可在操作界面重发", now)
        else:
            await self._write_owner(
                silence, "silence-ending", f"将于{local_time(silence.ends_ms)}到期，需要时请延长", now
            )
        await self._silences.save_silence(silence.ended(now, "") if over else silence.reminded(now))

    async def try_parked(self) -> None:
        """Routes events anew that met no team, when the registry has changed; gives up at their deadline."""
        waiting = await self._parked.parked(PARKED_AT_ONCE)
        changes = self._teams.changes
        changed = changes != self._seen_changes
        for parked in waiting:
            late = parked.deadline_ms <= self._clock.now_ms()
            if not (changed or late):
                break  # they are in the order of their deadlines
            outcome = await self._events.again(parked.value)
            if outcome == "no-team" and not late:
                continue
            now = self._clock.now_ms()
            if not await self._parked.save_parked(parked.settled("nobody" if outcome == "no-team" else "told", now)):
                continue
            self._metrics.parked_ends.labels("nobody" if outcome == "no-team" else "told").inc()
            if outcome == "no-team":
                structlog.get_logger().error(
                    "no team learned of an event: a person must look",
                    issue=parked.issue_id,
                    division=parked.division_code,
                )
        self._seen_changes = changes

    async def _write_owner(self, silence: Silence, kind: str, summary: str, now: int) -> None:
        team = self._teams.one(silence.team_id, now)
        contacts = pick(recipient_of(team), OWNER_CHANNELS, first=True) if team else []
        if not contacts:
            structlog.get_logger().warning("the owner of a silence can not be told", silence=silence.silence_id)
        for contact in contacts:
            notice = Notice(
                notice_id(silence.silence_id, contact.channel, silence.team_id, kind, str(silence.ends_ms)),
                endpoint_of(contact.channel, silence.team_id),
                silence.team_id,
                contact,
                "silences",
            )
            await self._store.insert(delivery_of(notice, silence_facts(silence, kind, summary, now), now))
            self._kick([notice.endpoint_id])


def silence_facts(silence: Silence, kind: str, summary: str, now_ms: int) -> Facts:
    """What a message about a silence tells, in the form every message has."""
    texts: dict[str, Any] = dict.fromkeys(
        (
            *("issue_id", "number", "path", "lead_id", "division_code", "enterprise_id", "source_id", "source_name"),
            *("rule_id", "factor", "legal_basis", "runbook", "from_state", "to_state"),
        ),
        "",
    )
    return Facts(
        event_id=silence.silence_id,
        kind=kind,
        enterprise_name=silence.owner,
        severity=1,
        retrospective=False,
        title="静默",
        summary=f"静默（{silence.reason}）{summary}",
        reason=silence.reason,
        start_ms=silence.starts_ms,
        end_ms=silence.ends_ms,
        at_ms=now_ms,
        received_ms=0,
        **texts,
    )
