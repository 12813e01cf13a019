"""An order to limit production in the invented campaign."""

from collections.abc import Awaitable, Callable
from typing import Any

ORDER = {
    "move": "order-stop",
    "measure": "limit",
    "legal_basis": "《中华人民共和国大气污染防治法》第九十九条第二项",
    "line": "1号烧结机",
    "end_condition": "更换脱硫喷淋层并连续72小时稳定达标",
    "reason": "连续三日超标排放",
}


async def fill(call: Callable[..., Awaitable[Any]]) -> None:
    """In an open issue of 石家庄 that other tests leave alone: that of the enterprise with the odd name."""
    rows = (await call("office-1", "/v1/issues?enterprise=hostile-1", None, method="GET"))["items"]
    await call("office-1", f"/v1/issues/{rows[0]['issue_id']}/moves", ORDER, rows[0]["revision"])
