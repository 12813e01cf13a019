"""Who signs in at an OpenID provider finds its files mounted and the way to it open, in compose and in Kubernetes."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from lantian_tasks.access.oidc import Provider

from .deployment_code import ROOT, services
from .deployment_compose import problems
from .deployment_k8s import KUBERNETES
from .deployment_kustomize import compose
from .deployment_values import environment_problems

FILE = """
issuer: https://id.hebei.example/realms/air
client_id: lantian
client_secret_file: {folder}/client_secret
redirect_url: https://lantian.hebei.example/v1/login/oidc/callback
roles:
  - {{claim: groups, holds: office, role: city-office, divisions: ["130100"]}}
"""


def merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """As compose merges a second file: maps by key; networks and volumes are added to."""
    for name, service in more["services"].items():
        mine = base["services"][name]
        mine["networks"] = list(dict.fromkeys([*mine["networks"], *service["networks"]]))
        mine["volumes"] = [*mine.get("volumes", []), *service["volumes"]]
        mine["environment"] |= service["environment"]
    return base


def test_compose_with_the_second_file_is_whole() -> None:
    """Every check of the first file passes on both; tasks alone has got a way out."""
    base = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    more = yaml.safe_load((ROOT / "deploy/compose/oidc.yaml").read_text(encoding="utf-8"))
    made = {Path(secret["file"]).name for secret in base["secrets"].values()}
    whole = merged(base, more)
    assert problems(whole, dict(services()), ROOT, made) == []
    assert set(more["services"]) == {"tasks"}
    out = {name for name, service in whole["services"].items() if "outside" in service["networks"]}
    assert out == {"tasks", "notify"}
    (mount,) = more["services"]["tasks"]["volumes"]
    assert whole["services"]["tasks"]["environment"]["LANTIAN_OIDC_FILE"].startswith(mount.split(":")[1] + "/")


def test_kubernetes_mounts_the_secret_when_there_is_one() -> None:
    """File and variable fit together, and neither is needed to start."""
    api = next(item for item in compose(ROOT / "deploy/k8s/base") if item["metadata"]["name"] == "lantian-tasks-api")
    spec = api["spec"]["template"]["spec"]
    (volume,) = [one for one in spec["volumes"] if one["name"] == "oidc"]
    (mount,) = [one for one in spec["containers"][0]["volumeMounts"] if one["name"] == "oidc"]
    assert volume["secret"]["optional"] is True
    assert {"configMapRef": {"name": "lantian-oidc", "optional": True}} in spec["containers"][0]["envFrom"]
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    assert f"LANTIAN_OIDC_FILE={mount['mountPath']}/provider.yaml" in page
    assert list(environment_problems({"LANTIAN_OIDC_FILE": "/x"}, "tasks", services())) == []
    policy = yaml.safe_load((ROOT / "deploy/k8s/oidc-network.yaml").read_text(encoding="utf-8"))
    kubernetes_validate.validate(policy, KUBERNETES, strict=True)
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= api["spec"]["template"]["metadata"]["labels"].items()
    (peer,) = policy["spec"]["egress"][0]["to"]
    assert peer["ipBlock"]["cidr"].endswith("/32")


def test_the_files_as_the_page_has_them_are_taken(tmp_path: Path) -> None:
    """tasks reads provider.yaml beside its secret."""
    (tmp_path / "client_secret").write_text("s3cret")
    (tmp_path / "provider.yaml").write_text(FILE.format(folder=tmp_path))
    provider = Provider.load(tmp_path / "provider.yaml")
    assert provider is not None
    assert provider.client_secret_file == tmp_path / "client_secret"
