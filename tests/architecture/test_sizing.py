"""docs/sizing.md says what its script computes."""

import pytest

from bench.sizing import GIB, inputs, page, size
from bench.sizing import PAGES as LANGUAGES

from .deployment_kustomize import pod_of
from .test_deployment_k8s import PLACES, find, manifests_of


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_pages_are_what_the_script_computes(language: str) -> None:
    """To write them anew: python -m bench.sizing."""
    assert LANGUAGES[language].read_text(encoding="utf-8") == page(language)


def test_the_arithmetic_by_hand() -> None:
    """The city: 2,000 outlets at 30 s are 67 frames a second, three times as many at the busiest."""
    read = inputs()
    numbers = {name: float(row["value"]) for part in ("measured", "assumed") for name, row in read[part].items()}
    city = size(read["places"][0], numbers)
    assert round(city.mean_rate, 1) == 66.7
    assert round(city.peak_rate) == 200
    assert (city.ingest_pods, city.alerts_pods, city.partitions) == (2, 2, 48)
    assert round(city.raw_bytes / 2**30) == round(66.667 * 446.5 * 90 * 86_400 * 3 / 4 / 2**30)


def test_every_measured_number_says_where_it_is_from() -> None:
    """A committed result."""
    from tests.architecture.deployment_code import ROOT

    for row in inputs()["measured"].values():
        assert (ROOT / row["from"].partition(",")[0]).is_file(), row


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("service", ["alerts", "ingest"])
def test_pods_get_the_memory_that_a_nation_needs(place: str, service: str) -> None:
    """What the manifests allow a pod is at least what sizing says for the largest of its places."""
    read = inputs()
    numbers = {name: float(row["value"]) for part in ("measured", "assumed") for name, row in read[part].items()}
    needed = max(getattr(size(one, numbers), f"{service}_gib") for one in read["places"])
    pod = pod_of(find(manifests_of(place), "StatefulSet", f"lantian-{service}"))
    assert pod is not None
    container = next(one for one in pod["spec"]["containers"] if one["name"] == service)
    for name in ("requests", "limits"):
        assert gib(container["resources"][name]["memory"]) >= needed, (name, needed)


def gib(quantity: str) -> float:
    """A quantity of Kubernetes in GiB."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    return float(quantity[:-2]) * units[quantity[-2:]] / GIB
