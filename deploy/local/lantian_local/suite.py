"""A whole suite, or some of its parts, inside one Python process: for tests and the demo."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lantian_local import keys
from lantian_local.layout import DEFAULT_HOME, PARTS, ClockSetting, Layout
from lantian_local.part import tail
from lantian_local.ports import PortLease, Ports
from lantian_local.state import PartPhase, SuiteState
from lantian_local.supervisor import Supervisor, no_listener

# Ports of a part, where they are not one of its own name.
PORTS_OF = {
    "kafka": ("kafka", "kafka_controller"),
    "ingest": ("ingest", "hj212", "vehicle"),
    "tasks": ("tasks", "front"),
}


class Suite:
    """`async with Suite(...) as suite`: returns when every chosen part is ready, stops all of them at the end.

    Without `home` it lives in a temporary folder that is removed; without `ports` on any free ports. `ports` are
    wishes: one that is taken is replaced by a free one, or with `exact_ports` is refused with PortTaken. `quick`
    is for tests that measure nothing: Kafka starts faster and is slower under load. Must be entered in the main thread
    (see leash). Entering raises StartFailed (with the end of the log of the part at fault) or AlreadyUp.
    """

    def __init__(
        self,
        *,
        parts: Sequence[str] = PARTS,
        home: Path | None = None,
        ports: Ports | None = None,
        exact_ports: bool = False,
        clock: ClockSetting | None = None,
        jar_cache: Path = DEFAULT_HOME / "jars",
        partitions: int = 4,
        quick: bool = False,
        commands: Mapping[str, tuple[str, ...]] | None = None,
        env: Mapping[str, Mapping[str, str]] | None = None,
        on_change: Callable[[SuiteState], None] = no_listener,
    ) -> None:
        self._lease = PortLease()
        taken = self._take(ports, exact_ports, parts)
        self._temporary = home is None
        home = Path(tempfile.mkdtemp(prefix="lantian-")) if home is None else home.resolve()
        home.mkdir(parents=True, exist_ok=True)
        self.layout = Layout(
            home=home,
            ports=taken,
            clock=clock or ClockSetting(),
            jar_cache=jar_cache.resolve(),
            parts=tuple(parts),
            partitions=partitions,
            quick=quick,
            commands=commands or {},
            env=env or {},
        )
        self._supervisor = Supervisor(self.layout, on_change)

    async def __aenter__(self) -> Self:
        try:
            await self._supervisor.start()
        except BaseException:
            self._give_back()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._supervisor.stop()
        finally:
            self._give_back()

    def _take(self, wished: Ports | None, exact: bool, parts: Sequence[str]) -> Ports:
        if wished is None:
            return self._lease.free()
        if not exact:
            return self._lease.usual_or_free(wished)
        needed = {port for part in parts for port in PORTS_OF.get(part, (part,))}
        return self._lease.exactly(wished, needed)

    def _give_back(self) -> None:
        self._lease.release()
        if self._temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    @property
    def home(self) -> Path:
        """The suite's folder: data, logs, keys."""
        return self.layout.home

    @property
    def ports(self) -> Ports:
        """Every port in use."""
        return self.layout.ports

    @property
    def clock(self) -> ClockSetting:
        """Rate and epochs of the suite's clock."""
        return self.layout.clock

    @property
    def kafka_bootstrap(self) -> str:
        """The broker, host:port."""
        return self.layout.kafka_bootstrap

    @property
    def store_url(self) -> str:
        """The document store."""
        return self.layout.store_url

    @property
    def hj212_port(self) -> int:
        """Where loggers connect, on 127.0.0.1."""
        return self.layout.ports.hj212

    @property
    def ingest_url(self) -> str:
        """HTTP of ingest, without a slash at the end, as all of these."""
        return self.layout.http_url("ingest")

    @property
    def alerts_url(self) -> str:
        """HTTP of alerts."""
        return self.layout.http_url("alerts")

    @property
    def tasks_url(self) -> str:
        """HTTP of tasks: the API."""
        return self.layout.http_url("tasks")

    @property
    def notify_url(self) -> str:
        """HTTP of notify."""
        return self.layout.http_url("notify")

    @property
    def front_url(self) -> str:
        """The one address of the console: all services behind it."""
        return self.layout.http_url("front")

    @property
    def urls(self) -> dict[str, str]:
        """Addresses by name, of the parts that were chosen."""
        return self.layout.addresses()

    @property
    def administrator_key(self) -> str:
        """The key of the demo administrator of the tasks API."""
        return keys.administrator_key(self.home)

    def webhook_secret(self, name: str) -> str:
        """The signing secret that notify knows under this name, made when it is first asked for."""
        return keys.webhook_secret(self.home, name)

    @property
    def secrets_dir(self) -> Path:
        """Where notify finds a team's webhook secrets."""
        return self.home / keys.SECRETS

    @property
    def state(self) -> SuiteState:
        """What runs, with process ids, restarts and last exits."""
        return self._supervisor.state

    def kill(self, name: str) -> int:
        """SIGKILL one part, return the pid it had; the suite starts it again. Raises RuntimeError when it is down."""
        child = self._supervisor.keepers[name].child
        if child is None or child.exit_code() is not None:
            raise RuntimeError(f"{name} is not running")
        child.kill()
        return child.pid

    async def wait_ready(self, name: str, seconds: float = 60.0) -> None:
        """Return when the part runs and is ready. Raises TimeoutError with the reason and the end of its log."""
        keeper = self._supervisor.keepers[name]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            running = keeper.child is not None and keeper.child.exit_code() is None
            if running and keeper.state.phase is PartPhase.READY:
                return
            await asyncio.sleep(0.1)
        state = keeper.state
        raise TimeoutError(f"{name} is {state.phase} after {seconds:.0f} s: {state.reason}\n{tail(keeper.part.log)}")

    def log(self, name: str) -> str:
        """Everything the part has written to its log."""
        file = self._supervisor.keepers[name].part.log
        return file.read_text(errors="replace") if file.exists() else ""
