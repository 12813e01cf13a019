"""One part of the suite: how it is started, how one knows that it is ready, and the running process of it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lantian_local.leash import leashed
from lantian_local.ports import HOST

LOG_LIMIT = 20 * 1024 * 1024  # bytes; a log longer than this is set aside when its part starts again


Say = Callable[[str], None]
"""Takes what is being done, for people; raises when it shall not go on."""


def nothing(say: Say) -> None:
    """The preparation of a part that needs none."""


def in_silence(doing: str) -> None:
    """For those who do not watch."""


@dataclass(frozen=True)
class Part:
    """A process of the suite. `ready` and `alive` return None when all is well, else the reason why not; they may
    block for seconds.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    address: str
    ready: Callable[[], str | None]  # asked until it is satisfied once after each start
    alive: Callable[[], str | None]  # asked from then on; cheap
    env: Mapping[str, str] = field(default_factory=dict)  # added to the starter's own environment
    prepare: Callable[[Say], None] = nothing  # before each start; may block
    stop_seconds: float = 25.0  # between SIGTERM and SIGKILL


class Child:
    """A started part. Must be created in the main thread (see leash)."""

    def __init__(self, part: Part) -> None:
        self.part = part
        part.log.parent.mkdir(parents=True, exist_ok=True)
        if part.log.exists() and part.log.stat().st_size > LOG_LIMIT:
            part.log.replace(part.log.with_suffix(".log.1"))
        with part.log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(part.argv),
                env={**os.environ, **part.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal stops the supervisor, which stops the parts in order
            )
        self.pid = self._process.pid
        self.started = start_time(self.pid)

    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal, as in subprocess."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to stop."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, after `stop_seconds` SIGKILL; blocks until it is gone, returns the exit code."""
        self.terminate()
        try:
            return self._process.wait(self.part.stop_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return self._process.wait()


def start_time(pid: int) -> float | None:
    """When the process started (seconds since 1970), None if there is none: with the pid, the identity of a process."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def listening(port: int) -> str | None:
    """None when something accepts connections on `port`, else why not."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError as error:
        return f"port {port}: {error.strerror or error}"
    return None


def await_ready(child: Child, seconds: float) -> None:
    """Block until the part is ready. Raises RuntimeError with the tail of its log when it dies or does not become
    ready in time.
    """
    deadline = time.monotonic() + seconds
    reason: str | None = "not asked yet"
    while time.monotonic() < deadline:
        code = child.exit_code()
        if code is not None:
            raise RuntimeError(f"{child.part.name} ended with {code}\n{tail(child.part.log)}")
        reason = child.part.ready()
        if reason is None:
            return
        time.sleep(0.1)
    raise RuntimeError(f"{child.part.name} is not ready after {seconds:.0f} s: {reason}\n{tail(child.part.log)}")


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log, empty when there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 64 * 1024))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
