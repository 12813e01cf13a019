"""The blocks of commands of docs/operating.md, and for what kind of installation each is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "operating.md"
ELSEWHERE: Final = {"# Docker": "docker", "# Kubernetes": "kubernetes"}
"""First lines of blocks that are not for the local suite; a reader sees the same line."""
_BLOCK: Final = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Commands as printed; `where` is local, docker or kubernetes, `line` that of its first command in the page."""

    commands: str
    where: str
    line: int


def blocks(text: str) -> list[Block]:
    """In the order of the page."""
    found = []
    for match in _BLOCK.finditer(text):
        first, _, rest = match[1].partition("\n")
        where = ELSEWHERE.get(first.strip(), "local")
        commands = match[1] if where == "local" else rest
        found.append(Block(commands, where, text.count("\n", 0, match.start(1)) + (1 if where == "local" else 2)))
    return found
