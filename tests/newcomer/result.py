"""How docs/operating.md went, block by block: bench/results/newcomer.md."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.faults.result import keep, machine, table
from tests.newcomer.page import ROOT, Block

FOLDER: Final = ROOT / "bench" / "results"
_MARK: Final = re.compile(r"^--- line (\d+) ([\d.]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A block that was done: the page's section, its first line there, its commands, and wall seconds."""

    section: str
    line: int
    commands: int
    seconds: float


def mark(line: int) -> str:
    """What the shell says, with the time, before the block of this line; answers of curl do not end their line."""
    return f'printf "\\n--- line {line} %s\\n" "$EPOCHREALTIME"'


def steps(page: str, done: Sequence[Block], told: str) -> list[Step]:
    """From what the shell told; the last mark is the end's."""
    times = [float(match[2]) for match in _MARK.finditer(told)]
    lines = page.splitlines()
    return [
        Step(_section(lines, block.line), block.line, _count(block.commands), round(after - before, 1))
        for block, (before, after) in zip(done, pairwise(times), strict=True)
    ]


def _section(lines: Sequence[str], line: int) -> str:
    return next(text.lstrip("# ") for text in reversed(lines[:line]) if re.match("#{2,} ", text))


def _count(commands: str) -> int:
    """Lines that begin a command: a text handed to one is none of its own."""
    bare = re.sub(r"<<'END'\n.*?^END$", "", commands, flags=re.MULTILINE | re.DOTALL)
    return sum(bool(line.strip()) for line in bare.splitlines())


def write(found: Sequence[Step], folder: Path = FOLDER) -> None:
    """Both files."""
    host = machine()
    page = [
        "# Newcomer",
        "",
        f"The {sum(step.commands for step in found)} commands for the local suite on `docs/operating.md`, in their "
        "order, in one shell, in a copy of the checkout: each worked as printed. Written by `make newcomer`, "
        f"{host['at']}, {host['cores']} cores, load {host['load_average'][0]:.1f}.",
        "",
        *table(
            ["section", "line", "commands", "seconds"],
            [[one.section, str(one.line), str(one.commands), f"{one.seconds:.1f}"] for one in found],
        ),
        "",
    ]
    kept = {"machine": host, "steps": [asdict(step) for step in found]}
    keep(folder, "newcomer", kept, "\n".join(page))
