"""docs/adding-a-rule.md, followed literally: three files and one line, and nothing else."""

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from lantian_alerts import rules
from lantian_alerts.core.catalogue import Catalogue, parse
from tests.unit.alerts import scenario
from tests.unit.alerts.scenario import Scenario, shown

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
FOLDER = ROOT / "services" / "alerts" / "lantian_alerts" / "rules"


def block(heading: str, language: str) -> str:
    """The first block of a language after a heading of the page."""
    found = re.search(rf"{re.escape(heading)}.*?```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, heading
    return found.group(1)


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The shipped rules and the page's own, made as the page says: file, line, entry."""
    (tmp_path / "hour_jump.py").write_text(block("## 1. The kind", "python"), encoding="utf-8")
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    kind = import_module("lantian_alerts.rules.hour_jump").HourJump
    kinds = {**rules.KINDS, kind.kind: kind}
    monkeypatch.delitem(sys.modules, "lantian_alerts.rules.hour_jump")
    text = (FOLDER / "catalogue.yaml").read_text(encoding="utf-8") + "\n" + block("## 2. The entry", "yaml")
    return parse(text, kinds)


def test_the_page_works(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kind, its entry and its examples give what the examples say."""
    monkeypatch.setattr(scenario, "catalogue", lambda: catalogue)
    document = yaml.safe_load(block("## 3. The examples", "yaml"))
    assert document["rule"] in catalogue.entries
    fired = []
    for case in document["cases"]:
        example = Scenario(document | case)
        leads = [shown(lead, example) for lead in example.run().leads if lead.rule_id == document["rule"]]
        assert len(leads) == len(case["expect"]["leads"]), case["name"]
        for lead, wanted in zip(leads, case["expect"]["leads"], strict=True):
            assert lead["state"] == wanted["state"]
            assert lead["severity"] == wanted["severity"]
        fired.append(bool(leads))
    assert fired == [True, False]


def test_one_line_and_three_files() -> None:
    """A module of the folder is in KINDS or shared by rules; the class has the name of its file."""
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "past"}
    assert modules == {kind.__module__.rpartition(".")[2] for kind in rules.KINDS.values()}
    for name, kind in rules.KINDS.items():
        assert kind.__module__ == f"lantian_alerts.rules.{name.replace('-', '_')}"
        assert kind.__name__ == name.title().replace("-", "")
        assert kind.facts
        assert callable(getattr(kind, "judge", None) or getattr(kind, "compare", None)), name


def test_low_confidence_is_not_in_force() -> None:
    """What the references are unsure of is written down, and off until a deployer confirms it."""
    shipped = rules.shipped(with_disabled=True)
    for entry in shipped.entries.values():
        assert entry.enabled or entry.reference.source, entry.id
        assert entry.reference.confidence != "low" or not entry.enabled, entry.id
