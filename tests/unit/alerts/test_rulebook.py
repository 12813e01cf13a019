"""Parameters by time: bounds, versions, what has no effect, and bounds that every example survives."""

from typing import Any

import msgspec
import pytest

from lantian_alerts.core.catalogue import CatalogueError, parse
from lantian_alerts.core.parameters import Bound, ParameterError, changed, is_whole, numbers
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.rules import KINDS
from lantian_alerts.rules.hour_exceedance import HourExceedance
from lantian_proto.replays import listed
from lantian_proto.v1.registry_pb2 import RegistryChange, RuleParameters
from tests.unit.alerts.scenario import Scenario, cases, catalogue

RULE = "hour-exceedance"
ENTRY = catalogue().entries[RULE]
CASES = cases()
HOUR_MS = 3_600_000


def a_set(number: int, from_ms: int, values: dict[str, float], **other: Any) -> RegistryChange:
    """A dated set of the rule."""
    fields: dict[str, Any] = {"rule_id": RULE, "base_version": ENTRY.version} | other
    fields |= {"number": number, "values": listed(values)}
    return RegistryChange(
        kind="rule-parameters",
        id=f"{fields['rule_id']}.{fields['base_version']}.{number}",
        revision=1,
        valid_from_ms=from_ms,
        rule_parameters=RuleParameters(**fields),
    )


def ratio(book: Rulebook, at_ms: int) -> tuple[int, float]:
    """Version and parameter in force."""
    entry = book.at(ENTRY, at_ms)
    assert isinstance(entry.rule, HourExceedance)
    return entry.version, entry.rule.high_ratio


def test_the_set_that_began_last_is_in_force() -> None:
    """Whatever the order of arrival; before the first it is the catalogue."""
    registry = Registry()
    book = Rulebook(catalogue(), registry)
    assert book.at(ENTRY, 0) is ENTRY
    registry.take(a_set(2, 20 * HOUR_MS, {"high_ratio": 4.0}))
    registry.take(a_set(1, 10 * HOUR_MS, {"high_ratio": 3.0}))
    assert [ratio(book, hour * HOUR_MS) for hour in (9, 10, 19, 20)] == [(2, 2), (2001, 3), (2001, 3), (2002, 4)]
    assert book.effective(RULE) == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        a_set(1, 0, {"high_ratio": 3.0}, base_version=ENTRY.version + 1),
        a_set(1, 0, {"high_ratio": 3000.0}),
        a_set(1, 0, {"nothing": 3.0}),
        a_set(1, 0, {"high_ratio": 3.0}, rule_id="unknown"),
    ],
)
def test_what_does_not_fit_has_no_effect(change: RegistryChange) -> None:
    """Another version of the catalogue, a value beyond its bounds, an unknown parameter or rule."""
    registry = Registry()
    registry.take(change)
    book = Rulebook(catalogue(), registry)
    assert book.at(ENTRY, HOUR_MS) is ENTRY
    assert book.effective(RULE) == []


def test_a_voided_set_is_gone_and_an_older_revision_does_not_bring_it_back() -> None:
    """Changes come in any order."""
    registry = Registry()
    first, voided = a_set(1, 0, {"high_ratio": 3.0}), a_set(1, 0, {"high_ratio": 3.0})
    voided.revision, voided.voided = 2, True
    registry.take(voided)
    registry.take(first)
    assert Rulebook(catalogue(), registry).at(ENTRY, HOUR_MS) is ENTRY
    registry.apply(f"rule-parameters/{first.id}", None)
    registry.take(first)
    assert ratio(Rulebook(catalogue(), registry), HOUR_MS)[0] == 2001


def test_demand_is_the_same_object_until_something_changes() -> None:
    """So that planning anew costs nothing as long as nothing does."""
    registry = Registry()
    book = Rulebook(catalogue(), registry)
    assert book.demand(0) is book.demand(HOUR_MS)
    version = catalogue().entries["frozen-value"].version
    values = {"rule_id": "frozen-value", "base_version": version}
    registry.take(a_set(1, HOUR_MS, {"least_hours": 2.0, "floors.a21026": 7.0}, **values))
    before, after = book.demand(HOUR_MS - 1), book.demand(HOUR_MS)
    assert before == catalogue().demand()
    assert (after.run_ms, after.run_floors["a21026"]) == (2 * HOUR_MS, 7.0)
    assert after is book.demand(HOUR_MS + 1)


@pytest.mark.parametrize(
    ("values", "zh", "en"),
    [
        ({"high_ratio": 11.0}, "须在 1.1–10 之内", "has to lie within 1.1–10"),
        ({"high_hours": 0.0}, "须在 1–24 h 之内", "has to lie within 1–24 h"),
        ({"high_hours": float("nan")}, "之内", "within"),
        ({"high_hours": 2.5}, "须为整数", "whole number"),
        ({"kind": 1.0}, "不能修改", "no parameter"),
    ],
)
def test_refused_in_both_languages(values: dict[str, float], zh: str, en: str) -> None:
    """Beyond the bounds, no whole number, not to be changed."""
    with pytest.raises(ParameterError, match=en) as caught:
        changed(ENTRY.rule, ENTRY.changeable, values)
    assert zh in caught.value.zh


def test_bounds_name_numbers_that_are_there() -> None:
    """A slip in the catalogue stops the process at start."""
    row = {
        "id": "x", "kind": RULE, "version": 1, "title": {"zh": "", "en": ""}, "domain": "", "examples": "",
        "legal_basis": [{"zh": "", "en": "", "review": True}], "parameters": {}, "runbook": {"zh": "", "en": ""},
    }  # fmt: skip
    for bounds in ({"nothing": [0, 1]}, {"high_ratio": [3, 4]}, {"high_hours": [0.5, 4]}):
        with pytest.raises(CatalogueError, match="changeable"):
            parse(msgspec.yaml.encode([row | {"changeable": bounds}]).decode(), KINDS)


def test_whole_numbers_are_known() -> None:
    """A count stays one."""
    assert is_whole(ENTRY.rule, "high_hours")
    assert not is_whole(ENTRY.rule, "high_ratio")
    assert numbers(changed(ENTRY.rule, ENTRY.changeable, {"high_hours": 4.0}))["high_hours"] == 4
    assert changed(ENTRY.rule, {"closing.clears": Bound(1, 5)}, {"closing.clears": 3.0}).closing.clears == 3


@pytest.mark.parametrize("rule_id", [one for one, entry in catalogue().entries.items() if entry.changeable])
def test_every_bound_is_survived(rule_id: str) -> None:
    """At the lowest and highest value of all its numbers a rule still judges its own firing example."""
    entry = catalogue().entries[rule_id]
    case = next(case for name, case in CASES if name.startswith(f"{rule_id}: ") and case["expect"] != {"leads": []})
    for values in ({p: b.low for p, b in entry.changeable.items()}, {p: b.high for p, b in entry.changeable.items()}):
        row = {"valid_from": "-400d 00:00", "parameters": {"rule": rule_id, "values": values}}
        Scenario(case | {"registry": [*case["registry"], row]}).run(500)
