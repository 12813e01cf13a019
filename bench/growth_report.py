"""bench/results/growth.md: the numbers of growth.json as tables."""

import statistics
from collections.abc import Mapping
from typing import Any

HEAD = """# What a frame costs as the suite grows

Written by `make bench-growth`. {measured}, {cpu}, {cores} cores, Python {python}, load before {load_before}.
Processor time, which a busy machine stretches: compare within the page.

## Sources and rules

The engine alone: records of one ten-factor frame, decompressed, from their bytes to findings. The end of an hour is
told apart: it is judged once for each source, whatever its frames were; `with its hour` shares it among sixty frames.
Rules are the first so many of the catalogue.

| sources | rules | µs a frame | µs an hour of a source | µs a frame with its hour | save of a source: µs, bytes | MB |
|---|---|---|---|---|---|---|
"""
PARTITIONS = """
## Partitions

The service's own wiring on a real broker, 2,000 sources, all rules, state saved every two seconds; rounds by turns.

| partitions | µs a frame: median (rounds) |
|---|---|
"""
FRAMES = 60


def _row(one: Mapping[str, Any]) -> str:
    if "died" in one:
        return f"| {one['sources']:,} | | died: {' '.join(one['died'].split())[-200:]} | | | | |"
    frame, hour = one["microseconds_a_frame"], one["microseconds_an_hour_of_a_source"]
    saving = f"{one['microseconds_a_save_of_a_source']}, {one['bytes_a_save_of_a_source']:,}"
    return (
        f"| {one['sources']:,} | {one['rules']} | {frame} | {hour} | {frame + hour / FRAMES:.2f} | {saving} "
        f"| {one['peak_megabytes']:,} |"
    )


def page(kept: Mapping[str, Any]) -> str:
    """Markdown."""
    lines = [HEAD.format(**kept["machine"]), *(_row(one) + "\n" for one in kept["alone"]), PARTITIONS]
    for number, found in kept["partitions"].items():
        times = found["microseconds_a_frame"]
        told = f"{statistics.median(times)} ({', '.join(map(str, times))})" if times else "–"
        lines.append(f"| {number} | {told}{' died ' + str(len(found['died'])) if found['died'] else ''} |\n")
    return "".join(lines)
