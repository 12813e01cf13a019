"""docker-compose.yml holds together and says what the code says; each check fails on a broken copy."""

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from .deployment_code import ROOT, services
from .deployment_compose import VARIABLE, problems, variables

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def make_secrets() -> ModuleType:
    """The script, imported from its file."""
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/compose/make_secrets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(make_secrets: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files that make_secrets.py writes."""
    return set(make_secrets.make(tmp_path_factory.mktemp("secrets")))


def test_nothing_is_wrong_with_the_file(made: set[str]) -> None:
    """The committed file passes every check."""
    assert problems(yaml.safe_load(TEXT), dict(services()), ROOT, made) == []


def test_every_variable_has_a_default_and_is_explained() -> None:
    """The file starts without a .env, and .env.example names each variable."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert TEXT.replace("$$", "").count("$") == len(VARIABLE.findall(TEXT))
    assert [name for name in variables(TEXT) if f"{name}=" not in example] == []


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Sets one place of the file, e.g. services/ingest/image; None takes it away."""

    def apply(compose: dict[str, Any]) -> None:
        *steps, last = path.split("/")
        where = compose
        for step in steps:
            where = where[step]
        if value is None:
            del where[last]
        else:
            where[last] = value

    return apply


BROKEN = [
    ("services/ingest/command", ["lantian-gateway"], "ingest: command lantian-gateway is no console script"),
    ("services/topics/command", ["lantian-topic", "--bootstrap", "x"], "topics: command ['lantian-topic'"),
    (
        "services/topics/command",
        ["lantian-topics", "--brokers", "x"],
        "topics: module lantian_kit.topics does not take",
    ),
    ("services/tasks/command", ["sh", "-c", "sleep 1; lantian-tasks"], "tasks: shell line"),
    ("services/ingest/environment/LANTIAN_KAFKA_BROKER", "kafka:9092", "ingest: variable LANTIAN_KAFKA_BROKER is none"),
    ("services/ingest/environment/LANTIAN_HTTP_PORT", "http", "ingest: IngestSettings refuses"),
    ("services/alerts/environment/LANTIAN_KAFKA_BOOTSTRAP", "broker:9092", "alerts: bootstrap broker:9092"),
    ("services/alerts/image", "lantian/alerts:latest", "alerts: image lantian/alerts:latest is not pinned"),
    ("services/kafka/image", "apache/kafka", "kafka: image apache/kafka is not pinned"),
    ("services/alerts/build/args/SERVICE", "tasks", "alerts: builds"),
    ("services/alerts/stop_grace_period", "10s", "alerts: stop_grace_period 10s"),
    ("services/notify/read_only", False, "notify: needs a read-only root"),
    ("services/tasks/deploy/resources/limits/memory", None, "tasks: no limit of memory"),
    ("services/tasks/ports", ["18080:8080"], "tasks: port 18080:8080 is not"),
    ("services/tasks/ports", ["0.0.0.0:18080:8080"], "tasks: port 0.0.0.0:18080:8080 is open to the network"),
    ("services/ingest/ports", ["0.0.0.0:19212:9000"], "ingest: publishes 9000"),
    ("services/grafana/environment/GF_SECURITY_ADMIN_PASSWORD", "admin", "grafana: GF_SECURITY_ADMIN_PASSWORD holds"),
    (
        "services/tasks/environment/LANTIAN_STORE_URL",
        "mongodb://a:b@mongo/",
        "tasks: LANTIAN_STORE_URL holds a password",
    ),
    ("services/grafana/secrets", [], "grafana: names /run/secrets/grafana_admin_password"),
    ("services/mongo/healthcheck", None, "replica-set: waits for the health of mongo"),
    ("services/alerts/depends_on/ingest", {"condition": "service_completed_successfully"}, "alerts: waits for the end"),
    ("services/alerts/networks", ["backbone"], "alerts: networks: backbone is not declared"),
    ("services/alerts/volumes", ["cache:/cache"], "alerts: volume cache is not declared"),
    ("services/prometheus/volumes", ["./deploy/prom:/etc/prometheus:ro"], "prometheus: volume ./deploy/prom"),
    ("services/prometheus/logging", None, "prometheus: its log grows without end"),
    ("services/alerts/privileged", True, "alerts: unknown key privileged"),
    ("services/alerts", None, "no service alerts"),
    ("services/operator/profiles", None, "operator: starts with the suite"),
    ("services/operator/entrypoint", ["lantian"], "operator: entry point"),
    ("volumes/left-over", {}, "volumes: nobody uses left-over"),
    ("secrets/kafka_password", {"file": "kafka_password"}, "secret kafka_password: make_secrets.py makes no"),
]


@pytest.mark.parametrize(
    ("path", "value", "expected"), BROKEN, ids=[f"{path}={value}"[:70] for path, value, _ in BROKEN]
)
def test_a_broken_copy_is_found(path: str, value: object, expected: str, made: set[str]) -> None:
    """Each check sees what it is for."""
    broken = copy.deepcopy(yaml.safe_load(TEXT))
    change(path, value)(broken)
    found = problems(broken, dict(services()), ROOT, made)
    assert [text for text in found if text.startswith(expected)], found


def test_secrets_are_random_kept_and_private(make_secrets: ModuleType, tmp_path: Path) -> None:
    """A second run changes nothing; another place gets other values; the folder is closed to others."""
    first, second = tmp_path / "one", tmp_path / "two"
    made = make_secrets.make(first, ["hebei-1"])
    before = {name: (first / name).read_text() for name in made}
    make_secrets.make(second, ["hebei-1"])
    assert make_secrets.make(first, ["hebei-1"]) == []
    assert {name: (first / name).read_text() for name in made} == before
    assert [name for name in made if (second / name).read_text() == before[name]] == []
    assert (first.stat().st_mode & 0o777) == 0o700
    assert before["tasks_store_url"].count(before["mongo_tasks_password"]) == 1


def test_signing_secrets_are_taken_by_notify(make_secrets: ModuleType, tmp_path: Path) -> None:
    """What the script writes is what lantian_notify.sign reads."""
    from lantian_notify.sign import Secrets

    make_secrets.make(tmp_path, ["hebei-1"])
    assert len(Secrets(tmp_path / "webhooks").read("hebei-1")) == 1


def test_the_first_key_opens_the_api(make_secrets: ModuleType, tmp_path: Path) -> None:
    """The access file that the script writes knows the key that it writes."""
    from lantian_tasks.access.principals import Access

    make_secrets.make(tmp_path)
    principal = Access.load(tmp_path / "tasks_access").of_key((tmp_path / "administrator_key").read_text())
    assert principal is not None
    assert principal.role == "administrator"
