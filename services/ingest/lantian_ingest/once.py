"""Which writes of the API are done once for each Idempotency-Key: all but `FREE` (the rule: lantian_kit/once.py).

A process of ingest keeps commands in its memory, and so the keys they came with: what it forgets it forgets with them.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import ClassVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from lantian_kit.access.operator import guard
from lantian_kit.clock import Clock
from lantian_kit.once import REFUSALS, Asked, KeyRefused, Once, OnceRoute

MOST_KEPT = 1000
FREE: Mapping[str, str] = {
    "post_readings": "a reading is its own key; one that comes with it is held all the same (publishers/allowance.py)",
}
"""Operations that need no key, and why."""


class IngestRoute(OnceRoute):
    """The routes of ingest."""

    free: ClassVar[Mapping[str, str]] = FREE


class RequestsHere:
    """Requests in this process: the last thousand."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Asked] = OrderedDict()

    async def asked(self, name: str) -> Asked | None:
        """The request of this name."""
        return self._held.get(name)

    async def keep_asked(self, asked: Asked) -> bool:
        """Writes a revision on the one before. False: somebody was faster."""
        before = self._held.get(asked.name)
        if asked.rev != (1 if before is None else before.rev + 1):
            return False
        self._held[asked.name] = asked
        while len(self._held) > MOST_KEPT:
            self._held.popitem(last=False)
        return True


def install(app: FastAPI, clock: Clock, key_sha256: str) -> None:
    """Puts the keys before the writes of the app, and makes their refusals problems."""
    check = guard(key_sha256)

    async def named(request: Request) -> str:
        check(request)
        return "operator"

    app.state.once = Once(RequestsHere(), clock.wall_ms, named, alone={"give_command"})

    @app.exception_handler(KeyRefused)
    async def on_key(request: Request, error: KeyRefused) -> JSONResponse:
        said = REFUSALS[error.code]
        body = {"type": f"urn:lantian:problem:{error.code}", **said._asdict(), "instance": request.url.path}
        return JSONResponse(body, status_code=said.status, media_type="application/problem+json")
