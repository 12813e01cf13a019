"""The check lists as data: every rule and category has its own, versions follow each other, bad files are refused."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from lantian_tasks.clocks.check_lists import CheckLists, load, shipped
from lantian_tasks.clocks.policy import PolicyError
from lantian_tasks.clocks.policy import shipped as shipped_policy

DAY = date(2026, 11, 22)
CATALOGUE = Path("services/alerts/lantian_alerts/rules/catalogue.yaml")
RULES = [row["id"] for row in yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))]
ASKED = {
    "hour-exceedance": "exceedance",
    "data-dropout": "dropout",
    "frozen-value": "falsification",
    "parameter-change": "falsification",
    "marks-at-exceedance": "falsification",
    "bypass-damper": "bypass",
    "voc-bypass-open": "bypass",
    "treatment-off": "treatment",
    "dust-site-high": "dust",
    "vehicle-nox-high": "vehicle",
    "vapour-fabricated": "petrol-station",
    "gate-old-truck": "gate",
    "inspection-repeats": "inspection-line",
    "response-stop": "emergency",
    "closed-site-alive": "relapse",
    "station-interference": "station",
    "fire-point": "fire",
    "hot-area": "hot-area",
}


def asked(rule_id: str, category: str = "", lists: CheckLists | None = None) -> str:
    """Which list a lead of a rule and category asks for."""
    category = category or shipped_policy().category(rule_id)
    return (lists or shipped()).asked(rule_id, category, DAY, DAY)[0].id


@pytest.mark.parametrize(("rule_id", "name"), ASKED.items())
def test_what_a_rule_asks_for(rule_id: str, name: str) -> None:
    """Each family has its own list."""
    assert asked(rule_id) == name


@pytest.mark.parametrize("rule_id", RULES)
def test_no_rule_of_the_catalogue_is_left_with_the_general_list(rule_id: str) -> None:
    """A new rule without a category shows here."""
    assert asked(rule_id) not in ("general", "complaint")


@pytest.mark.parametrize(
    ("rule_id", "category", "name"),
    [
        ("manual-complaint", "dust", "dust"),
        ("manual-complaint", "other", "complaint"),
        ("manual-satellite", "fire", "fire"),
        ("manual-hot-area", "dust", "dust"),
        ("manual-hot-area", "other", "hot-area"),
        ("manual-patrol", "bypass", "bypass"),
        ("manual-patrol", "other", "general"),
    ],
)
def test_what_people_report_asks_by_its_category_first(rule_id: str, category: str, name: str) -> None:
    """What a site is asked follows from what is wrong there, not from who said so."""
    assert asked(rule_id, category) == name


def test_every_item_says_where_it_comes_from() -> None:
    """In Chinese, 4 to 10 of them, with what a problem needs."""
    for row in shipped().lists:
        assert 4 <= len(row.items) <= 10
        for item in row.items:
            assert item.source
            assert any("\u4e00" <= char <= "\u9fff" for char in item.zh), item
            assert item.when_problem in ("note", "evidence")


def a_file(**changes: Any) -> dict[str, Any]:
    """A small file of two versions."""
    items = [{"id": f"i-{letter}", "zh": "项", "en": "item", "source": "P"} for letter in "abcd"]
    title = {"zh": "表", "en": "list"}
    one = {"id": "one", "version": 1, "valid_from": "2000-01-01", "title": title, "items": items}
    two = {**one, "version": 2, "valid_from": "2026-11-20"}
    return {"version": "2026-11-30", "change_log": ["x"], "asks": [{"list": "one"}], "lists": [one, two], **changes}


def test_a_list_that_changed_may_be_answered_as_it_was_when_the_lead_came() -> None:
    """A phone without a network holds the older one; what begins later knows the newer alone."""
    lists = CheckLists.model_validate(a_file())

    def versions(since: date, until: date) -> list[int]:
        return [row.version for row in lists.asked("r", "c", since, until)]

    assert versions(date(2026, 11, 1), date(2026, 11, 10)) == [1]
    assert versions(date(2026, 11, 1), date(2026, 11, 22)) == [2, 1]
    assert versions(date(2026, 11, 20), date(2026, 11, 22)) == [2]
    assert versions(date(1999, 1, 1), date(1999, 1, 1)) == [1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"asks": [{"list": "two"}]}, "no list two"),
        ({"asks": [{"list": "one", "rules": ["x"]}]}, "every lead that is left"),
        ({"asks": []}, "every lead that is left"),
        ({"lists": [a_file()["lists"][0]] * 2}, "stands there twice"),
        ({"lists": [a_file()["lists"][0], {**a_file()["lists"][1], "valid_from": "1999-01-01"}]}, "one after another"),
        ({"lists": [{**a_file()["lists"][0], "items": a_file()["lists"][0]["items"][:3]}]}, "at least 4"),
        ({"lists": [{**a_file()["lists"][0], "items": a_file()["lists"][0]["items"][:1] * 4}]}, "an item twice"),
        ({"lists": [{**a_file()["lists"][0], "surprise": 1}]}, "surprise"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    """With what is wrong, before anything runs."""
    path = tmp_path / "lists.yaml"
    path.write_text(yaml.safe_dump(a_file(**changes)), encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        load(path)
    path.write_text(yaml.safe_dump(a_file()), encoding="utf-8")
    assert len(load(path).lists) == 2
