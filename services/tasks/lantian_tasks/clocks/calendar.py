"""Which days are working days 工作日 in China, with dated overrides. Pure; local time is +08:00.

Basis: the library `holidays` (statutory holidays of 全国年节及纪念日放假办法 as revised in 2024, and moved weekends of
the years whose State Council notice is published), then the overrides. A year without notice has its statutory holidays
and no moved weekends; it never raises.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import holidays
import yaml
from pydantic import BaseModel, ConfigDict

LOCAL = timezone(timedelta(hours=8))
DAY_MS = 86_400_000


class CalendarError(Exception):
    """The file of overrides can not be used."""


@dataclass(frozen=True, slots=True)
class Override:
    """What a day is, against the library."""

    works: bool
    name: str


class _Day(BaseModel):
    model_config = ConfigDict(extra="forbid")

    date: date
    works: bool
    name: str
    source: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: list[_Day]


@cache
def _year(year: int) -> tuple[Mapping[date, str], frozenset[date]]:
    """Holidays of a year with their names, and its weekend days that are worked."""
    found = holidays.country_holidays("CN", years=year, language="zh_CN", expand=False)
    return dict(found), frozenset(day for day in found.weekend_workdays if day.year == year)


class Calendar:
    """Working days by the library and `overrides`."""

    def __init__(self, overrides: Mapping[date, Override] | None = None) -> None:
        self._overrides = dict(overrides or {})

    @classmethod
    def load(cls, path: Path | None = None) -> "Calendar":
        """The calendar with the overrides of a file, by default the one that is shipped. Raises CalendarError."""
        path = path or Path(__file__).with_name("overrides.yaml")
        try:
            days = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).days
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise CalendarError(f"{path}: {error}") from error
        return cls({day.date: Override(day.works, day.name) for day in days})

    def works(self, day: date) -> bool:
        """Whether `day` is a working day."""
        override = self._overrides.get(day)
        if override is not None:
            return override.works
        named, moved = _year(day.year)
        if day in named:
            return False
        return day.weekday() < 5 or day in moved

    def name(self, day: date) -> str:
        """Why a day is no working day, in Chinese; empty for a working day."""
        if self.works(day):
            return ""
        override = self._overrides.get(day)
        return override.name if override is not None else str(_year(day.year)[0].get(day, "周末"))


def day_of(at_ms: int) -> date:
    """The local date of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(LOCAL).date()


def midnight(day: date) -> int:
    """The instant a local day begins, ms since 1970 UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=LOCAL).timestamp()) * 1000
