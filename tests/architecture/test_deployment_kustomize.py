"""The composer of kustomizations does what `kustomize build` does, or says that it can not."""

from pathlib import Path

import pytest

from .deployment_kustomize import KustomizationError, compose

BASE = """
resources: [app.yaml]
images: [{name: lantian/ingest, newTag: 1.2.3}]
"""
APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  template: {spec: {containers: [{name: app, image: lantian/ingest, command: [a, b]}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data: {a/b: "1"}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A base and an empty overlay."""
    (tmp_path / "base").mkdir()
    (tmp_path / "overlay").mkdir()
    (tmp_path / "base/kustomization.yaml").write_text(BASE)
    (tmp_path / "base/app.yaml").write_text(APP)
    return tmp_path


def overlay(tree: Path, text: str) -> Path:
    """The overlay with this recipe over the base."""
    (tree / "overlay/kustomization.yaml").write_text(f"resources: [../base]\n{text}")
    return tree / "overlay"


def test_resources_images_replicas_and_operations(tree: Path) -> None:
    """What the manifests use works as in kustomize."""
    recipe = """
replicas: [{name: app, count: 5}]
images: [{name: lantian/ingest, newName: mirror/ingest, newTag: 2.0.0}]
patches:
  - target: {kind: ConfigMap, name: config}
    patch: |-
      - {op: replace, path: /data/a~1b, value: "2"}
      - {op: add, path: /data/c, value: "3"}
  - target: {kind: Deployment, name: app}
    patch: |-
      - {op: add, path: /spec/template/spec/containers/0/command/-, value: c}
      - {op: remove, path: /spec/template/spec/containers/0/command/0}
"""
    deployment, config = compose(overlay(tree, recipe))
    assert deployment["spec"]["replicas"] == 5
    assert deployment["spec"]["template"]["spec"]["containers"] == [
        {"name": "app", "image": "mirror/ingest:2.0.0", "command": ["b", "c"]}
    ]
    assert config["data"] == {"a/b": "2", "c": "3"}


def test_a_resource_can_be_taken_away(tree: Path) -> None:
    """`$patch: delete` removes exactly its target."""
    recipe = "patches: [{target: {kind: ConfigMap, name: config}, patch: '$patch: delete'}]"
    assert [item["kind"] for item in compose(overlay(tree, recipe))] == ["Deployment"]


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        ("namePrefix: x-", "does not know"),
        ("replicas: [{name: application, count: 1}]", "does not exist"),
        ("images: [{name: lantian/alerts, newTag: 1.0.0}]", "used nowhere"),
        ("patches: [{target: {kind: Job, name: app}, patch: '[]'}]", "does not exist"),
        ("patches: [{target: {kind: Deployment}, patch: 'spec: {replicas: 1}'}]", "only JSON 6902"),
        ("patches: [{path: patch.yaml}]", "needs target"),
        (
            "patches: [{target: {kind: ConfigMap}, patch: '[{op: replace, path: /data/x, value: y}]'}]",
            "replace /data/x",
        ),
        ("patches: [{target: {kind: ConfigMap}, patch: '[{op: move, path: /data/a~1b}]'}]", "unknown operation"),
    ],
)
def test_what_it_can_not_do_is_an_error(tree: Path, recipe: str, reason: str) -> None:
    """Nothing is skipped in silence."""
    with pytest.raises(KustomizationError, match=reason):
        compose(overlay(tree, recipe))


def test_missing_and_double_resources_are_errors(tree: Path) -> None:
    """A file that is not there, a folder without a recipe, one thing declared twice."""
    for text, reason in (("[gone.yaml]", "does not exist"), ("[../base, ../base]", "twice"), ("[..]", "no kustomiz")):
        (tree / "overlay/kustomization.yaml").write_text(f"resources: {text}")
        with pytest.raises(KustomizationError, match=reason):
            compose(tree / "overlay")
