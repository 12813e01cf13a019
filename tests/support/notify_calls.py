"""Calls, silences and parked events in memory; they pass the same contract cases as those in MongoDB.

With `switch` set every call first lets other tasks run, and every write again: that is where tasks interleave.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from lantian_kit.once import Asked
from lantian_notify.calls.call import Call, CallState
from lantian_notify.deliveries.delivery import StoreAway
from lantian_notify.parked.event import Parked, ParkedState
from lantian_notify.silences.silence import Silence


class FakeCallStore:
    """A CallStore."""

    def __init__(self) -> None:
        self.away = False
        self.calls: dict[str, Call] = {}
        self.switch: Callable[[], Awaitable[None]] | None = None

    async def _ask(self) -> None:
        if self.switch is not None:
            await self.switch()
        if self.away:
            raise StoreAway("told to be away")

    async def prepare(self) -> None:
        await self._ask()

    async def insert_call(self, call: Call) -> bool:
        await self._ask()
        if call.call_id in self.calls:
            return False
        self.calls[call.call_id] = call
        return True

    async def get_call(self, call_id: str) -> Call | None:
        await self._ask()
        return self.calls.get(call_id)

    async def save_call(self, call: Call) -> bool:
        await self._ask()
        stored = self.calls.get(call.call_id)
        if stored is None or stored.rev != call.rev:
            return False
        self.calls[call.call_id] = replace(call, rev=call.rev + 1)
        if self.switch is not None:
            await self.switch()
        return True

    async def claim_calls(self, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int) -> list[Call]:
        await self._ask()
        due = [
            call
            for call in self.calls.values()
            if call.state == "open" and call.due_ms <= now_ms and call.lease_until_wall_ms <= wall_ms
        ]
        due.sort(key=lambda call: (call.due_ms, call.call_id))
        claimed = [
            replace(call, lease_owner=owner, lease_until_wall_ms=until_wall_ms, rev=call.rev + 1)
            for call in due[:limit]
        ]
        self.calls.update({call.call_id: call for call in claimed})
        return claimed

    async def next_call_ms(self, now_ms: int) -> int | None:
        await self._ask()
        later = [call.due_ms for call in self.calls.values() if call.state == "open" and call.due_ms > now_ms]
        return min(later, default=None)

    async def calls_of_issue(self, issue_id: str) -> list[Call]:
        await self._ask()
        found = [call for call in self.calls.values() if call.issue_id == issue_id and call.expects_more]
        return sorted(found, key=lambda call: call.call_id)

    async def page_calls(self, *, state: CallState | None, before: tuple[int, str] | None, limit: int) -> list[Call]:
        await self._ask()
        found = [
            call
            for call in self.calls.values()
            if (state is None or call.state == state) and (before is None or (call.created_ms, call.call_id) < before)
        ]
        return sorted(found, key=lambda call: (call.created_ms, call.call_id), reverse=True)[:limit]


class FakeSilenceStore:
    """A SilenceStore."""

    def __init__(self) -> None:
        self.away = False
        self.held: dict[str, Silence] = {}

    async def prepare(self) -> None:
        self._ask()

    def _ask(self) -> None:
        if self.away:
            raise StoreAway("told to be away")

    async def insert_silence(self, silence: Silence) -> bool:
        self._ask()
        if silence.silence_id in self.held:
            return False
        self.held[silence.silence_id] = silence
        return True

    async def get_silence(self, silence_id: str) -> Silence | None:
        self._ask()
        return self.held.get(silence_id)

    async def save_silence(self, silence: Silence) -> bool:
        self._ask()
        stored = self.held.get(silence.silence_id)
        if stored is None or stored.rev != silence.rev:
            return False
        self.held[silence.silence_id] = replace(silence, rev=silence.rev + 1)
        return True

    async def silences(self, now_ms: int) -> list[Silence]:
        self._ask()
        found = [one for one in self.held.values() if one.state == "active" and one.starts_ms <= now_ms < one.ends_ms]
        return sorted(found, key=lambda one: (one.created_ms, one.silence_id))

    async def due_silences(self, now_ms: int) -> list[Silence]:
        self._ask()
        found = [one for one in self.held.values() if one.state == "active" and one.due_ms <= now_ms]
        return sorted(found, key=lambda one: (one.due_ms, one.silence_id))

    async def next_silence_ms(self, now_ms: int) -> int | None:
        self._ask()
        later = [one.due_ms for one in self.held.values() if one.state == "active" and one.due_ms > now_ms]
        return min(later, default=None)

    async def page_silences(self, *, before: tuple[int, str] | None, limit: int) -> list[Silence]:
        self._ask()
        found = [one for one in self.held.values() if before is None or (one.created_ms, one.silence_id) < before]
        return sorted(found, key=lambda one: (one.created_ms, one.silence_id), reverse=True)[:limit]


class FakeParkedStore:
    """A ParkedStore."""

    def __init__(self) -> None:
        self.away = False
        self.events: dict[str, Parked] = {}
        self.changes: dict[tuple[str, int], bytes] = {}

    async def prepare(self) -> None:
        self._ask()

    def _ask(self) -> None:
        if self.away:
            raise StoreAway("told to be away")

    async def park(self, parked: Parked) -> bool:
        self._ask()
        if parked.event_id in self.events:
            return False
        self.events[parked.event_id] = parked
        return True

    async def parked(self, limit: int) -> list[Parked]:
        self._ask()
        found = [one for one in self.events.values() if one.state == "waiting"]
        return sorted(found, key=lambda one: (one.created_ms, one.event_id))[:limit]

    async def save_parked(self, parked: Parked) -> bool:
        self._ask()
        stored = self.events.get(parked.event_id)
        if stored is None or stored.rev != parked.rev:
            return False
        self.events[parked.event_id] = replace(parked, rev=parked.rev + 1)
        return True

    async def page_parked(
        self, *, state: ParkedState | None, before: tuple[int, str] | None, limit: int
    ) -> list[Parked]:
        self._ask()
        found = [
            replace(one, value=b"")
            for one in self.events.values()
            if (state is None or one.state == state) and (before is None or (one.created_ms, one.event_id) < before)
        ]
        return sorted(found, key=lambda one: (one.created_ms, one.event_id), reverse=True)[:limit]

    async def keep_change(self, key: str, revision: int, value: bytes) -> None:
        self._ask()
        self.changes.setdefault((key, revision), value)

    async def kept_changes(self) -> list[tuple[str, bytes]]:
        self._ask()
        return [(key, value) for (key, _), value in sorted(self.changes.items())]

    async def drop_changes(self, key: str, below_revision: int) -> None:
        self._ask()
        self.changes = {at: value for at, value in self.changes.items() if at[0] != key or at[1] >= below_revision}


class FakeRequests:
    """Requests in memory; set `away` and every call raises StoreAway."""

    def __init__(self) -> None:
        self.away = False
        self.held: dict[str, Asked] = {}

    async def asked(self, name: str) -> Asked | None:
        if self.away:
            raise StoreAway("told to be away")
        return self.held.get(name)

    async def keep_asked(self, asked: Asked) -> bool:
        before = await self.asked(asked.name)
        if asked.rev != (1 if before is None else before.rev + 1):
            return False
        self.held[asked.name] = asked
        return True
