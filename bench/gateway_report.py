"""The page of bench/gateway.py, Markdown."""

from typing import Any

WANTED_PER_CPU_SECOND = 20_000
WANTED_P99_MS = 250
WANTED_KILOBYTES = 64


def written(facts: dict[str, Any], found: dict[str, Any]) -> str:
    """Facts of the machine, and what was measured beside what is wanted."""
    lines = [
        "# Gateway",
        "",
        "Written by `make bench` (`bench/gateway.py`): HJ 212 frames of ten factors through a socket to ingest as its",
        "own process, evidence and readings acknowledged by a real Kafka, answer 9014 read. Frames a core: frames a",
        "second of processor time of the ingest process, all its threads, and the kernel for it. Client and broker run",
        "on the same cores.",
        "",
        f"{facts['measured']}, {facts['cpu']}, {facts['cores']} shared cores, load before {facts['load_before']}.",
        "",
        "| what | value | wanted | of it |",
        "|---|---:|---:|---:|",
    ]
    for name, rate in found["through_the_socket"].items():
        count, connections = name.split("_")[0], name.split("_")[-1]
        value = rate["frames_per_cpu_second"]
        lines.append(
            f"| frames a core, {count} under way of each of {connections} connections | {value:,} |"
            f" {WANTED_PER_CPU_SECOND:,} | {value / WANTED_PER_CPU_SECOND:.2f} |"
        )
    for name, value in found["inside"].items():
        count = name.split("_")[2]
        rate = round(1e6 / value)
        lines.append(f"| the same code without sockets and Kafka, {count} frames a read | {rate:,} ({value} µs) | | |")
    late = found["latency"]
    lines += [
        f"| answer at {late['frames_per_second']:,} frames a second, p50 | {late['p50_ms']} ms | | |",
        f"| p99 | {late['p99_ms']} ms | {WANTED_P99_MS} ms | {late['p99_ms'] / WANTED_P99_MS:.2f} |",
        f"| p99.9 | {late['p999_ms']} ms | | |",
        f"| cores it took for that | {late['ingest_cores']} | | |",
    ]
    memory = found["memory"]
    kilobytes = memory["kilobytes_per_connection"]
    lines += [
        f"| memory a connection at {memory['connections']:,} | {kilobytes} KB | {WANTED_KILOBYTES} KB |"
        f" {kilobytes / WANTED_KILOBYTES:.2f} |",
        f"| memory of the process then | {memory['resident_megabytes_after']} MB | | |",
        "",
    ]
    return "\n".join(lines)
