"""What the code itself says: console scripts, settings, metrics. The manifests are held against this."""

import ast
import importlib
import inspect
import pkgutil
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from lantian_kit.metrics import KitMetrics
from lantian_kit.settings import ProcessSettings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("ingest", "alerts", "tasks", "notify", "probe")
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count"), "info": ("_info",)}


@dataclass(frozen=True)
class Metric:
    """One declared metric."""

    family: str
    kind: str
    labels: tuple[str, ...]
    about: str
    is_set: bool
    """Whether any code but its declaration touches it."""

    def series(self) -> list[str]:
        """Names that Prometheus sees."""
        return [self.family + suffix for suffix in SUFFIXES[self.kind]]

    def series_labels(self, series: str) -> frozenset[str]:
        """Labels of one of them."""
        return frozenset(self.labels) | ({"le"} if series.endswith("_bucket") else set())


@dataclass(frozen=True)
class Service:
    """One service as its code declares it."""

    name: str
    scripts: frozenset[str]
    settings: tuple[type[BaseSettings], ...]
    """The process's own class first, then those that parts of it own, e.g. a channel."""
    metrics: tuple[Metric, ...]
    words: frozenset[str]
    """Every text constant of the service and the kit: a label value that is none of them is never set."""

    def variables(self) -> dict[str, FieldInfo]:
        """Fields by the name of their environment variable."""
        return {
            f"{cls.model_config.get('env_prefix', '')}{name}".upper(): field
            for cls in self.settings
            for name, field in cls.model_fields.items()
        }


@cache
def service(name: str) -> Service:
    """Imports a service's settings and metrics and reads its manifest."""
    manifest = tomllib.loads((ROOT / "services" / name / "pyproject.toml").read_text(encoding="utf-8"))
    classes = _own_classes(_modules(name))
    trees = _trees(ROOT / "services" / name / f"lantian_{name}", ROOT / "kit" / "lantian_kit")
    settings = [cls for cls in classes if issubclass(cls, BaseSettings)]
    return Service(
        name=name,
        scripts=frozenset(manifest["project"]["scripts"]),
        settings=tuple(sorted(settings, key=lambda cls: not issubclass(cls, ProcessSettings))),
        metrics=_metrics(classes, _touched(trees)),
        words=_words(trees),
    )


@cache
def services() -> Mapping[str, Service]:
    """All four."""
    return {name: service(name) for name in SERVICES}


def all_metrics() -> dict[str, dict[str, Metric]]:
    """Metrics by family, then by service."""
    found: dict[str, dict[str, Metric]] = {}
    for one in services().values():
        for metric in one.metrics:
            found.setdefault(metric.family, {})[one.name] = metric
    return found


def all_series() -> dict[str, frozenset[str]]:
    """Labels of every series of the suite; of those only that some service sets."""
    return {
        series: metric.series_labels(series)
        for by_service in all_metrics().values()
        for metric in by_service.values()
        if metric.is_set
        for series in metric.series()
    }


def all_words() -> frozenset[str]:
    """Text constants of all services."""
    return frozenset().union(*(one.words for one in services().values()))


@cache
def kit_scripts() -> Mapping[str, str]:
    """Console scripts that every image has, with their entry points."""
    manifest = tomllib.loads((ROOT / "kit/pyproject.toml").read_text(encoding="utf-8"))
    scripts: dict[str, str] = manifest["project"]["scripts"]
    return scripts


def workspace_members() -> list[str]:
    """Folders of the workspace's packages, by the root manifest."""
    manifest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = manifest["tool"]["uv"]["workspace"]["members"]
    return sorted(
        str(path.parent.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(f"{pattern}/pyproject.toml")
    )


def _modules(name: str) -> list[ModuleType]:
    package = importlib.import_module(f"lantian_{name}")
    below = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(found.name) for found in below if not found.name.endswith("__main__")]


def _own_classes(modules: list[ModuleType]) -> list[type]:
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]


def _metrics(classes: list[type], touched: Collection[str]) -> tuple[Metric, ...]:
    """What Prometheus sees of a process: the kit's metrics and the service's own, which may build on the kit's."""
    declared = [cls for cls in classes if cls.__module__.endswith(".metrics") and _takes_registry(cls)]
    if not any(issubclass(cls, KitMetrics) for cls in declared):
        declared.append(KitMetrics)
    registry = CollectorRegistry()
    found = [
        Metric(family.name, family.type, tuple(family._labelnames), family.documentation, True)
        for cls in classes
        if Collector in cls.__mro__
        for family in vars(cls)["describe"](object.__new__(cls))
    ]
    for name, metric in [pair for cls in declared for pair in vars(cls(registry)).items()]:
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            labels = tuple(metric._labelnames)
            found.append(Metric(family.name, family.type, labels, family.documentation, name in touched))
    return tuple(found)


def _takes_registry(cls: type) -> bool:
    return "registry" in inspect.signature(cls).parameters


def _trees(*folders: Path) -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for folder in folders for path in sorted(folder.rglob("*.py"))]


def _words(trees: list[ast.Module]) -> frozenset[str]:
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _touched(trees: list[ast.Module]) -> set[str]:
    """Names of attributes that some code reads, e.g. `frames` in `metrics.frames.inc()`."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
