"""Idempotency-Key of the writes of access: an act is done once, and its answer given again for a day.

An answer may hold a password that is shown once. It is kept encrypted (vault.py); without a key for that it is not kept
and whoever asks again is told so.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from lantian_kit.clock import Clock
from lantian_tasks.access.kept import REQUEST, AccessStore, Kept, write
from lantian_tasks.access.vault import Vault, VaultError
from lantian_tasks.ledger.history import digest
from lantian_tasks.problems import ProblemError
from lantian_tasks.replies import key_reused

LOST_MS = 60_000
"""A request that has had no answer for so long died on the way: the next one with its key is the first."""
Answer = TypeVar("Answer", bound=BaseModel)


class Once:
    """Over the store: the same for every replica."""

    def __init__(self, store: AccessStore, clock: Clock, vault: Vault) -> None:
        self._store = store
        self._clock = clock
        self._vault = vault

    async def run(
        self,
        who: str,
        key: str,
        asked: Mapping[str, Any],
        model: type[Answer],
        act: Callable[[], Awaitable[Answer]],
        *,
        secret: bool = False,
    ) -> Answer:
        """The answer of `act`, or of the request before with this key. Raises ProblemError.

        `asked` is plain JSON of what the request wants; `secret`: the answer holds something that is shown once.
        """
        wall_ms, fingerprint = self._clock.wall_ms(), digest(dict(asked))
        name = f"{REQUEST}/{digest({'who': who, 'key': key})}"
        before = await self._store.kept(name)
        if before is not None and before.data["state"] != "refused":
            if before.data["fingerprint"] != fingerprint:
                raise key_reused()
            if before.data["state"] == "done":
                return self._again(before, model)
            if wall_ms - before.changed_ms < LOST_MS:
                raise _under_way()
        begun = write(before, name, {"state": "begun", "fingerprint": fingerprint}, wall_ms, ends_wall_ms=wall_ms)
        if not await self._store.keep(begun):
            raise _under_way()
        try:
            answer = await act()
        except ProblemError:
            await self._store.keep(write(begun, name, {**begun.data, "state": "refused"}, wall_ms))
            raise
        kept = self._vault.shut(answer.model_dump_json()) if self._vault.possible or not secret else ""
        await self._store.keep(write(begun, name, {**begun.data, "state": "done", "answer": kept}, wall_ms))
        return answer

    def _again(self, before: Kept, model: type[Answer]) -> Answer:
        try:
            answer = self._vault.open(before.data["answer"])
        except VaultError:
            answer = ""
        if not answer:
            raise ProblemError(409, "this was done; what it showed once is not kept", slug="shown-once")
        return model.model_validate_json(answer)


def _under_way() -> ProblemError:
    return ProblemError(409, "the first request with this key has no answer yet", slug="under-way")
