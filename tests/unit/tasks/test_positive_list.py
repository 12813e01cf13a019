"""正面清单: the visit is spared, never the detection; what is grave ends the entry (reference 4.5)."""

from typing import Any

import pytest

from lantian_kit.clock import ManualClock
from lantian_notify.tasks_events import ONLINE, told_of
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.leads.screening import Mode
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.issue import State, Step
from lantian_tasks.registry.record import Belongs, Kind, Validity, change
from tests.support.tasks_issues import DAY_MS, FACTS, NOW_MS, PLACE, an_issue
from tests.support.tasks_leads import a_lead
from tests.support.tasks_store import FakeStore

MINOR: dict[str, Any] = {"rule": "clock-fault", "severity": 2, "factor": ""}


async def taken(store: FakeStore, lead: Lead, mode: Mode = "full", at_ms: int = NOW_MS) -> Case:
    """The lead after screening."""
    leads = Leads(store, ManualClock(at_ms), FACTS, mode, lambda: None)
    await leads.take(lead, lead.SerializeToString(), (), PLACE)
    case = await store.case(f"lead/{lead.lead_id}", EVERYTHING)
    assert case is not None
    return case


@pytest.fixture(name="store")
async def _store() -> FakeStore:
    """A store with the enterprise on the list."""
    store = FakeStore()
    entity = {"name": PLACE.enterprise_name, "division_code": PLACE.division_code, "list_types": ["positive"]}
    belongs = Belongs("", PLACE.enterprise_id, PLACE.division_code)
    actor = Actor("office-1", "city-office", "")
    record = change(None, Kind.ENTERPRISE, PLACE.enterprise_id, entity, Validity(), belongs, actor=actor, at_ms=1)
    assert record is not None
    await store.add([record])
    return store


async def test_the_visit_is_spared_and_the_enterprise_told(store: FakeStore) -> None:
    case = await taken(store, a_lead(**MINOR))
    assert case.state == "screened"
    assert "在线提醒" in case.data["suppressed"]
    assert case.history[-1]["move"] == "remind-online"
    told = told_of(case.outbox[-1].event)
    assert told is not None
    assert (told.kind, told.lead.lead_id, told.enterprise_name) == (ONLINE, a_lead(**MINOR).lead_id, "某钢铁有限公司")


@pytest.mark.parametrize(
    "lead",
    [
        a_lead(rule="hour-exceedance", severity=3),
        a_lead(rule="parameter-change", severity=1),
        a_lead(rule="bypass-damper", severity=2),
        a_lead(rule="response-limit", severity=2),
    ],
    ids=["grave", "fraud", "bypass", "emergency"],
)
async def test_what_pierces_the_list_is_visited(store: FakeStore, lead: Lead) -> None:
    case = await taken(store, lead)
    assert (case.state, case.data.get("suppressed", "")) == ("screened", "")
    assert case.history[-1]["move"] == "screen"


async def test_whoever_is_not_listed_is_visited() -> None:
    assert (await taken(FakeStore(), a_lead(**MINOR))).history[-1]["move"] == "screen"


@pytest.mark.parametrize(
    ("severity", "state", "days", "spared"),
    [
        (3, State.REGISTERED, 1, False),
        (3, State.CLOSED, 300, False),
        (2, State.REGISTERED, 1, True),
        (3, State.VOIDED, 1, True),
        (3, State.CLOSED, 400, True),
    ],
    ids=["open", "closed this year", "not grave", "voided", "long ago"],
)
async def test_a_grave_issue_ends_the_entry(
    store: FakeStore, severity: int, state: State, days: int, spared: bool
) -> None:
    issue = an_issue(state, a_lead(severity=severity))
    assert await store.open(Step(issue, "registered", (), ()))
    at_ms = issue.head.registered_ms + days * DAY_MS
    case = await taken(store, a_lead(**MINOR, start_ms=at_ms - 3_600_000), at_ms=at_ms)
    assert bool(case.data.get("suppressed")) == spared
    assert (issue.head.number in case.history[-1]["reason"]) != spared
