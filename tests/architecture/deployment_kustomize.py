"""Composes kustomizations as `kustomize build` does, for the few features that deploy/k8s keeps to.

Known: resources, images, replicas, and patches that are JSON 6902 operations or `$patch: delete`. Anything else is an
error, so that a feature this composer would silently skip can not slip into a manifest.
"""

import copy
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

KNOWN_FIELDS = {"apiVersion", "kind", "resources", "images", "replicas", "patches"}
REPLICATED = {"Deployment", "StatefulSet"}


class KustomizationError(Exception):
    """A kustomization that can not be composed; the text says which and why."""


def compose(folder: Path) -> list[Manifest]:
    """All manifests of a kustomization, patched. Raises KustomizationError."""
    path = folder / "kustomization.yaml"
    if not path.is_file():
        raise KustomizationError(f"{folder}: no kustomization.yaml")
    recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = set(recipe) - KNOWN_FIELDS
    if unknown:
        raise KustomizationError(f"{path}: fields this check does not know: {sorted(unknown)}")
    manifests: list[Manifest] = []
    for name in recipe.get("resources", []):
        place = folder / name
        manifests += compose(place) if place.is_dir() else read(place)
    _refuse_doubles(manifests, path)
    for patch in recipe.get("patches", []):
        manifests = _patched(manifests, patch, path)
    for wanted in recipe.get("replicas", []):
        found = [item for item in _named(manifests, wanted["name"]) if item["kind"] in REPLICATED]
        if not found:
            raise KustomizationError(f"{path}: replicas of {wanted['name']}, which does not exist")
        for item in found:
            item["spec"]["replicas"] = wanted["count"]
    for image in recipe.get("images", []):
        _set_image(manifests, image, path)
    return manifests


def read(path: Path) -> list[Manifest]:
    """The manifests of one file. Raises KustomizationError when the file is missing or holds something else."""
    if not path.is_file():
        raise KustomizationError(f"{path}: listed as a resource, does not exist")
    manifests = [item for item in yaml.safe_load_all(path.read_text(encoding="utf-8")) if item is not None]
    for item in manifests:
        if not isinstance(item, dict) or not item.get("kind") or not item.get("metadata", {}).get("name"):
            raise KustomizationError(f"{path}: a document without kind and name")
    return manifests


def identity(manifest: Manifest) -> tuple[str, str]:
    """Kind and name."""
    return manifest["kind"], manifest["metadata"]["name"]


def pod_of(manifest: Manifest) -> Manifest | None:
    """The pod template of a workload, None for anything else."""
    if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
        template: Manifest = manifest["spec"]["template"]
        return template
    return None


def _named(manifests: list[Manifest], name: str) -> list[Manifest]:
    return [item for item in manifests if item["metadata"]["name"] == name]


def _refuse_doubles(manifests: list[Manifest], path: Path) -> None:
    seen = set()
    for item in manifests:
        if identity(item) in seen:
            raise KustomizationError(f"{path}: {identity(item)} twice")
        seen.add(identity(item))


def _patched(manifests: list[Manifest], patch: Manifest, path: Path) -> list[Manifest]:
    if set(patch) != {"target", "patch"} or not set(patch["target"]) <= {"kind", "name"}:
        raise KustomizationError(f"{path}: a patch needs target (kind, name) and patch, nothing else: {sorted(patch)}")
    target = patch["target"]
    hit = [item for item in manifests if all(_trait(item, key) == value for key, value in target.items())]
    if not hit:
        raise KustomizationError(f"{path}: patch for {target}, which does not exist")
    body = yaml.safe_load(patch["patch"])
    if isinstance(body, dict):
        if body.get("$patch") != "delete":
            raise KustomizationError(f"{path}: only JSON 6902 operations and $patch: delete are known")
        return [item for item in manifests if item not in hit]
    for item in hit:
        for operation in body:
            _apply(item, operation, path)
    return manifests


def _trait(item: Manifest, key: str) -> str:
    return str(item["kind"] if key == "kind" else item["metadata"]["name"])


def _apply(item: Manifest, operation: Manifest, path: Path) -> None:
    """One JSON 6902 operation: add, replace or remove (RFC 6902, section 4)."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].lstrip("/").split("/")]
    where: Any = item
    try:
        for step in steps[:-1]:
            where = where[int(step)] if isinstance(where, list) else where[step]
        _change(where, steps[-1], operation)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        what = f"{operation['op']} {operation['path']} on {identity(item)}"
        raise KustomizationError(f"{path}: {what}: {error}") from error


def _change(where: Any, last: str, operation: Manifest) -> None:
    value = copy.deepcopy(operation.get("value"))
    match operation["op"], where:
        case "add", list():
            where.insert(len(where) if last == "-" else int(last), value)
        case "add", dict():
            where[last] = value
        case "replace", list():
            where[int(last)] = value
        case "replace", dict():
            if last not in where:
                raise KeyError(last)
            where[last] = value
        case "remove", list():
            del where[int(last)]
        case "remove", dict():
            del where[last]
        case _:
            raise ValueError(f"unknown operation {operation['op']}")


def _set_image(manifests: list[Manifest], image: Manifest, path: Path) -> None:
    hits = 0
    for item in manifests:
        pod = pod_of(item)
        if pod is None:
            continue
        for container in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]:
            name = container["image"].partition(":")[0]
            if name == image["name"]:
                container["image"] = f"{image.get('newName', name)}:{image['newTag']}"
                hits += 1
    if hits == 0:
        raise KustomizationError(f"{path}: image {image['name']} is used nowhere")
