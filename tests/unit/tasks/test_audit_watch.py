"""A changed history is noticed without anybody asking, and figures by stage are told."""

from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_tasks.audit.watch import AuditWatch
from lantian_tasks.ledger.issue import State, Step
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.watch import StoreWatch
from tests.support.tasks_issues import NOW_MS, an_issue
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_store import FakeStore


async def filled() -> FakeStore:
    """Three issues in two states."""
    store = FakeStore()
    for number, state in enumerate((State.REGISTERED, State.REGISTERED, State.ASSIGNED)):
        await store.open(Step(an_issue(state, a_lead(start_ms=START_MS + number * HOUR_MS)), "registered", (), ()))
    return store


async def test_a_changed_entry_is_noticed_and_stays_noticed() -> None:
    """Until a whole round finds nothing."""
    store, registry = await filled(), CollectorRegistry()
    watch = AuditWatch(store, TasksMetrics(registry), 1.0)

    async def ok() -> float | None:
        await watch.look()
        return registry.get_sample_value("lantian_audit_chain_ok")

    assert await ok() == 1
    (whole, *_) = store.issues.all()
    forged = {**whole, "history": [{**whole["history"][0], "reason": "nothing happened"}, *whole["history"][1:]]}
    store.issues.put(forged)
    assert await ok() == 0
    store.issues.put(whole)
    assert await ok() == 0
    assert await ok() == 1
    assert registry.get_sample_value("lantian_audit_examined_total", {"result": "broken"}) == 1


async def test_issues_are_counted_by_stage() -> None:
    """Every state is told, those with none as 0; overdue are those whose date has passed."""
    store, registry = await filled(), CollectorRegistry()
    late = next(document for document in store.issues.all() if document["state"] == State.ASSIGNED)
    store.issues.put({**late, "due_ms": NOW_MS - 1})
    await StoreWatch(store, ManualClock(NOW_MS), TasksMetrics(registry), 1.0).look()
    found = {state: registry.get_sample_value("lantian_issue_stage", {"state": str(state)}) for state in State}
    assert found == dict.fromkeys(State, 0) | {State.REGISTERED: 2, State.ASSIGNED: 1}
    assert registry.get_sample_value("lantian_issue_overdue") == 1
