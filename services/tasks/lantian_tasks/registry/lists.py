"""Lists an enterprise stands on: positive 正面清单, heating, guarantee 保障类, …"""

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ports import RegistryStore
from lantian_tasks.registry.record import Kind, key_of


async def lists_of(store: RegistryStore, enterprise_id: str) -> tuple[str, ...]:
    """The names of the lists; none for an enterprise that nobody knows. Raises Unavailable."""
    key = key_of(Kind.ENTERPRISE, enterprise_id)
    found = (await store.records([key], EVERYTHING)).get(key) if enterprise_id else None
    return tuple(found.entity.get("list_types", ())) if found is not None else ()
