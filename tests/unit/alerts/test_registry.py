"""The registry of alerts: validity in time, repeats, removal, bytes that are no change."""

import pytest

from lantian_alerts.core.registry import Registry
from lantian_proto.v1.registry_pb2 import Feed, Limit, Mark, RegistryChange, Source, Team


def limit(
    value: float, revision: int = 1, valid_from: int = 0, valid_to: int = 0, *, voided: bool = False
) -> RegistryChange:
    """A limit of source s for sulphur dioxide."""
    return RegistryChange(
        kind="limit", id="l", revision=revision, valid_from_ms=valid_from, valid_to_ms=valid_to, voided=voided,
        limit=Limit(limit_id="l", source_id="s", factor="a21026", value=value),
    )  # fmt: skip


def values(registry: Registry, at_ms: int, factor: str = "a21026") -> list[float]:
    """Limits in force."""
    return [one.value for one in registry.site("s").limits(factor, at_ms)]


def test_a_change_holds_from_its_day() -> None:
    """The revision before holds until then; the end is exclusive."""
    registry = Registry()
    registry.take(limit(50))
    registry.take(limit(35, revision=2, valid_from=1000, valid_to=2000))
    assert [values(registry, at) for at in (0, 999, 1000, 1999, 2000)] == [[50], [50], [35], [35], []]


def test_order_and_repeats_do_not_matter() -> None:
    """The same changes in another order, and twice, give the same limits."""
    registry = Registry()
    for change in (
        limit(35, revision=2, valid_from=1000),
        limit(50),
        limit(50),
        limit(35, revision=2, valid_from=1000),
    ):
        registry.take(change)
    assert [values(registry, at) for at in (999, 1000)] == [[50], [35]]


def test_a_voided_entity_never_held() -> None:
    """Voiding reaches back; so does the removal of the key."""
    registry = Registry()
    registry.take(limit(50))
    registry.take(limit(50, revision=2, voided=True))
    assert values(registry, 0) == []
    registry.take(limit(50, revision=3))
    assert values(registry, 0) == [50]
    registry.apply("limit/l", None)
    assert values(registry, 0) == []


def test_codes_of_2005_are_the_same_factor() -> None:
    """A limit written with the code of one edition holds for the other."""
    registry = Registry()
    registry.take(limit(50))
    assert values(registry, 0, "02") == [50]
    assert values(registry, 0, "nonsense") == []


def test_marks_touch_periods() -> None:
    """A mark without an end goes on; the end is exclusive."""
    registry = Registry()
    for id_, start, end in (("a", 100, 200), ("b", 300, 0)):
        mark = Mark(mark_id=id_, source_id="s", kind="fault", start_ms=start, end_ms=end)
        registry.take(RegistryChange(kind="mark", id=id_, revision=1, mark=mark))
    found = [[one.mark_id for one in registry.site("s").marks(*period)] for period in ((0, 100), (0, 101), (200, 400))]
    assert found == [[], ["a"], ["b"]]


def test_what_changed_is_told_by_source() -> None:
    """Followers learn which sources were touched since they last asked."""
    registry = Registry()
    registry.take(RegistryChange(kind="source", id="s", revision=1, source=Source(source_id="s")))
    seen = registry.changes
    assert registry.touched_since(seen) == []
    registry.take(RegistryChange(kind="feed", id="f", revision=1, feed=Feed(feed_id="f", source_id="t")))
    assert registry.touched_since(seen) == ["t"]
    assert registry.knows("s")
    assert registry.knows("t")
    assert not registry.knows("u")


def test_too_long_ago_to_tell() -> None:
    """After very many changes followers are told to look at everything."""
    registry = Registry()
    for revision in range(10_002):
        registry.take(limit(50, revision=revision))
        registry.apply("limit/l", None)
    assert registry.touched_since(0) is None


def test_kinds_of_others_are_passed_over() -> None:
    """Teams are none of alerts' business."""
    registry = Registry()
    registry.take(RegistryChange(kind="team", id="t", revision=1, team=Team(team_id="t")))
    assert registry.changes == 0


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("limit/l", b"\xff\xff\xff", "no registry change"),
        ("limit/other", limit(50).SerializeToString(), "does not fit"),
        ("limit/l", RegistryChange(kind="limit", id="l", feed=Feed(feed_id="f")).SerializeToString(), "carries feed"),
        ("feed/f", RegistryChange(kind="feed", id="f", feed=Feed(feed_id="f")).SerializeToString(), "no source"),
    ],
)
def test_bytes_that_are_no_change(key: str, value: bytes, reason: str) -> None:
    """Unreadable, under a foreign key, with the wrong entity or without a source: refused with a reason."""
    with pytest.raises(ValueError, match=reason):
        Registry().apply(key, value)
