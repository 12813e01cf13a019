"""Runs an example of a rule: builds the registry and the stream it describes, and says what came out.

Times are Beijing time: "08:00", "08:00:30", or "1d 08:00" for the day after `day`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count, groupby
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from lantian_alerts.core import state
from lantian_alerts.core.across import Across
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.guard import Failures, Guard
from lantian_alerts.core.leads import lead_of
from lantian_alerts.core.partition import checked
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.sharing import decoded, encoded, key_of
from lantian_alerts.core.statements import judged
from lantian_alerts.core.together import SharedHour
from lantian_alerts.core.wording import CHINA
from lantian_alerts.rules import shipped
from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, Period, Stat, pointer, tick
from lantian_proto.replays import listed
from lantian_proto.v1.lead_pb2 import Lead, LeadState
from lantian_proto.v1.registry_pb2 import (
    Feed,
    Limit,
    Mark,
    RegistryChange,
    Response,
    RuleParameters,
    Source,
    Suppression,
)
from lantian_proto.v1.site_event_pb2 import SiteEvent

EXAMPLES = Path(__file__).parent / "rules"
SOURCE = "outlet-1"
PERIODS = {"rtd": Period.REAL_TIME, "minute": Period.MINUTE, "hour": Period.HOUR, "day": Period.DAY}
MEASURED = {"rtd": Stat.RTD, "minute": Stat.AVG, "hour": Stat.AVG, "day": Stat.AVG}
LOWEST, HIGHEST, AMOUNTS = (dict.fromkeys(MEASURED, stat) for stat in (Stat.MIN, Stat.MAX, Stat.COU))
CONVERTED = {"rtd": Stat.ZS_RTD, "minute": Stat.ZS_AVG, "hour": Stat.ZS_AVG, "day": Stat.ZS_AVG}
EDITIONS = {2005: 0, 2017: 1, 2025: 2}

ENTITIES = {
    "source": Source,
    "feed": Feed,
    "limit": Limit,
    "mark": Mark,
    "suppression": Suppression,
    "response": Response,
}

Record = tuple[int, Columns]


@cache
def catalogue() -> Catalogue:
    """The catalogue as shipped, entries that are not in force included."""
    return shipped(with_disabled=True)


def cases() -> list[tuple[str, dict[str, Any]]]:
    """All examples, with a name to show."""
    found = []
    for path in sorted(EXAMPLES.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [(f"{path.stem}: {case['name']}", document | case) for case in document["cases"]]
    return found


@dataclass
class Outcome:
    """What an example gave."""

    leads: list[Lead] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    failures: Failures = field(default_factory=lambda: Failures(Counter(), []))
    screened: int = 0
    away_ms: int = 0

    def told(self) -> list[str]:
        """The leads as comparable text."""
        return [lead.SerializeToString(deterministic=True).hex() for lead in self.leads]


def at(value: Any, index: int, time: int) -> float:
    """A value of an example: a number, a list that repeats, or a course of its own.

    A course has a `base`, a daily `wave`, `noise` by `seed` (its own by default), a `drift` a step, `digits` after the
    point.
    """
    if isinstance(value, list):
        return float(value[index % len(value)])
    if not isinstance(value, dict):
        return float(value)
    noise = value.get("noise", 0.0)
    chance = np.random.default_rng((value.get("seed", 1), time // 1000)).standard_normal() if noise else 0.0
    wave = value.get("wave", 0.0) * np.sin(2 * np.pi * (time % 86_400_000) / 86_400_000)
    found = value["base"] + wave + noise * chance + value.get("drift", 0.0) * index
    return round(float(max(found, value.get("least", -1e6))), value.get("digits", 2))


class Scenario:
    """One example."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._day = datetime.fromisoformat(str(case["day"])).replace(tzinfo=CHINA)
        self._case = case
        self._later: list[dict[str, Any]] = case.get("changes", [])
        self._offsets = count(100)

    def ms(self, text: str) -> int:
        """Milliseconds of a time of the example."""
        days, _, clock = text.rpartition(" ")
        parts = [int(part) for part in clock.split(":")] + [0]
        offset = int(days.rstrip("d") or 0) * 86_400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
        return int(self._day.timestamp() * 1000) + offset * 1000

    def registry(self) -> Registry:
        """The registry the example starts with."""
        registry = Registry()
        registry.take(RegistryChange(kind="source", id=SOURCE, revision=1, source=Source(source_id=SOURCE)))
        for change in self._case.get("registry", []):
            registry.take(self.change(dict(change)))
        return registry

    def change(self, row: dict[str, Any]) -> RegistryChange:
        """One change of the registry."""
        times = {name: self.ms(row[name]) for name in ("valid_from", "valid_to") if name in row}
        if "parameters" in row:
            return self._parameters(row, times["valid_from"])
        kind = next(name for name in ENTITIES if name in row)
        values = {"source_id": SOURCE} | row[kind]
        if kind in ("mark", "suppression", "response"):
            times_of_mark = [name for name in ("start", "end", "declared") if name in values]
            values |= {f"{name}_ms": self.ms(values.pop(name)) for name in times_of_mark}
        id_ = values.pop("id", SOURCE if kind == "source" else f"{kind}-1")
        entity: Any = ENTITIES[kind](**{f"{kind}_id": id_} | values)
        return RegistryChange(
            kind=kind,
            id=id_,
            revision=row.get("revision", 1),
            voided=row.get("voided", False),
            valid_from_ms=times.get("valid_from", 0),
            valid_to_ms=times.get("valid_to", 0),
            **{kind: entity},
        )

    @staticmethod
    def _parameters(row: dict[str, Any], from_ms: int) -> RegistryChange:
        """A dated set of parameters: `rule`, `values`, `number` by default 1."""
        asked = row["parameters"]
        rule_id, values, number = asked["rule"], asked["values"], asked.get("number", 1)
        version = catalogue().entries[rule_id].version
        entity = RuleParameters(rule_id=rule_id, base_version=version, number=number, values=listed(values))
        return RegistryChange(
            kind="rule-parameters",
            id=f"{rule_id}.{version}.{number}",
            revision=row.get("revision", 1),
            voided=row.get("voided", False),
            valid_from_ms=from_ms,
            rule_parameters=entity,
        )

    def stream(self) -> list[tuple[int, Columns]]:
        """Offsets and records in the order of reception."""
        rows: list[tuple[int, dict[str, Any]]] = []
        for step in self._case["stream"]:
            if "ticks" in step:
                span = step["ticks"]
                times = range(self.ms(span["from"]), self.ms(span["to"]) + 1, span.get("every", 10) * 1000)
                rows += [(time, {}) for time in times]
            elif "readings" in step:
                rows += self._readings(step["readings"])
        records = []
        for received, group in groupby(sorted(rows, key=lambda row: row[0]), key=lambda row: row[0]):
            held = [row for _, row in group]
            records += [self._record([row for row in held if row])] if any(held) else []
            records += [(next(self._offsets), tick(received)) for row in held if not row]
        return records

    def _readings(self, step: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
        period = step["period"]
        start, end = self.ms(step["from"]), self.ms(step.get("to", step["from"]))
        every = step.get("every", 60) * 1000
        common = {
            "source_id": step.get("source", SOURCE),
            "period": PERIODS[period],
            "flag": ord(step["flag"]) if step.get("flag") else 0,
            "edition": EDITIONS[step.get("edition", 2017)],
        }
        rows = []
        for index, time in enumerate(range(start, end + 1, every)):
            received = self.ms(step["received"]) if "received" in step else time + int(step.get("delay", 5) * 1000)
            seq = pointer(3, (time - start) // 1000 + received // 1000 % 1_000_000)
            given = ((LOWEST, "lowest"), (MEASURED, "values"), (HIGHEST, "highest"), (AMOUNTS, "amounts"))
            for stats, values in ((each, step.get(name, {})) for each, name in (*given, (CONVERTED, "converted"))):
                for code, value in values.items():
                    factor = factors.by_code(code)
                    assert factor is not None, code
                    one = at(value, index, time)
                    numbers = {"factor": factor.number, "stat": stats[period], "time": time, "value": float(one)}
                    rows.append((received, common | numbers | {"received": received, "seq": seq}))
        return rows

    def _record(self, rows: list[dict[str, Any]]) -> tuple[int, Columns]:
        sources = list(dict.fromkeys(row["source_id"] for row in rows))
        names = [name for name in rows[0] if name in DTYPES]
        arrays: dict[str, Any] = {name: np.array([row[name] for row in rows], DTYPES[name]) for name in names}
        arrays["source"] = np.array([sources.index(row["source_id"]) for row in rows], np.int32)
        return next(self._offsets), checked(Columns(sources=sources, **arrays))

    def run(self, fetch: int = 50, restart_every: int = 0, *, again: bool = False) -> Outcome:
        """Plays the stream in fetches of so many records, restarting from a snapshot every so many fetches.

        `again`: the whole stream is written once more behind itself, under new offsets.
        """
        rules, registry = catalogue(), self.registry()
        gap_ms = self._case.get("tick_gap_seconds", 30) * 1000
        guard = Guard()
        engine, across = Engine(rules, registry, tick_gap_ms=gap_ms, guard=guard), Across(rules, registry, guard)
        told: list[SharedHour] = []
        book = Rulebook(rules, registry)
        outcome, records = Outcome(), self.stream()
        if again:
            records += [(offset + len(records), columns) for offset, columns in records]
        blocks: dict[int, bytes] = {}
        for number, part in enumerate(self._fetches(records, fetch)):
            if isinstance(part, RegistryChange):
                registry.take(part)
                continue
            changes = engine.step_many([offset for offset, _ in part], [columns for _, columns in part])
            hours = [decoded(key_of(0, 1), data) for shared in engine.take_shared() for data in encoded(shared)]
            changes += [change for shared in hours for piece in across.take(shared) for change in piece]
            told += hours
            outcome.leads += [lead for lead in (guard.lead(change, book) for change in changes) if lead is not None]
            if restart_every and number % restart_every == restart_every - 1:
                blocks |= state.dirty_blocks(engine)
                self._note(engine, outcome)
                engine = state.restored(blocks, rules, registry, tick_gap_ms=gap_ms, guard=guard)
                across = Across(rules, registry)  # it comes back by reading its topic from the beginning
                for shared in told:
                    list(across.take(shared))
        self._note(engine, outcome)
        for (rule, reason), number in across.outcomes.items():
            outcome.outcomes[f"{rule}/{reason}"] = outcome.outcomes.get(f"{rule}/{reason}", 0) + number
        self._judge_statements(registry, outcome, guard)
        outcome.failures = guard.take()
        return outcome

    def _judge_statements(self, registry: Registry, outcome: Outcome, guard: Guard) -> None:
        """What devices say of themselves is judged beside the stream, as the process does."""
        for step in self._case["stream"]:
            for number, said in enumerate(step.get("statements", [])):
                event = SiteEvent(
                    source_id=SOURCE, seq=pointer(3, number), **{k: v for k, v in said.items() if k != "at"}
                )
                event.time_ms = self.ms(said["at"])
                event.received_ms = event.time_ms + 3_000
                found = judged(Rulebook(catalogue(), registry), registry, event, guard)
                outcome.leads += [lead_of(change, Rulebook(catalogue(), registry)) for change in found.changes]
                for rule, reason in found.outcomes:
                    outcome.outcomes[f"{rule}/{reason}"] = outcome.outcomes.get(f"{rule}/{reason}", 0) + 1

    def _fetches(self, records: list[Record], fetch: int) -> Iterator[list[Record] | RegistryChange]:
        """Fetches of at most so many records, with the changes of the registry between records, at their time."""
        pending = [
            (self.ms(row["at"]), {key: value for key, value in row.items() if key != "at"}) for row in self._later
        ]
        part: list[Record] = []
        for record in records:
            while pending and pending[0][0] <= int(record[1].received[0]):
                yield part
                part = []
                yield self.change(pending.pop(0)[1])
            part.append(record)
            if len(part) == fetch:
                yield part
                part = []
        yield part

    @staticmethod
    def _note(engine: Engine, outcome: Outcome) -> None:
        for (rule, reason), number in engine.outcomes.items():
            key = f"{rule}/{reason}"
            outcome.outcomes[key] = outcome.outcomes.get(key, 0) + number
        for name, number in engine.results().items():
            outcome.results[name] = outcome.results.get(name, 0) + number
        outcome.screened += engine.screened
        outcome.away_ms = engine.away_ms


def shown(lead: Lead, scenario: Scenario) -> dict[str, Any]:
    """A lead in the words an example expects it in."""
    return {
        "state": LeadState.Name(lead.state).removeprefix("LEAD_STATE_").lower(),
        "rule": lead.rule_id,
        "version": lead.rule_version,
        "factor": lead.factor,
        "severity": lead.severity,
        "retrospective": lead.retrospective,
        "revision": lead.revision,
        "start": lead.start_ms,
        "end": lead.end_ms,
        "found": lead.detected_ms,
        "limit": lead.evidence.limit.limit_id,
        "inputs": dict(lead.evidence.inputs),
        "summary": f"{lead.summary.zh} {lead.summary.en}",
    }
