"""What becomes of a publisher's document: judged as a whole, kept as evidence, its readings packed."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lantian_ingest.arrival import Arrival
from lantian_ingest.decoders.records.documents import Document, DocumentError, Media, read
from lantian_ingest.decoders.records.kinds import Kind, kinds
from lantian_ingest.decoders.records.rows import Checked, Record, RowError, check
from lantian_ingest.feeds import DAY_MS, HOUR_MS, MINUTE_MS, Feed, Feeds
from lantian_ingest.identity_keys import Keys
from lantian_ingest.intake import Intake
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
from lantian_ingest.publishers.secrecy import Secrecy
from lantian_kit.clock import Clock
from lantian_proto.events import header
from lantian_proto.readings import Edition, Period

PROTOCOL: Final = "records"  # of the registry, whatever way they come
INLINE_BYTES: Final = 32_768  # larger documents are read beside the event loop
KEPT_OF_TOO_LARGE: Final = 65_536
FEEDS_NAMED: Final = 500
LENGTH: Final = {Period.REAL_TIME: 0, Period.MINUTE: MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}
FEED_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
VIN: Final = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.IGNORECASE)
PARTLY: Final = "rows-refused"
NO_ERRORS: Final[tuple[RowError, ...]] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: `protocol` labels the metrics, `may` says for which feeds it may send."""

    protocol: str
    id: str
    peer: str
    may: Callable[[str], bool]
    identities: bool = True  # False: the way here is not closed enough for plates and VINs


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a document. `outcome` is as judged, until it was handed over."""

    outcome: Outcome
    reason: str
    detail: str
    rows: int
    accepted: int
    readings: int
    errors: Sequence[RowError]
    arrival: Arrival | None = None

    @property
    def id(self) -> str:
        """The evidence's id in raw-frames.v1; empty for what was only tried."""
        return "" if self.arrival is None else header(self.arrival.headers(), "ce_id") or ""


class Desk:
    """Takes documents of all transports. One document is one unit: one outcome, one record of evidence."""

    def __init__(
        self, intake: Intake, feeds: Feeds, clock: Clock, keys: Keys | None, *, late_seconds: float, rows_at_most: int
    ) -> None:
        self.intake = intake
        self.rows_at_most = rows_at_most
        self._feeds = feeds
        self._clock = clock
        self._keys = keys
        self._secrecy = Secrecy(None if keys is None else keys.sealer)
        self._late_ms = int(late_seconds * 1000)

    async def judge(
        self, body: bytes, media: Media, sender: Sender, *, charset: str = "", partly: bool = False
    ) -> Report:
        """The judgement of a body. With `partly` rows without errors are taken although others are refused."""
        try:
            document = await self._beside(body, lambda: read(body, media, self.rows_at_most, charset))
        except DocumentError as error:
            return self.unreadable(body, sender, error)
        return await self.judge_rows(body, document, sender, charset=charset, partly=partly)

    async def judge_rows(
        self, body: bytes, document: Document, sender: Sender, *, charset: str = "", partly: bool = False
    ) -> Report:
        """The judgement of rows that a transport has read from a body itself."""
        now = self._clock.now_ms()
        feeds = self._known(document.rows, sender, now)
        allowed = {name: kinds()[feed.record_kind] for name, feed in feeds.items() if feed.record_kind in kinds()}
        if not sender.identities and any(kind.identities for kind in allowed.values()):
            detail = "plates and VINs do not come this way; POST them to /v1/readings"
            return self._report(
                body, sender, Outcome.UNSUPPORTED, "identity-kind", detail, document, allowed=allowed, now=now
            )
        key = None if self._keys is None else self._keys.identity
        checked = await self._beside(body, lambda: check(document.rows, allowed.get, now, key))
        records = checked.records if partly or not checked.errors else []
        outcome, reason = _judged(checked, bool(records))
        return self._report(
            body, sender, outcome, reason, "", document, checked, records, feeds, allowed, charset=charset, now=now
        )

    def unreadable(self, body: bytes, sender: Sender, error: DocumentError) -> Report:
        """The judgement of a body that is no document."""
        outcome = Outcome.TOO_LARGE if error.reason == "too-many-rows" else Outcome.MALFORMED
        return self._report(body, sender, outcome, error.reason, str(error))

    def too_large(self, body: bytes, sender: Sender, detail: str) -> Report:
        """The judgement of a body that was not read to its end; its beginning is kept."""
        return self._report(body[:KEPT_OF_TOO_LARGE], sender, Outcome.TOO_LARGE, "body", detail)

    async def take(self, report: Report) -> Outcome:
        """Hands over what was judged; the outcome is the one counted."""
        if report.arrival is None:
            raise ValueError("there is nothing to hand over")
        return await self.intake.hand_over(report.arrival)

    async def _beside(self, body: bytes, work: Callable[[], Any]) -> Any:
        return work() if len(body) <= INLINE_BYTES else await asyncio.to_thread(work)

    def _known(self, rows: Iterable[Mapping[str, Any]], sender: Sender, now: int) -> dict[str, Feed]:
        names = {name for row in rows if isinstance(name := row.get("feed"), str)}
        found = {}
        for name in names:
            feed = self._feeds.find(name, PROTOCOL, now) if sender.may(name) else None
            if feed is not None and feed.protocol == PROTOCOL:
                found[name] = feed
        return found

    def _report(
        self,
        body: bytes,
        sender: Sender,
        outcome: Outcome,
        reason: str,
        detail: str,
        document: Document | None = None,
        checked: Checked | None = None,
        records: Sequence[Record] = (),
        feeds: Mapping[str, Feed] | None = None,
        allowed: Mapping[str, Kind] | None = None,
        *,
        charset: str = "",
        now: int | None = None,
    ) -> Report:
        now = self._clock.now_ms() if now is None else now
        readings = (
            [readings_of(record, feeds[record.feed], now) for record in records if record.factors] if feeds else []
        )
        latest = max((record.time_ms + LENGTH[record.period] for record in records), default=now)
        kept = self._secrecy.kept(body, document, checked, allowed or {}, charset, now)
        names = sorted(feeds or {})
        extra = [*kept.headers, ("publisher", sender.id.encode())]
        if len(names) > 1:
            extra.append(("feeds", ",".join(names[:FEEDS_NAMED]).encode()))
        quirks = frozenset({PARTLY}) if records and checked is not None and checked.errors else frozenset[str]()
        arrival = Arrival(
            protocol=sender.protocol,
            raw=kept.raw,
            feed=names[0] if len(names) == 1 else _stranger(document, sender) if not names else sender.id,
            peer=sender.peer,
            outcome=outcome,
            received_ms=now,
            reason=reason,
            verdict="",
            edition="",
            readings=readings,
            late=bool(records) and now - latest > self._late_ms,
            quirks=quirks,
            extra=extra,
        )
        return Report(
            outcome=outcome,
            reason=reason,
            detail=detail,
            rows=0 if document is None else len(document.rows),
            accepted=len(records),
            readings=sum(len(part.values) for part in readings),
            errors=NO_ERRORS if checked is None else checked.errors,
            arrival=arrival,
        )


def _stranger(document: Document | None, sender: Sender) -> str:
    """Who a document without a registered feed is of: the one feed that it names, so that it is seen and found by it
    and can be adopted; else its publisher. A name that may be a vehicle's is nobody's to write down.
    """
    sent = {row.get("feed") for row in document.rows} if document is not None else set()
    name = sent.pop() if len(sent) == 1 else None
    if not isinstance(name, str) or FEED_NAME.fullmatch(name) is None or VIN.fullmatch(name) or not sender.may(name):
        return sender.id
    return name


def _judged(checked: Checked, taken: bool) -> tuple[Outcome, str]:
    """Outcome and reason of a batch: that of its first error, unknown feeds aside when there are others."""
    if taken:
        return Outcome.ACCEPTED, PARTLY if checked.errors else ""
    others = [error for error in checked.errors if error.reason != "unknown-feed"]
    if not others:
        return Outcome.UNKNOWN_FEED, "unknown-feed"
    if all(error.reason == "no-identity-key" for error in others):
        return Outcome.UNSUPPORTED, "no-identity-key"
    return Outcome.MALFORMED, others[0].reason


def readings_of(record: Record, feed: Feed, now: int) -> Readings:
    """A record under its source; `now` is when it came in, ms since 1970 UTC."""
    return Readings(
        source=feed.source_id,
        factors=record.factors,
        stats=record.stats,
        period=record.period,
        time_ms=feed.start_ms(record.period, record.time_ms),
        values=record.values,
        flags=record.flags,
        received_ms=now,
        edition=Edition.E2017,
        seq=0,
    )
