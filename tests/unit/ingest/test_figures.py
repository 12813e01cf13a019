"""Feeds heard and registered by city, and clocks that are off."""

from prometheus_client import CollectorRegistry

from lantian_ingest.feeds import Feeds
from lantian_ingest.figures import KEPT_SECONDS, Cities, FeedFigures
from lantian_ingest.sightings import Sighting, Sightings
from lantian_proto.v1.registry_pb2 import RegistryChange

NOW_MS = 1_800_000_000_000


class Desk:
    """Two cities, three feeds and one whose source belongs nowhere."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.feeds, self.cities, self.seen = Feeds(), Cities(), Sightings()
        self.registry = CollectorRegistry()
        self.figures = FeedFigures(self.feeds, self.cities, self.seen, lambda: self.now_ms, self.registry)
        for enterprise, division in (("e1", "130102"), ("e2", "410105")):
            change = RegistryChange(kind="enterprise", id=enterprise)
            change.enterprise.division_code = division
            self.cities.apply(f"enterprise/{enterprise}", change.SerializeToString())
        for source, enterprise in (("s1", "e1"), ("s2", "e1"), ("s3", "e2"), ("s4", "e9")):
            change = RegistryChange(kind="source", id=source)
            change.source.enterprise_id = enterprise
            self.cities.apply(f"source/{source}", change.SerializeToString())
            feed = RegistryChange(kind="feed", id=f"f{source[1]}")
            feed.feed.source_id = source
            self.feeds.apply(f"feed/f{source[1]}", feed.SerializeToString())

    def hear(self, feed: str, ago_ms: int, skew_ms: int | None = None) -> None:
        """A frame of the feed was accepted so long ago."""
        self.seen._known[feed] = Sighting("hj212", 0, accepted_ms=NOW_MS - ago_ms, skew_ms=skew_ms)

    def value(self, name: str, **labels: str) -> float | None:
        """A sample."""
        return self.registry.get_sample_value(name, labels)


def test_feeds_are_counted_by_city() -> None:
    """Heard within the hour, or not."""
    desk = Desk()
    desk.hear("f1", 60_000, skew_ms=-90_000)
    desk.hear("f2", 3_700_000, skew_ms=700_000)
    desk.hear("f3", 0)
    assert desk.value("lantian_ingest_feeds_registered", city="130100") == 2
    assert desk.value("lantian_ingest_feeds_heard", city="130100") == 1
    assert desk.value("lantian_ingest_feeds_heard", city="410100") == 1
    assert desk.value("lantian_ingest_feeds_heard", city="unknown") == 0
    assert desk.value("lantian_ingest_feeds_clock_off", seconds="60") == 2
    assert desk.value("lantian_ingest_feeds_clock_off", seconds="600") == 1


def test_it_is_counted_once_a_minute() -> None:
    """However often it is asked; 70,000 feeds are not walked through for each scrape."""
    desk = Desk()
    assert desk.value("lantian_ingest_feeds_heard", city="410100") == 0
    desk.hear("f3", 0)
    assert desk.value("lantian_ingest_feeds_heard", city="410100") == 0
    desk.now_ms += int(KEPT_SECONDS * 1000)
    assert desk.value("lantian_ingest_feeds_heard", city="410100") == 1
