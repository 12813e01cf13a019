"""Readings from a file: CSV or Arrow, in any order of columns and rows; what can not be used is told with its row."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np

from lantian_alerts.detect.table_file import NoTable, Row, rows
from lantian_proto import factors
from lantian_proto.readings import DTYPES, PERIOD_NAMES, STAT_NAMES, Columns, Edition, Period, Stat

NEEDED: Final = ("time", "source", "factor", "stat", "period", "value")
KNOWN: Final = (*NEEDED, "flag", "received", "edition")
PERIODS: Final = {name: period for period, name in PERIOD_NAMES.items()} | {
    "10min": Period.MINUTE,
    "1min": Period.MINUTE,
}
STATS: Final = {name.replace("-", ""): stat for stat, name in STAT_NAMES.items()}
EDITIONS: Final = {"2005": Edition.E2005, "2017": Edition.E2017, "2025": Edition.E2025}
LENGTH_MS: Final = {
    Period.REAL_TIME: 0, Period.MINUTE: 600_000, Period.HOUR: 3_600_000, Period.DAY: 86_400_000,
}  # fmt: skip
LONGEST_GAP_MS: Final = 366 * 86_400_000
REPORTED_AT_MOST: Final = 20


NoReadings = NoTable
"""The input is no table of readings; the text says why."""


class Bad(NamedTuple):
    """A row that could not be used: its number (the header of a CSV is row 1), and why."""

    row: int
    why: str


class Readings(NamedTuple):
    """What was read, in the order of reception, and the rows that were refused."""

    columns: Columns
    bad: list[Bad]


class _Row(NamedTuple):
    source: int
    factor: int
    stat: int
    period: int
    time: int
    value: float
    flag: int
    received: int  # -1: not given
    edition: int


def read(stream: BinaryIO) -> Readings:
    """All readings of a CSV with a header or an Arrow stream or file. Raises NoReadings.

    A reading without `received` counts as received when its period has ended.
    """
    return _gathered(rows(stream, NEEDED, KNOWN))


def _gathered(table: Iterable[Row]) -> Readings:
    parser, bad = _Parser(), []
    kept: list[_Row] = []
    numbers: list[int] = []
    for number, cells, why in table:
        if why:
            bad.append(Bad(number, why))
            continue
        try:
            kept.append(parser.row(cells))
            numbers.append(number)
        except (ValueError, OverflowError) as error:
            bad.append(Bad(number, str(error)))
    columns, places, given = _sorted(kept, parser.sources)
    away = _far_away(columns, given)
    if len(away):
        why = "its time is more than a year away from the other readings, and it has no time of reception"
        bad += [Bad(numbers[places[at]], why) for at in away.tolist()]
        columns = _taken(columns, np.setdiff1d(np.arange(len(columns)), away))
    return Readings(columns, sorted(bad))


class _Parser:
    """Remembers what a text meant the last time: files repeat themselves."""

    def __init__(self) -> None:
        self.sources: dict[str, int] = {}
        self._factors: dict[Any, int] = {}
        self._times: dict[Any, int] = {}

    def row(self, row: Mapping[str, Any]) -> _Row:
        """One row as numbers. Raises ValueError."""
        source = str(_given(row, "source")).strip()
        period = self._period(_given(row, "period"))
        flag = str(row.get("flag") or "").strip()
        if len(flag) > 1 or (flag and not 0 < ord(flag) < 256):
            raise ValueError(f"flag {flag!r} is not one character")
        received = row.get("received")
        value = _number(_given(row, "value"))
        return _Row(
            self.sources.setdefault(source, len(self.sources)),
            self._factor(_given(row, "factor")),
            self._stat(_given(row, "stat")),
            int(period),
            self._time(_given(row, "time"), "time"),
            value,
            ord(flag) if flag else 0,
            -1 if _empty(received) else self._time(received, "received"),
            self._edition(row.get("edition")),
        )

    def _factor(self, given: Any) -> int:
        known = self._factors.get(given)
        if known is None:
            found = factors.by_number(int(given)) if isinstance(given, int) else factors.by_code(str(given).strip())
            if found is None or found.number == 0:
                raise ValueError(f"unknown factor {given!r}")
            known = self._factors[given] = found.number
        return known

    @staticmethod
    def _stat(given: Any) -> int:
        if isinstance(given, int):
            return int(Stat(given))
        found = STATS.get(str(given).strip().lower().replace("-", "").replace("_", ""))
        if found is None:
            raise ValueError(f"unknown stat {given!r}")
        return int(found)

    @staticmethod
    def _period(given: Any) -> Period:
        if isinstance(given, int):
            return Period(given)
        found = PERIODS.get(str(given).strip().lower())
        if found is None:
            raise ValueError(f"unknown period {given!r}")
        return found

    @staticmethod
    def _edition(given: Any) -> int:
        if _empty(given):
            return int(Edition.E2017)
        found = EDITIONS.get(str(given).strip())
        if found is None and not isinstance(given, int):
            raise ValueError(f"unknown edition {given!r}")
        return int(Edition(int(given)) if found is None else found)

    def _time(self, given: Any, name: str) -> int:
        known = self._times.get(given)
        if known is None:
            known = _milliseconds(given, name)
            if len(self._times) > 100_000:
                self._times.clear()
            self._times[given] = known
        return known


def _milliseconds(given: Any, name: str) -> int:
    if isinstance(given, int):
        return given
    if isinstance(given, datetime):
        found = given if given.tzinfo is not None else given.replace(tzinfo=UTC)  # Arrow's timestamps without a zone
    else:
        try:
            found = datetime.fromisoformat(str(given).strip())
        except ValueError as error:
            raise ValueError(f"{name} {given!r} is no time of ISO 8601") from error
        if found.tzinfo is None:
            raise ValueError(f"{name} {given!r} has no offset")
    return round(found.timestamp() * 1000)


def _given(row: Mapping[str, Any], name: str) -> Any:
    value = row.get(name)
    if _empty(value):
        raise ValueError(f"{name} is empty")
    return value


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _number(given: Any) -> float:
    """Raises ValueError; Python's own reading would take 1_000 and the digits of other scripts."""
    try:
        if isinstance(given, str) and ("_" in given or not given.isascii()):
            raise ValueError
        return float(given)
    except (TypeError, ValueError) as error:
        raise ValueError(f"value {given!r} is no number") from error


def _sorted(rows: list[_Row], sources: Mapping[str, int]) -> tuple[Columns, Any, Any]:
    """Rows by reception; those of one source, period and time that came together stand together as one frame."""
    table: dict[str, Any] = {
        name: np.array([row[place] for row in rows], DTYPES[name]) for place, name in enumerate(_Row._fields)
    }
    length = np.array([LENGTH_MS[Period(period)] for period in range(len(Period))], np.int64)
    given = table["received"] >= 0
    table["received"] = np.where(given, table["received"], table["time"] + length[table["period"]])
    places = np.lexsort((np.arange(len(rows)), table["time"], table["period"], table["source"], table["received"]))
    columns = {name: values[places] for name, values in table.items()}
    key = [columns[name] for name in ("received", "source", "period", "time")]
    new = np.ones(len(rows), bool)
    new[1:] = np.logical_or.reduce([values[1:] != values[:-1] for values in key]) if len(rows) else new[1:]
    columns["seq"] = np.cumsum(new).astype(np.int64)
    return Columns(sources=list(sources), **columns), places, given[places]


def _far_away(columns: Columns, given: Any) -> Any:
    """Places of readings without a time of reception that lie beyond a gap of a year: a clock was wrong."""
    if len(columns) == 0:
        return np.zeros(0, np.int64)
    cuts = np.flatnonzero(np.diff(columns.received) > LONGEST_GAP_MS) + 1
    edges = [0, *cuts.tolist(), len(columns)]
    begin, end = max(pairwise(edges), key=lambda pair: (pair[1] - pair[0], pair[0]))  # clocks fall back to old years
    places = np.arange(len(columns))
    return places[((places < begin) | (places >= end)) & ~given]


def _taken(columns: Columns, places: Any) -> Columns:
    return Columns(sources=columns.sources, **{name: getattr(columns, name)[places] for name in DTYPES})
