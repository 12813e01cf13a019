"""A report of people goes into a round; its start tells the team by webhook. Another one is handed to another city."""

from typing import Any

import aiohttp
import pytest

from lantian_local.demo.stage import Stage
from tests.e2e.people import OFFICE_KEY

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOUR_MS = 3_600_000


class Office:
    """The office of Zhengzhou at the API."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._acts = 0

    async def get(self, path: str) -> dict[str, Any]:
        """Reads."""
        async with self._session.get(path) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    async def post(self, path: str, body: dict[str, Any], rev: int = 0) -> dict[str, Any]:
        """Writes, on a revision if there is one."""
        self._acts += 1
        headers = {"Idempotency-Key": f"pushed-{self._acts}"} | ({"If-Match": f'"{rev}"'} if rev else {})
        async with self._session.post(path, json=body, headers=headers) as answer:
            assert answer.status in (200, 201), await answer.text()
            return dict(await answer.json())

    async def report(self, reference: str, found_ms: int) -> dict[str, Any]:
        """A complaint about a building site."""
        said = {"channel": "complaint", "category": "dust", "severity": 2, "division_code": "410102"}
        where = {"place": f"工地{reference}", "text": "土方未覆盖", "reference": reference, "found_ms": found_ms}
        return await self.post("/v1/leads", {**said, **where})


async def test_a_pushed_lead_reaches_the_team_and_a_handed_one_its_city(stage: Stage) -> None:
    """Real services, broker and store; the timekeeper goes on after both."""
    address = stage.team_address
    team = {
        "name": "郑州执法队（演示）",
        "division_code": "410100",
        "webhook_url": address.url.format(division="410100"),
        "webhook_secret_name": address.secret_name,
        "event_kinds": ["lead-pushed"],
    }
    await stage.register([{"kind": "team", "id": "team-pushed", "entity": team}])
    headers = {"Authorization": f"Bearer {OFFICE_KEY}"}
    async with aiohttp.ClientSession(stage.suite.tasks_url, headers=headers) as session:
        office = Office(session)
        now_ms = int((await office.get("/v1/me"))["now_ms"])
        pushed = await office.report("e2e-1", now_ms - HOUR_MS)
        plan = {"title": "端到端轮次", "division_code": "410100", "task_kind": "key-enterprises", "score_cut": 0.0}
        made = await office.post("/v1/rounds", {**plan, "starts_ms": now_ms + HOUR_MS})
        path = f"/v1/rounds/{made['round_id']}"
        built = await office.post(f"{path}/moves", {"move": "build"}, made["revision"])
        assert pushed["lead_id"] in built["leads"]
        built = await office.get(path)
        started = await office.post(f"{path}/moves", {"move": "start"}, built["revision"])
        assert "team-pushed" in started["recipients"]
        told = await stage.receiver.next(
            lambda delivery: delivery.body["data"]["issue"]["id"] == f"lead/{pushed['lead_id']}"
        )
        assert told.kind == "issue.lead-pushed"
        assert told.body["data"]["title"]["zh"] == "12369举报 e2e-1"

        lead = await office.report("e2e-2", now_ms - HOUR_MS)
        move = {"move": "transfer", "division_code": "410200", "reason": "工地在开封"}
        await office.post(f"/v1/leads/{lead['lead_id']}/moves", move, lead["revision"])
        handed = await office.get(f"/v1/leads/{lead['lead_id']}")
        assert (handed["stage"], handed["history"][-1]["kind"]) == ("transferred", "handed-over")
    assert stage.suite.state.ready()
