"""Other partitions, other workers, the whole topic again: the same findings."""

from collections.abc import Iterator
from dataclasses import replace
from zlib import crc32

import pytest

from lantian_alerts.core.engine import Engine
from lantian_alerts.core.leads import lead_of
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_proto.readings import Columns
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.registry_pb2 import RegistryChange, Source
from tests.unit.alerts.scenario import Scenario, cases, catalogue

WANTED = (
    "hour-exceedance: a reported converted mean above the limit opens a lead at once",
    "day-exceedance: a day above the limit opens a lead when it is counted",
    "oxygen-implausible: three hours of air-like oxygen in hot moving gas open a lead",
    "conversion-mismatch: converted to 9 percent instead of 16 and sent lower",
    "multi-drop: three pollutants fall by two thirds at constant gas",
    "bypass-damper: forty degrees for an hour",
    "clock-fault: eight hours behind, data come, with another time",
    "range-clipping: the highest value of every hour is the same",
    "day-exceedance: a reported day above the limit opens a lead when it comes",
    "restated-hour: an exceedance is sent again below the limit",
    "hour-extremes: three hours with means below their lowest value",
    "amount-mismatch: six hours of amounts a third too low",
)
TICK_GAP_MS = 1_000_000


SETS = (
    ("hour-exceedance", "08:00", {"high_ratio": 1.2}),
    ("multi-drop", "03:00", {"ratio": 0.4}),
    ("bypass-damper", "06:00", {"most.g11601": 20.0}),
    ("data-dropout", "09:00", {"least_minutes": 120.0}),
    ("frozen-value", "10:00", {"least_hours": 3.0, "least_values": 20.0}),
)
"""Rules whose parameters change in the middle of the stream."""


def plants(dated: bool = False) -> tuple[Registry, list[tuple[int, Columns]]]:
    """One source for each of the examples, all on one day, in one stream."""
    registry, found = Registry(), dict(cases())
    records: list[tuple[int, Columns]] = []
    for place, name in enumerate(WANTED):
        scenario, source_id = Scenario(found[name] | {"day": "2026-11-02"}), f"plant-{place}"
        registry.take(RegistryChange(kind="source", id=source_id, revision=1, source=Source(source_id=source_id)))
        for number, row in enumerate(found[name]["registry"]):
            change = scenario.change({kind: {**values, "id": f"{source_id}-{number}"} for kind, values in row.items()})
            getattr(change, change.kind).source_id = source_id
            registry.take(change)
        for _, columns in scenario.stream():
            if columns.sources != [""]:
                records.append((int(columns.received[0]), replace(columns, sources=[source_id])))
    ticks = Scenario({"day": "2026-11-02", "stream": [{"ticks": {"from": "00:00", "to": "1d 03:00", "every": 600}}]})
    records += [(int(columns.received[0]), columns) for _, columns in ticks.stream()]
    for rule_id, at, values in SETS if dated else ():
        registry.take(ticks.change({"valid_from": at, "parameters": {"rule": rule_id, "values": values}}))
    ordered = sorted(records, key=lambda one: (one[0], one[1].sources))
    return registry, [(offset, columns) for offset, (_, columns) in enumerate(ordered)]


def leads(engine: Engine, records: list[tuple[int, Columns]], registry: Registry | None = None) -> Iterator[Lead]:
    """What the records give, in fetches of 40."""
    book = Rulebook(catalogue(), registry or Registry())
    for begin in range(0, len(records), 40):
        part = records[begin : begin + 40]
        for change in engine.step_many([offset for offset, _ in part], [columns for _, columns in part]):
            yield lead_of(change, book)


def of_all(count: int, dated: bool = False) -> list[str]:
    """All leads of so many partitions, in an order that does not depend on them."""
    registry, records = plants(dated)
    told = []
    for partition in range(count):

        def owns(source_id: str, partition: int = partition) -> bool:
            return crc32(source_id.encode()) % count == partition

        mine = [(offset, one) for offset, one in records if one.sources == [""] or owns(one.sources[0])]
        engine = Engine(catalogue(), registry, owns, tick_gap_ms=TICK_GAP_MS)
        told += [lead.SerializeToString(deterministic=True).hex() for lead in leads(engine, mine, registry)]
    return sorted(told)


def test_every_example_is_in_it() -> None:
    """The stream holds a lead of each of the rules."""
    registry, records = plants()
    found = {lead.rule_id for lead in leads(Engine(catalogue(), registry, tick_gap_ms=TICK_GAP_MS), records)}
    assert found >= {name.partition(":")[0] for name in WANTED}


@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("count", [2, 5])
def test_the_number_of_partitions_does_not_matter(count: int, dated: bool) -> None:
    """Not a byte of any lead depends on which sources share a partition, nor when parameters change on the way."""
    assert of_all(count, dated) == of_all(1, dated)


def test_changed_parameters_change_leads() -> None:
    """The stream holds leads that only the parameters set on the way give, by their version."""
    found = [Lead.FromString(bytes.fromhex(text)) for text in of_all(1, True)]
    assert {lead.rule_version for lead in found} > {1, 2}
    assert any(lead.rule_version > 1000 for lead in found)


def test_the_whole_topic_again() -> None:
    """Delivered again it is skipped; written again under new offsets it names no lead that was not there."""
    registry, records = plants()
    engine = Engine(catalogue(), registry, tick_gap_ms=TICK_GAP_MS)
    first = {lead.lead_id for lead in leads(engine, records)}
    assert list(leads(engine, records)) == []
    again = [(offset + len(records), columns) for offset, columns in records]
    assert {lead.lead_id for lead in leads(engine, again)} <= first
