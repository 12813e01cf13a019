"""One address leads to everything the console calls, in every kind of installation, and no policy is in the way."""

import copy
import re

import pytest

from lantian_local.front import ROUTES, service_of

from .deployment_code import ROOT
from .deployment_front import problems, served
from .deployment_kustomize import Manifest, compose

CONF = (ROOT / "deploy/compose/front.conf").read_text(encoding="utf-8")
PLACES = ("base", "overlays/single-node", "overlays/ha")
MANIFESTS = compose(ROOT / "deploy/k8s/base")


@pytest.mark.parametrize("place", PLACES)
def test_every_path_leads_to_its_service(place: str) -> None:
    """The local suite, compose and Kubernetes agree, and the pods may be reached."""
    assert {service: bool(served(service)) for service in ("tasks", "notify", "alerts", "ingest")} == {
        "tasks": True,
        "notify": True,
        "alerts": True,
        "ingest": True,
    }
    assert problems(CONF, compose(ROOT / "deploy/k8s" / place)) == []
    assert [begin for begin, service in ROUTES if not any(p.startswith(begin) for p in served(service))] == []


def test_what_the_console_calls_is_served_where_it_is_led() -> None:
    """Every path in the console's sources begins like one of the service it leads to."""
    sources = [*(ROOT / "web/src").rglob("*.ts"), *(ROOT / "web/src").rglob("*.vue")]
    called = {
        path for file in sources for path in re.findall(r"""["'`](/v1/[\w-]+)""", file.read_text(encoding="utf-8"))
    }
    assert {"/v1/deliveries", "/v1/feeds", "/v1/leads", "/v1/rules", "/v1/stream"} <= called
    lost = {p for p in called if not any(re.match(rf"{p}([/:]|$)", one) for one in served(service_of(p)))}
    assert lost == set()


def test_compose_publishes_the_front_with_its_configuration() -> None:
    """nginx finds the file where it looks, and everything behind it is in a network with it."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "./deploy/compose/front.conf:/etc/nginx/conf.d/default.conf:ro" in text


def _without(kind: str, name: str) -> list[Manifest]:
    return [one for one in copy.deepcopy(MANIFESTS) if (one["kind"], one["metadata"]["name"]) != (kind, name)]


@pytest.mark.parametrize(
    ("conf", "manifests", "expected"),
    [
        (CONF.replace("/v1/calls(", "/v1/call("), MANIFESTS, "/v1/calls of notify: nginx leads to tasks"),
        (CONF.replace("set $service alerts", "set $service ingest"), MANIFESTS, "/v1/rules of alerts: nginx leads to"),
        (CONF, _without("Ingress", "lantian-front-stream"), "/v1/stream of notify: ingress leads to tasks"),
        (CONF, _without("Service", "lantian-ingest-pods"), ""),
        (CONF, _without("NetworkPolicy", "lantian-people"), "lantian-tasks: no policy lets the ingress controller"),
        (CONF, _without("NetworkPolicy", "lantian-people-beside"), "lantian-alerts-api: no policy lets the ingress"),
    ],
)
def test_a_way_that_leads_astray_is_found(conf: str, manifests: list[Manifest], expected: str) -> None:
    """Each check sees what it is for; an empty text: nothing is wrong."""
    found = problems(conf, manifests)
    assert [text for text in found if text.startswith(expected)] if expected else found == [], found
