"""Where one address leads in the local suite, by nginx in compose, by an Ingress in Kubernetes; who serves what."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from lantian_local.front import service_of

from .deployment_code import ROOT
from .deployment_kustomize import Manifest, pod_of

ROUTE = re.compile(r'@\w+\.(?:get|post|put|patch|delete)\(\s*"(/[^"]*)"')
PREFIX = re.compile(r'APIRouter\(\s*prefix="([^"]*)"')
LOCATION = re.compile(r"location (~ )?(\S+) \{ set \$service (\w+);[^}]*proxy_pass http://\$service:8080; \}")
PEOPLE = {"namespaceSelector": {"matchLabels": {"lantian-ingress": "true"}}}


@cache
def served(service: str) -> frozenset[str]:
    """Paths for people and publishers that a service's code declares, with 1 for each variable; and kit's, of each."""
    of_kit = (ROOT / "kit/lantian_kit/health.py").read_text(encoding="utf-8")
    found = {path.replace("{service}", service) for path in re.findall(r'"(/v1/[^"]*)"', of_kit)}
    for file in (ROOT / "services" / service).rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        prefix = PREFIX.search(text)
        found |= {re.sub(r"\{\w+\}", "1", (prefix[1] if prefix else "") + path) for path in ROUTE.findall(text)}
    return frozenset(path for path in found if path.startswith(("/v1/", "/a/")))


def problems(conf: str, manifests: list[Manifest]) -> list[str]:
    """What does not lead where the front of the local suite leads, in words; empty when nothing is wrong."""
    found = []
    for service in ("tasks", "notify", "alerts", "ingest"):
        for path in sorted(served(service)):
            ways = {"front": service_of(path), "nginx": by_nginx(conf, path), "ingress": by_ingress(manifests, path)}
            found += [f"{path} of {service}: {way} leads to {to}" for way, to in ways.items() if to != service]
    return found + list(_shut(manifests))


def by_nginx(conf: str, path: str) -> str | None:
    """The first expression that fits, else the prefix /."""
    locations = LOCATION.findall(conf)
    for is_expression, pattern, service in locations:
        if is_expression and re.search(pattern, path):
            return str(service)
    return next((service for kind, pattern, service in locations if not kind and path.startswith(pattern)), None)


def by_ingress(manifests: list[Manifest], path: str) -> str | None:
    """An exact path, else the longest prefix, element by element; the workload behind its Service."""
    best: tuple[int, str] = -1, ""
    for rule in _paths(manifests):
        wanted, backend = str(rule["path"]), str(rule["backend"]["service"]["name"])
        exact = rule["pathType"] == "Exact"
        fits = path == wanted if exact else f"{path}/".startswith(wanted if wanted.endswith("/") else f"{wanted}/")
        if fits:
            best = max(best, (10_000 if exact else len(wanted), backend))
    return _behind(manifests, best[1])


def _paths(manifests: list[Manifest]) -> Iterator[Manifest]:
    for item in manifests:
        if item["kind"] == "Ingress":
            for rule in item["spec"]["rules"]:
                yield from rule["http"]["paths"]


def _behind(manifests: list[Manifest], name: str) -> str | None:
    for item in manifests:
        if (item["kind"], item["metadata"]["name"]) == ("Service", name):
            return str(item["spec"]["selector"]["app.kubernetes.io/name"])
    return None


def _shut(manifests: list[Manifest]) -> Iterator[str]:
    """Backends of the Ingress whose pods no policy opens to its controller."""
    for name in sorted({rule["backend"]["service"]["name"] for rule in _paths(manifests)}):
        service = next(item for item in manifests if (item["kind"], item["metadata"]["name"]) == ("Service", name))
        for item in manifests:
            pod = pod_of(item)
            labels: Mapping[str, str] = pod["metadata"].get("labels", {}) if pod else {}
            if pod and service["spec"]["selector"].items() <= labels.items():
                port = service["spec"]["ports"][0]["targetPort"]
                if not any(_lets_people_in(policy, labels, port) for policy in manifests):
                    yield f"{name}: no policy lets the ingress controller reach {item['metadata']['name']} on {port}"


def _lets_people_in(policy: Manifest, labels: Mapping[str, str], port: str) -> bool:
    if policy["kind"] != "NetworkPolicy":
        return False
    selector = policy["spec"]["podSelector"]
    chosen = selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(term["key"]) in term["values"] for term in selector.get("matchExpressions", [])
    )
    return chosen and any(
        PEOPLE in rule.get("from", []) and port in {one["port"] for one in rule["ports"]}
        for rule in policy["spec"].get("ingress", [])
    )
