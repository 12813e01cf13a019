"""Where a measurement is kept: bench/results, once for machines and once for people."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench import machine

RESULTS = Path(__file__).resolve().parent / "results"


def keep(name: str, result: Mapping[str, object], title: str, text: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Writes <name>.json, with the machine's facts, and <name>.md: title, text and a table whose first row is its
    head.
    """
    facts = machine.facts()
    RESULTS.mkdir(exist_ok=True)
    whole = json.dumps({"machine": facts, **result}, ensure_ascii=False, indent=2)
    (RESULTS / f"{name}.json").write_text(whole + "\n", encoding="utf-8")
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * lines[0].count(" | ") + "---|")
    where = f"{facts['measured']}, {facts['cpu']}, {facts['cores']} cores, load {facts['load_before']} at the end."
    page = f"# {title}\n\n{text}\n\n" + "\n".join(lines) + f"\n\n{where}\n"
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
