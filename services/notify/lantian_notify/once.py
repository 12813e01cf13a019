"""Which writes of the API are done once for each Idempotency-Key: all but `FREE` (the rule: lantian_kit/once.py)."""

from collections.abc import Mapping
from typing import ClassVar

from fastapi import Request

from lantian_kit.once import OnceRoute
from lantian_notify.access import Access

FREE: Mapping[str, str] = {
    "acknowledgeByLink": "the signed link is the key: it stands for one call, and a second press shows the first",
    "explainRoutes": "keeps nothing: says where an event would go",
    "previewTemplate": "keeps nothing: renders a message",
}
"""Operations that need no key, and why."""
ALONE = frozenset({"replayDelivery", "replayDeliveries"})
"""Done again these would send again."""


class NotifyRoute(OnceRoute):
    """The routes of notify."""

    free: ClassVar[Mapping[str, str]] = FREE


async def named(request: Request) -> str | None:
    """Whose keys a request names; None for nobody."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    access: Access = request.app.state.access
    principal = access.principal(key, writing=True) if scheme.lower() == "bearer" else None
    return principal.id if principal is not None else None
