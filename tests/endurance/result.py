"""Results of the endurance tests: one file for machines, one page for people, each scene replaced when it ran."""

import json
from pathlib import Path
from typing import Any

from bench.machine import facts

FOLDER = Path(__file__).resolve().parents[2] / "bench" / "results"


def keep(scene: str, result: dict[str, Any]) -> None:
    """Writes a scene's result beside those of the others."""
    path = FOLDER / "endurance.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[scene] = {"machine": facts(), "result": result}
    path.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (FOLDER / "endurance.md").write_text(page(known), encoding="utf-8")


def page(known: dict[str, Any]) -> str:
    """The page, Markdown."""
    lines = [
        "# Endurance",
        "",
        "Written by `make endurance`: a real Kafka, ingest as its own process, clients in another.",
    ]
    for scene, kept in sorted(known.items()):
        host = kept["machine"]
        lines += ["", f"## {scene.replace('_', ' ')}", ""]
        lines += [f"{host['measured']}, {host['cores']} shared cores, load before {host['load_before']}.", ""]
        lines += ["| what | value |", "|---|---:|"]
        lines += [f"| {name.replace('_', ' ')} | {_shown(value)} |" for name, value in kept["result"].items()]
    return "\n".join([*lines, ""])


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {number:g}" for name, number in value.items())
    return str(value)
