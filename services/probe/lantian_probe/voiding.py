"""What the probe caused is voided through the API, with its reason, like anything that was no real problem."""

import asyncio
from typing import Any

import httpx
import structlog

from lantian_kit.loop import LoopPart
from lantian_probe.metrics import ProbeMetrics

REASON = "自检产生，非真实问题 (synthetic check)"
TRIES = 5
PAUSE_SECONDS = 2.0
SECONDS = 10.0


class Voiding(LoopPart):
    """A part of a process; takes issues one after another."""

    name = "voiding"

    def __init__(self, url: str, key: str, second_key: str, metrics: ProbeMetrics) -> None:
        """`key` proposes, `second_key`, of another account, voids: four eyes hold for synthetic issues too."""
        super().__init__()
        self._url = url
        self._keys = {"propose-void": key, "void": second_key}
        self._metrics = metrics
        self._issues: asyncio.Queue[str] = asyncio.Queue(maxsize=1000)

    def wish(self, issue_id: str) -> None:
        """Voids the issue soon; what does not fit stays open and is counted."""
        if not self._url:
            return
        try:
            self._issues.put_nowait(issue_id)
        except asyncio.QueueFull:
            self._metrics.voided.labels("failed").inc()

    async def _run(self) -> None:
        async with httpx.AsyncClient(base_url=self._url or "http://unset", timeout=SECONDS) as client:
            while True:
                issue_id = await self._issues.get()
                done = await self._void(client, issue_id)
                self._metrics.voided.labels("voided" if done else "failed").inc()

    async def _void(self, client: httpx.AsyncClient, issue_id: str) -> bool:
        trouble = ""
        for _ in range(TRIES):
            try:
                trouble = await self._move(client, issue_id, "propose-void")
                trouble = trouble or await self._move(client, issue_id, "void")
                if not trouble:
                    return True
            except httpx.HTTPError as error:
                trouble = repr(error)
            await asyncio.sleep(PAUSE_SECONDS)
        structlog.get_logger().warning("not voided", issue=issue_id, reason=trouble)
        return False

    async def _move(self, client: httpx.AsyncClient, issue_id: str, move: str) -> str:
        """Makes a move unless it was made; why it failed, empty when it did not."""
        bearer = {"Authorization": f"Bearer {self._keys[move]}"}
        found = await client.get(f"/v1/issues/{issue_id}", headers=bearer)
        if found.status_code == 200 and (found.json()["state"] == "voided" or _proposed(found.json(), move)):
            return ""
        asked = {"If-Match": found.headers.get("ETag", '"1"'), "Idempotency-Key": f"probe-{move}-{issue_id}"}
        body = {"move": move, "reason": REASON}
        done = await client.post(f"/v1/issues/{issue_id}/moves", json=body, headers=bearer | asked)
        return "" if done.status_code < 300 else f"{move}: {done.status_code} {done.text[:300]}"


def _proposed(issue: dict[str, Any], move: str) -> bool:
    return move == "propose-void" and any(entry["move"] == move for entry in issue["history"])
