"""Where the registry places what an issue or a lead is about."""

from collections.abc import Mapping
from typing import Any

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.clocks.facts import Site
from lantian_tasks.ports import Store
from lantian_tasks.registry.record import Kind, key_of


async def site_of(store: Store, source_id: str, enterprise_id: str) -> Site | None:
    """The source's own place, else that of its enterprise; None: no coordinates are known. Raises Unavailable."""
    names = {Kind.SOURCE: source_id, Kind.ENTERPRISE: enterprise_id}
    keys = {kind: key_of(kind, id_) for kind, id_ in names.items() if id_}
    known = await store.records(list(keys.values()), EVERYTHING) if keys else {}
    found = {kind: known[key].entity for kind, key in keys.items() if key in known}
    return site_among(found.get(Kind.SOURCE, {}), found.get(Kind.ENTERPRISE, {}))


def site_among(source: Mapping[str, Any], enterprise: Mapping[str, Any]) -> Site | None:
    """The same from the entities, empty where there is none. A vehicle is where it is, not where its owner is. Pure."""
    if source.get("kind") == "vehicle":
        return Site("vehicle")
    for of, entity in (("source", source), ("enterprise", enterprise)):
        latitude, longitude = float(entity.get("latitude", 0.0)), float(entity.get("longitude", 0.0))
        if latitude or longitude:
            return Site("source" if of == "source" else "enterprise", latitude, longitude)
    return None
