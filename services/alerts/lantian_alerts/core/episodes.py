"""Findings become episodes: opened, extended, closed; repeats change nothing, flapping opens nothing new."""

import msgspec

from lantian_alerts.core.catalogue import Catalogue, Entry
from lantian_alerts.core.rule import Closing, Episode, Finding, Verdict
from lantian_alerts.core.rulebook import Rules
from lantian_proto.v1.lead_pb2 import LEAD_STATE_CLOSED, LEAD_STATE_EXTENDED, LEAD_STATE_OPEN, LeadState

HOUR_MS = 3_600_000
SAMPLES_AT_MOST, FRAMES_AT_MOST, MARKS_AT_MOST, OTHERS_AT_MOST = 48, 16, 16, 16
PENDING_MS = HOUR_MS // 2
EXPLAINS_HOURS = 30.0  # a day's rules are asked two hours after its end

Key = tuple[str, str, str]
"""Source, rule, factor."""


class Chart(msgspec.Struct, frozen=True):
    """A line for a chart: one value each `step_ms` from `start_ms` on, NaN where there is none.

    `source_id` is empty for the source of the episode.
    """

    factor: str
    start_ms: int
    step_ms: int
    values: tuple[float, ...]
    source_id: str = ""


class Change(msgspec.Struct, frozen=True):
    """An episode as it stands after a finding, and what happened to it; `others`: rules with open episodes there."""

    episode: Episode
    state: LeadState
    found_ms: int
    others: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()


class Held(msgspec.Struct, kw_only=True):
    """What is remembered of one key: the open episode, the last closed one, and late findings not yet told.

    `pending`: breaches too few to open an episode; `host`: the factor whose episode stands for this one.
    """

    open: Episode | None = None
    closed: Episode | None = None
    late: Episode | None = None
    pending: Episode | None = None
    host: str | None = None

    def empty(self) -> bool:
        kept = (self.open, self.closed, self.late, self.pending, self.host)
        return all(one is None for one in kept)


class Episodes:
    """At most one open episode per (source, rule, factor). It ends by the version of its rule that opened it."""

    def __init__(self, catalogue: Catalogue, rules: Rules | None = None) -> None:
        self._catalogue = catalogue
        self._rules: Rules = rules or catalogue
        self._held: dict[Key, Held] = {}
        self._of_source: dict[str, dict[Key, None]] = {}
        self._combined_hours = catalogue.combined_hours()

    def of_source(self, source_id: str) -> list[tuple[Key, Held]]:
        """What is held of one source, in the order in which it began."""
        return [(key, self._held[key]) for key in self._of_source.get(source_id, ())]

    def _put(self, key: Key, held: Held) -> Held:
        self._held[key] = held
        self._of_source.setdefault(key[0], {})[key] = None
        return held

    def _drop(self, key: Key) -> None:
        del self._held[key]
        del self._of_source[key[0]][key]
        if not self._of_source[key[0]]:
            del self._of_source[key[0]]

    def items(self) -> list[tuple[Key, Held]]:
        """All that is held."""
        return list(self._held.items())

    @property
    def opened(self) -> int:
        """How many episodes are open."""
        return sum(held.open is not None for held in self._held.values())

    def put_back(self, key: Key, held: Held) -> None:
        """Restores what a snapshot held; a rule that has left the catalogue is left out."""
        if key[1] in self._catalogue.entries:
            self._put(key, held)

    def is_open(self, source_id: str, rule_id: str, factor: str) -> bool:
        """Whether an episode is open."""
        held = self._held.get((source_id, rule_id, factor))
        return held is not None and held.open is not None

    def take(self, entry: Entry, finding: Finding) -> list[Change]:
        """Applies one finding; none, one or two changes to tell."""
        key = (finding.source_id, entry.id, finding.factor)
        held = self._held.get(key)
        if held is None:
            if finding.verdict is not Verdict.BREACH:
                return []
            held = self._put(key, Held())
        if finding.retrospective:
            changes = self._take_late(entry, held, finding)
        elif finding.verdict is Verdict.BREACH:
            changes = self._breach(entry, held, finding)
        else:
            changes = self._no_breach(held, finding)
        if held.empty():
            self._drop(key)
        return changes

    def _host(self, entry: Entry, held: Held, finding: Finding) -> Episode | None:
        """The open episode of another factor of the source that stands for this finding too."""
        if entry.merge_hours <= 0:
            return None
        for (_, rule_id, factor), other in self.of_source(finding.source_id):
            if rule_id != entry.id or factor == finding.factor or other.open is None:
                continue
            near = abs(finding.start_ms - other.open.start_ms) <= entry.merge_hours * HOUR_MS
            if held.host == factor or near:
                held.host = factor
                return other.open
        held.host = None
        return None

    def _breach(self, entry: Entry, held: Held, finding: Finding) -> list[Change]:
        episode = held.open
        if episode is not None:
            if finding.end_ms <= episode.end_ms:
                return []  # a repeat of what is known
            _extend(episode, finding)
            return _tell_extended(self._closing(episode), episode, finding.found_ms)
        before = held.closed
        if before is not None and finding.start_ms - before.end_ms <= self._closing(before).reopen_hours * HOUR_MS:
            if finding.end_ms <= before.end_ms:
                return []
            held.open, held.closed = before, None
            before.reopened += 1
            before.end_reason = ""
            _extend(before, finding)
            return [_told(before, LEAD_STATE_EXTENDED, finding.found_ms)]
        host = self._host(entry, held, finding)
        if host is not None:
            return _join(host, finding)
        if held.pending is not None:
            held.open, held.pending = held.pending, None
            if finding.end_ms > held.open.end_ms:
                _extend(held.open, finding)
            held.open.revision = 1
        else:
            held.open = _opened(entry, finding)
        held.closed = None
        if held.open.breaches < self._closing(held.open).breaches:
            held.open, held.pending = None, held.open
            return []
        return [_told(held.open, LEAD_STATE_OPEN, finding.found_ms)]

    def _no_breach(self, held: Held, finding: Finding) -> list[Change]:
        episode = held.open
        if episode is None:
            held.host = None
            if held.pending is not None and finding.verdict is Verdict.CLEAR:
                held.pending.clears += 1
                if held.pending.clears >= self._closing(held.pending).clears:
                    held.pending = None
            return []
        if finding.start_ms < finding.end_ms <= episode.judged_ms:
            return []  # a period judged before; an instant always counts
        closing = self._closing(episode)
        episode.judged_ms = max(episode.judged_ms, finding.end_ms)
        if finding.verdict is Verdict.CLEAR:
            episode.clears += 1
        else:
            episode.unjudged += 1
        if episode.clears >= closing.clears or episode.unjudged >= closing.unjudged:
            return [_close(held, finding.reason, finding.found_ms)]
        return []

    def _take_late(self, entry: Entry, held: Held, finding: Finding) -> list[Change]:
        """Late breaches join what they touch, else gather to one episode that is told once, closed."""
        if finding.verdict is not Verdict.BREACH:
            return []
        episode = held.open
        if episode is not None and _touches(episode, finding):
            if finding.start_ms >= episode.start_ms and finding.end_ms <= episode.end_ms:
                return []
            _extend(episode, finding)
            return [_told(episode, LEAD_STATE_EXTENDED, finding.found_ms)]
        if held.late is not None and _touches(held.late, finding):
            if finding.start_ms < held.late.start_ms or finding.end_ms > held.late.end_ms:
                held.late.start_ms = min(held.late.start_ms, finding.start_ms)  # not told yet, so not named yet
                _extend(held.late, finding)
            return []
        told = [] if held.late is None else [_tell_late(held, finding.found_ms)]
        held.late = _opened(entry, finding)
        return told

    def sweep(self, stream_ms: int) -> list[Change]:
        """Closes what has been quiet too long, tells gathered late findings, forgets what can not reopen."""
        changes: list[Change] = []
        for key, held in list(self._held.items()):
            if held.late is not None and stream_ms - held.late.found_ms >= PENDING_MS:
                changes.append(_tell_late(held, stream_ms))
            if (
                held.open is not None
                and (closing := self._closing(held.open)).quiet_hours > 0
                and stream_ms - held.open.judged_ms >= closing.quiet_hours * HOUR_MS
            ):
                changes.append(_close(held, "no-data", stream_ms))
            if held.pending is not None and stream_ms - held.pending.found_ms > _patience(self._closing(held.pending)):
                held.pending = None
            if held.host is not None and not self._is_hosted(key, held.host):
                held.host = None
            if held.closed is not None and stream_ms - held.closed.found_ms > self._remembered_ms(held.closed):
                held.closed = None
            if held.empty():
                self._drop(key)
        return changes

    def _is_hosted(self, key: Key, host: str) -> bool:
        return self.is_open(key[0], key[1], host)

    def _closing(self, episode: Episode) -> Closing:
        return self._rules.of(episode).rule.closing

    def _remembered_ms(self, episode: Episode) -> float:
        """How long an ended episode may go on, explain other findings or be combined with them."""
        reopen_hours = self._closing(episode).reopen_hours
        return max(reopen_hours + 3, self._combined_hours.get(episode.rule_id, 0.0), EXPLAINS_HOURS) * HOUR_MS

    def withdraw(self, source_id: str, rule_id: str, stream_ms: int) -> list[Change]:
        """Closes the episodes of a rule for a source that is no longer watched by it."""
        found = [held for key, held in self.of_source(source_id) if key[1] == rule_id]
        return [_close(held, "no-longer-registered", stream_ms) for held in found if held.open is not None]

    def end_all(self, reason: str, found_ms: int) -> list[Change]:
        """Closes every open episode and forgets what went before: whatever goes on begins anew."""
        changes = [_close(held, reason, found_ms) for held in self._held.values() if held.open is not None]
        self._held.clear()
        self._of_source.clear()
        return changes


def _patience(closing: Closing) -> float:
    """How long too few breaches are remembered."""
    return max(closing.quiet_hours, closing.reopen_hours, 3.0) * HOUR_MS


def _join(host: Episode, finding: Finding) -> list[Change]:
    """A new factor is told once; its later findings change nothing."""
    if finding.factor in host.joined:
        return []
    host.joined = [*host.joined, finding.factor]
    host.end_ms = max(host.end_ms, finding.end_ms)
    host.found_ms = finding.found_ms
    host.revision += 1
    host.frames = list(dict.fromkeys([*host.frames, *finding.frames]))[-FRAMES_AT_MOST:]
    samples = sorted({*host.samples, *finding.samples}, key=lambda one: (one.time, one.factor, one.stat))
    host.samples = samples[-SAMPLES_AT_MOST:]
    return [_told(host, LEAD_STATE_EXTENDED, finding.found_ms)]


def _tell_extended(closing: Closing, episode: Episode, found_ms: int) -> list[Change]:
    """Nothing while an episode only goes on, as its rule wants it."""
    quiet_ms = closing.tell_hours * HOUR_MS
    if quiet_ms > 0 and episode.weight <= episode.told_weight and episode.end_ms - episode.told_ms < quiet_ms:
        episode.revision -= 1
        return []
    return [_told(episode, LEAD_STATE_EXTENDED, found_ms)]


def _opened(entry: Entry, finding: Finding) -> Episode:
    return Episode(
        rule_id=entry.id,
        rule_version=entry.version,
        source_id=finding.source_id,
        factor=finding.factor,
        start_ms=finding.start_ms,
        end_ms=finding.end_ms,
        judged_ms=finding.end_ms,
        found_ms=finding.found_ms,
        retrospective=finding.retrospective,
        weight=finding.weight,
        confidence=finding.confidence,
        inputs=dict(finding.inputs),
        limit=finding.limit,
        marks=list(finding.marks[:MARKS_AT_MOST]),
        samples=list(finding.samples[-SAMPLES_AT_MOST:]),
        frames=list(finding.frames[-FRAMES_AT_MOST:]),
        others=list(finding.others[:OTHERS_AT_MOST]),
    )


def _extend(episode: Episode, finding: Finding) -> None:
    """The heaviest finding gives inputs and limit; the newest readings stay, and the start, which is the name."""
    episode.end_ms = max(episode.end_ms, finding.end_ms)
    episode.judged_ms = max(episode.judged_ms, finding.end_ms)
    episode.found_ms = finding.found_ms
    episode.breaches += 1
    episode.clears = episode.unjudged = 0
    episode.revision += 1
    if finding.weight >= episode.weight:
        episode.weight = finding.weight
        episode.inputs = dict(finding.inputs)
        episode.limit = finding.limit
    episode.confidence = max(episode.confidence, finding.confidence)
    episode.others = list(dict.fromkeys([*episode.others, *finding.others]))[:OTHERS_AT_MOST]
    known = {mark.mark_id for mark in episode.marks}
    episode.marks = [*episode.marks, *(mark for mark in finding.marks if mark.mark_id not in known)][:MARKS_AT_MOST]
    samples = sorted({*episode.samples, *finding.samples}, key=lambda one: (one.time, one.factor, one.stat))
    episode.samples = samples[-SAMPLES_AT_MOST:]
    episode.frames = list(dict.fromkeys([*episode.frames, *finding.frames]))[-FRAMES_AT_MOST:]


def _touches(episode: Episode, finding: Finding) -> bool:
    return finding.start_ms <= episode.end_ms and finding.end_ms >= episode.start_ms


def _close(held: Held, reason: str, found_ms: int) -> Change:
    episode = held.open
    assert episode is not None
    held.open, held.closed = None, episode
    episode.end_reason = reason
    episode.found_ms = found_ms
    episode.revision += 1
    episode.clears = episode.unjudged = 0
    return _told(episode, LEAD_STATE_CLOSED, found_ms)


def _tell_late(held: Held, found_ms: int) -> Change:
    episode = held.late
    assert episode is not None
    held.late = None
    episode.end_reason = "retrospective"
    episode.revision = 1  # told once
    return _told(episode, LEAD_STATE_CLOSED, found_ms)


def _told(episode: Episode, state: LeadState, found_ms: int) -> Change:
    """A copy: the episode goes on changing while the fetch is worked through."""
    episode.told_ms, episode.told_weight = episode.end_ms, episode.weight
    copy = msgspec.structs.replace(
        episode,
        inputs=dict(episode.inputs),
        marks=list(episode.marks),
        samples=list(episode.samples),
        frames=list(episode.frames),
        joined=list(episode.joined),
        others=list(episode.others),
    )
    return Change(copy, state, found_ms)
