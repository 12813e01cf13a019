"""The Kubernetes manifests are valid, hardened and say what the code says; each check fails on a broken copy."""

import copy
import importlib.util
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml

from lantian_proto.topics import TOPICS

from .deployment_code import ROOT, services
from .deployment_k8s import HARDENED, KUBERNETES, problems, secrets_named
from .deployment_kustomize import Manifest, compose, identity, pod_of

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
    alerts = find(manifests_of("base"), "StatefulSet", "lantian-alerts")
    environment = {one["name"]: one for one in alerts["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert environment["LANTIAN_INSTANCE"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def written(name: str) -> str:
    """What a script beside the manifests writes."""
    spec = importlib.util.spec_from_file_location(f"k8s_{name}", K8S / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.text())


def test_the_overlay_for_many_nodes_declares_every_user() -> None:
    """users.yaml is what users.py writes: a service may write its own topics, and read what it is told to."""
    text = (K8S / "overlays/ha/users.yaml").read_text(encoding="utf-8")
    assert text == written("users"), "python deploy/k8s/users.py > deploy/k8s/overlays/ha/users.yaml"
    rules = {
        (item["metadata"]["name"], rule["resource"]["name"]): rule["operations"]
        for item in yaml.safe_load_all(text)
        for rule in item["spec"]["authorization"]["acls"]
    }
    assert "Write" in rules["lantian-kafka-alerts", "leads.v1"]
    assert "Write" not in rules["lantian-kafka-tasks", "leads.v1"]
    assert ("lantian-kafka-notify", "raw-frames.v1") not in rules
    assert rules["lantian-kafka-keda", "*"] == ["Describe"]


def test_what_is_scaled_by_lag_exists_and_reads_what_it_is_scaled_by() -> None:
    """Workload, topic, group and partitions; alerts keeps its partitions in memory and is not among them."""
    manifests = manifests_of("ha")
    scaled = [item["spec"] for item in manifests if item["kind"] == "ScaledObject"]
    assert len(scaled) == 2
    for spec in scaled:
        target = spec["scaleTargetRef"]
        assert find(manifests, target["kind"], target["name"])
        for trigger in spec["triggers"]:
            topic = TOPICS[trigger["metadata"]["topic"]]
            letters = TOPICS[f"dead-letters.{trigger['metadata']['consumerGroup']}.v1"]
            assert letters.producer in topic.consumers
            assert 1 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= topic.partitions
            assert find(manifests, "TriggerAuthentication", trigger["authenticationRef"]["name"])
            assert find(manifests, "KafkaUser", trigger["metadata"]["username"])
    (notify,) = (spec for spec in scaled if spec["scaleTargetRef"]["name"] == "lantian-notify")
    watched = {(one["metadata"]["consumerGroup"], one["metadata"]["topic"]) for one in notify["triggers"]}
    assert watched == {("notify", "issue-events.v1"), ("notify-tasks", "task-events.v1")}


def test_every_service_proves_itself_to_the_broker_with_its_own_user() -> None:
    """In the overlay for many nodes: user, password from Strimzi's secret, authority mounted."""
    manifests = manifests_of("ha")
    for item in manifests:
        if item["kind"] not in ("Deployment", "StatefulSet") or item["metadata"]["name"] == "lantian-probe":
            continue
        container = item["spec"]["template"]["spec"]["containers"][0]
        env = {one["name"]: one for one in container["env"]}
        name = env["LANTIAN_KAFKA_USER"]["value"]
        assert env["LANTIAN_KAFKA_PASSWORD"]["valueFrom"]["secretKeyRef"] == {"name": name, "key": "password"}
        assert find(manifests, "KafkaUser", name)
        assert {"name": "kafka-ca", "mountPath": "/etc/lantian/kafka", "readOnly": True} in container["volumeMounts"]


def test_the_overlay_for_many_nodes_declares_every_topic() -> None:
    """topics.yaml is what topics.py writes, and holds each topic of the contracts."""
    text = (K8S / "overlays/ha/topics.yaml").read_text(encoding="utf-8")
    assert text == written("topics")
    assert [item["metadata"]["name"] for item in yaml.safe_load_all(text)] == list(TOPICS)


def test_both_places_start_the_replica_set_alike() -> None:
    """The script in the config map is the one of compose."""
    maps = {identity(item): item for item in manifests_of("single-node")}
    script = maps["ConfigMap", "lantian-replica-set"]["data"]["replica-set.js"]
    assert script == (ROOT / "deploy/compose/replica-set.js").read_text(encoding="utf-8")


def _chosen(selector: Manifest, labels: Manifest) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(term["key"]) in term["values"] for term in selector.get("matchExpressions", [])
    )


def shut_out(manifests: list[Manifest], pods: list[Manifest]) -> list[str]:
    """Pods that a policy lets go to the store, and that the store's own policy lets not in."""
    policies = {item["metadata"]["name"]: item["spec"] for item in manifests if item["kind"] == "NetworkPolicy"}
    (rule,) = policies["lantian-mongo"]["ingress"]
    found = []
    for pod in pods:
        labels = pod["metadata"]["labels"]
        if _chosen(policies["lantian-store"]["podSelector"], labels):
            let_in = any(_chosen(peer["podSelector"], labels) for peer in rule["from"])
            found += [] if let_in else [labels["app.kubernetes.io/name"]]
    return found


def test_who_may_go_to_the_store_is_let_in_there() -> None:
    """Both ends of a way are open: a policy at one end alone is a job that waits for ever."""
    manifests = manifests_of("single-node")
    operator = next(iter(yaml.safe_load_all((K8S / "operator.yaml").read_text(encoding="utf-8"))))
    pods = [*(pod for item in manifests if (pod := pod_of(item))), operator]
    assert shut_out(manifests, pods) == []
    terms = find(manifests, "NetworkPolicy", "lantian-mongo")["spec"]["ingress"][0]["from"][0]["podSelector"]
    terms["matchExpressions"][1]["values"].remove("migrations")
    assert shut_out(manifests, pods) == ["migrations", "migrations"]


def test_the_pod_for_operators_is_valid_and_hardened() -> None:
    """It is no workload of an overlay, and no weaker than one."""
    pod, claim = yaml.safe_load_all((K8S / "operator.yaml").read_text(encoding="utf-8"))
    for item in (pod, claim):
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    (container,) = pod["spec"]["containers"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert HARDENED.items() <= container["securityContext"].items()
    assert {"cpu", "memory"} == set(container["resources"]["limits"])
    assert pod["spec"]["volumes"][1]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_every_secret_is_explained_to_the_operator() -> None:
    """docs/operating.md names each secret that a workload needs, with its keys."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    for name, keys in secrets_named(manifests_of("single-node")).items():
        assert f"`{name}`" in page
        assert [key for key in keys - {"*"} if f"`{key}`" not in page] == []


def find(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    """One manifest of a set."""
    return next(item for item in manifests if identity(item) == (kind, name))


INGEST = ("StatefulSet", "lantian-ingest")
POD = "spec/template/spec"
BOX = f"{POD}/containers/0"
BROKEN: list[tuple[tuple[str, str], str, Any, str]] = [
    (INGEST, "spec/replica", 2, "StatefulSet/lantian-ingest: spec"),
    (INGEST, "spec/replicas", "two", "StatefulSet/lantian-ingest: spec.replicas"),
    (INGEST, "metadata/namespace", "lantian", "StatefulSet/lantian-ingest: names a namespace"),
    (INGEST, f"{BOX}/command", ["lantian-gateway"], "StatefulSet/lantian-ingest: command lantian-gateway"),
    (INGEST, f"{BOX}/image", "lantian/ingest:latest", "StatefulSet/lantian-ingest: image"),
    (INGEST, f"{BOX}/image", "lantian/gateway:0.1.0", "StatefulSet/lantian-ingest: image of gateway"),
    (
        INGEST,
        f"{BOX}/env",
        [{"name": "LANTIAN_BROKER", "value": "x"}],
        "StatefulSet/lantian-ingest: variable LANTIAN_B",
    ),
    (INGEST, f"{BOX}/envFrom/0/configMapRef/name", "gone", "StatefulSet/lantian-ingest: config map gone"),
    (INGEST, f"{BOX}/ports/0/containerPort", 9, "StatefulSet/lantian-ingest: declares port 9"),
    (INGEST, f"{BOX}/ports/1/name", "device", "Service/lantian-ingest: port hj212 is not declared"),
    (INGEST, f"{BOX}/readinessProbe", None, "StatefulSet/lantian-ingest: has no readinessProbe"),
    (INGEST, f"{BOX}/livenessProbe/httpGet/path", "/readyz", "StatefulSet/lantian-ingest: livenessProbe does not ask"),
    (INGEST, f"{BOX}/startupProbe/httpGet/port", "web", "StatefulSet/lantian-ingest: startupProbe asks port web"),
    (INGEST, f"{BOX}/resources/limits/memory", None, "StatefulSet/lantian-ingest: ingest: needs limits"),
    (INGEST, f"{BOX}/securityContext/readOnlyRootFilesystem", False, "StatefulSet/lantian-ingest: ingest: readOnly"),
    (INGEST, f"{BOX}/securityContext/capabilities", None, "StatefulSet/lantian-ingest: ingest: capabilities"),
    (INGEST, f"{BOX}/volumeMounts/0/name", "gone", "StatefulSet/lantian-ingest: mounts gone"),
    (INGEST, f"{POD}/securityContext/runAsNonRoot", False, "StatefulSet/lantian-ingest: may run as root"),
    (INGEST, f"{POD}/serviceAccountName", "gone", "StatefulSet/lantian-ingest: service account gone"),
    (INGEST, f"{POD}/automountServiceAccountToken", True, "StatefulSet/lantian-ingest: mounts a token"),
    (INGEST, f"{POD}/terminationGracePeriodSeconds", 20, "StatefulSet/lantian-ingest: is killed before"),
    (INGEST, f"{POD}/topologySpreadConstraints", None, "StatefulSet/lantian-ingest: several pods"),
    (INGEST, "spec/template/metadata/labels/app.kubernetes.io~1name", "x", "StatefulSet/lantian-ingest: selects by"),
    (
        ("ServiceAccount", "lantian-ingest"),
        "automountServiceAccountToken",
        True,
        "ServiceAccount/lantian-ingest: mount",
    ),
    (("ConfigMap", "lantian"), "data/LANTIAN_BROKER", "x", "StatefulSet/lantian-ingest: variable LANTIAN_BROKER"),
    (("ConfigMap", "lantian"), "data/LANTIAN_LOG_LEVEL", "LOUD", "StatefulSet/lantian-ingest: IngestSettings refuses"),
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
        "StatefulSet/lantian-ingest: lantian-dev",
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
