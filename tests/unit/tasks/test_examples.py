"""The examples of the contracts: what tasks consumes is taken, what it produces is what they show."""

from typing import Any

import pytest

from lantian_proto.topics import ISSUE_EVENTS, LEADS, REGISTRY, TOPICS
from lantian_proto.v1.registry_pb2 import RegistryChange
from lantian_tasks.audit.examine import examine
from lantian_tasks.leads.message import plain, read
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import issue_id_of, number_of
from lantian_tasks.registry.kinds import ENTITIES
from lantian_tasks.registry.plan import Wish, plan
from lantian_tasks.registry.record import Kind, Record, Validity, message
from tests.support.examples import message as example
from tests.support.tasks_api import PRINCIPALS
from tests.support.tasks_issues import an_issue

LEAD_EXAMPLES = TOPICS[LEADS].examples
REGISTRY_EXAMPLES = TOPICS[REGISTRY].examples


@pytest.mark.parametrize("name", LEAD_EXAMPLES)
def test_each_example_lead_becomes_an_issue(name: str) -> None:
    """Read, numbered, sealed."""
    lead = example(LEADS, name)
    assert read(lead.SerializeToString()) == lead
    issue = an_issue(lead=lead)
    assert (issue.head.number, issue.issue_id) == (number_of(lead), issue_id_of(lead.lead_id))
    assert examine(issue).intact


def test_plain_names_and_values() -> None:
    """Integers stay integers, enums are names, an absent sub-message is None."""
    lead = plain(example(LEADS, "hour-exceedance.json"))
    assert (lead["state"], lead["start_ms"], lead["evidence"]["frames"][0]["offset"]) == ("open", 1795305600000, 41)
    assert lead["evidence"]["limit"]["clause"]
    dropout = plain(example(LEADS, "data-dropout.json"))
    assert dropout["evidence"]["limit"] is None


def test_ledger_numbers_are_those_of_the_examples() -> None:
    """People quote them; they are derived, not drawn."""
    event = example(ISSUE_EVENTS, "registered.json")
    assert number_of(event.lead) == event.number


def entity_of(change: RegistryChange) -> dict[str, Any]:
    """An example as somebody would write it through the API."""
    entity = plain(getattr(change, change.kind))
    del entity[f"{change.kind}_id"]
    for ours in ("password_salt", "password_sha256", "declared_ms"):
        entity.pop(ours, None)
    if change.kind == "feed":
        entity["password"] = "123456"
    return entity


def test_the_example_registry_is_what_we_publish() -> None:
    """Written through the same plan as the API, each entity leaves as its example shows it."""
    known: dict[str, Record] = {}
    actor = Actor("administrator", "administrator", "")
    changes = {change.kind: change for change in (example(REGISTRY, name) for name in REGISTRY_EXAMPLES)}
    assert set(changes) <= set(Kind)
    for kind in (kind for kind in Kind if kind in changes):
        change = changes[kind]
        wish = Wish(
            kind,
            change.id,
            ENTITIES[kind].model_validate(entity_of(change)),
            Validity(change.valid_from_ms, change.valid_to_ms),
        )
        at_ms = change.mark.declared_ms if kind == Kind.MARK else change.changed_ms
        record = plan(
            wish,
            known,
            [],
            scope=PRINCIPALS["admin-1"].scope,
            actor=actor,
            at_ms=at_ms,
            new_salt=lambda: "c2FsdA",
        )
        assert isinstance(record, Record), record
        known[record.key] = record
        published = message(record)
        published.changed_ms = change.changed_ms
        assert published == change
