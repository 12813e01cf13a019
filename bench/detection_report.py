"""bench/results/detection.md: the numbers of detection.json as a table, and what was learned from profiles."""

import json
from pathlib import Path
from typing import Any

from bench import detection_memory

NOTES = Path(__file__).with_name("detection_notes.md")
MEMORY = Path(__file__).with_name("results") / "detection_memory.json"
HEAD = "| contender | frames/s per core: median (spread) | to stock Faust: median (rounds) | cores | MB | died |"


def _row(name: str, found: dict[str, Any]) -> str:
    rates = found["frames_per_cpu_second"]
    if not rates:
        return f"| {name} | – | – | – | – | {len(found['died'])} |"
    ratios = ", ".join(f"{ratio:g}" for ratio in found["ratio_to_stock_faust"])
    cores = sum(found["cores_used"]) / len(found["cores_used"])
    spread = f"{found['median']:,} ({min(rates):,}..{max(rates):,})"
    return (
        f"| {name} | {spread} | {found['median_ratio']} ({ratios}) | {cores:.2f} "
        f"| {found['peak_megabytes']} | {len(found['died']) or ''} |"
    )


def _times(found: dict[str, Any]) -> str:
    return f"{found['median']} ({', '.join(f'{one:g}' for one in found['rounds'])})"


def written(facts: dict[str, Any], result: dict[str, Any]) -> str:
    """The whole page. A frame is ten readings."""
    lines = [
        "# Detection: readings.v1 to findings, state saved",
        "",
        f"Written by `make bench`. {facts['measured']}, {facts['cpu']}, {facts['cores']} cores, "
        f"Python {facts['python']}, load before {facts['load_before']}. {result['rounds']} interleaved rounds; "
        f"a frame is {result['readings_per_frame']} readings; CPU time of the whole process, all threads. "
        "`cores`: CPU over wall time, so what is far below one was waiting for the broker on the same two cores.",
        "",
        HEAD,
        "|---|---|---|---|---|---|",
        *(_row(name, found) for name, found in result["contenders"].items()),
        "",
    ]
    lines += [
        "| contender | `lantian` is so many times as fast (rounds) | `lantian_packed` (rounds) |",
        "|---|---|---|",
    ]
    packed = result["lantian_packed_to"]
    for name, found in result["lantian_to"].items():
        other = packed.get(name, {"median": "–", "rounds": []})
        lines.append(f"| {name} | {_times(found)} | {_times(other)} |")
    lines += ["", *(f"- not had: {what}" for what in result["not_had"])]
    died = [(name, why) for name, found in result["contenders"].items() for why in found["died"]]
    lines += [f"- {name} died: {' '.join(why.split())[:400]}" for name, why in died]
    memory = json.loads(MEMORY.read_text(encoding="utf-8"))
    part = detection_memory.written(memory["machine"], memory["result"])
    return "\n".join(lines) + "\n" + NOTES.read_text(encoding="utf-8") + part
