"""A registry entry written back by somebody who reads phone numbers and plates masked: the numbers
stay as they are. Pure.
"""

from lantian_kit.access.personal import restored
from lantian_proto.both import Both
from lantian_tasks.registry.entities import Entity
from lantian_tasks.registry.kinds import as_written
from lantian_tasks.registry.record import Kind, Record, public

MASKED = Both("a masked number is not written: give it in full", "号码已隐去：请填写完整号码，或保持原样")


def with_numbers(kind: Kind, entity: Entity, before: Record | None) -> Entity:
    """The entity with those numbers in full that it holds masked. Raises ValueError for one that was not there."""
    said = entity.model_dump()
    meant = restored(said, as_written(kind, public(before.entity)) if before else {})
    return entity if meant == said else type(entity).model_validate(meant)
