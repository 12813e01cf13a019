"""The result of the fault test as JSON for machines and as a page for people."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """What the run was on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
    }


def write(folder: Path, name: str, result: dict[str, Any]) -> None:
    """Write name.json and name.md into a folder."""
    keep(folder, name, result, page(name, result))


def keep(folder: Path, name: str, result: dict[str, Any], page: str) -> None:
    """A rehearsal's result for machines, and its page for people."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(page, encoding="utf-8")


def page(name: str, result: dict[str, Any]) -> str:
    """The page, Markdown."""
    setting, host, frames = result["setting"], result["machine"], result["frames"]
    outcomes = sorted(frames["by_outcome"].items())
    counts = [
        ("frames acknowledged to the loggers", frames["acknowledged"]),
        *((f"records in raw-frames.v1: {name}", number) for name, number in outcomes),
        ("frames sent again by the loggers", result["traffic"]["repeated"]),
        ("reconnections of the loggers", result["traffic"]["reconnected"]),
        ("issues", result["issues"]),
        ("webhook ids", result["webhook_ids"]),
        ("webhook deliveries", result["webhook_deliveries"]),
        ("audit chains that do not verify", len(result["broken_audit_chains"])),
        ("dead letters", result["dead_letters"]),
    ]
    scores = [
        [score[name] for name in ("rule", "injected", "found", "missed", "doubled", "false")]
        for score in result["scores"]
    ]
    kills = [[kill["part"], kill["suite_hour"], f"{kill['away_seconds']} s"] for kill in result["kills"]]
    return "\n".join(
        [
            f"# {name.capitalize()}",
            "",
            f"{setting['stacks']} simulated stacks at {setting['rate']:g} times real time for "
            f"{setting['suite_hours']:g} suite hours; each part below got {result['signal']} once, in the middle of "
            f"the traffic. Written by `make {name}`, {host['at']}, "
            f"{host['cores']} cores, load {host['load_average'][0]:.1f}.",
            "",
            *table(["ended", "at suite hour", "ready again after"], kills),
            "",
            *table(["rule", "injected", "found once", "missed", "doubled", "false"], scores),
            "",
            *table(["what", "count"], [list(row) for row in counts]),
            "",
            "Deviations: " + ("; ".join(result["problems"]) or "none") + ".",
            "",
        ]
    )


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table, numbers to the right."""
    return [
        f"| {' | '.join(heading)} |",
        f"|---|{'---:|' * (len(heading) - 1)}",
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows),
    ]
