"""The air of the campaign: stations of four cities with their last hour, and an orange warning."""

from typing import Any, Final

from lantian_tasks.compliance.judge import AVG, Hour
from tests.support.tasks_leads import HOUR_MS
from tests.support.tasks_store import FakeStore

CITIES: Final = {"130100": 168.0, "130200": 81.0, "130500": 47.0, "130600": 212.0}
"""PM2.5 of each, µg/m³."""
SHARES: Final = {"a34002": 1.4, "a21026": 0.00015, "a21004": 0.0005, "a21005": 0.012, "a05024": 0.3}
"""Of that, in the unit of each factor."""


def rows(sources: list[str], now_ms: int) -> list[dict[str, Any]]:
    """Centres with two stations each, and what the sources have to do under the warning."""
    found: list[dict[str, Any]] = []
    for city in CITIES:
        centre = {"name": "生态环境监测中心", "division_code": city}
        found.append({"kind": "enterprise", "id": f"centre-{city}", "entity": centre})
        for number in (1, 2):
            station = {"enterprise_id": f"centre-{city}", "name": f"国控站{number}", "kind": "station"}
            found.append({"kind": "source", "id": f"station-{city}-{number}", "entity": station})
    for source in sources:
        duty = {
            "source_id": source,
            "measure": "limit",
            "allowed_share": 0.5,
            "warning_id": "2026-11-27-orange",
            "level": "orange",
            "start_ms": now_ms - 20 * HOUR_MS,
        }
        found.append({"kind": "response", "id": f"duty-{source}", "entity": duty})
    return found


async def keep(store: FakeStore, now_ms: int) -> None:
    """The last full hour of each station; one city lacks ozone, so its index may not be published."""
    begun = now_ms - now_ms % HOUR_MS - HOUR_MS
    for city, value in CITIES.items():
        shares = {"a34004": 1.0, **SHARES}
        if city == "130500":
            shares.pop("a05024")
        for number in (1, 2):
            hours = [Hour(begun, factor, AVG, value * share, ord("N")) for factor, share in shares.items()]
            await store.keep_hours(f"station-{city}-{number}", hours)
