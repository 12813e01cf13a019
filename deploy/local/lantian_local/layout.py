"""Where everything of one suite is: its folder, its ports, its clock, and the environment of its services."""

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lantian_local.ingest_keys import environment
from lantian_local.keys import ACCESS, SECOND_FACTOR_KEY, SECRETS, TICKET_KEY
from lantian_local.ports import HOST, Ports

SERVICES = ("ingest", "alerts", "tasks", "notify")
PARTS = ("kafka", "store", *SERVICES)
DEFAULT_HOME = Path(".local")
CONSOLE = Path(__file__).resolve().parents[3] / "web" / "dist"  # where `make web` puts it, in a checkout
TEMPORARY = "tmp"


def own_home() -> Path:
    """The folder of the local suite that commands without a --home speak of."""
    return Path(os.environ.get("LANTIAN_LOCAL_HOME", DEFAULT_HOME)).resolve()


def has_console() -> bool:
    """Whether this checkout holds a built console."""
    return (CONSOLE / "index.html").is_file()


@dataclass(frozen=True)
class ClockSetting:
    """The suite's clock (lantian_kit.clock): shows `suite_epoch_ms` at `wall_epoch_ms` and runs at `rate`."""

    rate: float = 1.0
    wall_epoch_ms: int = 0
    suite_epoch_ms: int = 0

    @classmethod
    def starting_now(cls, rate: float = 1.0, suite_epoch_ms: int | None = None) -> "ClockSetting":
        """A clock that shows `suite_epoch_ms` (default: the real time) at this moment; rate 1 and no epoch: real
        time.
        """
        if rate == 1.0 and suite_epoch_ms is None:
            return cls()
        now = int(time.time() * 1000)
        return cls(rate, now, now if suite_epoch_ms is None else suite_epoch_ms)


@dataclass(frozen=True)
class Layout:
    """One suite. `commands` replaces the command of a service, `env` adds to its environment (for tests)."""

    home: Path
    ports: Ports
    clock: ClockSetting = ClockSetting()
    jar_cache: Path = DEFAULT_HOME / "jars"
    parts: tuple[str, ...] = PARTS
    partitions: int = 4
    quick: bool = False  # Kafka starts faster and is slower under load
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = set(self.parts) - set(PARTS)
        if unknown:
            raise ValueError(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")

    @property
    def kafka_bootstrap(self) -> str:
        """The broker, host:port."""
        return f"{HOST}:{self.ports.kafka}"

    @property
    def store_url(self) -> str:
        """The document store."""
        return f"mongodb://{HOST}:{self.ports.store}"

    def http_url(self, service: str) -> str:
        """Base URL of a service's HTTP server."""
        return f"http://{HOST}:{dict(self.ports.items())[service]}"

    def command(self, service: str) -> tuple[str, ...]:
        """What is run for a service."""
        return self.commands.get(service, (sys.executable, "-m", f"lantian_{service}"))

    def service_env(self, service: str) -> dict[str, str]:
        """The LANTIAN_… variables of a service."""
        return {
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.home / TEMPORARY),  # a killed service can not clean up behind itself
            "LANTIAN_LOG_JSON": "false",
            "LANTIAN_INSTANCE": f"{service}-local",
            "LANTIAN_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "LANTIAN_STORE_URL": self.store_url,
            "LANTIAN_STORE_DATABASE": f"lantian_{service}",  # as in production: nobody reads another's collections
            "LANTIAN_STORE_CARDS": "true",  # SecantusDB reads every document to list a few
            "LANTIAN_HTTP_HOST": HOST,
            "LANTIAN_HTTP_PORT": str(dict(self.ports.items())[service]),
            "LANTIAN_HJ212_HOST": HOST,
            "LANTIAN_HJ212_PORT": str(self.ports.hj212),
            "LANTIAN_VEHICLE_HOST": HOST,
            "LANTIAN_VEHICLE_PORT": str(self.ports.vehicle),
            "LANTIAN_CLOCK_RATE": str(self.clock.rate),
            "LANTIAN_CLOCK_WALL_EPOCH_MS": str(self.clock.wall_epoch_ms),
            "LANTIAN_CLOCK_SUITE_EPOCH_MS": str(self.clock.suite_epoch_ms),
            "LANTIAN_ACCESS_FILE": str(self.home / ACCESS),
            "LANTIAN_COOKIE_SECURE": "false",  # http on this machine
            "LANTIAN_SECOND_FACTOR_ROLES": "",
            "LANTIAN_TICKET_KEY_FILE": str(self.home / TICKET_KEY),
            "LANTIAN_SECOND_FACTOR_KEY_FILE": str(self.home / SECOND_FACTOR_KEY),
            "LANTIAN_WEBHOOK_SECRETS_DIR": str(self.home / SECRETS),
            "LANTIAN_WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8",  # receivers on this machine, over http
            **({"LANTIAN_CONSOLE_DIR": str(CONSOLE)} if has_console() else {}),
            **(environment(self.home) if service == "ingest" else {}),
            **self.env.get(service, {}),
        }

    def addresses(self) -> dict[str, str]:
        """What a person may want to open, by name, for the parts that run."""
        every = {
            "kafka": self.kafka_bootstrap,
            "store": self.store_url,
            "ingest": self.http_url("ingest"),
            "alerts": self.http_url("alerts"),
            "tasks": self.http_url("tasks"),
            "notify": self.http_url("notify"),
        }
        chosen = {name: address for name, address in every.items() if name in self.parts}
        if "tasks" in self.parts and has_console():
            chosen["console"] = f"{self.http_url('front')}/console/"
        devices = {"hj212": f"{HOST}:{self.ports.hj212}", "vehicle": f"{HOST}:{self.ports.vehicle}"}
        return chosen | (devices if "ingest" in self.parts else {})
