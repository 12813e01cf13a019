"""Clocks, plans, dossiers and bars of an issue hang on its category: no rule of the catalogue is left without one."""

from fnmatch import fnmatchcase

import pytest

from lantian_alerts.core.catalogue import Entry
from lantian_alerts.rules import shipped
from lantian_notify.channels import CHANNELS
from lantian_notify.routing.policy import load as routes
from lantian_notify.wording.words import EARLY
from lantian_tasks.clocks.policy import Policy
from lantian_tasks.clocks.policy import shipped as shipped_policy
from lantian_tasks.reports.words import CATEGORIES

_CATALOGUE = shipped(with_disabled=True)
EVERY = [*_CATALOGUE.entries.values(), *_CATALOGUE.disabled.values()]
RULES = [entry for entry in EVERY if not entry.signal]
OF_CONDUCT = {
    "exceedance": {"exceedance", "furnace", "dust"},
    "false-mark": {"fraud", "falsification-sign"},
    "emergency": {"emergency", "ambient"},
    "open-burning": {"fire"},
    "evasion": {"fraud", "falsification-sign", "bypass", "treatment-off", "closed-site", "inspection", "data-quality"},
}
"""Categories that a conduct may have; what the law calls one thing is not followed as another."""
OLDER = {"*fraud*", "false-*", "emergency-*", "*offline*", "*capture*"}
"""Rows for rules that a deployment may hold under names of its own."""


@pytest.fixture(name="policy", scope="module")
def _policy() -> Policy:
    return shipped_policy()


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: entry.id)
def test_every_rule_has_a_category(entry: Entry, policy: Policy) -> None:
    category = policy.category(entry.id)
    assert category != "other"
    assert category in CATEGORIES
    assert category in OF_CONDUCT.get(entry.conduct, CATEGORIES), f"{entry.conduct} followed as {category}"


def test_no_row_is_hidden_by_one_before_it(policy: Policy) -> None:
    first = {next(row.pattern for row in policy.categories if fnmatchcase(rule.id, row.pattern)) for rule in EVERY}
    assert {row.pattern for row in policy.categories} - first == OLDER


def test_what_the_policy_asks_of_categories_is_asked_of_known_ones(policy: Policy) -> None:
    screening, issue = policy.screening, policy.issue
    known = {*CATEGORIES, "complaint"}
    named = {*issue.no_leniency, *issue.never_extended, *screening.positive_list_pierced_by}
    named |= {row.category for row in policy.closing if row.category != "*"}
    assert named <= known


def test_an_order_of_an_emergency_has_the_short_clocks(policy: Policy) -> None:
    assert {policy.category(rule) for rule in ("response-stop", "response-limit", "gate-old-truck")} == {"emergency"}


def test_a_rule_nobody_knows_is_other(policy: Policy) -> None:
    assert policy.category("something-new") == "other"


def test_only_what_exceeds_nothing_yet_is_told_to_the_enterprise_alone() -> None:
    """Whoever holds values under the limit must not be the only one who hears of it."""
    early = [rule for rule in RULES if any(fnmatchcase(rule.id, pattern) for pattern in EARLY)]
    assert [rule.id for rule in early] == ["spot-exceedance"]
    assert not [rule.id for rule in early if rule.conduct]
    told = next(row for row in routes(None, frozenset(CHANNELS)).routes if row.id == "act-now").rules
    known = {rule.id: rule.conduct for rule in RULES}
    assert {known[rule] for rule in told} <= {"monitoring-duty", "exceedance"}
    alone = next(row for row in routes(None, frozenset(CHANNELS)).routes if row.id == "early-warning")
    assert tuple(alone.rules) == EARLY
