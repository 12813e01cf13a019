"""The registry's divisions as the table that scopes are drawn from, read again now and then."""

from lantian_kit.access.divisions import Division, Divisions
from lantian_kit.access.scope import EVERYTHING
from lantian_kit.clock import Clock
from lantian_tasks.ports import RecordQuery, RegistryStore
from lantian_tasks.registry.record import Kind, Record

AGAIN_WALL_MS = 60_000
PAGE = 1000


class DivisionTable:
    """A change of the registry's divisions holds for every caller within a minute."""

    def __init__(self, store: RegistryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._read_wall_ms: int | None = None
        self._divisions = Divisions()

    async def current(self) -> Divisions:
        """Raises Unavailable while the store is away: an old table would show what is no longer the caller's."""
        now = self._clock.wall_ms()
        if self._read_wall_ms is None or now - self._read_wall_ms >= AGAIN_WALL_MS:
            self._divisions = Divisions(tuple(await self._rows()))
            self._read_wall_ms = now
        return self._divisions

    async def _rows(self) -> list[Division]:
        found: list[Division] = []
        after = ""
        while True:
            page = await self._store.page(RecordQuery(EVERYTHING, Kind.DIVISION, PAGE, after=after))
            found += [row for row in map(_division, page) if row.parent_code or row.successor_code]
            if len(page) < PAGE:
                return found
            after = page[-1].id


def _division(record: Record) -> Division:
    said = record.entity.get("attributes", {})
    dates = (record.validity.from_ms, record.validity.to_ms)
    return Division(record.id, said.get("parent_code", ""), said.get("successor_code", ""), *dates)
