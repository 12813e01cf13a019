"""Run a command that cannot outlive the process that started it, even when that process is killed with SIGKILL.

Run as a script (`python leash.py <pid of the parent> <command> ...`) and by path, so that it costs a bare interpreter
and nothing else. On Linux it asks the kernel to send SIGKILL when the parent dies (prctl PR_SET_PDEATHSIG, prctl(2))
and becomes the command: the pid stays. Elsewhere it stays as a small watching parent, passes SIGTERM on, and kills
the command when its own parent is gone.

The kernel's signal follows the *thread* that forked: start leashed commands from the main thread only.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
ORPHANED = 125  # exit code when the parent was already gone; as `timeout` and `env` use it for their own failures


def leashed(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` on a leash held by the calling process."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *argv]


def _hold_by_kernel() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)


def _hold_by_watching(parent: int, argv: list[str]) -> int:
    child = subprocess.Popen(argv)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    while child.poll() is None:
        if os.getppid() != parent:
            child.kill()
        time.sleep(0.2)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(arguments: list[str]) -> int:
    """Hold and run; returns only when watching or when the parent is already gone."""
    parent, argv = int(arguments[0]), arguments[1:]
    by_kernel = _hold_by_kernel()
    # Asked after the leash is on: a parent that died before prctl would never be noticed.
    if os.getppid() != parent:
        return ORPHANED
    if not by_kernel:
        return _hold_by_watching(parent, argv)
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
