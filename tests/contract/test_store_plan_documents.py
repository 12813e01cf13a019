"""Plan documents in both stores: found by day and owner, moved with their enterprise, decided on their revision."""

import pytest

from lantian_kit.clock import ManualClock
from lantian_tasks.access.scope import EVERYTHING, Scope, scope_of
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Command, Refused
from lantian_tasks.plan_documents.moves import plan
from lantian_tasks.plan_documents.service import PlanDocuments, Upload
from lantian_tasks.plan_documents.versions import versions_of
from lantian_tasks.ports import CaseQuery, Store
from tests.contract.test_store_tasks_cases import store
from tests.support.tasks_api import PRINCIPALS
from tests.support.tasks_issues import FACTS, NOW_MS, PLACE

__all__ = ["store"]
PDF = b"%PDF-1.7 "
MINISTRY = Actor("ministry-1", "ministry", "生态环境部")


async def approved(plans: PlanDocuments, number: int, valid_from: str, valid_to: str, enterprise_id: str = "") -> str:
    """Case id of a plan that is in force between two days."""
    case = plan(
        f"{number:032x}",
        kind="factory-policy" if enterprise_id else "city-policy",
        division_code=PLACE.division_code if enterprise_id else "130100",
        enterprise_id=enterprise_id,
        enterprise_name="",
        title=f"方案{number}",
        season="2026-27",
        at_ms=NOW_MS + number,
    )
    drafter = PRINCIPALS["plant-1" if enterprise_id else "office-1"]
    step = await plans.create(case, drafter, Upload("方案.pdf", PDF, valid_from, valid_to, ""))
    assert step is not None
    command = Command("approve", MINISTRY, NOW_MS)
    assert not isinstance(await plans.move(EVERYTHING, case.case_id, command, 1, "k"), Refused | int)
    return case.case_id


async def test_plans_are_found_by_the_day_they_are_in_force(store: Store) -> None:
    """And by enterprise, kind and scope; one without an approved version is in force on no day."""
    plans = PlanDocuments(store, ManualClock(NOW_MS), FACTS, lambda: None)
    winter = await approved(plans, 1, "2026-12-01", "2027-02-28")
    season = await approved(plans, 2, "2026-10-01", "2027-03-31")
    works = await approved(plans, 3, "2026-10-01", "2026-12-31", PLACE.enterprise_id)
    drafted = plan(
        "f" * 32,
        kind="city-policy",
        division_code="130100",
        enterprise_id="",
        enterprise_name="",
        title="草稿",
        season="",
        at_ms=NOW_MS,
    )
    await plans.create(drafted, PRINCIPALS["office-1"], Upload("方案.pdf", PDF, "2026-01-01", "2028-01-01", ""))

    async def on(day: str, scope: Scope = EVERYTHING, **keys: str) -> list[str]:
        query = CaseQuery(scope, "plan-document", 9, keys=keys, valid_on=day)
        found = await store.cases(query)
        assert await store.count_cases(query, ()) in ({(): len(found)}, {})
        return [case.case_id for case in found]

    assert await on("2026-11-30") == [works, season]
    assert await on("2026-12-01") == [works, season, winter]
    assert await on("2027-03-31") == [season]
    assert await on("2026-09-30") == await on("2027-04-01") == []
    assert await on("2026-12-01", enterprise_id=PLACE.enterprise_id) == [works]
    assert await on("2026-12-01", enterprise_id="") == [season, winter]
    assert await on("2026-12-01", category="city-policy") == [season, winter]
    assert await on("2026-12-01", scope_of(["130200"])) == []
    kept = await store.case(winter, EVERYTHING)
    assert kept is not None
    [version] = versions_of(kept.data)
    assert await store.bytes_of(version.piece.sha256) == PDF


async def test_a_plan_goes_with_its_enterprise(store: Store) -> None:
    """Its new division sees it, and a decision on it is still made on its revision."""
    plans = PlanDocuments(store, ManualClock(NOW_MS), FACTS, lambda: None)
    case_id = await approved(plans, 1, "2026-12-01", "2027-02-28", PLACE.enterprise_id)
    await store.move_enterprise(PLACE.enterprise_id, "130202")
    tangshan = scope_of(["130200"])
    assert [case.case_id for case in await store.cases(CaseQuery(tangshan, "plan-document", 9))] == [case_id]
    command = Command("withdraw", MINISTRY, NOW_MS, "搬迁")
    step = await plans.move(tangshan, case_id, command, 2, "w")
    assert not isinstance(step, Refused | int)


@pytest.mark.parametrize("rev", [1, 3])
async def test_a_plan_that_moved_on_is_not_decided(store: Store, rev: int) -> None:
    """The revision it has now is the answer."""
    plans = PlanDocuments(store, ManualClock(NOW_MS), FACTS, lambda: None)
    case_id = await approved(plans, 1, "2026-12-01", "2027-02-28")
    assert await plans.move(EVERYTHING, case_id, Command("withdraw", MINISTRY, NOW_MS, "撤"), rev, "w") == 2
