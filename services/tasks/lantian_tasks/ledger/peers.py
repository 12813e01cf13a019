"""举一反三: who may have the same problem, by sector, park or the vendor of treatment devices."""

from dataclasses import dataclass
from typing import Literal

from lantian_tasks.access.scope import Scope
from lantian_tasks.ledger.issue import OPEN_STATES, Issue
from lantian_tasks.ports import IssueQuery, RecordQuery, Store
from lantian_tasks.registry.record import Kind, Record, key_of

Likeness = Literal["industry", "park", "vendor"]
MOST = 200


@dataclass(frozen=True, slots=True)
class Peer:
    """An enterprise that shares something. `open_issues`: of the same category, not ended; `why`: the shared value."""

    enterprise_id: str
    name: str
    division_code: str
    likeness: Likeness
    why: str
    open_issues: int


async def peers_of(store: Store, issue: Issue, scope: Scope) -> list[Peer]:
    """At most 200 enterprises of the scope besides its own; those with open issues of the category first.

    An enterprise that shares several things stands there once, by the first. Raises Unavailable.
    """
    own = issue.head.place.enterprise_id
    record = (await store.records([key_of(Kind.ENTERPRISE, own)], scope)).get(key_of(Kind.ENTERPRISE, own))
    if record is None:
        return []
    shared: dict[str, tuple[Record, Likeness, str]] = {}
    for likeness in ("industry", "park"):
        value = str(record.entity.get(likeness, ""))
        if value:
            found = await store.page(RecordQuery(scope, Kind.ENTERPRISE, MOST, equal=((f"entity.{likeness}", value),)))
            for one in found:
                shared.setdefault(one.id, (one, likeness, value))
    await _by_vendor(store, own, scope, shared)
    shared.pop(own, None)
    rows = []
    for one, why, value in list(shared.values())[:MOST]:
        query = IssueQuery(scope, 1, states=OPEN_STATES, enterprise_id=one.id, category=issue.category)
        counts = await store.count_issues(query, ())
        name, division = str(one.entity["name"]), one.belongs.division_code
        rows.append(Peer(one.id, name, division, why, value, sum(counts.values())))
    return sorted(rows, key=lambda peer: (-peer.open_issues, peer.enterprise_id))


async def _by_vendor(store: Store, own: str, scope: Scope, shared: dict[str, tuple[Record, Likeness, str]]) -> None:
    devices = await store.page(RecordQuery(scope, Kind.DEVICE, MOST, enterprise_id=own))
    for vendor in sorted({str(device.entity["attributes"].get("vendor", "")) for device in devices} - {""}):
        alike = await store.page(RecordQuery(scope, Kind.DEVICE, MOST, equal=(("entity.attributes.vendor", vendor),)))
        keys = [key_of(Kind.ENTERPRISE, device.belongs.enterprise_id) for device in alike]
        for enterprise in (await store.records(keys, scope)).values():
            shared.setdefault(enterprise.id, (enterprise, "vendor", vendor))
