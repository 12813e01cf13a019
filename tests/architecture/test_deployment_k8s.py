"""The Kubernetes manifests are valid, hardened and say what the code says; each check fails on a broken copy."""

import copy
import importlib.util
from functools import cache
from typing import Any

import pytest
import yaml

from lantian_proto.topics import TOPICS

from .deployment_code import ROOT, services
from .deployment_k8s import problems, secrets_named
from .deployment_kustomize import Manifest, compose, identity

K8S = ROOT / "deploy/k8s"
PLACES = {
    "base": K8S / "base",
    "single-node": K8S / "overlays/single-node",
    "ha": K8S / "overlays/ha",
}


@cache
def committed(place: str) -> tuple[Manifest, ...]:
    """The composed manifests, read once."""
    return tuple(compose(PLACES[place]))


def manifests_of(place: str) -> list[Manifest]:
    """A copy that a test may break."""
    return copy.deepcopy(list(committed(place)))


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_wrong_with_the_manifests(place: str) -> None:
    """Base and overlays pass every check."""
    assert problems(manifests_of(place), services()) == []


@pytest.mark.parametrize("place", PLACES)
def test_every_file_of_the_folder_is_used(place: str) -> None:
    """No manifest lies beside the kustomization unused."""
    recipe = yaml.safe_load((PLACES[place] / "kustomization.yaml").read_text(encoding="utf-8"))
    files = {path.name for path in PLACES[place].glob("*.yaml")} - {"kustomization.yaml"}
    assert files == {name for name in recipe["resources"] if not name.startswith("..")}


def test_alerts_keeps_its_membership_over_a_restart() -> None:
    """The pod's name, which a StatefulSet keeps, is the name of the replica."""
    (alerts,) = [item for item in manifests_of("base") if item["kind"] == "StatefulSet"]
    environment = {one["name"]: one for one in alerts["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert environment["LANTIAN_INSTANCE"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_the_overlay_for_many_nodes_declares_every_topic() -> None:
    """topics.yaml is what topics.py writes, and holds each topic of the contracts."""
    spec = importlib.util.spec_from_file_location("k8s_topics", K8S / "topics.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (K8S / "overlays/ha/topics.yaml").read_text(encoding="utf-8")
    assert text == module.text()
    assert [item["metadata"]["name"] for item in yaml.safe_load_all(text)] == list(TOPICS)


def test_both_places_start_the_replica_set_alike() -> None:
    """The script in the config map is the one of compose."""
    maps = {identity(item): item for item in manifests_of("single-node")}
    script = maps["ConfigMap", "lantian-replica-set"]["data"]["replica-set.js"]
    assert script == (ROOT / "deploy/compose/replica-set.js").read_text(encoding="utf-8")


def test_every_secret_is_explained_to_the_operator() -> None:
    """docs/operating.md names each secret that a workload needs, with its keys."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    for name, keys in secrets_named(manifests_of("single-node")).items():
        assert f"`{name}`" in page
        assert [key for key in keys - {"*"} if f"`{key}`" not in page] == []


def find(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """One manifest of a set."""
    return next(item for item in manifests if identity(item) == (kind, name))


INGEST = ("Deployment", "lantian-ingest")
POD = "spec/template/spec"
BOX = f"{POD}/containers/0"
BROKEN: list[tuple[tuple[str, str], str, Any, str]] = [
    (INGEST, "spec/replica", 2, "Deployment/lantian-ingest: spec"),
    (INGEST, "spec/replicas", "two", "Deployment/lantian-ingest: spec.replicas"),
    (INGEST, "metadata/namespace", "lantian", "Deployment/lantian-ingest: names a namespace"),
    (INGEST, f"{BOX}/command", ["lantian-gateway"], "Deployment/lantian-ingest: command lantian-gateway"),
    (INGEST, f"{BOX}/image", "lantian/ingest:latest", "Deployment/lantian-ingest: image"),
    (INGEST, f"{BOX}/image", "lantian/gateway:0.1.0", "Deployment/lantian-ingest: image of gateway"),
    (INGEST, f"{BOX}/env", [{"name": "LANTIAN_BROKER", "value": "x"}], "Deployment/lantian-ingest: variable LANTIAN_B"),
    (INGEST, f"{BOX}/envFrom/0/configMapRef/name", "gone", "Deployment/lantian-ingest: config map gone"),
    (INGEST, f"{BOX}/ports/0/containerPort", 9, "Deployment/lantian-ingest: declares port 9"),
    (INGEST, f"{BOX}/ports/1/name", "device", "Service/lantian-ingest: port hj212 is not declared"),
    (INGEST, f"{BOX}/readinessProbe", None, "Deployment/lantian-ingest: has no readinessProbe"),
    (INGEST, f"{BOX}/livenessProbe/httpGet/path", "/readyz", "Deployment/lantian-ingest: livenessProbe does not ask"),
    (INGEST, f"{BOX}/startupProbe/httpGet/port", "web", "Deployment/lantian-ingest: startupProbe asks port web"),
    (INGEST, f"{BOX}/resources/limits/memory", None, "Deployment/lantian-ingest: ingest: needs limits"),
    (INGEST, f"{BOX}/securityContext/readOnlyRootFilesystem", False, "Deployment/lantian-ingest: ingest: readOnly"),
    (INGEST, f"{BOX}/securityContext/capabilities", None, "Deployment/lantian-ingest: ingest: capabilities"),
    (INGEST, f"{BOX}/volumeMounts/0/name", "gone", "Deployment/lantian-ingest: mounts gone"),
    (INGEST, f"{POD}/securityContext/runAsNonRoot", False, "Deployment/lantian-ingest: may run as root"),
    (INGEST, f"{POD}/serviceAccountName", "gone", "Deployment/lantian-ingest: service account gone"),
    (INGEST, f"{POD}/automountServiceAccountToken", True, "Deployment/lantian-ingest: mounts a token"),
    (INGEST, f"{POD}/terminationGracePeriodSeconds", 20, "Deployment/lantian-ingest: is killed before"),
    (INGEST, f"{POD}/topologySpreadConstraints", None, "Deployment/lantian-ingest: several pods"),
    (INGEST, "spec/template/metadata/labels/app.kubernetes.io~1name", "x", "Deployment/lantian-ingest: selects by"),
    (
        ("ServiceAccount", "lantian-ingest"),
        "automountServiceAccountToken",
        True,
        "ServiceAccount/lantian-ingest: mount",
    ),
    (("ConfigMap", "lantian"), "data/LANTIAN_BROKER", "x", "Deployment/lantian-ingest: variable LANTIAN_BROKER"),
    (("ConfigMap", "lantian"), "data/LANTIAN_LOG_LEVEL", "LOUD", "Deployment/lantian-ingest: IngestSettings refuses"),
    (("Job", "lantian-topics"), f"{BOX}/command", ["lantian-topics", "--copies", "3"], "Job/lantian-topics: module"),
    (("Service", "lantian-alerts"), "spec/selector/app.kubernetes.io~1name", "x", "Service/lantian-alerts: selects 0"),
    (
        ("PodDisruptionBudget", "lantian-alerts"),
        "spec/selector/matchLabels/app.kubernetes.io~1name",
        "notify",
        "StatefulSet/lantian-alerts: has 0 disruption budgets",
    ),
    (
        ("NetworkPolicy", "lantian-default-deny"),
        "spec/policyTypes",
        ["Ingress"],
        "StatefulSet/lantian-alerts: no policy",
    ),
    (
        ("NetworkPolicy", "lantian-devices"),
        "spec/podSelector/matchLabels/app.kubernetes.io~1name",
        "alerts",
        "StatefulSet/lantian-alerts: lantian-devices lets everybody in",
    ),
    (
        ("NetworkPolicy", "lantian-webhooks"),
        "spec/podSelector/matchLabels",
        {"app.kubernetes.io/part-of": "lantian"},
        "StatefulSet/lantian-alerts: lantian-webhooks lets it leave the cluster",
    ),
    (
        ("NetworkPolicy", "lantian-webhooks"),
        "spec/egress/0/to/0/ipBlock/except",
        ["10.0.0.0/8"],
        "Deployment/lantian-notify: lantian-webhooks lets it reach private",
    ),
    (
        ("NetworkPolicy", "lantian-devices"),
        "spec/ingress/0/ports/0/port",
        "tcp",
        "Deployment/lantian-ingest: lantian-dev",
    ),
]


@pytest.mark.parametrize(
    ("target", "path", "value", "expected"), BROKEN, ids=[f"{row[0][1]}:{row[1]}={row[2]}"[:80] for row in BROKEN]
)
def test_a_broken_copy_is_found(target: tuple[str, str], path: str, value: object, expected: str) -> None:
    """Each check sees what it is for."""
    manifests = manifests_of("base")
    where: Any = find(manifests, *target)
    *steps, last = [step.replace("~1", "/") for step in path.split("/")]
    for step in steps:
        where = where[int(step)] if isinstance(where, list) else where[step]
    if value is None:
        del where[last]
    else:
        where[last] = value
    found = problems(manifests, services())
    assert [text for text in found if text.startswith(expected)], found


def test_a_topic_resource_is_checked_by_its_definition() -> None:
    """A field that Strimzi does not know is found."""
    manifests = manifests_of("ha")
    find(manifests, "KafkaTopic", "leads.v1")["spec"]["retention"] = 1
    assert problems(manifests, services())[0].startswith("KafkaTopic/leads.v1: unknown fields")
