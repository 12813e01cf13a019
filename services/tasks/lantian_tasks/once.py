"""Which writes of the API are done once for each Idempotency-Key: all but `FREE` (the rule: lantian_kit/once.py).

Moves, registry entities, rounds and letters also keep the key in what they write, in the same write: there it holds
for ever. Requests and their first answers are kept for a day, as one more kind of what access keeps.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

from fastapi import Request, Response

from lantian_kit.once import Asked, Handle, Once, OnceRoute
from lantian_tasks.access.kept import REQUEST, AccessStore, Kept
from lantian_tasks.access.vault import Vault, VaultError

FREE: Mapping[str, str] = {
    "sign_in": "nobody is known yet; each attempt counts",
    "sign_out": "ends what is ended",
    "change_password": "proved by the present password, which is another one afterwards",
    "offer_second_factor": "keeps nothing: a secret is drawn and shown",
    "confirm_second_factor": "proved by a code that is good once",
    "draw_ticket": "keeps nothing: a ticket is signed",
    "draft_warning": "keeps nothing: a form is filled",
    "draft_notice": "keeps nothing: a text is proposed",
}
"""Operations that need no key, and why."""
SECRET = frozenset({"add_account", "reset_account", "add_key"})
"""Their answers show a secret once."""
ALONE = SECRET | {
    "change_account",
    "disable_account",
    "enable_account",
    "revoke_key",
    "break_glass",
    "draw_rechecks",
    "decide_letter",
}
"""Done again these would do more, or answer otherwise."""
PASSING = frozenset({"sent_ms"})
"""What a phone's clock shows while it sends: another at each try of the same request."""


class TasksRoute(OnceRoute):
    """The routes of tasks."""

    free: ClassVar[Mapping[str, str]] = FREE

    def get_route_handler(self) -> Handle:
        """Behind the key; a request knows when it came, before its body did."""
        handle = super().get_route_handler()

        async def stamped(request: Request) -> Response:
            request.state.came_ms = request.app.state.now_ms()
            return await handle(request)

        return stamped


def came_ms(request: Request) -> int:
    """When a request began to come, by the clock of the suite."""
    return int(request.state.came_ms)


class KeptRequests:
    """Requests in the store of access; upkeep forgets them after a day."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    async def asked(self, name: str) -> Asked | None:
        """Raises Unavailable."""
        kept = await self._store.kept(f"{REQUEST}/{name}")
        if kept is None:
            return None
        data = kept.data
        return Asked(name, kept.rev, data["state"], data["content"], kept.changed_ms, data["answer"])

    async def keep_asked(self, asked: Asked) -> bool:
        """Raises Unavailable."""
        data = {"state": asked.state, "content": asked.content, "answer": asked.answer}
        at_ms = asked.changed_wall_ms
        return await self._store.keep(Kept(f"{REQUEST}/{asked.name}", asked.rev, data, (), at_ms, at_ms))


class Sealed:
    """Answers that only the vault opens; one that it does not open is as good as none."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    @property
    def possible(self) -> bool:
        """Whether there is a key."""
        return self._vault.possible

    def shut(self, secret: str) -> str:
        """As it is kept."""
        return self._vault.shut(secret)

    def open(self, kept: str) -> str:
        """As it was; empty when no key opens it."""
        try:
            return self._vault.open(kept)
        except VaultError:
            return ""


def once(
    store: AccessStore | None, vault: Vault, wall_ms: Callable[[], int], who: Callable[[Request], Awaitable[str]]
) -> Once:
    """What stands before the writes; without a store keys are asked for, and only some writes remember them."""
    requests = KeptRequests(store) if store is not None else None
    return Once(requests, wall_ms, who, alone=ALONE, secret=SECRET, sealing=Sealed(vault), passing=PASSING)
