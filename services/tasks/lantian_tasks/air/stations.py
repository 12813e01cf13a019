"""Which sources are stations."""

from lantian_tasks.access.scope import Scope
from lantian_tasks.ports import RecordQuery, RegistryStore
from lantian_tasks.registry.record import Kind

MOST_STATIONS = 2000


async def stations(registry: RegistryStore, scope: Scope) -> list[tuple[str, str]]:
    """Id and division of each station in the scope, by id. Raises Unavailable."""
    asked = RecordQuery(scope, Kind.SOURCE, MOST_STATIONS, equal=(("entity.kind", "station"),))
    return [(record.id, record.belongs.division_code) for record in await registry.page(asked)]
