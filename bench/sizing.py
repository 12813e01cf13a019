"""Writes docs/sizing.md and docs/sizing.zh-CN.md from bench/sizing_inputs.yaml: python -m bench.sizing

Every number of the pages is computed here from what was measured and what is assumed; a test keeps the pages equal.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
INPUTS = ROOT / "bench/sizing_inputs.yaml"
WORDS = ROOT / "bench/sizing_words.yaml"
PAGES = {"en": ROOT / "docs/sizing.md", "zh": ROOT / "docs/sizing.zh-CN.md"}
DAY_SECONDS = 86_400
GIB, TIB = 2**30, 2**40
LEAST_PODS = 2
PARTITIONS_A_WORKER = 4


@dataclass(frozen=True)
class Size:
    """What one place needs; rates in frames a second, disks in bytes with all copies."""

    name: str
    zh: str
    sources: int
    mean_rate: float
    peak_rate: float
    ingest_cores: float
    ingest_pods: int
    ingest_gib: float
    alerts_cores: float
    alerts_pods: int
    alerts_gib: float
    raw_bytes: float
    readings_bytes: float
    store_bytes_a_year: float
    partitions: int


def inputs() -> dict[str, Any]:
    """The file."""
    read: dict[str, Any] = yaml.safe_load(INPUTS.read_text(encoding="utf-8"))
    return read


def size(place: dict[str, Any], n: dict[str, float]) -> Size:
    """The arithmetic, line by line as the page explains it."""
    outlets, vehicles = place["outlets"], place["vehicles"]
    sources = outlets + vehicles
    mean = outlets / n["real_time_seconds"] + vehicles * n["vehicle_hours"] * 3600 / n["vehicle_seconds"] / DAY_SECONDS
    peak = outlets / n["real_time_seconds"] * n["peak"] + vehicles * n["vehicles_at_once"] / n["vehicle_seconds"]
    ingest_cores = peak / n["gateway_frames_per_cpu_second"] / n["use_of_a_core"]
    ingest_pods = max(LEAST_PODS, math.ceil(ingest_cores))
    alerts_cores = peak / n["detection_frames_per_cpu_second"] * n["growth"] / n["use_of_a_core"]
    by_memory = sources / n["sources_a_worker"]
    alerts_pods = max(LEAST_PODS, math.ceil(max(alerts_cores, by_memory)))
    kept = n["days"] * DAY_SECONDS * n["replicas"] / n["compression"]
    partitions = _even(max(48, alerts_pods * PARTITIONS_A_WORKER))
    # A worker with a partition more than the others decides for all: see bench/results/scale.md.
    alerts_pods = next(number for number in range(alerts_pods, partitions + 1) if partitions % number == 0)
    return Size(
        name=place["name"],
        zh=place["zh"],
        sources=sources,
        mean_rate=mean,
        peak_rate=peak,
        ingest_cores=ingest_cores,
        ingest_pods=ingest_pods,
        ingest_gib=0.5 + sources / ingest_pods * n["gateway_kilobytes_a_connection"] * 1024 / GIB,
        alerts_cores=alerts_cores,
        alerts_pods=alerts_pods,
        alerts_gib=n["detection_megabytes"] / 1024 + sources / alerts_pods * n["kilobytes_a_source"] * 1024 / GIB,
        raw_bytes=mean * n["frame_bytes"] * kept,
        readings_bytes=mean * n["readings_a_frame"] * n["bytes_a_reading"] * kept,
        store_bytes_a_year=sources * n["leads_a_source_day"] * 365 * n["issue_kilobytes"] * 1024 * n["replicas"],
        partitions=partitions,
    )


def _even(number: int) -> int:
    """The next multiple of twelve, which 2, 3, 4, 6 and 12 workers share alike."""
    return math.ceil(number / 12) * 12


def page(language: str) -> str:
    """The text as committed."""
    read = inputs()
    n = {name: float(row["value"]) for part in ("measured", "assumed") for name, row in read[part].items()}
    sizes = [size(place, n) for place in read["places"]]
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))[language]
    names = [one.zh if language == "zh" else one.name for one in sizes]
    rows = [
        (words["sources"], [f"{one.sources:,}" for one in sizes]),
        (words["mean"], [f"{one.mean_rate:,.0f}" for one in sizes]),
        (words["peak"], [f"{one.peak_rate:,.0f}" for one in sizes]),
        (words["ingest"], [f"{one.ingest_pods} × 1, {one.ingest_gib:.1f} GiB" for one in sizes]),
        (words["alerts"], [f"{one.alerts_pods} × 1, {one.alerts_gib:.1f} GiB" for one in sizes]),
        (words["raw"], [_disk(one.raw_bytes) for one in sizes]),
        (words["readings"], [_disk(one.readings_bytes) for one in sizes]),
        (words["store"], [_disk(one.store_bytes_a_year) for one in sizes]),
        (words["partitions"], [str(one.partitions) for one in sizes]),
    ]
    lines = [words["head"], "", f"| | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    lines += [f"| {label} | {' | '.join(values)} |" for label, values in rows]
    lines += ["", words["arithmetic"], "", words["measured"], "", f"| {words['columns']} |", "|---|---:|---|"]
    lines += [f"| {name} | {row['value']:,} | {row['from']} |" for name, row in read["measured"].items()]
    lines += [
        f"| {name} | {row['value']:,} | {words['assumed']}: {row['why']} |" for name, row in read["assumed"].items()
    ]
    return "\n".join([*lines, "", words["plan"], ""])


def _disk(size: float) -> str:
    return f"{size / TIB:,.1f} TiB" if size >= TIB else f"{size / GIB:,.0f} GiB"


def main() -> None:
    """Both pages."""
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
