"""Compose and the overlay for one node start one and the same replica set, and the URLs of its users name it."""

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .deployment_code import ROOT
from .deployment_replica_set import health_problems, server_problems, url_problems

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
MONGO = COMPOSE["services"]["mongo"]
SCRIPT = (ROOT / "deploy/compose/replica-set.js").read_text(encoding="utf-8")
URLS = ("tasks_store_url", "notify_store_url", "operator_store_url")
OVERLAY = ROOT / "deploy/k8s/overlays/single-node/mongo.yaml"


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As make_secrets.py writes them."""
    spec = importlib.util.spec_from_file_location("make_secrets", ROOT / "deploy/compose/make_secrets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder: Path = tmp_path_factory.mktemp("secrets")
    module.make(folder)
    return {name: (folder / name).read_text(encoding="utf-8") for name in URLS}


def test_compose_starts_the_replica_set_that_its_urls_name(urls: dict[str, str]) -> None:
    """Server, script, health check and the three URLs."""
    assert list(server_problems(MONGO["command"], SCRIPT)) == []
    assert list(health_problems(MONGO, "mongo")) == []
    assert list(url_problems(urls, SCRIPT, [*COMPOSE["services"]])) == []


def test_whoever_uses_the_store_waits_for_the_replica_set() -> None:
    """A server that is no member yet takes no write."""
    users = [name for name, one in COMPOSE["services"].items() if {*URLS[:2]} & {*one.get("secrets", ())}]
    assert sorted(users) == ["migrations", "notify", "notify-migrations", "tasks"]
    for name in users:
        waits = COMPOSE["services"][name]["depends_on"]
        assert waits["replica-set"] == {"condition": "service_completed_successfully"}
    assert COMPOSE["services"]["replica-set"]["depends_on"] == {"mongo": {"condition": "service_healthy"}}


def test_the_overlay_for_one_node_starts_it_with_the_same_arguments() -> None:
    """But for the place of the key file."""
    items = [item for item in yaml.safe_load_all(OVERLAY.read_text(encoding="utf-8")) if item]
    (server,) = (item for item in items if item["kind"] == "StatefulSet")
    arguments = server["spec"]["template"]["spec"]["containers"][0]["args"]
    assert list(server_problems(arguments, SCRIPT)) == []
    assert [word for word in arguments if "/" not in word] == [word for word in MONGO["command"] if "/" not in word]
    assert server["metadata"]["name"] == "mongo"
    assert [item["metadata"]["name"] for item in items if item["kind"] == "Service"] == ["mongo"]


BROKEN: list[tuple[Callable[[str], str], Callable[[list[str]], list[str]], str]] = [
    (
        lambda script: script.replace('_id: "rs0"', '_id: "rs1"'),
        list,
        "the server is of replica set rs0, the script makes rs1",
    ),
    (
        lambda script: script.replace('host: "mongo:27017"', 'host: "localhost:27017"'),
        list,
        "the script speaks to mongo",
    ),
    (lambda script: script.replace("?directConnection=true", "?replicaSet=rs0"), list, "before it is made"),
    (lambda script: script.replace("replSetInitiate", "ping"), list, "the script initiates no"),
    (str, lambda words: [word for word in words if word not in ("--keyFile", "/tmp/keyfile")], "without a key file"),
    (str, lambda words: [word for word in words if word != "--bind_ip_all"], "the server listens to itself"),
    (str, lambda words: words[:-2], "the server forgets a moment"),
    (str, lambda words: words[:1], "the server is of replica set None"),
]


@pytest.mark.parametrize(("script", "arguments", "expected"), BROKEN, ids=[expected for _, _, expected in BROKEN])
def test_a_broken_server_is_found(
    script: Callable[[str], str], arguments: Callable[[list[str]], list[str]], expected: str
) -> None:
    """Each check sees what it is for."""
    found = list(server_problems(arguments(MONGO["command"]), script(SCRIPT)))
    assert [text for text in found if text.startswith(expected)], found


BROKEN_URLS = [
    ("mongodb://a:b@mongo:27017/x?authSource=admin", "one: replicaSet is None"),
    ("mongodb://a:b@mongo:27017/x?authSource=admin&replicaSet=rs1", "one: replicaSet is ['rs1']"),
    ("mongodb://a:b@mongo:27018/x?authSource=admin&replicaSet=rs0", "one: mongo:27018 is no member"),
    ("mongodb://a:b@store:27017/x?authSource=admin&replicaSet=rs0", "one: no service is called store"),
    ("mongodb://a:b@mongo:27017/x?replicaSet=rs0", "one: accounts lie in admin"),
    ("mongodb://a:b@mongo:27017/x?authSource=admin&replicaSet=rs0&w=1", "one: w is the service's own choice"),
    ("mongodb://a:b@mongo:27017/x?authSource=admin&replicaSet=rs0&readPreference=nearest", "one: readPreference is"),
]


@pytest.mark.parametrize(("url", "expected"), BROKEN_URLS, ids=[expected for _, expected in BROKEN_URLS])
def test_a_broken_url_is_found(url: str, expected: str) -> None:
    """Each check sees what it is for."""
    found = list(url_problems({"one": url}, SCRIPT, [*COMPOSE["services"]]))
    assert [text for text in found if text.startswith(expected)], found


def test_a_health_check_of_the_first_server_is_found() -> None:
    """Without the network's name it would ask the server that makes the first account and then ends."""
    service: dict[str, Any] = copy.deepcopy(MONGO)
    service["healthcheck"]["test"] = ["CMD", "mongosh", "--quiet", "--eval", "quit(0)"]
    assert list(health_problems(service, "mongo")) != []
