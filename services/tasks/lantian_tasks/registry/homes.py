"""What hangs on an enterprise or a source lies where its owner lies, also when both are written at the same moment.

An owner is written first and what hangs on it is brought along after. Whoever writes something that hangs on an owner
looks at the owner once more afterwards: either the one who moved it found the new document, or this look finds that
the owner has moved. Both bring everything to where the owner lies when they have done it, so the last word is right.
"""

from collections.abc import Collection, Iterable

from lantian_kit.worker import Unavailable
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ports import RegistryStore
from lantian_tasks.registry.record import Belongs, Kind, Record, key_of

ATTEMPTS = 20
"""Moves of one owner while it is followed, before somebody else tries."""


def has_moved(record: Record) -> bool:
    """Whether an enterprise has ever lain in another division."""
    divisions = {entry["fields"].get("entity", {}).get("division_code") for entry in record.history}
    return record.kind == Kind.ENTERPRISE and len(divisions) > 1


def _division(enterprise: Record) -> str:
    # As it was entered: where the record lies is brought along too, perhaps by somebody who comes too late.
    return str(enterprise.entity["division_code"])


class Homes:
    """Every method raises Unavailable; done again it changes nothing."""

    def __init__(self, store: RegistryStore) -> None:
        self._store = store

    async def follow_enterprise(self, enterprise_id: str) -> None:
        """Brings all of an enterprise, its leads and issues too, to the division in which it lies."""
        key = key_of(Kind.ENTERPRISE, enterprise_id)
        brought: str | None = None
        for _ in range(ATTEMPTS):
            enterprise = await self._one(key)
            if enterprise is None or _division(enterprise) == brought:
                return
            brought = _division(enterprise)
            await self._store.move_enterprise(enterprise_id, brought)
        raise Unavailable(f"{key} moved {ATTEMPTS} times while what hangs on it was brought along")

    async def follow_source(self, source_id: str) -> None:
        """Brings what hangs on a source to its enterprise; its issues stay where they happened."""
        key = key_of(Kind.SOURCE, source_id)
        brought: Belongs | None = None
        for _ in range(ATTEMPTS):
            source = await self._one(key)
            if source is None or source.belongs == brought:
                return
            brought = source.belongs
            await self._store.move_source(source_id, brought.enterprise_id, brought.division_code)
        raise Unavailable(f"{key} moved {ATTEMPTS} times while what hangs on it was brought along")

    async def settle(self, belongs: Iterable[Belongs]) -> None:
        """To be called when something was written that belongs there: brings along whose owner lies elsewhere now."""
        written = set(belongs)
        sources = await self._records(Kind.SOURCE, {one.source_id for one in written})
        for one in written:
            source = sources.get(key_of(Kind.SOURCE, one.source_id))
            if source is not None and source.belongs.enterprise_id != one.enterprise_id:
                await self.follow_source(source.id)
        homes = written | {source.belongs for source in sources.values()}
        enterprises = await self._records(Kind.ENTERPRISE, {one.enterprise_id for one in homes})
        strayed = {
            one.enterprise_id
            for one in homes
            if (enterprise := enterprises.get(key_of(Kind.ENTERPRISE, one.enterprise_id))) is not None
            and _division(enterprise) != one.division_code
        }
        for enterprise_id in sorted(strayed):
            await self.follow_enterprise(enterprise_id)

    async def _one(self, key: str) -> Record | None:
        return (await self._store.records([key], EVERYTHING)).get(key)

    async def _records(self, kind: Kind, ids: Collection[str]) -> dict[str, Record]:
        keys = [key_of(kind, id_) for id_ in ids if id_]
        return await self._store.records(keys, EVERYTHING) if keys else {}
