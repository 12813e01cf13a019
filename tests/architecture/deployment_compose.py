"""Checks docker-compose.yml without a Docker engine: structure, inner references, and its words against the code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .deployment_code import SERVICES, Service
from .deployment_values import command_problems, environment_problems

Compose = dict[str, Any]

TOP_LEVEL = {"name", "services", "networks", "volumes", "secrets"}
SERVICE_KEYS = {
    *(
        "image",
        "build",
        "command",
        "entrypoint",
        "environment",
        "env_file",
        "user",
        "restart",
        "stop_grace_period",
        "logging",
    ),
    *("depends_on", "healthcheck", "networks", "ports", "volumes", "tmpfs", "secrets"),
    *("profiles", "working_dir"),
    *("read_only", "cap_drop", "security_opt", "ulimits", "deploy"),
}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
RESTARTS = {"unless-stopped", "on-failure"}
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+):-([^}]*)\}")
DURATION_SECONDS = re.compile(r"^(\d+)s$")
DEVICES = "ingest"
OPERATOR = "local"
"""The image of the command `lantian`; it is no service, and runs when somebody calls it."""


def variables(text: str) -> dict[str, str]:
    """Variables of the file with their defaults; one without a default is reported by `problems`."""
    return dict(VARIABLE.findall(text))


def resolved(value: Any) -> Any:
    """The value with every variable at its default, and `$$` as `$`."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: match[2], value).replace("$$", "$")
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if isinstance(value, dict):
        return {key: resolved(item) for key, item in value.items()}
    return value


def problems(compose: Compose, code: dict[str, Service], root: Path, made: set[str]) -> list[str]:
    """What is wrong, in words; `made` are the files that make_secrets.py writes. Empty: nothing is."""
    compose = resolved(compose)
    found = [f"unknown top-level key {key}" for key in compose if key not in TOP_LEVEL and not key.startswith("x-")]
    for name, service in compose["services"].items():
        found += [f"{name}: {text}" for text in _service_problems(name, service, compose, code, root)]
    found += _leftover_problems(compose)
    for name, secret in compose["secrets"].items():
        if Path(secret["file"]).name not in made:
            found.append(f"secret {name}: make_secrets.py makes no {secret['file']}")
    missing = set(SERVICES) - set(compose["services"])
    return found + [f"no service {name}" for name in sorted(missing)]


def _service_problems(
    name: str, service: Compose, compose: Compose, code: dict[str, Service], root: Path
) -> Iterator[str]:
    yield from (f"unknown key {key}" for key in service if key not in SERVICE_KEYS)
    yield from _image_problems(service, root)
    yield from _limit_problems(service)
    yield from _reference_problems(service, compose, root)
    yield from _dependency_problems(service, compose)
    yield from _port_problems(name, service)
    yield from _plain_secret_problems(service)
    if service.get("restart") not in RESTARTS:
        yield f"restart is {service.get('restart')}"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "no-new-privileges is not set"
    if not str(service.get("image", "")).startswith("lantian/"):
        if service.get("restart") == "unless-stopped" and "healthcheck" not in service:
            yield "no health check"
        return
    yield from _suite_problems(name, service, compose, code)


def _suite_problems(name: str, service: Compose, compose: Compose, code: dict[str, Service]) -> Iterator[str]:
    owner = str(service["image"]).removeprefix("lantian/").partition(":")[0]
    if owner == OPERATOR:
        yield from _operator_problems(service)
        return
    if owner not in code:
        yield f"image of {owner}, which is no service"
        return
    if service.get("build", {}).get("args", {}).get("SERVICE") != owner:
        yield f"builds {service.get('build')}, not SERVICE={owner}"
    if service.get("read_only") is not True or service.get("cap_drop") != ["ALL"]:
        yield "needs a read-only root and no capabilities"
    grace = DURATION_SECONDS.match(str(service.get("stop_grace_period", "10s")))
    limit = code[owner].variables()["LANTIAN_SHUTDOWN_SECONDS"].default
    if grace is None or int(grace[1]) <= limit:
        yield f"stop_grace_period {service.get('stop_grace_period')} is not above the service's {limit} s"
    yield from command_problems(service.get("command", []), owner, code)
    environment = {key: str(value) for key, value in service.get("environment", {}).items()}
    yield from environment_problems(environment, owner, code)
    bootstrap = environment.get("LANTIAN_KAFKA_BOOTSTRAP")
    if bootstrap is not None:
        host, _, port = bootstrap.partition(":")
        listeners = str(compose["services"].get(host, {}).get("environment", {}).get("KAFKA_ADVERTISED_LISTENERS"))
        if f"://{host}:{port}" not in listeners:
            yield f"bootstrap {bootstrap}, but the broker advertises {listeners}"


def _operator_problems(service: Compose) -> Iterator[str]:
    if service.get("build", {}).get("args", {}).get("SERVICE") != OPERATOR:
        yield f"builds {service.get('build')}, not SERVICE={OPERATOR}"
    if service.get("read_only") is not True or service.get("cap_drop") != ["ALL"]:
        yield "needs a read-only root and no capabilities"
    if not service.get("profiles"):
        yield "starts with the suite; it is for who calls it"
    entry = service.get("entrypoint", [])
    if entry[:2] != ["sh", "-c"] or not re.fullmatch(
        r'(LANTIAN_[A-Z_]+="\$\(cat /run/secrets/\w+\)" )*exec lantian "\$@"', str(entry[2])
    ):
        yield f"entry point {entry} does not end in the command lantian"


def _image_problems(service: Compose, root: Path) -> Iterator[str]:
    name, _, tag = str(service.get("image", "")).rpartition(":")
    if not name or not re.search(r"\d+\.\d+", tag):
        yield f"image {service.get('image')} is not pinned to a version"
    build = service.get("build")
    if build is not None and not (root / build.get("context", ".") / build.get("dockerfile", "Dockerfile")).is_file():
        yield f"builds from {build}, where no Dockerfile is"


def _limit_problems(service: Compose) -> Iterator[str]:
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    for key in ("cpus", "memory", "pids"):
        if key not in limits:
            yield f"no limit of {key}"
    if "max-size" not in service.get("logging", {}).get("options", {}):
        yield "its log grows without end"


def _reference_problems(service: Compose, compose: Compose, root: Path) -> Iterator[str]:
    for kind in ("networks", "secrets"):
        yield from (f"{kind}: {key} is not declared" for key in service.get(kind, []) if key not in compose[kind])
    if not service.get("networks"):
        yield "is in no named network"
    for mount in service.get("volumes", []):
        source, target, *_ = mount.split(":")
        if not target.startswith("/"):
            yield f"volume {mount}: target is not absolute"
        if source.startswith("./"):
            # What make_secrets.py makes is absent in a fresh clone.
            if not source.startswith("./deploy/compose/secrets") and not (root / source).exists():
                yield f"volume {mount}: {source} does not exist"
            if not mount.endswith(":ro"):
                yield f"volume {mount}: a folder of the host must be read-only"
        elif source not in compose["volumes"]:
            yield f"volume {source} is not declared"
    for path in _secret_paths(service):
        if path.rpartition("/")[2] not in service.get("secrets", []):
            yield f"names {path}, a secret it is not given"


def _secret_paths(service: Compose) -> list[str]:
    text = " ".join(
        [
            *map(str, service.get("environment", {}).values()),
            *map(str, service.get("command", [])),
            *map(str, service.get("entrypoint", [])),
        ]
    )
    return re.findall(r"/run/secrets/[A-Za-z0-9_]+", text)


def _dependency_problems(service: Compose, compose: Compose) -> Iterator[str]:
    for other, how in service.get("depends_on", {}).items():
        condition = how.get("condition")
        target = compose["services"].get(other)
        if target is None or condition not in CONDITIONS:
            yield f"depends on {other}, {condition}"
        elif condition == "service_completed_successfully" and target.get("restart") != "on-failure":
            yield f"waits for the end of {other}, which never ends"
        elif condition == "service_healthy" and "test" not in target.get("healthcheck", {}):
            yield f"waits for the health of {other}, which has no health check"


def _port_problems(name: str, service: Compose) -> Iterator[str]:
    for port in service.get("ports", []):
        address, _, inner = str(port).split(":") if str(port).count(":") == 2 else ("", "", "")
        if not inner.isdigit():
            yield f"port {port} is not address:port:port"
        elif address != "127.0.0.1" and name != DEVICES:
            yield f"port {port} is open to the network"
        environment = {str(value) for key, value in service.get("environment", {}).items() if key.endswith("_PORT")}
        if str(service.get("image", "")).startswith("lantian/") and inner not in environment:
            yield f"publishes {inner}, on which the service does not listen"


def _plain_secret_problems(service: Compose) -> Iterator[str]:
    for key, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|TOKEN|_KEY$", key) and not re.search(r"_(FILE|DIR)$", key):
            yield f"{key} holds a secret in plain sight"
        if re.search(r"://[^/@\s]+:[^/@\s]+@", str(value)):
            yield f"{key} holds a password in its URL"


def _leftover_problems(compose: Compose) -> Iterator[str]:
    services = compose["services"].values()
    used = {
        "networks": {name for service in services for name in service.get("networks", [])},
        "secrets": {name for service in services for name in service.get("secrets", [])},
        "volumes": {mount.split(":")[0] for service in services for mount in service.get("volumes", [])},
    }
    for kind, names in used.items():
        yield from (f"{kind}: nobody uses {name}" for name in compose[kind] if name not in names)
