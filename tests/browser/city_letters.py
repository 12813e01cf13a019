"""Letters to cities on their way: a draft, one approved (with hostile words), two sent, one received."""

from collections.abc import Awaitable, Callable
from typing import Any

Call = Callable[[str, str, Any, int], Awaitable[Any]]
"""Who, path, body, revision that was read (0: none)."""
LATE = "11月以来，逾期未整改问题数量较多，部分问题整改进展滞后，请于收到本函之日起十五个工作日内书面报告整改情况。"
WAY = (("approve", "province-1"), ("send", "ministry-1"), ("receive", "office-1"))


async def fill(call: Call, odd: str) -> None:
    """Writes them through the API."""
    drafts = [
        ("130200", "slow", LATE, 0),
        ("130600", "worsening", odd, 1),
        ("130400", "fraud", LATE, 2),
        ("130100", "slow", LATE, 3),
        ("130100", "fraud", LATE, 2),
    ]
    for city, condition, reason, steps in drafts:
        letter = await call(
            "ministry-1", "/v1/city-letters", {"city": city, "condition": condition, "reason": reason}, 0
        )
        for move, who in WAY[:steps]:
            letter = await call(
                who, f"/v1/city-letters/{letter['letter_id']}/moves", {"move": move}, letter["revision"]
            )
