"""Who may send, and from when."""

import hashlib

import pytest

from lantian_ingest.feeds import Feed, Feeds
from lantian_proto.readings import Period
from lantian_proto.v1 import registry_pb2 as registry


def change(id_: str = "M1", *, source: str = "S1", **fields: object) -> bytes:
    """A registry change of a feed."""
    entity = fields.pop("feed", {})
    assert isinstance(entity, dict)
    feed = registry.Feed(feed_id=id_, source_id=source, protocol="hj212", **entity)
    return registry.RegistryChange(kind="feed", id=id_, feed=feed, **fields).SerializeToString()  # type: ignore[arg-type]


def source_at(feeds: Feeds, at_ms: int) -> str | None:
    """The source of M1 at a time."""
    feed = feeds.find("M1", "hj212", at_ms)
    return None if feed is None else feed.source_id


def test_unknown_until_applied_and_gone_when_removed() -> None:
    """The table's own life."""
    feeds = Feeds()
    assert source_at(feeds, 0) is None
    feeds.apply("feed/M1", change())
    assert source_at(feeds, 0) == "S1"
    assert feeds.find("M2", "hj212", 0) is None
    assert feeds.find("M1", "gbt32960", 0) is None
    feeds.apply("feed/M1", None)
    assert source_at(feeds, 0) is None


def test_change_takes_effect_at_its_time() -> None:
    """Not at its arrival."""
    feeds = Feeds()
    feeds.apply("feed/M1", change(source="old"))
    feeds.apply("feed/M1", change(source="new", valid_from_ms=1000, valid_to_ms=2000))
    assert [source_at(feeds, at) for at in (999, 1000, 1999, 2000)] == ["old", "new", "new", None]


def test_voided_feed_is_unknown() -> None:
    """From its time on."""
    feeds = Feeds()
    feeds.apply("feed/M1", change())
    feeds.apply("feed/M1", change(voided=True, valid_from_ms=1000))
    assert [source_at(feeds, at) for at in (999, 1000)] == ["S1", None]


def test_correction_replaces_what_it_overtakes() -> None:
    """A later change with an earlier time wins over an announced one."""
    feeds = Feeds()
    feeds.apply("feed/M1", change(source="announced", valid_from_ms=5000))
    feeds.apply("feed/M1", change(source="now", valid_from_ms=1000))
    assert [source_at(feeds, at) for at in (999, 1000, 6000)] == [None, "now", "now"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nonsense", change()),
        ("feed/", change()),
        ("feed/M1", b"\xff\xff"),
        ("feed/M1", change("M2")),
        ("feed/M1", change(source="")),
        ("feed/M1", registry.RegistryChange(kind="feed", id="M1").SerializeToString()),
        ("feed/M1", registry.RegistryChange(kind="limit", id="M1").SerializeToString()),
    ],
)
def test_unreadable_change_is_refused_whole(key: str, value: bytes) -> None:
    """ValueError makes it a dead letter; what was known stays."""
    feeds = Feeds()
    feeds.apply("feed/M1", change())
    with pytest.raises(ValueError, match=r"."):
        feeds.apply(key, value)
    assert source_at(feeds, 0) == "S1"


def test_other_kinds_are_passed_over() -> None:
    """Limits and teams are not ingest's business, whatever they hold."""
    feeds = Feeds()
    feeds.apply("limit/L1", b"\xff")
    assert len(feeds) == 0


def feed(**fields: object) -> Feed:
    """A feed with a password."""
    digest = hashlib.sha256(b"salt123456").hexdigest()
    usual: dict[str, object] = {
        "feed_id": "M1",
        "source_id": "S1",
        "protocol": "hj212",
        "password_salt": "salt",
        "password_sha256": digest,
        "minute_interval": 10,
        "labelled_by_end": False,
    }
    return Feed(**(usual | fields))  # type: ignore[arg-type]


def test_password() -> None:
    """Salted hash; none set takes any."""
    assert feed().knows("123456")
    assert not feed().knows("1234567")
    assert not feed().knows("")
    assert feed(password_sha256="").knows("anything")
    assert feed(password_sha256=feed().password_sha256.upper()).knows("123456")


@pytest.mark.parametrize(
    ("period", "lead"),
    [(Period.REAL_TIME, 0), (Period.MINUTE, 600_000), (Period.HOUR, 3_600_000), (Period.DAY, 86_400_000)],
)
def test_periods_labelled_by_their_end(period: Period, lead: int) -> None:
    """Readings carry the start; an instant has none."""
    assert feed().start_ms(period, 10**12) == 10**12
    assert feed(labelled_by_end=True).start_ms(period, 10**12) == 10**12 - lead
