"""The suite's ports: the usual ones, or free ones that no other suite on this machine takes meanwhile."""

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import IO

HOST = "127.0.0.1"

# Below Linux's range for outgoing connections (32768 and up), so that no client's socket sits on a port between
# choosing and binding.
FREE_RANGE = range(20_000, 32_000)


class NoFreePort(RuntimeError):
    """Every port of FREE_RANGE is taken."""


class PortTaken(RuntimeError):
    """A wished port is in use; the message names all of them."""


@dataclass(frozen=True)
class Ports:
    """Every port the suite listens on, all on 127.0.0.1."""

    kafka: int = 19092
    kafka_controller: int = 19093
    store: int = 19017
    hj212: int = 19212
    vehicle: int = 19691
    ingest: int = 18081
    alerts: int = 18082
    tasks: int = 18080
    notify: int = 18083
    front: int = 18000

    def items(self) -> Iterator[tuple[str, int]]:
        """(name, port) in the order of declaration."""
        return zip((field.name for field in fields(self)), astuple(self), strict=True)


class PortLease:
    """Ports held against other suites by locked files; the kernel frees them when the holder dies, however it dies."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"lantian-ports-{os.getuid()}"
        self._held: dict[int, IO[str]] = {}

    def take(self, port: int) -> bool:
        """Take `port` if no other lease has it and nothing listens on it."""
        if port in self._held:
            return False
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = (self._folder / str(port)).open("w")
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_free(port):
                self._held[port] = file
                return True
        file.close()
        return False

    def any(self) -> int:
        """Take any free port. Raises NoFreePort."""
        for port in random.sample(FREE_RANGE, len(FREE_RANGE)):
            if self.take(port):
                return port
        raise NoFreePort(f"no free port in {FREE_RANGE.start}–{FREE_RANGE.stop - 1}")

    def free(self) -> Ports:
        """Take a whole set of free ports."""
        return Ports(**{name: self.any() for name, _ in Ports().items()})

    def usual_or_free(self, wished: Ports) -> Ports:
        """Take each wished port, or a free one in its place when somebody has it."""
        return replace(wished, **{name: port if self.take(port) else self.any() for name, port in wished.items()})

    def exactly(self, wished: Ports, names: Collection[str]) -> Ports:
        """Take the wished ports of these names. Raises PortTaken, having taken none."""
        taken = [f"{name} {port}" for name, port in wished.items() if name in names and not self.take(port)]
        if taken:
            self.release()
            raise PortTaken(f"in use by somebody else: {', '.join(taken)}; choose other ports or use --ephemeral")
        return wished

    def release(self) -> None:
        """Give everything back."""
        for file in self._held.values():
            file.close()
        self._held.clear()


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1 now (connections in TIME_WAIT do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
