"""What other services say of themselves in the invented campaign: deliveries, rules that failed, lags of the groups."""

from typing import Any

from lantian_alerts.core.guard import Failure
from lantian_alerts.failing import Failed, nothing_failed
from lantian_proto.topics import COMMANDS, ISSUE_EVENTS, LEADS, READINGS
from lantian_tasks.operations.desk import Behind
from tests.browser.campaign import DAY_MS, NOW_MS
from tests.support.tasks_leads import HOUR_MS


def deliveries() -> list[dict[str, Any]]:
    """What notify says of its deliveries."""
    address = {"channel": "webhook", "address": "https://team.example/hook", "kind": "registered", "issue_id": "iss-1"}
    attempt = {"at_ms": NOW_MS, "result": "time-out", "detail": "", "status": None, "duration_ms": 15000}
    told: list[tuple[str, str, str, int, int, int, dict[str, Any]]] = [
        ("delivered", "", "LT-20261122-102B5187", HOUR_MS, 0, 1, {"result": "sent", "status": 200}),
        ("pending", "time-out", "LT-20261122-901130B5", HOUR_MS // 2, NOW_MS + 300_000, 2, {}),
        ("failed", "schedule-exhausted", "LT-20261123-F5F1F573", DAY_MS, 0, 10, {"result": "status", "status": 503}),
        ("disabled", "gone", "LT-20261123-5898003E", 2 * DAY_MS, 0, 3, {"result": "gone", "status": 410}),
    ]
    return [
        address
        | {"delivery_id": f"d{tried}", "state": state, "number": number, "created_ms": NOW_MS - ago, "reason": reason}
        | {"next_at_ms": again, "tried": tried, "attempts": [attempt | last]}
        for state, reason, number, ago, again, tried, last in told
    ]


def rule_failures(rule_id: str) -> Failed:
    """What alerts says that its rules raised: one did, twice."""
    if rule_id != "frozen-value":
        return nothing_failed(rule_id)
    failure = Failure(
        rule_id=rule_id,
        rule_version=1,
        source_id="demo-130100-0027-1",
        factor="a34013",
        asked="judge",
        start_ms=NOW_MS - 2 * HOUR_MS,
        end_ms=NOW_MS - HOUR_MS,
        found_ms=NOW_MS,
        error="ZeroDivisionError: division by zero",
    )
    return Failed(2, (failure,))


def lags() -> list[Behind]:
    """A group that is far behind, and some that are not."""
    rows = [("tasks-hours", READINGS, 12, 15_320), ("alerts", READINGS, 12, 240), ("tasks", LEADS, 3, 0)]
    return [Behind(*row) for row in (*rows, ("notify", ISSUE_EVENTS, 3, 0), ("ingest-commands", COMMANDS, 1, 0))]
