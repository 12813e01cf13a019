"""Who may send: feeds of the registry by MN, each change in force from its own time on."""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from google.protobuf.message import DecodeError

from lantian_ingest.decoders.hj212.habits import Known, Label
from lantian_proto.readings import Period
from lantian_proto.v1.registry_pb2 import Feed as FeedEntity
from lantian_proto.v1.registry_pb2 import RegistryChange

KIND: Final = "feed"
VERSIONS_KEPT: Final = 8  # changes of one feed that are announced but not yet in force
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Feed:
    """A registered sender. `minute_interval` is in minutes, 0 when it sends no minute data.

    `codes` is what it calls our factors, `known` what is said of its units and times.
    """

    feed_id: str
    source_id: str
    protocol: str
    password_salt: str
    password_sha256: str
    minute_interval: int
    labelled_by_end: bool
    record_kind: str = ""  # of protocol records: a kind of kinds.yaml
    terminal_chip: str = ""  # of a vehicle: number of its terminal's security chip, and the chip's key in hex
    terminal_key: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=lambda: Known({}))

    def knows(self, password: str) -> bool:
        """True for the feed's password, and for any where none is set."""
        if not self.password_sha256:
            return True
        salted = (self.password_salt + password).encode("utf-8", "surrogateescape")
        return hmac.compare_digest(hashlib.sha256(salted).hexdigest(), self.password_sha256.lower())

    def start_ms(self, period: Period, time_ms: int) -> int:
        """The start of the period that a time names, for feeds of records, which some label by its end."""
        if not self.labelled_by_end or period is Period.REAL_TIME:
            return time_ms
        length = {Period.MINUTE: self.minute_interval * MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}
        return time_ms - length[period]


NOBODY: Final = Feed("", "", "", "salt", "no digest", 0, False)


def admitted(feed: Feed | None, password: str) -> bool:
    """True for a registered feed and its password; a feed that is unknown takes as long as a wrong password."""
    return (NOBODY if feed is None else feed).knows(password) and feed is not None


@dataclass(frozen=True, slots=True)
class _Version:
    valid_from_ms: int
    valid_to_ms: int  # 0: open
    feed: Feed | None  # None: voided


class Feeds:
    """Follows registry.v1; hand `apply` to a CompactedTable."""

    def __init__(self) -> None:
        self._versions: dict[str, list[_Version]] = {}

    def __len__(self) -> int:
        return len(self._versions)

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes one record; other kinds than feeds are passed over. Raises ValueError for one that can not be read."""
        kind, slash, id_ = key.partition("/")
        if not slash or not id_:
            raise ValueError(f"key is not kind/id: {key!r}")
        if kind != KIND:
            return
        if value is None:
            self._versions.pop(id_, None)
            return
        try:
            change = RegistryChange.FromString(value)
        except DecodeError as error:
            raise ValueError(f"no RegistryChange: {error}") from error
        if change.kind != KIND or change.id != id_ or not (change.voided or change.HasField("feed")):
            raise ValueError(f"key {key!r} holds {change.kind!r} {change.id!r} without its feed")
        entity = change.feed
        if not change.voided and not entity.source_id:
            raise ValueError(f"feed {id_!r} has no source")
        feed = Feed(
            feed_id=id_,
            source_id=entity.source_id,
            protocol=entity.protocol,
            password_salt=entity.password_salt,
            password_sha256=entity.password_sha256,
            minute_interval=entity.minute_interval_minutes,
            labelled_by_end=entity.period_labelled_by_end,
            record_kind=entity.record_kind,
            terminal_chip=entity.terminal_chip,
            terminal_key=entity.terminal_key,
            codes=dict(entity.factor_codes),
            known=_known(entity),
        )
        version = _Version(change.valid_from_ms, change.valid_to_ms, None if change.voided else feed)
        versions = self._versions.setdefault(id_, [])
        # A later change takes the place of those it would have followed; earlier ones hold until then.
        versions[:] = [known for known in versions if known.valid_from_ms < version.valid_from_ms]
        versions.append(version)
        del versions[:-VERSIONS_KEPT]

    def in_force(self, at_ms: int) -> Iterator[Feed]:
        """The feeds in force at a time."""
        for versions in self._versions.values():
            at = next((version for version in reversed(versions) if version.valid_from_ms <= at_ms), None)
            if at is not None and at.feed is not None and not (at.valid_to_ms and at.valid_to_ms <= at_ms):
                yield at.feed

    def registered(self, feed_id: str, at_ms: int) -> bool:
        """True for a feed in force at a time, whatever its protocol."""
        versions = self._versions.get(feed_id, ())
        at = next((version for version in reversed(versions) if version.valid_from_ms <= at_ms), None)
        return at is not None and at.feed is not None and not (at.valid_to_ms and at.valid_to_ms <= at_ms)

    def find(self, feed_id: str, protocol: str, at_ms: int) -> Feed | None:
        """The feed in force at a time, ms since 1970 UTC; None when unknown, voided or out of its validity."""
        for version in reversed(self._versions.get(feed_id, ())):
            if version.valid_from_ms <= at_ms:
                ended = version.valid_to_ms and version.valid_to_ms <= at_ms
                feed = version.feed
                return None if ended or feed is None or feed.protocol not in ("", protocol) else feed
        return None


@dataclass(frozen=True, slots=True)
class Names:
    """How a feed of the registry is called by what was seen: vehicles by the pseudonym of their VIN."""

    registered: Callable[[str, int], bool]  # by the name seen, at a time
    seen_as: Callable[[str], str] = lambda feed: feed  # what the registry or a person calls it, to the name seen


def _known(entity: FeedEntity) -> Known:
    """What the registry says; an unknown label counts as none, so that one bad word does not stop a feed."""
    label = Label.END if entity.period_labelled_by_end else Label.UNKNOWN
    if entity.period_label in (Label.START, Label.END):
        label = Label(entity.period_label)
    return Known(dict(entity.units), label, entity.minute_interval_minutes)
