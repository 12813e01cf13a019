"""What is running: `state.json` in the suite's home, written by the supervisor, read by every other command."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from lantian_local.part import start_time

FILE = "state.json"
LOCK = "lock"
SAME_START = 1.5  # seconds; the kernel's boot time, from which start times are counted, moves a little with NTP


class Phase(StrEnum):
    """Of the whole suite."""

    STARTING = "starting"
    READY = "ready"  # every part was ready once; a single part may be restarting, see its own state
    FAILED = "failed"
    STOPPING = "stopping"
    STOPPED = "stopped"


class PartPhase(StrEnum):
    """Of one part."""

    WAITING = "waiting"  # for the parts below it
    PREPARING = "preparing"
    STARTING = "starting"
    READY = "ready"
    NOT_READY = "not ready"  # it was ready and now says it is not
    PAUSED = "paused"  # it died and is started again after a pause
    STOPPED = "stopped"


@dataclass
class ProcessId:
    """A process, told from a later one with the same pid by its start time (seconds since 1970)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The running process with this pid."""
        started = start_time(pid)
        return None if started is None else cls(pid, started)

    def runs(self) -> bool:
        """Whether this very process is still there."""
        started = start_time(self.pid)
        return started is not None and abs(started - self.started) < SAME_START


@dataclass
class PartState:
    """One line of `lantian status`."""

    address: str
    log: str
    phase: PartPhase = PartPhase.WAITING
    process: ProcessId | None = None
    restarts: int = 0
    last_exit: int | None = None  # negative: killed by that signal
    reason: str | None = None  # why it is not ready


@dataclass
class SuiteState:
    """The whole of state.json."""

    home: str
    supervisor: ProcessId
    addresses: dict[str, str]
    clock: dict[str, float]
    phase: Phase = Phase.STARTING
    trouble: str | None = None  # why the start failed
    parts: dict[str, PartState] = field(default_factory=dict)

    def ready(self) -> bool:
        """Whether every part works now."""
        return self.phase is Phase.READY and all(part.phase is PartPhase.READY for part in self.parts.values())

    def write(self, home: Path) -> None:
        """Replace the file in one step, so that a reader sees the old or the new one and never a half."""
        draft = home / f".{FILE}.{os.getpid()}"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(home / FILE)


def read(home: Path) -> SuiteState | None:
    """The last state written in `home`, None when there is none or it is not one (an older format counts as none)."""
    try:
        raw: dict[str, Any] = json.loads((home / FILE).read_text())
        parts = {
            name: PartState(**{**part, "phase": PartPhase(part["phase"]), "process": _process(part["process"])})
            for name, part in raw.pop("parts").items()
        }
        raw |= {"phase": Phase(raw["phase"]), "supervisor": ProcessId(**raw["supervisor"]), "parts": parts}
        return SuiteState(**raw)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def address_of(home: Path, part: str, otherwise: str) -> str:
    """Where a part of the suite in `home` is. Raises LookupError; `otherwise` tells how to name it instead."""
    state = read(home)
    if state is None or part not in state.addresses:
        raise LookupError(f"no local suite in {home}: {otherwise}")
    return state.addresses[part]


def _process(raw: dict[str, Any] | None) -> ProcessId | None:
    return None if raw is None else ProcessId(**raw)


class AlreadyUp(RuntimeError):
    """Another supervisor holds this home."""


def lock(home: Path) -> IO[str]:
    """Hold `home` for one supervisor until the returned file is closed or the process dies. Raises AlreadyUp."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / LOCK).open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyUp(f"a suite is already up in {home}") from None
    return file
