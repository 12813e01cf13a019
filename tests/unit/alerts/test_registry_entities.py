"""Entities kept as bytes: every question is answered as if all versions were objects in a list."""

from hypothesis import given
from hypothesis import strategies as st

from lantian_alerts.core import entities
from lantian_alerts.core.key_index import KeyIndex
from lantian_alerts.core.registry import OPEN_AT_MOST, TIDIED_FROM_BYTES, Registry
from lantian_proto.v1.registry_pb2 import Limit, Mark, RegistryChange, Source

SOURCES = ("s", "t")
VALUES = st.builds(
    lambda id_, source, revision, begin, end, voided: RegistryChange(
        kind="limit", id=id_, revision=revision, valid_from_ms=begin, valid_to_ms=end, voided=voided,
        limit=Limit(limit_id=id_, source_id=source, factor="a21026", value=1.0 + revision),
    ),
    st.sampled_from("ab"), st.sampled_from(SOURCES), st.integers(0, 4), st.integers(0, 6), st.integers(0, 6),
    st.booleans(),
)  # fmt: skip
FORGOTTEN = st.sampled_from(("limit/a", "limit/b"))


def plainly(taken: list[RegistryChange | str], source_id: str, at_ms: int) -> set[tuple[str, float]]:
    """Limits in force by the words of Registry: newest revision that has begun, of the source itself, not voided."""
    known: dict[str, dict[int, RegistryChange]] = {}
    for one in taken:
        if isinstance(one, str):
            known.pop(one, None)
        else:
            known.setdefault(f"limit/{one.id}", {})[one.revision] = one
    found = set()
    for versions in known.values():
        ordered = [versions[revision] for revision in sorted(versions, reverse=True)]
        begun = [one for one in ordered if one.valid_from_ms <= at_ms]
        if ordered[0].voided or not begun or begun[0].voided or begun[0].limit.source_id != source_id:
            continue
        if begun[0].valid_to_ms == 0 or at_ms < begun[0].valid_to_ms:
            found.add((begun[0].id, begun[0].limit.value))
    return found


@given(st.lists(VALUES | FORGOTTEN, max_size=12), st.integers(0, 6))
def test_any_changes_in_any_order(taken: list[RegistryChange | str], at_ms: int) -> None:
    """Entities that move between sources, are repeated, voided, forgotten and come back."""
    registry = Registry()
    for one in taken:
        if isinstance(one, str):
            registry.apply(one, None)
        else:
            registry.apply(f"{one.kind}/{one.id}", one.SerializeToString())
        for source_id in SOURCES:  # asked in between: what is held as objects must follow
            registry.site(source_id).stated(at_ms)
    for source_id in SOURCES:
        found = registry.site(source_id).stated(at_ms)
        assert {(one.limit_id, one.value) for one in found} == plainly(taken, source_id, at_ms)
        assert all(one.source_id == source_id for one in found)


def test_a_source_gets_all_versions_of_what_moves_to_it() -> None:
    """A limit that named another source before holds from its own day on, and ends there what it gave before."""
    registry = Registry()
    for revision, source_id, begin in ((1, "s", 0), (2, "t", 1000)):
        limit = Limit(limit_id="l", source_id=source_id, factor="a21026", value=revision)
        registry.take(RegistryChange(kind="limit", id="l", revision=revision, valid_from_ms=begin, limit=limit))
    seen = [[one.value for one in registry.site(source).stated(at)] for source in SOURCES for at in (999, 1000)]
    assert seen == [[1], [], [], [2]]


def test_more_sources_than_are_held_as_objects() -> None:
    """The first one is read again from its bytes."""
    registry = Registry()
    names = [f"s{place}" for place in range(OPEN_AT_MOST + 3)]
    for name in names:
        registry.take(RegistryChange(kind="source", id=name, revision=1, source=Source(source_id=name, name=name)))
    for name in [*names, *names]:
        source = registry.site(name).source(0)
        assert source is not None
        assert source.name == name


def test_repeats_do_not_fill_the_memory() -> None:
    """One change taken a thousand times is kept a few times at most."""
    registry, mark = Registry(), Mark(mark_id="m", source_id="s", kind="fault", reason="x" * 100)
    for _ in range(1000):
        registry.take(RegistryChange(kind="mark", id="m", revision=1, mark=mark))
    assert sum(len(data) for data in registry._bytes) < 2 * TIDIED_FROM_BYTES
    assert len(registry.site("s").marks(0, 1)) == 1


def test_marks_are_kept_in_few_bytes() -> None:
    """A mark takes its content, its key and some twenty bytes."""
    mark = Mark(mark_id="mark-1", source_id="outlet-000001", kind="fault", start_ms=1, end_ms=2)
    change = entities.Version(1, 0, entities.FOR_EVER, False, mark.source_id, mark)
    data = entities.appended(b"", "mark/mark-1", change, "outlet-000001")
    assert len(data) <= len(mark.SerializeToString()) + len("mark/mark-1") + 20
    assert entities.read(data, "outlet-000001") == {"mark/mark-1": [change]}


@given(st.lists(st.tuples(st.sampled_from([f"k{place}" for place in range(90)]), st.integers(0, 3)), unique=True))
def test_numbers_of_a_key(pairs: list[tuple[str, int]]) -> None:
    """All numbers put under a key come back, also after the table has grown."""
    index = KeyIndex()
    for key, number in pairs:
        index.put(key, number)
    for key in {key for key, _ in pairs}:
        assert {number for own, number in pairs if own == key} == set(index.of(key))
    assert index.of("never put") == []
