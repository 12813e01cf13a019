"""举一反三: peers by sector, park and vendor, within the caller's divisions."""

from dataclasses import replace

from lantian_tasks.ledger.issue import State
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import PLACE, an_issue
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead


async def put(api: Api, id_: str, **said: str) -> None:
    """An enterprise."""
    entity = {"name": f"{id_}公司", "division_code": "130102", **said}
    assert (await api.put(f"enterprise/{id_}", {"entity": entity})).status_code == 201


async def test_peers() -> None:
    """Once each, those with open issues of the category first; nobody of other divisions, not the enterprise itself."""
    api = Api()
    own = PLACE.enterprise_id
    await put(api, own, industry="钢铁", park="东区")
    await put(api, "same-sector", industry="钢铁")
    await put(api, "same-both", industry="钢铁", park="东区")
    await put(api, "same-park", industry="水泥", park="东区")
    await put(api, "same-vendor", industry="焦化")
    await put(api, "elsewhere", industry="钢铁", division_code="130203")
    await put(api, "stranger", industry="玻璃")
    for number, (enterprise, vendor) in enumerate(((own, "某环保"), ("same-vendor", "某环保"), ("stranger", "他环保"))):
        device = {"name": "脱硫塔", "enterprise_id": enterprise, "vendor": vendor}
        assert (await api.put(f"device/d{number}", {"entity": device})).status_code == 201
    issue = await api.holding(state=State.RECTIFYING)
    other = replace(PLACE, enterprise_id="same-park")
    await api.holding(an_issue(lead=a_lead(start_ms=START_MS + 9 * HOUR_MS), place=other))
    path = f"/v1/issues/{issue.issue_id}/peers"
    found = (await api.get(path)).json()["peers"]
    assert [(peer["enterprise_id"], peer["likeness"], peer["open_issues"]) for peer in found] == [
        ("same-park", "park", 1),
        ("same-both", "industry", 0),
        ("same-sector", "industry", 0),
        ("same-vendor", "vendor", 0),
    ]
    wider = (await api.get(path, "province-1")).json()["peers"]
    assert "elsewhere" in [peer["enterprise_id"] for peer in wider]
    assert_problem(await api.get(path, "tangshan-1"), 404, "not-found")
    assert_problem(await api.get(path, "plant-1"), 403, "forbidden")
