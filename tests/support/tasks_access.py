"""Accounts of tests: a store in memory, cheap hashes, and a browser that keeps its cookie."""

import uuid
from collections.abc import Mapping
from typing import Any

import bson
import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from lantian_kit.access.ticket import Tickets
from lantian_kit.worker import Unavailable
from lantian_tasks.access.gate import Cookie
from lantian_tasks.access.kept import Kept, kept_document, kept_of, kept_update
from lantian_tasks.access.passwords import Hashing
from lantian_tasks.access.people import Options
from lantian_tasks.access.sessions import SessionPolicy
from lantian_tasks.access.vault import Vault
from lantian_tasks.audit.chain import Head, Link

GOOD, BETTER = "Kx7-tannenbaum", "Zw9-birkenwald"
TICKETS = Tickets((b"k" * 32,))
VAULT = Vault([b"v" * 32])


def keyed(method: str, path: str) -> dict[str, str]:
    """A new Idempotency-Key for a write, as whoever acts for the first time sends one."""
    return {"Idempotency-Key": uuid.uuid4().hex} if method != "GET" and not path.startswith("/v1/session") else {}


class FakeAccess:
    """AccessStore in memory; tests/contract/test_store_access.py runs over it and the real one."""

    def __init__(self) -> None:
        self.away = False
        self.rows: dict[str, bytes] = {}

    def document(self, key: str) -> dict[str, Any] | None:
        """A copy of a document."""
        if self.away:
            raise Unavailable("store: away")
        return bson.decode(self.rows[key]) if key in self.rows else None

    def put(self, document: Mapping[str, Any]) -> None:
        """Writes a whole document."""
        self.rows[document["_id"]] = bson.encode(document)

    async def kept(self, key: str) -> Kept | None:
        found = self.document(key)
        return None if found is None else kept_of(found)

    async def keep(self, kept: Kept) -> bool:
        before = self.document(kept.key)
        if kept.rev == 1:
            if before is not None:
                return False
            self.put(kept_document(kept))
            return True
        if before is None or before["rev"] != kept.rev - 1:
            return False
        update = kept_update(kept)
        history = before["history"] + update.get("$push", {}).get("history", {}).get("$each", [])
        self.put({**before, **update["$set"], "history": history})
        return True

    async def list_kept(self, kind: str, after: str, limit: int) -> list[Kept]:
        keys = sorted(key for key in self.rows if key.startswith(f"{kind}/") and key > f"{kind}/{after}")
        found = [self.document(key) for key in keys[:limit]]
        return [kept_of({**document, "history": []}) for document in found if document is not None]

    async def forget(self, kind: str, before_wall_ms: int) -> int:
        over = [
            key
            for key in self.rows
            if key.startswith(f"{kind}/")
            and (document := self.document(key)) is not None
            and 0 < document["ends_wall_ms"] < before_wall_ms
            and "audit_ms" not in document
        ]
        for key in over:
            del self.rows[key]
        return len(over)


def options(store: FakeAccess) -> Options:
    """As in production, with hashes of a millisecond and a cookie that plain http may carry."""
    hashing = Hashing(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    policy = SessionPolicy(second_factor_roles=frozenset({"security"}))
    return Options(
        store=store, hashing=hashing, policy=policy, cookie=Cookie(secure=False), tickets=TICKETS, vault=VAULT
    )


class Browser:
    """Somebody in front of the console: keeps the cookie, sends the CSRF token."""

    def __init__(self, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://tasks")
        self.csrf = ""

    async def sign_in(self, account: str, password: str, code: str = "") -> httpx.Response:
        """One attempt."""
        body = {"account": account, "password": password, "code": code}
        return self._learn(await self.client.post("/v1/session", json=body))

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request of the page."""
        headers = {"X-CSRF-Token": self.csrf, "Sec-Fetch-Site": "same-origin", **keyed(method, path)}
        headers |= more.pop("headers", {})
        return self._learn(await self.client.request(method, path, headers=headers, **more))

    def _learn(self, response: httpx.Response) -> httpx.Response:
        if response.status_code == 200 and "csrf_token" in response.text:
            self.csrf = response.json()["csrf_token"]
        return response


class FakeChains:
    """AuditStore as far as the API needs it: chains that a test has put there."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Link]] = {}

    async def chains(self) -> list[tuple[str, Head]]:
        return [(name, Head(links[-1]["sequence"], links[-1]["hash"])) for name, links in sorted(self.kept.items())]

    async def links(self, chain: str, after: int, limit: int) -> list[Link]:
        return [link for link in self.kept.get(chain, []) if link["sequence"] > after][:limit]
