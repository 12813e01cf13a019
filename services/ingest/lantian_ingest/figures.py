"""How many feeds are heard, by city, and how many clocks are wrong: counted when asked for, and not each time."""

from collections import Counter
from collections.abc import Callable, Iterator

from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lantian_ingest.feeds import Feeds
from lantian_ingest.sightings import Sightings
from lantian_proto.v1.registry_pb2 import RegistryChange

HOUR_MS = 3_600_000
KEPT_SECONDS = 60.0
SKEWS = {"60": 60_000, "600": 600_000}
UNKNOWN = "unknown"


class Cities:
    """The city of each source, followed from registry.v1; hand `apply` every record of it."""

    def __init__(self) -> None:
        self._enterprise_of: dict[str, str] = {}
        self._division_of: dict[str, str] = {}

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes sources and enterprises, passes over the rest. Raises ValueError for one that can not be read."""
        kind, _, id_ = key.partition("/")
        if kind not in ("source", "enterprise"):
            return
        if value is None:
            (self._enterprise_of if kind == "source" else self._division_of).pop(id_, None)
            return
        try:
            change = RegistryChange.FromString(value)
        except DecodeError as error:
            raise ValueError(f"no RegistryChange: {error}") from error
        if kind == "source":
            self._enterprise_of[id_] = change.source.enterprise_id
        else:
            self._division_of[id_] = change.enterprise.division_code

    def of(self, source_id: str) -> str:
        """Code of the city, six digits; `unknown` for a source that belongs nowhere."""
        division = self._division_of.get(self._enterprise_of.get(source_id, ""), "")
        return f"{division[:4]}00" if len(division) == 6 else UNKNOWN


class FeedFigures(Collector):
    """Registers itself. Every replica tells what it heard itself: heard ones are summed, registered ones are not."""

    def __init__(
        self,
        feeds: Feeds,
        cities: Cities,
        seen: Sightings,
        now_ms: Callable[[], int],
        registry: CollectorRegistry,
        seen_as: Callable[[str], str] = lambda feed: feed,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._feeds = feeds
        self._cities = cities
        self._seen = seen
        self._now_ms = now_ms
        self._seen_as = seen_as
        self._kept: list[GaugeMetricFamily] = []
        self._kept_for_ms = kept_seconds * 1000
        self._kept_ms = -self._kept_for_ms
        registry.register(self)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names without samples."""
        yield GaugeMetricFamily(
            "lantian_ingest_feeds_registered", "Feeds in force by the registry, by city.", labels=["city"]
        )
        yield GaugeMetricFamily(
            "lantian_ingest_feeds_heard",
            "Registered feeds from which a frame was accepted here within the last hour, by city.",
            labels=["city"],
        )
        yield GaugeMetricFamily(
            "lantian_ingest_feeds_clock_off",
            "Feeds whose clock differed from ours by more than so many seconds when it was last looked at.",
            labels=["seconds"],
        )

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The samples, at most so old."""
        now = self._now_ms()
        if not 0 <= now - self._kept_ms < self._kept_for_ms:
            self._kept, self._kept_ms = list(self._count(now)), now
        yield from self._kept

    def _count(self, now: int) -> Iterator[GaugeMetricFamily]:
        registered, heard, off = Counter[str](), Counter[str](), Counter[str]()
        for feed in self._feeds.in_force(now):
            city = self._cities.of(feed.source_id)
            registered[city] += 1
            seen = self._seen.get(self._seen_as(feed.feed_id))
            if seen is None:
                continue
            heard[city] += now - seen.accepted_ms < HOUR_MS
            for seconds, limit in SKEWS.items():
                off[seconds] += seen.skew_ms is not None and abs(seen.skew_ms) > limit
        one, two, three = self.describe()
        for city, number in registered.items():
            one.add_metric([city], number)
            two.add_metric([city], heard[city])
        for seconds in SKEWS:
            three.add_metric([seconds], off[seconds])
        yield from (one, two, three)


def all_of(*takers: Callable[[str, bytes | None], None]) -> Callable[[str, bytes | None], None]:
    """One `apply` for several that follow the same topic."""

    def apply(key: str, value: bytes | None) -> None:
        for take in takers:
            take(key, value)

    return apply
