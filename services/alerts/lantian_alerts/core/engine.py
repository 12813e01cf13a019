"""Detection for one partition of readings.v1: readings in, changes of episodes out.

Time comes from the ticks in the stream. The findings depend on the readings and the registry alone, not on how the
stream was cut into fetches, nor on restarts in between.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from lantian_alerts.core import facts, kernel, runs
from lantian_alerts.core.catalogue import Catalogue, Entry
from lantian_alerts.core.compiled import drop_stale_code
from lantian_alerts.core.day_values import day_frame
from lantian_alerts.core.episodes import Change, Episodes, Held, Key
from lantian_alerts.core.gate import Gate
from lantian_alerts.core.guard import Guard
from lantian_alerts.core.layout import (
    AT_ROW,
    AT_STAGE,
    AWAY,
    COUNTS,
    CURSOR,
    DAYS,
    DONE,
    FROZEN,
    HOUR_CLOSED,
    HOUR_MS,
    HOURS,
    HOURS_OVER,
    NEW_SERIES,
    RESULTS,
    RETURNED,
    SCREENED,
    SIGNAL,
    SIGNAL_PARITY,
    SIGNAL_ROW,
    SIGNAL_SLOT,
    SILENT,
    STREAM,
    SWEEP,
    THAWED,
    Rows,
    State,
)
from lantian_alerts.core.memory import Memory
from lantian_alerts.core.odd_hours import odd_hours
from lantian_alerts.core.partition import Partition
from lantian_alerts.core.registry import Registry, factor_number
from lantian_alerts.core.rule import (
    Fact,
    Finding,
    HourFact,
    OddHourFact,
    ReportedDayFact,
    RunFact,
    SilenceFact,
    Verdict,
)
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.slow import Slow
from lantian_alerts.core.together import SharedHour
from lantian_proto.readings import Columns, Period

TICK_GAP_AT_MOST_MS = 30_000


def everything(source_id: str) -> bool:
    """For a single partition: every source belongs to it."""
    return True


class Engine:
    """The state of one partition and the loop over it. Not thread-safe.

    `tick_gap_ms`: a longer gap between ticks means that ingest was away; it counts as nobody's silence. `guard`: what
    rules raise is gathered there, by default in one of its own.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        registry: Registry,
        owns: Callable[[str], bool] = everything,
        *,
        tick_gap_ms: int = TICK_GAP_AT_MOST_MS,
        guard: Guard | None = None,
    ) -> None:
        drop_stale_code()
        self._rules = Rulebook(catalogue, registry)
        self.partition = Partition(self._rules.demand, registry, owns, tick_gap_ms=tick_gap_ms)
        self.episodes = Episodes(catalogue, self._rules)
        self.offset = -1
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.skipped = 0
        self.suppressed: Counter[str] = Counter()
        self._catalogue = catalogue
        self._readers: dict[type, list[Entry]] = {}
        self.memory = Memory(self.partition, catalogue.demand())
        self.guard = guard or Guard()
        self._slow = Slow(self._rules, self.partition, self.memory, self.episodes, self.guard)
        counters = (self.outcomes, self.suppressed)
        self._gate = Gate(self._rules, self.memory, self.partition, self.episodes, *counters, self.guard)
        self._hour_rules = [entry.id for entry in catalogue.entries.values() if HourFact in entry.rule.facts]
        self._asks_odd_hours = bool(catalogue.reading(OddHourFact))
        self._silence_rules = [entry.id for entry in catalogue.entries.values() if SilenceFact in entry.rule.facts]
        self._counts = np.zeros(COUNTS, np.int64)
        self._cursor = np.zeros(CURSOR, np.int64)
        self._signal = np.zeros(SIGNAL, np.int64)
        self._rows = Rows(*(np.zeros(0, np.int64) for _ in Rows._fields))

    def adopt(self, offset: int, state: State, ids: list[str], held: list[tuple[Key, Held]]) -> None:
        """Goes on from a restored state."""
        self.offset = offset
        self.partition.adopt(state, ids)
        for key, found in held:
            self.episodes.put_back(key, found)

    def step(self, offset: int, columns: Columns) -> list[Change]:
        """Takes one record; see `step_many`."""
        return self.step_many([offset], [columns])

    def step_many(self, offsets: Sequence[int], records: Sequence[Columns]) -> list[Change]:
        """Takes records that went through `partition.checked`, in order, and tells what changed.

        Records up to the state's own offset were applied before: they change nothing and count as skipped.
        """
        self.partition.follow_registry()
        fresh = [columns for offset, columns in zip(offsets, records, strict=True) if offset > self.offset]
        self.skipped += sum(len(columns) for columns in records) - sum(len(columns) for columns in fresh)
        if not fresh:
            return []
        self._rows = self.partition.gather(fresh)
        self._cursor[AT_ROW] = self._cursor[AT_STAGE] = 0
        changes: list[Change] = []
        while True:
            state, plan = self.partition.state, self.partition.plan
            stop = int(kernel.run(self._rows, state, plan, self._counts, self._cursor, self._signal))
            if stop == DONE:
                break
            changes += self._handle(stop)
        self.offset = offsets[-1]
        self.memory.rest()
        return changes

    def _handle(self, stop: int) -> list[Change]:
        row, slot, at = int(self._signal[SIGNAL_ROW]), int(self._signal[SIGNAL_SLOT]), int(self._cursor[AT_ROW])
        partition, rows = self.partition, self._rows
        if stop == HOURS:
            return self._take_hours(row, at)
        if stop == DAYS:
            return self._take_days(row, at)
        if stop == HOUR_CLOSED:
            parity = int(self._signal[SIGNAL_PARITY])
            return self._judge(facts.computed_hour(partition, rows, row, slot, parity, at), row)
        if stop == SILENT:
            silence = facts.silence(partition, row)
            if silence.skew_ms:
                facts.put_off(partition, row)
            return self._judge(silence, row)
        if stop == RETURNED:
            return self._judge(facts.returned(partition, rows, row, at), row)
        if stop == FROZEN:
            return self._judge(facts.run(partition, rows, row, slot, at), row)
        if stop == THAWED:
            return self._judge(facts.run_end(partition, rows, row, slot, at), row)
        if stop == NEW_SERIES:
            _, refused = partition.slot_for(row, int(rows.factor[at]))
            if refused is not None:
                self._counts[refused] += 1
                self._cursor[AT_ROW], self._cursor[AT_STAGE] = at + 1, 0
            return []
        if stop == HOURS_OVER:
            return self._close_hours()
        assert stop == SWEEP, stop
        return self._sweep()

    def _judge(self, fact: Fact, row: int) -> list[Change]:
        site = self.partition.site(row)
        changes: list[Change] = []
        readers = self._readers.get(type(fact))
        if readers is None:
            readers = self._readers[type(fact)] = self._catalogue.reading(type(fact))
        at_ms = fact.start_ms if isinstance(fact, HourFact | ReportedDayFact | OddHourFact) else self.partition.swept_ms
        for entry in (self._rules.at(one, at_ms) for one in readers):
            finding = self.guard.judge(entry, fact, site)
            if finding is None:
                continue
            finding, told = self._gate.take(entry, finding, site)
            changes += told
            if isinstance(fact, RunFact) and finding.verdict is not Verdict.BREACH:
                self._forget_run(row, fact.factor)
        if isinstance(fact, HourFact):
            self._mark_watched(fact.source_id, fact.factor)
        self.partition.touch(row)
        return changes

    def _close_hours(self) -> list[Change]:
        """The hours that are over go to the history, and what is over to the slow rules."""
        changes: list[Change] = []

        def apply(entry: Entry, finding: Finding, row: int) -> None:
            changes.extend(self._gate.take(entry, finding, self.partition.site(row))[1])
            self.partition.touch(row)

        self._slow.close(apply)
        return changes

    def take_shared(self) -> list[SharedHour]:
        """Hours that closed since the last call, for rules that compare sources; to be taken after every step."""
        shared, self._slow.shared = self._slow.shared, []
        return shared

    def _mark_watched(self, source_id: str, factor: str) -> None:
        """While an hour episode is open the loop hands every hour of the series to the rules."""
        row = self.partition.row(source_id)
        slot = self.partition.slot(row, factor_number(factor))
        if slot is not None:
            opened = any(self.episodes.is_open(source_id, rule_id, factor) for rule_id in self._hour_rules)
            self.partition.state.series[row, slot]["watched"] = opened

    def _forget_run(self, row: int, factor: str) -> None:
        """A run that a mark excuses starts anew, so that it is judged again when it outlives the mark."""
        slot = self.partition.slot(row, factor_number(factor))
        assert slot is not None
        self.partition.state.series[row, slot]["fired"] = 0
        self.partition.state.series[row, slot]["run_count"] = 0

    def _take_hours(self, row: int, at: int) -> list[Change]:
        """The hour values of one frame are judged together: the oxygen may stand behind the pollutant."""
        partition, rows = self.partition, self._rows
        frame = facts.hour_frame(partition, rows, row, at)
        odd = odd_hours(partition, self.memory, rows, row, frame) if self._asks_odd_hours else []
        facts.remember(partition, self.memory, rows, row, frame)
        changes = [change for fact in odd for change in self._judge(fact, row)]
        for fact in facts.reported_hours(partition, rows, row, frame):
            slot = partition.slot(row, factor_number(fact.factor))
            assert slot is not None
            hour = frame.start_ms // HOUR_MS
            displaced = facts.displaced_hour(partition, rows, row, slot, hour, at, self._counts)
            if displaced is not None:
                changes += self._judge(displaced, row)
            changes += self._judge(fact, row)
        for number, value in frame.measured.items():
            changes += self._advance_run(row, number, value)
        for result in frame.results:
            self._counts[result] += 1
        self._cursor[AT_ROW], self._cursor[AT_STAGE] = frame.end, 0
        return changes

    def _take_days(self, row: int, at: int) -> list[Change]:
        """The day values of one frame are judged together, as its hours are."""
        frame = day_frame(self.partition, self._rows, row, at, self.partition.site(row))
        changes = [change for fact in frame.facts for change in self._judge(fact, row)]
        for result in frame.results:
            self._counts[result] += 1
        self._cursor[AT_ROW], self._cursor[AT_STAGE] = frame.end, 0
        return changes

    def _advance_run(self, row: int, number: int, value: facts.HourValue) -> list[Change]:
        partition, rows = self.partition, self._rows
        floor = float(partition.plan.floors[number])
        if floor < 0:
            return []
        source = partition.state.sources[row]
        found = runs.advance_run(
            partition.state.series[row, value.slot],
            value.value,
            int(rows.time[value.at]),
            int(Period.HOUR),
            value.mark == 0,
            int(source["moves"]),
            int(source["companions"]),
            floor,
            partition.plan.knobs,
        )
        if found == FROZEN:
            return self._judge(facts.run(partition, rows, row, value.slot, value.at), row)
        if found == THAWED:
            return self._judge(facts.run_end(partition, rows, row, value.slot, value.at), row)
        return []

    def _sweep(self) -> list[Change]:
        """Once a minute of the stream: feeds that begin or end, episodes that have been quiet too long."""
        stream = int(self.partition.state.scalars[STREAM])
        self.partition.follow_time()
        changes: list[Change] = []
        for (source_id, rule_id, _), held in self.episodes.items():
            gone = rule_id in self._silence_rules and not self.partition.watched(self.partition.row(source_id))
            if gone and held.open is not None:
                changes += self.episodes.withdraw(source_id, rule_id, stream)
        changes += self.episodes.sweep(stream)
        told: list[Change] = []
        for change in changes:
            row = self.partition.row(change.episode.source_id)
            self._mark_watched(change.episode.source_id, change.episode.factor)
            self.partition.touch(row)
            told += self._gate.tell(change, self.partition.site(row))
        return told

    def results(self) -> dict[str, int]:
        """Rows taken, by the one result each had."""
        return {name: int(self._counts[place]) for place, name in enumerate(RESULTS)} | {"skipped": self.skipped}

    @property
    def screened(self) -> int:
        """Hours below every limit that no rule had to look at."""
        return int(self._counts[SCREENED])

    @property
    def away_ms(self) -> int:
        """Time in which ingest was away and nobody counts as silent."""
        return int(self.partition.state.scalars[AWAY])
