"""Contenders in processes of their own, one after the other, round by round: what they did, and how they compare.

A contender that dies or takes too long loses its round only; the result says so. Every line of progress goes out at
once. Ratios are taken inside a round, since the machine drifts between them.
"""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOLD = 1_500


@dataclass(frozen=True)
class Contender:
    """One command over one topic. `records` are read, the first `warm` before the stopwatch starts."""

    name: str
    command: tuple[str, ...]
    topic: str
    records: int
    warm: int
    frames_per_record: int = 1
    limit_seconds: float = 120.0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """A group of its own for every run."""
        return f"{self.name}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True)
class Run:
    """What one run gave: the contender's own report, or why there is none."""

    name: str
    round: int
    report: dict[str, float] | None
    died: str | None = None
    frames_per_record: int = 1

    @property
    def rate(self) -> float | None:
        """Frames per CPU second of the whole process."""
        if self.report is None:
            return None
        return self.report["records"] * self.frames_per_record / self.report["cpu_seconds"]


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command of a contender in this environment."""
    return (sys.executable, "-m", f"bench.contenders.{name}", *arguments)


def run(contender: Contender, bootstrap: str, round_: int) -> Run:
    """Runs a contender to its report; ends it, and all it started, at its limit."""
    command = [*contender.command, "--bootstrap", bootstrap, "--topic", contender.topic, "--group", contender.group]
    command += ["--records", str(contender.records), "--warm", str(contender.warm)]
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=err, start_new_session=True, env=os.environ | contender.environment
        )
        try:
            code: int | None = child.wait(contender.limit_seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            end(child)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    lines = [line for line in texts[0].splitlines() if line.startswith('{"records"')]
    if code == 0 and lines:
        return Run(contender.name, round_, json.loads(lines[-1]), None, contender.frames_per_record)
    why = f"no result within {contender.limit_seconds:g} s" if code is None else f"ended with {code} and no result"
    why += f" after {time.monotonic() - began:.0f} s"
    return Run(contender.name, round_, None, f"{why}; its last words: {(texts[0] + texts[1])[-TOLD:].strip()}")


def end(child: "subprocess.Popen[bytes]") -> None:
    """Ends the contender's process group."""
    with contextlib.suppress(ProcessLookupError):  # it ended by itself and left nobody
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def rounds(contenders: Sequence[Contender], bootstrap: str, numbers: Sequence[int], budget_seconds: float) -> list[Run]:
    """All contenders, round by round; after the budget no further round begins, but one always does."""
    began, found = time.monotonic(), []
    for done_rounds, round_ in enumerate(numbers):
        spent = time.monotonic() - began
        if done_rounds and spent * (done_rounds + 1) / done_rounds > budget_seconds:
            print(f"  {spent:.0f} s spent: no further round", flush=True)
            break
        for contender in contenders:
            done = run(contender, bootstrap, round_)
            found.append(done)
            spent = time.monotonic() - began
            print(f"  {spent:4.0f} s  round {round_}  {contender.name:<24} {told(done)}", flush=True)
    return found


def told(done: Run) -> str:
    """One line about a run."""
    if done.report is None:
        return f"DIED: {done.died}"
    wall = done.report["records"] * done.frames_per_record / done.report["wall_seconds"]
    return f"{done.rate:>10,.0f} frames per CPU second, {wall:>10,.0f} by the wall clock"


def ratios(runs: Sequence[Run], name: str) -> dict[str, dict[str, object]]:
    """How many times as fast `name` is as each other contender, round by round."""
    rates = {(one.name, one.round): one.rate for one in runs if one.rate is not None}
    result: dict[str, dict[str, object]] = {}
    for other in dict.fromkeys(one.name for one in runs if one.name != name):
        found = [
            rates[name, number] / rate
            for (who, number), rate in rates.items()
            if who == other and (name, number) in rates
        ]
        if found:
            result[other] = {"median": round(statistics.median(found), 2), "rounds": [round(one, 2) for one in found]}
    return result


def summary(runs: Sequence[Run], against: str) -> dict[str, object]:
    """Median and spread of every contender, its ratio to `against` round by round, and who died of what."""
    names = list(dict.fromkeys(one.name for one in runs))
    rates = {(one.name, one.round): one.rate for one in runs if one.rate is not None}
    result: dict[str, object] = {}
    for name in names:
        mine = [rate for (found, _), rate in sorted(rates.items(), key=lambda item: item[0][1]) if found == name]
        ratios = [
            rate / other
            for (found, number), rate in rates.items()
            if found == name and (other := rates.get((against, number))) is not None
        ]
        reports = [one.report for one in runs if one.name == name and one.report is not None]
        result[name] = {
            "frames_per_cpu_second": [round(rate) for rate in mine],
            "median": round(statistics.median(mine)) if mine else None,
            f"ratio_to_{against}": [round(ratio, 2) for ratio in ratios],
            "median_ratio": round(statistics.median(ratios), 2) if ratios else None,
            "cores_used": [round(one["cpu_seconds"] / one["wall_seconds"], 2) for one in reports],
            "peak_megabytes": round(max((one["peak_megabytes"] for one in reports), default=0)),
            "died": [one.died for one in runs if one.name == name and one.died is not None],
        }
    return result
