"""Checks composed Kubernetes manifests: schema, inner references, hardening, and their words against the code."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import kubernetes_validate

from .deployment_code import SERVICES, Service
from .deployment_kustomize import Manifest, identity, pod_of
from .deployment_values import command_problems, environment_problems

# The oldest Kubernetes the manifests promise to run on; checked by its own schemas, unknown fields refused.
KUBERNETES = "1.33"
STRIMZI_TOPIC = ("kafka.strimzi.io/v1", "KafkaTopic")
# Kinds of operators, by their custom resource definitions: the fields of a spec that are used, and those it must have.
CUSTOM = {
    ("kafka.strimzi.io/v1", "KafkaUser"): ({"authentication", "authorization"}, {"authentication", "authorization"}),
    ("keda.sh/v1alpha1", "TriggerAuthentication"): ({"secretTargetRef"}, {"secretTargetRef"}),
    ("keda.sh/v1alpha1", "ScaledObject"): (
        {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "cooldownPeriod", "fallback", "triggers"},
        {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "triggers"},
    ),
}
WORKLOADS = {"Deployment", "StatefulSet", "Job"}
HARDENED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
PRIVATE_RANGES = {"10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}


def problems(manifests: list[Manifest], code: Mapping[str, Service]) -> list[str]:
    """What is wrong with a composed set of manifests, in words; empty when nothing is."""
    found = [text for item in manifests for text in _schema_problems(item)]
    if found:
        return found  # the checks below trust the structure
    for item in manifests:
        if item["metadata"].get("namespace"):
            found.append(f"{_name(item)}: names a namespace, which the installer chooses")
        if item["kind"] in WORKLOADS:
            found += [f"{_name(item)}: {text}" for text in _workload_problems(item, manifests, code)]
        if item["kind"] == "Service":
            found += [f"{_name(item)}: {text}" for text in _service_problems(item, manifests)]
        if item["kind"] == "ServiceAccount" and item.get("automountServiceAccountToken") is not False:
            found.append(f"{_name(item)}: mounts a token")
    found += _guard_problems(manifests)
    found += _network_problems(manifests)
    running = {_owner(item) for item in manifests if item["kind"] in WORKLOADS - {"Job"}}
    return found + [f"no workload of {name}" for name in SERVICES if name not in running]


def _name(item: Manifest) -> str:
    return "/".join(identity(item))


def _schema_problems(item: Manifest) -> Iterator[str]:
    if (item["apiVersion"], item["kind"]) == STRIMZI_TOPIC:
        yield from _topic_problems(item)
        return
    if (item["apiVersion"], item["kind"]) in CUSTOM:
        known, needed = CUSTOM[item["apiVersion"], item["kind"]]
        spec = set(item.get("spec", {}))
        if spec - known or needed - spec:
            yield f"{_name(item)}: unknown fields {sorted(spec - known)}, missing {sorted(needed - spec)}"
        return
    trouble = _by_schema(json.dumps(item, sort_keys=True))
    if trouble is not None:
        yield f"{_name(item)}: {trouble}"


@lru_cache(maxsize=1000)  # a broken copy differs in one manifest, the others were judged before
def _by_schema(manifest: str) -> str | None:
    try:
        kubernetes_validate.validate(json.loads(manifest), KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message[:300]}"
    except kubernetes_validate.SchemaNotFoundError as error:
        return str(error.message)
    return None


def _topic_problems(item: Manifest) -> Iterator[str]:
    """The fields of Strimzi's KafkaTopic v1, from its custom resource definition."""
    spec = item.get("spec", {})
    if set(spec) - {"topicName", "partitions", "replicas", "config"}:
        yield f"{_name(item)}: unknown fields {sorted(spec)}"
    if not all(isinstance(spec.get(key), int) and spec[key] >= 1 for key in ("partitions", "replicas")):
        yield f"{_name(item)}: partitions and replicas are numbers from 1"
    if "strimzi.io/cluster" not in item["metadata"].get("labels", {}):
        yield f"{_name(item)}: no cluster is named"


def _owner(item: Manifest) -> str | None:
    """The service whose image a workload runs; None for a broker or a store."""
    pod = pod_of(item)
    image = str(pod["spec"]["containers"][0]["image"]) if pod else ""
    return image.removeprefix("lantian/").partition(":")[0] if image.startswith("lantian/") else None


def _workload_problems(item: Manifest, manifests: list[Manifest], code: Mapping[str, Service]) -> Iterator[str]:
    pod = pod_of(item)
    assert pod is not None
    spec = pod["spec"]
    account = _one(manifests, "ServiceAccount", spec.get("serviceAccountName", "default"))
    if account is None:
        yield f"service account {spec.get('serviceAccountName')} does not exist"
    if spec.get("automountServiceAccountToken") is not False:
        yield "mounts a token"
    context = spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "may run as root or without a seccomp profile"
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    volumes |= {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", [])}
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    for container in containers:
        yield from _container_problems(container)
        mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
        yield from (f"mounts {name}, which is no volume" for name in mounts - volumes)
    used = {mount["name"] for container in containers for mount in container.get("volumeMounts", [])}
    yield from (f"volume {name} is mounted nowhere" for name in volumes - used)
    if item["kind"] != "Job":
        yield from _long_running_problems(item, spec)
    owner = _owner(item)
    if owner is not None:
        yield from _suite_problems(item, owner, manifests, code)


def _container_problems(container: Manifest) -> Iterator[str]:
    image = container["image"]
    if not re.search(r":[\w.-]*\d+\.\d+[\w.-]*$", image):
        yield f"image {image} is not pinned to a version"
    resources = container.get("resources", {})
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    if "cpu" not in limits or "memory" not in limits or requests.get("memory") != limits.get("memory"):
        yield f"{container['name']}: needs limits, and as much memory requested as allowed"
    hardened = container.get("securityContext", {})
    for key, value in HARDENED.items():
        if hardened.get(key) != value and (key != "readOnlyRootFilesystem" or image.startswith("lantian/")):
            yield f"{container['name']}: {key} is not {value}"


def _long_running_problems(item: Manifest, spec: Manifest) -> Iterator[str]:
    labels = item["spec"]["template"]["metadata"]["labels"]
    if item["spec"]["selector"]["matchLabels"] != labels:
        yield "selects by other labels than its pods have"
    spreads = spec.get("topologySpreadConstraints", [])
    if item["spec"].get("replicas", 1) > 1 and not any(s["labelSelector"]["matchLabels"] == labels for s in spreads):
        yield "several pods are not spread over the nodes"
    ports = {port["name"] for container in spec["containers"] for port in container.get("ports", [])}
    (container, *_) = spec["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if probe not in container:
            yield f"has no {probe}"
        target = container.get(probe, {}).get("httpGet", container.get(probe, {}).get("tcpSocket", {}))
        if target and target["port"] not in ports:
            yield f"{probe} asks port {target['port']}, which is not declared"


def _suite_problems(
    item: Manifest, owner: str, manifests: list[Manifest], code: Mapping[str, Service]
) -> Iterator[str]:
    if owner not in code:
        yield f"image of {owner}, which is no service"
        return
    spec = item["spec"]["template"]["spec"]
    container = spec["containers"][0]
    yield from command_problems(container.get("command", []), owner, code)
    environment: dict[str, str] = {}
    for source in container.get("envFrom", []):
        config = _one(manifests, "ConfigMap", source["configMapRef"]["name"])
        if config is None and source["configMapRef"].get("optional"):
            continue
        if config is None:
            yield f"config map {source['configMapRef']['name']} does not exist"
        else:
            environment |= config["data"]
    environment |= {one["name"]: one.get("value", "from-elsewhere") for one in container.get("env", [])}
    yield from environment_problems(environment, owner, code)
    if item["kind"] == "Job":
        return
    settings = code[owner].variables()
    deadline = float(environment.get("LANTIAN_SHUTDOWN_SECONDS", settings["LANTIAN_SHUTDOWN_SECONDS"].default))
    if spec.get("terminationGracePeriodSeconds", 30) <= deadline:
        yield "is killed before its own deadline to stop"
    listens = {value for name, value in environment.items() if name.endswith("_PORT")}
    listens |= {str(f.default) for name, f in settings.items() if name.endswith("_PORT") and name not in environment}
    for port in container["ports"]:
        if str(port["containerPort"]) not in listens:
            yield f"declares port {port['containerPort']}, on which the service does not listen"
    for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        if container.get(probe, {}).get("httpGet", {}).get("path") != path:
            yield f"{probe} does not ask {path}"


def _service_problems(item: Manifest, manifests: list[Manifest]) -> Iterator[str]:
    chosen = [other for other in manifests if _selects(item["spec"]["selector"], other)]
    if len(chosen) != 1:
        yield f"selects {len(chosen)} workloads"
        return
    spec = chosen[0]["spec"]["template"]["spec"]
    ports = {port["name"] for container in spec["containers"] for port in container.get("ports", [])}
    yield from (
        f"port {p['targetPort']} is not declared" for p in item["spec"]["ports"] if p["targetPort"] not in ports
    )


def _selects(wanted: Mapping[str, str], item: Manifest) -> bool:
    pod = pod_of(item)
    return pod is not None and wanted.items() <= pod["metadata"].get("labels", {}).items()


def _guard_problems(manifests: list[Manifest]) -> Iterator[str]:
    """Each long-running workload has exactly one disruption budget, and each budget one workload."""
    budgets = [item for item in manifests if item["kind"] == "PodDisruptionBudget"]
    for budget in budgets:
        chosen = [item for item in manifests if _selects(budget["spec"]["selector"]["matchLabels"], item)]
        if len(chosen) != 1:
            yield f"{_name(budget)}: selects {len(chosen)} workloads"
    for item in manifests:
        if item["kind"] in WORKLOADS - {"Job"} and _owner(item) is not None:
            guards = [one for one in budgets if _selects(one["spec"]["selector"]["matchLabels"], item)]
            if len(guards) != 1:
                yield f"{_name(item)}: has {len(guards)} disruption budgets"


def _network_problems(manifests: list[Manifest]) -> Iterator[str]:
    policies = [item for item in manifests if item["kind"] == "NetworkPolicy"]
    pods = [item for item in manifests if item["kind"] in WORKLOADS]
    for item in pods:
        mine = [policy for policy in policies if _covers(policy, item)]
        if not any(set(p["spec"]["policyTypes"]) == {"Ingress", "Egress"} and _bare(p) for p in mine):
            yield f"{_name(item)}: no policy denies by default"
        name = _owner(item)
        for policy in mine:
            if any("from" not in rule for rule in policy["spec"].get("ingress", [])) and name != "ingest":
                yield f"{_name(item)}: {policy['metadata']['name']} lets everybody in"
            yield from (f"{_name(item)}: {text}" for text in _egress_problems(policy, name))
        yield from (f"{_name(item)}: {text}" for text in _policy_port_problems(mine, item))


def _egress_problems(policy: Manifest, owner: str | None) -> Iterator[str]:
    for rule in policy["spec"].get("egress", []):
        blocks = [peer["ipBlock"] for peer in rule.get("to", []) if "ipBlock" in peer]
        if (blocks or "to" not in rule) and owner != "notify":
            yield f"{policy['metadata']['name']} lets it leave the cluster"
        for block in blocks:
            if not set(block.get("except", [])) >= PRIVATE_RANGES:
                yield f"{policy['metadata']['name']} lets it reach private addresses"


def _policy_port_problems(policies: list[Manifest], item: Manifest) -> Iterator[str]:
    containers = item["spec"]["template"]["spec"]["containers"]
    named = {port["name"] for container in containers for port in container.get("ports", [])}
    for policy in policies:
        for rule in policy["spec"].get("ingress", []):
            for port in rule.get("ports", []):
                if item["kind"] != "Job" and isinstance(port["port"], str) and port["port"] not in named:
                    yield f"{policy['metadata']['name']} opens port {port['port']}, which it has not"


def _covers(policy: Manifest, item: Manifest) -> bool:
    labels: Mapping[str, str] = item["spec"]["template"]["metadata"].get("labels", {})
    selector = policy["spec"]["podSelector"]
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(term["key"]) in term["values"] for term in selector.get("matchExpressions", [])
    )


def _bare(policy: Manifest) -> bool:
    return "ingress" not in policy["spec"] and "egress" not in policy["spec"]


def _one(manifests: list[Manifest], kind: str, name: str) -> Manifest | None:
    return next((item for item in manifests if identity(item) == (kind, name)), None)


def secrets_named(manifests: list[Manifest]) -> dict[str, set[str]]:
    """Secrets that the workloads can not start without, with their keys; "*" where the whole secret is mounted."""
    found: dict[str, set[str]] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "secretKeyRef" in node:
                found.setdefault(node["secretKeyRef"]["name"], set()).add(node["secretKeyRef"]["key"])
            if isinstance(node.get("secret"), dict) and not node["secret"].get("optional"):
                keys = {one["key"] for one in node["secret"].get("items", [])} or {"*"}
                found.setdefault(node["secret"]["secretName"], set()).update(keys)
            for value in node.values():
                walk(value)
        if isinstance(node, list):
            for value in node:
                walk(value)

    walk(manifests)
    return found
