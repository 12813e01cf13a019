"""The command `lantian` as a person uses it: up, status, down, and what is left when the supervisor is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lantian_local.commands import current
from lantian_local.ports import PortLease, Ports
from lantian_local.state import SuiteState

JARS = Path(__file__).parents[3] / ".local" / "jars"
SECONDS = 60.0  # the longest that anything may take here


class Command:
    """`lantian` on one home, with ports of its own."""

    def __init__(self, home: Path, ports: Ports) -> None:
        self.home = home
        self.ports = ports
        self._env = {**os.environ, "LANTIAN_LOCAL_HOME": str(home), "LANTIAN_LOCAL_JARS": str(JARS)} | {
            f"LANTIAN_LOCAL_{name.upper()}_PORT": str(port) for name, port in ports.items()
        }

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Exit code and all output."""
        done = subprocess.run(
            [sys.executable, "-m", "lantian_local", *arguments],
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def up(self, parts: str = "store") -> tuple[int, str]:
        """Only the store, where it does not matter: it starts quickly."""
        return self("up", "--parts", parts)

    def state(self) -> SuiteState:
        """What `lantian status` shows, without the price of a process."""
        state = current(self.home)
        assert state is not None
        return state

    def processes(self) -> list[int]:
        """The supervisor's and those of the parts, as the state file has them."""
        state = self.state()
        return [state.supervisor.pid, *(part.process.pid for part in state.parts.values() if part.process)]


@pytest.fixture
def lantian(tmp_path: Path) -> Iterator[Command]:
    """The command on a fresh home; taken down at the end, whatever happened."""
    lease = PortLease()
    command = Command(tmp_path / "home", lease.free())
    lease.release()  # the suite under test takes it itself
    yield command
    command("down")


def until(true: Callable[[], bool]) -> None:
    """Wait until it is true; the deadline only ends a test that would otherwise hang."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)


def gone(pid: int) -> bool:
    """No such process, or one that is dead and not yet waited for."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_up_status_kill_restart_down(lantian: Command) -> None:
    """The life of a suite; afterwards no process is left."""
    code, output = lantian.up()
    assert code == 0, output
    assert "store   ready" in output
    assert "mongodb://127.0.0.1:" in output
    code, output = lantian("status", "--json")
    assert (code, json.loads(output)["ready"]) == (0, True)
    supervisor, store = lantian.processes()

    os.kill(store, signal.SIGKILL)
    until(lambda: lantian.state().parts["store"].restarts == 1 and lantian.state().ready())
    again = lantian.processes()
    assert again[0] == supervisor
    assert again[1] != store

    code, output = lantian.up()
    assert code == 1
    assert "already up" in output

    assert lantian("down") == (0, "down\n")
    assert all(gone(pid) for pid in (supervisor, store, *again))
    assert lantian("status")[0] == 1
    assert lantian("down")[0] == 0


def test_no_orphan_when_the_supervisor_is_killed(lantian: Command) -> None:
    """SIGKILL gives it no chance to stop anything; the parts notice. The next `up` works."""
    assert lantian.up("kafka,store")[0] == 0
    supervisor, *parts = lantian.processes()
    assert len(parts) == 2
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: all(gone(pid) for pid in (supervisor, *parts)))
    code, output = lantian("status")
    assert code == 1
    assert "its supervisor was killed" in output
    code, output = lantian.up()
    assert code == 0, output
    assert lantian.state().ready()


def test_a_taken_port_is_refused_by_name(lantian: Command, tmp_path: Path) -> None:
    """The second suite wants the same port in another home."""
    assert lantian.up()[0] == 0
    other = Command(tmp_path / "other", lantian.ports)
    code, output = other.up()
    assert code == 1
    assert f"in use by somebody else: store {lantian.ports.store}" in output


def test_an_ephemeral_suite_removes_its_folder(lantian: Command, tmp_path: Path) -> None:
    """It stays in the foreground; SIGTERM ends it in order."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "lantian_local", "up", "--ephemeral", "--parts", "store"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout as output:
        for line in output:
            if "mongodb://" in line:
                break
        folders = list(tmp_path.glob("lantian-*/state.json"))
        assert len(folders) == 1
        process.terminate()
        assert "stopped" in output.read()
        assert process.wait(SECONDS) == 0
    assert not list(tmp_path.glob("lantian-*/state.json"))
    assert not lantian.home.exists()
