"""One record of a publisher to readings, or to a list of what is wrong; a record is taken whole or not at all."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from lantian_ingest.decoders.records.kinds import PERIODS, Item, Kind
from lantian_ingest.decoders.records.times import TimeRefused, instant_ms
from lantian_ingest.decoders.records.units import named, scale
from lantian_ingest.decoders.vehicle.pseudonym import Identity, normalized, pseudonym
from lantian_proto.readings import STAT_NAMES, Period, Stat

STATS: Final[Mapping[str, Stat]] = {name.replace("-", ""): stat for stat, name in STAT_NAMES.items()}
FLAGS: Final = frozenset("NFMSDCTBKPHLE")  # marks of HJ 212-2017 table 8 and their forerunners
IDENTITIES: Final = {"plate": Identity.PLATE, "vin": Identity.VIN}
FINGERPRINT_DIGITS: Final = 12  # 48 bits: exact in a float
TEXT_CHARACTERS: Final = 500
SHORTEST_IDENTITY: Final = 5
NO_FLAG: Final = 0

Row = Mapping[str, Any]


class RowError(NamedTuple):
    """What is wrong: row from 1, field by the publisher's name, a stable reason, and words."""

    row: int
    field: str
    reason: str
    detail: str


class Record(NamedTuple):
    """One accepted record; the columns have one length. `rest` counts texts, which are no readings."""

    row: int
    feed: str
    period: Period
    time_ms: int
    factors: tuple[int, ...]
    stats: bytes
    values: tuple[float, ...]
    flags: bytes


class Checked(NamedTuple):
    """A batch as it was understood."""

    records: list[Record]
    errors: list[RowError]

    @property
    def refused_rows(self) -> list[int]:
        """Rows with an error, ascending."""
        return sorted({error.row for error in self.errors})


KindOf = Callable[[str], Kind | None]


def check(rows: Iterable[Row], kind_of: KindOf, now_ms: int, key: bytes | None, first_row: int = 1) -> Checked:
    """Checks every row; never raises.

    `kind_of` says what a feed sends, None for one that may not send here: unknown, out of validity or another's are one
    answer. `key` makes fingerprints of plates and VINs; without it rows that have one are refused. Bounds, units and
    required fields are those of kinds.yaml.
    """
    records: list[Record] = []
    errors: list[RowError] = []
    seen: dict[tuple[str, Period, int, bytes, tuple[int, ...]], int] = {}
    for number, row in enumerate(rows, first_row):
        reader = _Reader(number, row, kind_of, now_ms, key)
        record = reader.read()
        if record is not None:
            same = (record.feed, record.period, record.time_ms, record.stats, record.factors)
            before = seen.setdefault(same, number)
            if before != number:
                reader.wrong("time", "repeated", f"row {before} has the same feed, time, period and fields")
        errors += reader.errors
        if record is not None and not reader.errors:
            records.append(record)
    return Checked(records, errors)


class _Reader:
    """One row."""

    def __init__(self, number: int, row: Row, kind_of: KindOf, now_ms: int, key: bytes | None) -> None:
        self._number = number
        self._row = row
        self._kind_of = kind_of
        self._now_ms = now_ms
        self._key = key
        self.errors: list[RowError] = []

    def wrong(self, field: str, reason: str, detail: str) -> None:
        """Notes an error."""
        self.errors.append(RowError(self._number, field[:80], reason, detail))

    def read(self) -> Record | None:
        row = self._row
        feed = row.get("feed")
        kind = self._kind_of(feed) if isinstance(feed, str) else None
        if not isinstance(feed, str) or kind is None:
            self.wrong("feed", "unknown-feed", "no feed of this name may send here")
            return None
        said = row.get("kind")
        if said not in (None, "", kind.name):
            self.wrong("kind", "wrong-kind", f"this feed sends {kind.name}")
            return None
        try:
            time_ms = instant_ms(row.get("time"), self._now_ms)
        except TimeRefused as error:
            time_ms = 0
            self.wrong("time", error.reason, str(error))
        period = self._period(kind)
        flag = self._flag(row.get("flag"), "flag")
        factors: list[int] = []
        stats: list[int] = []
        values: list[float] = []
        flags: list[int] = []
        texts, present = 0, set()
        for column, sent in row.items():
            if column in ("feed", "kind", "time", "period", "flag") or _absent(sent):
                continue
            name, stat = _split(column, period)
            item = kind.item(name)
            if item is None:
                self.wrong(column, "unknown-field", f"{kind.name} has no such field")
                continue
            present.add(item.factor)
            if item.text:
                texts += self._text(column, sent)
                continue
            value, own_flag = self._value(column, item, sent)
            if value is not None:
                factors.append(item.known.number)
                stats.append(stat)
                values.append(value)
                flags.append(flag if own_flag is None else own_flag)
        for name, item in kind.fields.items():
            if item.required and item.factor not in present:
                self.wrong(name, "missing", f"{kind.name} needs it")
        if len(set(zip(factors, stats, strict=True))) < len(factors):
            self.wrong("", "repeated-field", "two columns name the same factor and statistic")
        if not factors and not texts and not self.errors:
            self.wrong("", "empty", "the record has no value")
        if self.errors:
            return None
        return Record(self._number, feed, period, time_ms, tuple(factors), bytes(stats), tuple(values), bytes(flags))

    def _period(self, kind: Kind) -> Period:
        said = self._row.get("period")
        if said in (None, ""):
            return PERIODS[kind.periods[0]]
        if not isinstance(said, str) or said not in kind.periods:
            self.wrong("period", "period", f"one of {', '.join(kind.periods)}")
            return Period.REAL_TIME
        return PERIODS[said]

    def _flag(self, sent: object, field: str) -> int:
        if _absent(sent):
            return NO_FLAG
        if isinstance(sent, str) and sent.strip().upper() in FLAGS:
            return ord(sent.strip().upper())
        self.wrong(field, "flag", f"one of {', '.join(sorted(FLAGS))} (HJ 212-2017 table 8)")
        return NO_FLAG

    def _text(self, column: str, sent: object) -> int:
        if not isinstance(sent, str) or len(sent) > TEXT_CHARACTERS:
            self.wrong(column, "text", f"a text of at most {TEXT_CHARACTERS} characters")
            return 0
        return 1

    def _value(self, column: str, item: Item, sent: Any) -> tuple[float | None, int | None]:
        """The value in the factor's unit and its own flag, if it has one; None for one that is wrong or absent."""
        flag: int | None = None
        unit = item.unit
        if isinstance(sent, Mapping):
            strange = sent.keys() - {"value", "unit", "flag"}
            if strange or "value" not in sent:
                self.wrong(column, "value", "an object has value, and may have unit and flag")
                return None, None
            if not _absent(sent.get("flag")):
                flag = self._flag(sent["flag"], f"{column}.flag")
            if not _absent(sent.get("unit")):
                unit = str(sent["unit"])[:40]
            sent = sent["value"]
            if _absent(sent):
                return None, flag
        if item.identity:
            return self._identity(column, item, sent), flag
        if item.values:
            return self._state(column, item, sent), flag
        return self._number_in(column, item, sent, unit), flag

    def _identity(self, column: str, item: Item, sent: object) -> float | None:
        if not isinstance(sent, str) or not SHORTEST_IDENTITY <= len(normalized(sent)) <= 20:
            self.wrong(column, "identity", f"a {item.identity} is a text of {SHORTEST_IDENTITY} to 20 characters")
            return None
        if self._key is None:
            self.wrong(column, "no-identity-key", "identities can not be protected here: no key is set")
            return None
        digits = pseudonym(IDENTITIES[item.identity], sent, self._key).rpartition("-")[2]
        return float(int(digits[:FINGERPRINT_DIGITS], 16))

    def _state(self, column: str, item: Item, sent: object) -> float | None:
        text = str(int(sent)) if isinstance(sent, bool | int) else sent
        if isinstance(sent, float) and sent.is_integer():
            text = str(int(sent))
        if isinstance(text, str):
            folded = text.strip().casefold()
            if folded in item.values:
                return float(item.values[folded])
            if folded.isdecimal() and int(folded) in item.values.values():
                return float(int(folded))
        self.wrong(column, "state", f"one of {', '.join(item.values)}")
        return None

    def _number_in(self, column: str, item: Item, sent: object, unit: str) -> float | None:
        value = _number(sent)
        if value is None:
            self.wrong(column, "number", "no finite number")
            return None
        to_own = scale(unit, item.unit)
        if to_own is None:
            self.wrong(column, "unit", f"{named(unit)} does not convert to {item.unit or 'a value without unit'}")
            return None
        if not item.least <= value * to_own <= item.largest:
            self.wrong(column, "range", f"outside {item.least:g} to {item.largest:g} {item.unit}".rstrip())
            return None
        to_factor = scale(unit, item.known.unit)
        return value * (1.0 if to_factor is None else to_factor)


def _absent(sent: object) -> bool:
    return sent is None or (isinstance(sent, str) and not sent.strip())


def _number(sent: object) -> float | None:
    """A finite number; texts as people and CSV write them, without thousands separators."""
    if isinstance(sent, bool) or not isinstance(sent, int | float | str):
        return None
    try:
        value = float(sent)
    except (ValueError, OverflowError):
        return None
    if isinstance(sent, str) and "_" in sent:
        return None
    return value if math.isfinite(value) else None


def _split(column: str, period: Period) -> tuple[str, Stat]:
    """Name and statistic of a column: `a21026-Max`; without one, the mean of a period, or the instant."""
    plain = Stat.RTD if period is Period.REAL_TIME else Stat.AVG
    name, dash, suffix = column.rpartition("-")
    if not dash:
        return column, plain
    stat = STATS.get(suffix.strip().casefold())
    return (column, plain) if stat is None else (name, stat)


def problems(errors: Iterable[RowError], most: int) -> Iterator[dict[str, Any]]:
    """The first `most` errors as plain values."""
    for error, _ in zip(errors, range(most), strict=False):
        yield error._asdict()
