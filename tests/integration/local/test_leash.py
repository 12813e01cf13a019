"""A leashed command dies with its holder, with the kernel's help and without."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from lantian_local import leash
from lantian_local.leash import ORPHANED, leashed

# A holder that starts a leashed command, prints its pid and then only waits to be killed.
HOLDER = """
import subprocess, sys, time
from lantian_local import leash
watching = "import sys; sys.path.insert(0, {path!r}); import leash; "
watching += "leash._hold_by_kernel = bool; leash.main(sys.argv[1:])"
line = leash.leashed(["sleep", "600"])
if {by_watching}:
    line = [sys.executable, "-c", watching, *line[4:]]
process = subprocess.Popen(line)
print(process.pid, flush=True)
time.sleep(600)
"""


def commands(pid: int) -> list[psutil.Process]:
    """The process and those it started, as far as they live."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; one that is dead and not yet waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("by_watching", [False, True], ids=["kernel", "watching"])
def test_it_dies_with_a_killed_holder(by_watching: bool) -> None:
    """SIGKILL leaves the holder no chance to stop anything."""
    code = HOLDER.format(path=os.path.dirname(leash.__file__), by_watching=by_watching)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        deadline = time.monotonic() + 60
        while not any("sleep" in process.name() for process in commands(pid)):
            assert time.monotonic() < deadline, "the command never started"
            time.sleep(0.05)
        held = commands(pid)
        assert len(held) == (2 if by_watching else 1)
        holder.send_signal(signal.SIGKILL)
    while any(lives(process) for process in held):
        assert time.monotonic() < deadline, "it outlived its holder"
        time.sleep(0.05)


def test_a_command_whose_parent_is_another_is_not_started() -> None:
    """The pid on the command line is not this test's."""
    line = leashed(["echo", "started"])
    line[4] = "1"
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (ORPHANED, "")


def test_the_exit_code_is_the_commands() -> None:
    """Nothing comes between."""
    assert subprocess.run(leashed([sys.executable, "-c", "raise SystemExit(7)"]), check=False).returncode == 7
