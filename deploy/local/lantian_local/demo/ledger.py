"""The tasks API as the demo and the tests use it: the registry goes in, issues and their evidence come out."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from lantian_simulator.checker import IssueSeen

_PAGE = 500
_TRIES = 60
_PAUSE_SECONDS = 0.5
_SECONDS = aiohttp.ClientTimeout(total=30)


class LedgerError(RuntimeError):
    """The API refused, or did not answer for a long time; the text says what."""


@dataclass(frozen=True)
class LedgerIssue:
    """A row of the ledger."""

    issue_id: str
    source: str
    rule: str
    factor: str
    state: str
    start_ms: int
    end_ms: int
    retrospective: bool

    def seen(self) -> IssueSeen:
        """As the checker wants it."""
        return IssueSeen(self.issue_id, self.source, self.rule, self.factor, self.start_ms, self.end_ms)


class Ledger:
    """A client of /v1 with the administrator's key; asks again while the service is away."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._session: aiohttp.ClientSession | None = None

    async def register(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Import registry entries. Raises LedgerError when one is refused."""
        once = {"Idempotency-Key": uuid.uuid4().hex}  # the same in every try
        answer = await self._ask("POST", "/v1/registry:import", json=[dict(row) for row in rows], headers=once)
        refused = [row for row in answer["rows"] if row["outcome"] == "refused"]
        if refused:
            first = refused[0]
            why = f"{first['kind']}/{first['id']}: {first['detail']} {first['errors']}"
            raise LedgerError(f"{len(refused)} registry entries refused, e.g. {why}")

    async def issues(self) -> list[LedgerIssue]:
        """All issues, page by page."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = {"limit": str(_PAGE)} | ({"cursor": cursor} if cursor else {})
            page = await self._ask("GET", "/v1/issues", params=query)
            rows += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return [_issue(row) for row in rows]

    async def issue(self, issue_id: str) -> LedgerIssue:
        """One issue."""
        return _issue(await self._ask("GET", f"/v1/issues/{issue_id}"))

    async def frames(self, issue_id: str) -> list[bytes]:
        """The frames kept as evidence, bytes unchanged."""
        issue = await self._ask("GET", f"/v1/issues/{issue_id}")
        numbers = [frame["index"] for frame in issue["evidence"]["frames"]]
        return [await self._bytes(f"/v1/issues/{issue_id}/frames/{number}") for number in numbers]

    async def intact(self, issue_id: str) -> bool:
        """Whether the issue's history verifies."""
        return bool((await self._ask("GET", f"/v1/issues/{issue_id}/audit"))["intact"])

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _bytes(self, path: str) -> bytes:
        async with self._open().get(self._url + path) as answer:
            if answer.status != 200:
                raise LedgerError(f"{path}: {answer.status} {await answer.text()}")
            return await answer.read()

    async def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        trouble = ""
        for _ in range(_TRIES):
            try:
                async with self._open().request(method, self._url + path, **arguments) as answer:
                    if answer.status < 400:
                        return await answer.json()
                    trouble = f"{answer.status} {await answer.text()}"
                    if answer.status < 500:
                        break
            except (aiohttp.ClientConnectionError, TimeoutError) as error:
                trouble = repr(error)
            await asyncio.sleep(_PAUSE_SECONDS)
        raise LedgerError(f"{method} {path}: {trouble}")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_SECONDS)
        return self._session


def _issue(row: Mapping[str, Any]) -> LedgerIssue:
    return LedgerIssue(
        issue_id=row["issue_id"],
        source=row["source_id"],
        rule=row["rule_id"],
        factor=row["factor"],
        state=row["state"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        retrospective=row["urgency"] == "retrospective",
    )
