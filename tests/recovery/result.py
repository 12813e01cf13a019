"""What the operator's commands said while the ledger was destroyed and brought back, as a page."""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from lantian_local.__main__ import app
from tests.faults.result import keep, machine, table

PLACES = re.compile(r" --(?:store|kafka) \S+|/\S+/(?=ledger\.backup)")
SHOWN = 300


@dataclass
class Told:
    """Runs commands and keeps their words; `hashes` of the ledger, before it was destroyed and as it was rebuilt.

    `restored` says that the way with a backup was gone to its end.
    """

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    hashes: tuple[str, str] | None = None
    restored: bool = False

    async def lantian(self, way: str, *arguments: str, code: int = 0) -> str:
        """Output of a command that must end with `code`."""
        done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
        assert done.exit_code == code, done.output
        words = PLACES.sub("", done.output.strip())
        self.rows.append((way, PLACES.sub("", f"lantian {' '.join(arguments)}"), words.replace("\n", "; ")[:SHOWN]))
        return done.output

    def write(self, folder: Path) -> None:
        """recovery.json and recovery.md; nothing when a way was not gone to its end."""
        if self.hashes is None or not self.restored:
            return
        host = machine()
        before, after = self.hashes
        page = [
            "# Recovery",
            "",
            "A ledger of real leads is destroyed and brought back: from a backup, with what came after it taken from "
            f"the topics, and from the topics alone. Written by `make recovery`, {host['at']}, {host['cores']} cores, "
            f"load {host['load_average'][0]:.1f}.",
            "",
            *table(
                ["way", "command", "what it said"],
                [[way, f"`{what}`", f"`{said}`"] for way, what, said in self.rows],
            ),
            "",
            f"Hash of the ledger before it was destroyed: `{before}`",
            "",
            f"Hash of the ledger rebuilt from the topics: `{after}`",
            "",
        ]
        kept = {
            "machine": host,
            "commands": [dict(zip(("way", "command", "said"), row, strict=True)) for row in self.rows],
            "ledger_sha256": {"before": before, "rebuilt": after},
        }
        keep(folder, "recovery", kept, "\n".join(page))
