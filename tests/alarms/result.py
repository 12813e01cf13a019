"""Which alert fired when which part was away, how soon, and how soon it cleared: bench/results/alarms.md."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.faults.result import keep, machine, table

FOLDER = Path(__file__).resolve().parents[2] / "bench" / "results"


@dataclass(frozen=True)
class Alarm:
    """One trouble; wall seconds from its beginning until all `expected` fired, and from its end until all was quiet."""

    trouble: str
    expected: tuple[str, ...]
    fired_after: float
    cleared_after: float


@dataclass
class Book:
    """What the tests noted."""

    shorter: int
    evaluated: int = 0
    alarms: list[Alarm] = field(default_factory=list)

    def write(self) -> None:
        """Both files."""
        host = machine()
        rows = [
            [one.trouble, ", ".join(one.expected), f"{one.fired_after:.1f} s", f"{one.cleared_after:.1f} s"]
            for one in self.alarms
        ]
        page = [
            "# Alarms",
            "",
            f"The rules of production with every duration a {self.shorter}th as long, {self.evaluated} of them, all "
            "evaluated without an error by a real Prometheus over the running suite. Each part was frozen (SIGSTOP) "
            "once, a receiver stopped, an unreadable record sent: what fired, how soon, and how "
            "soon nothing fired any more after it went on. Written by `make "
            f"alarms`, {host['at']}, {host['cores']} cores, load {host['load_average'][0]:.1f}.",
            "",
            *table(["trouble", "alerts that must fire", "after", "quiet again after"], rows),
            "",
        ]
        keep(FOLDER, "alarms", {"machine": host, **asdict(self)}, "\n".join(page))
