"""What devices say of themselves becomes leads: in the process, in `lantian detect`, and the same each time."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToJson
from prometheus_client import CollectorRegistry

from lantian_alerts.core.guard import Guard
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.statements import judged
from lantian_alerts.detect import __main__ as command
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.rules import shipped
from lantian_alerts.statements import StatementHandler
from lantian_kit.records import Record
from lantian_kit.worker import InvalidRecord
from lantian_proto.topics import LEADS, SITE_EVENTS
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.registry_pb2 import RegistryChange, Source, Suppression
from lantian_proto.v1.site_event_pb2 import SiteEvent
from tests.support.bus import FakePublisher

AT_MS = 1_793_556_600_000  # 2026-11-01 18:10 UTC, 02:10 of the next day in Beijing


def slope(late_ms: int = 3_000, before: str | None = "1.0") -> SiteEvent:
    """The slope of the SO2 analyser is 0.5 now."""
    event = SiteEvent(
        source_id="outlet-1", feed_id="feed-1", kind="parameter", code="a21026", info="i13008", text="0.5",
        number=0.5, time_ms=AT_MS, received_ms=AT_MS + late_ms, seq=7,
    )  # fmt: skip
    if before is not None:
        event.previous = before
    return event


def registry() -> Registry:
    """One outlet."""
    found = Registry()
    source = Source(source_id="outlet-1")
    found.take(RegistryChange(kind="source", id="outlet-1", revision=1, source=source))
    return found


def record(value: bytes) -> Record:
    """A record of the topic."""
    return Record(SITE_EVENTS, 0, 3, AT_MS, b"feed-1", value)


def handler(publisher: FakePublisher) -> StatementHandler:
    """The handler of the process."""
    metrics = AlertsMetrics(CollectorRegistry())
    return StatementHandler(shipped(), registry(), publisher, metrics, RuleFailures(metrics))


async def test_a_changed_slope_becomes_a_lead_the_same_each_time() -> None:
    """A repeat of the record gives the same id and revision."""
    publisher = FakePublisher()
    handle = handler(publisher).handle
    assert [await handle(record(slope().SerializeToString())) for _ in range(2)] == ["lead", "lead"]
    one, other = (Lead.FromString(sent.value or b"") for sent in publisher.records(LEADS))
    assert (one.rule_id, one.severity, one.factor) == ("parameter-change", 3, "a21026")
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


async def test_what_is_no_news_gives_no_lead() -> None:
    """Said for the first time, of an unknown source, or no statement at all: a counted outcome each."""
    publisher = FakePublisher()
    handle = handler(publisher).handle
    unknown = slope()
    unknown.source_id = "nobody"
    assert await handle(record(slope(before=None).SerializeToString())) == "nothing"
    assert await handle(record(unknown.SerializeToString())) == "unregistered"
    with pytest.raises(InvalidRecord):
        await handle(record(b"\xff\xff"))
    assert publisher.records(LEADS) == []


def test_late_statements_are_history() -> None:
    """What comes three hours late is never urgent (promise 5)."""
    late = judged(Rulebook(shipped(), registry()), registry(), slope(late_ms=3 * 3_600_000), Guard()).changes[0]
    assert late.episode.retrospective


def test_an_order_holds_it_back() -> None:
    """A suppression with owner, reason and expiry counts for statements too."""
    held = registry()
    order = Suppression(
        suppression_id="s-1", source_id="outlet-1", rule_id="parameter-change", owner="a", reason="r",
        start_ms=AT_MS - 1, end_ms=AT_MS + 86_400_000,
    )  # fmt: skip
    held.take(RegistryChange(kind="suppression", id="s-1", revision=1, suppression=order))
    found = judged(Rulebook(shipped(), held), held, slope(), Guard())
    assert (found.changes, found.outcomes) == ((), (("parameter-change", "order"),))


def test_detect_takes_them_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--statements`: JSON lines; one that can not be read is told and the others count."""
    file, known = tmp_path / "said.jsonl", tmp_path / "registry.json"
    line = MessageToJson(slope(), indent=None)
    file.write_text(f"{line}\n{{}}\n", encoding="utf-8")
    known.write_text(json.dumps({"sources": [{"id": "outlet-1"}]}), encoding="utf-8")
    nothing = BytesIO(b"time,source,factor,stat,period,value,flag,received\n")
    assert command.main(["--registry", str(known), "--statements", str(file)], nothing) == command.REFUSED
    told = capsys.readouterr()
    assert [json.loads(one)["rule"] for one in told.out.splitlines()] == ["parameter-change"]
    assert "statement 2: " in told.err
