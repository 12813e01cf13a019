"""What may be written about each kind of entity: the one table."""

from collections.abc import Mapping
from typing import Any, get_origin

from lantian_tasks.registry import entities, items, orders, rule_sets
from lantian_tasks.registry.entities import Entity
from lantian_tasks.registry.record import ITEMS, Kind

ENTITIES: dict[Kind, type[Entity]] = {
    Kind.DIVISION: items.DivisionEntity,
    Kind.ENTERPRISE: entities.Enterprise,
    Kind.SOURCE: entities.Source,
    Kind.FEED: entities.Feed,
    Kind.LIMIT: entities.Limit,
    Kind.MARK: entities.Mark,
    Kind.SUPPRESSION: orders.Suppression,
    Kind.RESPONSE: orders.Response,
    Kind.RULE_REPLAY: rule_sets.RuleReplay,
    Kind.RULE_PARAMETERS: rule_sets.RuleParameters,
    Kind.TEAM: entities.Team,
    Kind.DUTY_ROSTER: entities.DutyRoster,
    Kind.PROCESS: items.Process,
    Kind.DEVICE: items.Device,
    Kind.VEHICLE: items.Vehicle,
    Kind.MACHINE: items.Machine,
    Kind.CAMERA: items.Camera,
    Kind.BYPASS: items.Bypass,
    Kind.PERMIT: items.Permit,
    Kind.PERSON: items.Person,
    Kind.INSTRUMENT: items.Instrument,
}


def as_written(kind: Kind, stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored entity in the form of PUT: an item's attributes become the fields of its kind again."""
    if kind not in ITEMS:
        return dict(stored)
    model = ENTITIES[kind]
    flat = {name: value for name, value in stored.items() if name != "attributes" and name in model.model_fields}
    lists = {name for name, row in model.model_fields.items() if get_origin(row.annotation) is list}
    for name, text in stored["attributes"].items():
        flat[name] = text.split(",") if name in lists else text
    return model.model_validate(flat).model_dump(mode="json")
