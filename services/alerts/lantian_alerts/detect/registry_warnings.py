"""What a person should look at in a registry that can be used: nothing of it stops detection."""

from collections.abc import Iterator
from itertools import combinations, groupby

from lantian_alerts.core.registry import LONGEST_SUPPRESSION_MS, factor_number
from lantian_alerts.knowledge.limits import Outlet, trouble
from lantian_proto.v1.registry_pb2 import RegistryChange


def warnings(changes: list[RegistryChange]) -> list[str]:
    """Contradicting limits, outlets no limit is held for, unknown factors, and what holds at no time."""
    said = [line for change in changes for line in _of_one(change)]
    limits = [change for change in changes if change.kind == "limit" and not change.voided]
    limits.sort(key=_demand)
    pairs = (pair for _, alike in groupby(limits, key=_demand) for pair in combinations(list(alike), 2))
    for one, other in pairs:
        if _contradict(one, other):
            said.append(
                f"limits {one.id} and {other.id} of {one.limit.source_id} contradict each other: {one.limit.basis} "
                f"{one.limit.factor} {_shown(one)} and {_shown(other)} at one time; both are judged"
            )
    return said


def _of_one(change: RegistryChange) -> Iterator[str]:
    name = f"{change.kind} {change.id}"
    if change.kind == "source" and change.source.outlet.industry:
        facts = change.source.outlet
        outlet = Outlet(
            facts.industry, facts.process, city=facts.city_code or None, conditions=frozenset(facts.conditions)
        )
        if (why := trouble(outlet)) is not None:
            yield f"{name}: {why}; only its stated limits are judged"
    if change.kind == "limit" and factor_number(change.limit.factor) < 0:
        yield f"{name}: unknown factor code {change.limit.factor}; it judges nothing"
    if change.kind == "limit" and not change.limit.value > 0:
        yield f"{name}: {change.limit.value:g} is no limit; it judges nothing"
    if change.valid_to_ms and change.valid_to_ms <= change.valid_from_ms:
        yield f"{name}: it ends before it begins (valid_to, valid_from) and holds at no time"
    if change.kind == "mark" and change.mark.end_ms and change.mark.end_ms <= change.mark.start_ms:
        yield f"{name}: it ends before it begins and marks no time"
    if change.kind == "suppression":
        order = change.suppression
        lasting = 0 < order.end_ms - order.start_ms <= LONGEST_SUPPRESSION_MS
        if not (order.owner and order.reason and lasting):
            yield f"{name}: without owner, reason and an end within 90 days it holds nothing back"


def _demand(change: RegistryChange) -> tuple[str, int, str, str, str]:
    number = factor_number(change.limit.factor)
    unknown = change.limit.factor if number < 0 else ""
    return (change.limit.source_id, number, unknown, change.limit.basis, change.limit.averaging or "hour")


def _contradict(one: RegistryChange, other: RegistryChange) -> bool:
    a, b = one.limit, other.limit
    if one.id == other.id:
        return False
    apart = (one.valid_to_ms and one.valid_to_ms <= other.valid_from_ms) or (
        other.valid_to_ms and other.valid_to_ms <= one.valid_from_ms
    )
    return not apart and (a.value, a.reference_oxygen_percent) != (b.value, b.reference_oxygen_percent)


def _shown(change: RegistryChange) -> str:
    limit = change.limit
    oxygen = f" at {limit.reference_oxygen_percent:g} % oxygen" if limit.reference_oxygen_percent else ""
    return f"{limit.value:g}{oxygen}"
