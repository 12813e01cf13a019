"""bench/results/scale.md: what a frame costs with more workers, and how evenly many would share."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

WORDS = {"alerts": "Workers of alerts", "ingest": "Gateways"}


def microseconds(run: Mapping[str, Any]) -> float:
    """Processor time of all workers a frame."""
    spent = sum(one["cpu_seconds"] for one in run["each"])
    return float(spent / sum(one["records"] for one in run["each"]) * 1e6)


def by_workers(runs: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Median over the rounds, by number of workers."""
    counts = sorted({run["workers"] for run in runs})
    return {n: statistics.median(microseconds(run) for run in runs if run["workers"] == n) for n in counts}


def page(kept: Mapping[str, Any]) -> str:
    """Markdown."""
    lines = [
        "# Scale",
        "",
        "What a frame costs when 1, 2 and 4 workers share one load. Two cores can not show four workers at full speed,",
        "so the measure is processor time a frame, summed over the workers: it is the same wherever it is spent, and",
        "whatever more workers add to it shows. The load stays the same: each of four has a quarter of it, in smaller",
        "batches, and spends more of its time on what it does without any load. Wall time is told for the record.",
        "Written by `python -m bench.scale`.",
        "",
    ]
    for part, words in WORDS.items():
        if part in kept:
            lines += _measured(words, kept[part])
    if "simulation" in kept:
        lines += _simulated(kept["simulation"])
    return "\n".join(lines)


def _measured(words: str, part: Mapping[str, Any]) -> list[str]:
    machine, cost = part["machine"], by_workers(part["runs"])
    alone = cost[min(cost)]
    lines = [
        f"## {words}",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, load before {machine['load_before']}, {machine['measured']}.",
        "",
        "| workers | frames counted | µs of processor a frame, median | of one worker's | frames a processor second "
        "| wall seconds |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for count, mine in cost.items():
        walls = [max(one["wall_seconds"] for one in run["each"]) for run in part["runs"] if run["workers"] == count]
        frames = [sum(one["records"] for one in run["each"]) for run in part["runs"] if run["workers"] == count]
        row = (
            count,
            f"{min(frames):,}",
            f"{mine:.2f}",
            f"{mine / alone:.2f}",
            f"{1e6 / mine:,.0f}",
            f"{statistics.median(walls):.1f}",
        )
        lines.append(f"| {' | '.join(map(str, row))} |")
    lines += ["", "Every run, µs of each worker:", ""]
    for run in part["runs"]:
        each = ", ".join(f"{one['cpu_seconds'] / one['records'] * 1e6:.2f}" for one in run["each"])
        lines.append(f"- round {run['round']}, {run['workers']}: {each}")
    return [*lines, ""]


def _simulated(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        "## Beyond: counted, not run",
        "",
        "`bench/scale_simulation.py` sends the sources of each place of `docs/sizing.md` to their partitions and the",
        "partitions to workers. The busiest worker over the mean is what hashing and whole partitions cost.",
        "",
        "| place | partitions | workers | frames a second, mean worker | busiest worker | over the mean |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        number = f"**{row['workers']}**" if row["planned"] else str(row["workers"])
        cells = (
            row["place"], row["partitions"], number, f"{row['mean_frames_a_second']:,.0f}",
            f"{row['busiest_frames_a_second']:,.0f}", f"{row['busiest_over_mean']:.2f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return [*lines, "", "Bold: the number of workers that `docs/sizing.md` plans.", ""]
