"""What the probe caused is voided through the API, with its reason, like anything that was no real problem."""

import asyncio

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

    def __init__(self, url: str, key: str, metrics: ProbeMetrics) -> None:
        super().__init__()
        self._url = url
        self._key = key
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
        headers = {"Authorization": f"Bearer {self._key}"}
        async with httpx.AsyncClient(base_url=self._url or "http://unset", headers=headers, timeout=SECONDS) as client:
            while True:
                issue_id = await self._issues.get()
                done = await self._void(client, issue_id)
                self._metrics.voided.labels("voided" if done else "failed").inc()

    async def _void(self, client: httpx.AsyncClient, issue_id: str) -> bool:
        trouble = ""
        for _ in range(TRIES):
            try:
                found = await client.get(f"/v1/issues/{issue_id}")
                if found.status_code == 200 and found.json()["state"] == "voided":
                    return True
                asked = {"If-Match": found.headers.get("ETag", '"1"'), "Idempotency-Key": f"probe-{issue_id}"}
                move = {"move": "void", "reason": REASON}
                done = await client.post(f"/v1/issues/{issue_id}/moves", json=move, headers=asked)
                if done.status_code < 300:
                    return True
                trouble = f"{done.status_code} {done.text[:300]}"
            except httpx.HTTPError as error:
                trouble = repr(error)
            await asyncio.sleep(PAUSE_SECONDS)
        structlog.get_logger().warning("not voided", issue=issue_id, reason=trouble)
        return False
