"""The air's index over HTTP: by the tables of its day, many places at once."""

from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from lantian_alerts.api import create_app
from lantian_alerts.detect import catalogues
from lantian_alerts.detect.registry_file import parse, registry_of
from lantian_alerts.outcomes.verdicts import Outcomes

IN_2021, IN_2026 = 1_626_940_800_000, 1_795_000_000_000


async def asked(body: Any, raw: bytes | None = None) -> httpx.Response:
    """The answer to a question."""
    app = create_app(catalogues.shipped(), registry_of(parse('{"sources": []}')), Outcomes(), APIRouter())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alerts") as client:
        more: dict[str, Any] = {"json": body} if raw is None else {"content": raw}
        return await client.post("/v1/air/index", **more)


async def test_each_row_by_the_tables_of_its_day() -> None:
    """PM2.5 of 75 makes 114 since 2026; in 2021 hours of particles had no breakpoints."""
    whole = {"a34004": 75.0, "a34002": 90.0, "a21026": 12.0, "a21004": 40.0, "a21005": 1.5, "a05024": 80.0}
    rows = [{"id": "130100", "at_ms": IN_2026, "means": whole}, {"id": "410100", "at_ms": IN_2021, "means": whole}]
    new, old = (await asked({"rows": rows})).json()["rows"]
    assert (new["id"], new["value"], new["published"], new["primary"]) == ("130100", 114, 114, ["a34004"])
    assert (new["category"]["zh"], new["category"]["colour"], new["version"]) == ("轻度污染", "#FF7E00", "HJ 633-2026")
    assert (old["version"], old["missing"]) == ("HJ 633-2012", ["a34002", "a34004"])


async def test_what_may_not_be_published_is_told_apart() -> None:
    """Pollutants missing and a low index: computed but not published; nothing at all: neither."""
    rows = [{"id": "a", "at_ms": IN_2026, "means": {"a34004": 20.0}}, {"id": "b", "at_ms": IN_2026, "means": {}}]
    some, none = (await asked({"rows": rows})).json()["rows"]
    assert (some["value"], some["published"]) == (29, None)
    assert (none["value"], none["published"], none["category"]) == (None, None, None)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 422),
        (b'{"rows": [{"id": "", "at_ms": 1, "means": {}}]}', 422),
        (b'{"rows": [{"id": "a", "at_ms": -1, "means": {}}]}', 422),
        (b'{"rows": [{"id": "a", "at_ms": 1, "means": {"a34004": "x"}}]}', 422),
        (b'{"rows": [' + b" " * (256 * 1024) + b"]}", 413),
    ],
)
async def test_no_question_is_refused(raw: bytes, status: int) -> None:
    """As a problem."""
    answer = await asked(None, raw)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
