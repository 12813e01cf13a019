"""What the hours after a fix show, and which hours are kept."""

from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_kit.records import Record
from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, Period, Stat, encode
from lantian_tasks.access.principals import Access
from lantian_tasks.api import create_app
from lantian_tasks.clocks.policy import DataRule, shipped
from lantian_tasks.compliance.hours import HourCompliance, HourKeeper
from lantian_tasks.compliance.judge import AVG, ZS_AVG, Hour, judge
from lantian_tasks.ledger.issue import State, Step
from lantian_tasks.metrics import TasksMetrics
from tests.support.tasks_api import LISTED, key_hash
from tests.support.tasks_issues import ATTACH, COMPLETE, EVIDENCE, after, an_issue
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_store import FakeStore

LEAD = a_lead()
EXCEEDANCE, DROPOUT = shipped().closing_of("exceedance").data, shipped().closing_of("dropout").data
FIX = START_MS + 48 * HOUR_MS
N = ord("N")


def rule(found: DataRule | None) -> DataRule:
    """The rule that is shipped."""
    assert found is not None
    return found


def hours(number: int, value: float = 30.0, stat: int = ZS_AVG, flag: int = N, first: int = 0) -> list[Hour]:
    """Hours in a row from the fix on."""
    return [Hour(FIX + (first + n) * HOUR_MS, "a21026", stat, value, flag) for n in range(number)]


@pytest.mark.parametrize(
    ("kept", "holds"),
    [
        (hours(72), True),
        (hours(71), False),
        (hours(68) + hours(4, value=36.0, first=68), False),  # 94 %
        (hours(69) + hours(3, value=36.0, first=69), True),  # 96 %
        (hours(72, stat=AVG), False),  # the limit has a reference oxygen: converted values count
        (hours(72, flag=ord("D")), False),
        (hours(80, first=-10), False),  # ten of them lie before the fix
        ([replace(hour, factor="a21002") for hour in hours(72)], False),
        (hours(120, value=50.0) + hours(72, first=120), True),  # five days of rectifying, then it holds
        (hours(100) + hours(4, value=36.0, first=100), False),  # it came back: 94 % of the last 72
        (hours(72, flag=ord("F")), False),  # a standstill proves nothing
    ],
)
def test_an_exceedance_is_proven_by_72_hours_in_the_limit(kept: list[Hour], holds: bool) -> None:
    """Valid, after the fix, converted as the limit asks, 95 % within it."""
    verdict = judge(kept, LEAD, rule(EXCEEDANCE), FIX, FIX + 200 * HOUR_MS)
    assert verdict.holds == holds, verdict
    assert str(rule(EXCEEDANCE).hours) in verdict.detail


@pytest.mark.parametrize(("there", "passed", "holds"), [(152, 168, True), (151, 168, False), (168, 160, False)])
def test_a_dropout_is_proven_by_seven_days(there: int, passed: int, holds: bool) -> None:
    """90 % of the last 168 hours, and that many must have passed."""
    lead = a_lead(rule="data-dropout", factor="")
    now = FIX + passed * HOUR_MS + 60_000
    assert judge(hours(there), lead, rule(DROPOUT), FIX, now).holds == holds


def test_hours_of_a_stated_stop_prove_no_limit() -> None:
    """Also where the data carry no mark; those before and after it count."""
    stop = (FIX + 10 * HOUR_MS + 60_000, FIX + 20 * HOUR_MS)
    now = FIX + 100 * HOUR_MS
    assert not judge(hours(81), LEAD, rule(EXCEEDANCE), FIX, now, [stop]).holds
    assert judge(hours(82), LEAD, rule(EXCEEDANCE), FIX, now, [stop]).holds


@pytest.mark.parametrize(
    ("kept", "holds"),
    [
        (hours(120) + hours(48, flag=ord("F"), first=120), True),  # data flow in a standstill as well
        (hours(168, flag=ord("F")), True),
        (hours(120), False),  # none came in the standstill
        (hours(120) + hours(48, flag=ord("D"), first=120), False),
        (hours(152) + hours(16, flag=ord("D"), first=152), True),
        (hours(120, flag=ord("F")) + hours(40, first=120) + hours(8, flag=ord("D"), first=160), False),  # 83 % in work
    ],
)
def test_a_dropout_is_proven_by_transmission_and_valid_rate(kept: list[Hour], holds: bool) -> None:
    """Their product, as in the rates of months: hours of a standstill came, faults did not count."""
    lead = a_lead(rule="data-dropout", factor="")
    assert judge(kept, lead, rule(DROPOUT), FIX, FIX + 168 * HOUR_MS).holds == holds


def test_a_lead_without_limit_proves_nothing() -> None:
    """No number is invented."""
    lead = a_lead()
    lead.evidence.ClearField("limit")
    verdict = judge(hours(100), lead, rule(EXCEEDANCE), FIX, FIX + 100 * HOUR_MS)
    assert not verdict.holds
    assert "no limit" in verdict.detail


def packed(rows: list[tuple[str, int, int, int, float]]) -> bytes:
    """A record of readings: source, stat, period, time, value."""
    sources = sorted({row[0] for row in rows})
    factor = factors.by_code("a21026")
    assert factor is not None
    columns: dict[str, Any] = {name: np.zeros(len(rows), kind) for name, kind in DTYPES.items()}
    for n, (source, stat, period, time, value) in enumerate(rows):
        columns["source"][n], columns["stat"][n], columns["period"][n] = sources.index(source), stat, period
        columns["time"][n], columns["value"][n], columns["flag"][n] = time, value, N
        columns["factor"][n] = factor.number
    return encode(Columns(sources=sources, **columns))


def record(value: bytes) -> Record:
    """A record of readings.v1."""
    return Record("readings.v1", 0, 0, 0, b"0", value)


async def test_hours_of_watched_sources_are_kept() -> None:
    """No real-time values, of sources with open issues alone; again is the same; then the dossier is judged by them."""
    store, clock = FakeStore(), ManualClock(FIX)
    issue = an_issue()
    await store.open(Step(issue, "registered", (), ()))
    keeper = HourKeeper(store, clock)
    source = issue.head.source_id
    rows = [(source, int(Stat.ZS_AVG), int(Period.HOUR), FIX + n * HOUR_MS, 30.0) for n in range(72)]
    assert await keeper.handle(record(packed(rows))) == "kept"
    assert await keeper.handle(record(packed(rows))) == "kept"
    assert await keeper.handle(record(packed([("other", 12, 2, FIX, 1.0)]))) == "passed-over"
    assert await keeper.handle(record(packed([(source, 12, 0, FIX, 1.0)]))) == "passed-over"
    assert await keeper.handle(record(b"rubbish")) == "undecodable"
    assert len(await store.hours(source, 0, FIX * 2)) == 72
    verdict = await HourCompliance(store).verdict(source, LEAD, rule(EXCEEDANCE), FIX, FIX + 80 * HOUR_MS)
    assert verdict.holds
    assert (verdict.found, verdict.share) == (72, 1.0)


async def test_the_app_judges_dossiers_by_the_hours_of_its_store() -> None:
    """As it is wired when nobody says otherwise: without hours after the fix, none is accepted."""
    store, issue = FakeStore(), an_issue(State.RECTIFYING)
    issue = after(issue, COMPLETE, *ATTACH)
    await store.open(Step(issue, "registered", (), ()))
    access = Access([(key_hash("plant-1"), LISTED["plant-1"])])
    app = create_app(store, access, ManualClock(FIX), TasksMetrics(CollectorRegistry()))
    headers = {"Authorization": "Bearer key-plant-1", "Idempotency-Key": "k", "If-Match": f'"{issue.head.rev}"'}
    body = {"move": "request-close", "measures": "已整改", "evidence": EVIDENCE}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tasks") as client:
        answer = await client.post(f"/v1/issues/{issue.issue_id}/moves", json=body, headers=headers)
    assert answer.status_code == 409
    assert "0 of 72 valid hours" in answer.json()["detail"]
