"""The stations of a simulated city, hour by hour, and what by definition is heavy, hot or dusty in what they send.

A city's air is a field that all its stations share, a part of each station's own, and noise; magnitudes are those of a
northern city in winter. The index is made anew from the tables of HJ 633, not with the code that is measured.
"""

from datetime import UTC, datetime
from typing import Any, Final
from zlib import crc32

import numpy as np

from lantian_proto.readings import Period, Stat
from lantian_simulator.scenarios.tables import HOUR_MS, Gathered, Scene, Series, Times, Truth

PM10, PM25, NO2, CO, SO2, O3 = "a34002", "a34004", "a21004", "a21005", "a21026", "a05024"
INDEX, DUSTFALL = "c07701", "a34011"
STATIONS: Final = 6
CITY_DAYS: Final = 18
LEARNT_HOURS: Final = 11 * 24
DELAY_MS: Final = 120_000
NEW_INDEX_MS: Final = 1_772_294_400_000  # 2026-03-01 in Beijing: HJ 633-2026
DUST_JUDGED: Final = 12
DUST_ALLOWED: Final = 7.0
DIGITS: Final = {NO2: 4, SO2: 4, CO: 2}
INDICES: Final = (0, 50, 100, 150, 200, 300, 400, 500)
NODES: Final = {
    PM25: (0, 35, 75, 115, 150, 250, 350, 500), PM10: (0, 50, 150, 250, 350, 420, 500, 600),
    SO2: (0, 0.15, 0.5, 0.65, 0.8), NO2: (0, 0.1, 0.2, 0.7, 1.2, 2.34, 3.09, 3.84),
    CO: (0, 5, 10, 35, 60, 90, 120, 150), O3: (0, 160, 200, 300, 400, 800, 1000, 1200),
}  # fmt: skip
"""Of hours, in the units of the readings; particles of a day."""
NEW_HUNDRED: Final = {PM25: 60, PM10: 120}


def sub_index(code: str, values: Series, new: bool) -> Series:
    """IAQI of each value, not rounded."""
    nodes = list(NODES[code])
    if new and code in NEW_HUNDRED:
        nodes[2] = NEW_HUNDRED[code]
    found: Series = np.interp(values, nodes, INDICES[: len(nodes)])
    return found


class City:
    """Hours of the stations of a city by factor, as (stations, hours)."""

    def __init__(self, name: str, division: str, seed: int, start_ms: int, days: int) -> None:
        self.name, self.division, self.start_ms = name, division, start_ms
        self.draw = np.random.default_rng((seed, crc32(name.encode())))
        self.hours = days * 24
        self.truths: list[Truth] = []
        shared, clock = self._wander(30, 1)[0], np.arange(self.hours)
        daily = 1 + 0.18 * np.cos(2 * np.pi * (clock - 8) / 24)
        rain = np.ones(self.hours)
        for begin in self.draw.integers(0, self.hours, int(self.draw.integers(1, 3))):
            rain[begin : begin + int(self.draw.integers(4, 14))] = 0.45  # over the whole city
        field = 55 * np.exp(0.55 * shared) * daily * rain
        local = np.exp(self.draw.normal(0, 0.12, (STATIONS, 1)) + 0.10 * self._wander(8, STATIONS))
        self.values = {
            PM25: field * local * np.exp(0.05 * self._noise()),
            PM10: (field * 1.5 + 22) * local * np.exp(0.08 * self._wander(5, STATIONS) + 0.06 * self._noise()),
            NO2: 0.045 * np.exp(0.3 * shared + 0.12 * self._wander(6, STATIONS) + 0.06 * self._noise()),
            CO: 0.9 * np.exp(0.35 * shared + 0.10 * self._wander(8, STATIONS) + 0.05 * self._noise()),
        }
        self.values[SO2] = 0.012 * np.exp(0.4 * shared + 0.15 * self._wander(8, STATIONS) + 0.08 * self._noise())
        sun = np.clip(np.sin(2 * np.pi * (clock - 8) / 24), 0, 1)
        self.values[O3] = (22 + 55 * sun) * np.exp(-0.2 * shared + 0.10 * self._wander(8, STATIONS))
        self.slides = bool(self.draw.random() < 0.5)
        self.said = np.ones((STATIONS, self.hours))
        self.dustfall = np.round(4.3 * np.exp(self.draw.normal(0, 0.18, STATIONS)), 1)
        self.site: Series | None = None

    def _noise(self) -> Series:
        return np.asarray(self.draw.standard_normal((STATIONS, self.hours)), np.float64)

    def _wander(self, hours: float, count: int) -> Series:
        keep = float(np.exp(-1 / hours))
        noise = self.draw.standard_normal((count, self.hours)) * np.sqrt(1 - keep * keep)
        found = np.empty((count, self.hours))
        value = self.draw.standard_normal(count)
        for hour in range(self.hours):
            value = keep * value + noise[:, hour]
            found[:, hour] = value
        return found

    def station(self, place: int) -> str:
        """Name of a station."""
        return f"{self.name}-{place}"

    def label(
        self, source: str, mechanism: str, begin: int, end: int, strength: float, factor: str, sure: bool
    ) -> None:
        """Writes down what was done."""
        start_ms, end_ms = (self.start_ms + hour * HOUR_MS for hour in (begin, end))
        self.truths.append(Truth(source, mechanism, start_ms, end_ms, strength, factor, sure))

    def scene(self) -> Scene:
        """What the stations send: an hour mean each hour, with short gaps."""
        gathered, sources = Gathered(), []
        times = self.start_ms + np.arange(self.hours, dtype=np.int64) * HOUR_MS
        sent = self.values | {INDEX: self.index() * self.said}
        rows = [(self.station(place), {code: held[place] for code, held in sent.items()}, False)
                for place in range(STATIONS)]  # fmt: skip
        if self.site is not None:
            rows.append((f"{self.name}-site", {PM10: self.site}, True))
        for source, series, dust_site in rows:
            kept = self.draw.random(self.hours) > 0.01
            self._label_gaps(source, np.flatnonzero(~kept))
            for code, held in series.items():
                values = np.round(held, DIGITS.get(code, 0))
                gathered.add(source, code, Stat.AVG, Period.HOUR, times, values, delay_ms=DELAY_MS, kept=kept)
            sources.append({"id": source, "kind": "station", "division_code": self.division, "dust_site": dust_site,
                            "feeds": [{"id": f"feed-{source}", "sends_hours": True}]})  # fmt: skip
        self._add_dustfall(gathered)
        self._hot_hours()
        self._heavy_days()
        registry: dict[str, Any] = {"sources": sources}
        return Scene(registry, gathered.columns(), self.truths, len(rows) * self.hours / 720)

    def _label_gaps(self, source: str, lost: Times) -> None:
        """Gaps of two hours and more are silence as well; nobody has to find them."""
        for run in np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1):
            if len(run) >= 2:
                self.label(source, "dropout", int(run[0]), int(run[-1]) + 1, float(len(run)), "", False)

    def index(self) -> Series:
        """What the stations publish: of the hour, or in half of the cities with particles of 24 hours, before 2026."""
        new = self.start_ms >= NEW_INDEX_MS
        found = np.zeros((STATIONS, self.hours))
        for code, held in self.values.items():
            values = np.round(held, DIGITS.get(code, 0))
            if self.slides and not new and code in NEW_HUNDRED:
                total = np.cumsum(np.pad(values, ((0, 0), (24, 0))), axis=1)
                values = (total[:, 24:] - total[:, :-24]) / np.minimum(np.arange(1, self.hours + 1), 24)
            found = np.maximum(found, np.ceil(np.round(sub_index(code, values, new), 6)))
        return found

    def _add_dustfall(self, gathered: Gathered) -> None:
        """Results of the month before come on two days of the month; above seven tons the month is dusty."""
        first = datetime.fromtimestamp(self.start_ms / 1000 + 8 * 3600, UTC).day
        days = DUST_JUDGED - first  # from the first of the scene to the day of judging
        if days < 1:
            return
        hours = self.draw.integers(0, 24 * days, STATIONS)
        for place, hour in enumerate(hours.tolist()):
            time = np.array([self.start_ms + hour * HOUR_MS], np.int64)
            values = np.array([self.dustfall[place]])
            gathered.add(self.station(place), DUSTFALL, Stat.AVG, Period.HOUR, time, values, delay_ms=DELAY_MS)
        mean, worst = float(self.dustfall.mean()), int(self.dustfall.argmax())
        if mean > DUST_ALLOWED:
            begin = days * 24
            sure = mean > DUST_ALLOWED + 0.1
            self.label(self.station(worst), "dust-month", begin, begin + 24, mean, DUSTFALL, sure)

    def _heavy_days(self) -> None:
        """Days on which the mean of the stations is above what makes 200; the first station stands for the city."""
        heavy = {}
        for day in range(self.hours // 24):
            span = slice(day * 24, day * 24 + 24)
            worst = [
                float(sub_index(code, np.array([np.round(self.values[code][:, span]).mean()]), False)[0])
                for code in (PM25, PM10)
            ]
            if max(worst) > 200:
                heavy[day] = max(worst)
        days = np.array(list(heavy), np.int64)
        for run in np.split(days, np.flatnonzero(np.diff(days) > 1) + 1) if len(days) else []:
            strength = max(heavy[day] for day in run.tolist())
            begin, end = int(run[0]) * 24, (int(run[-1]) + 1) * 24
            self.label(self.station(0), "heavy-haze", begin, end, strength, "", strength > 205)

    def _hot_hours(self) -> None:
        """Stretches that are hot by the definition (domain D26), whatever made them so; nobody has to find them."""
        for code in (PM25, PM10):
            held = np.round(self.values[code])
            for place, own in enumerate(held):
                usual = np.array([np.quantile(own[max(0, hour - 720) : hour + 1], 0.9) for hour in range(self.hours)])
                hot = np.flatnonzero((own > 1.25 * held.mean(axis=0)) & (own >= 0.97 * usual))
                for run in np.split(hot, np.flatnonzero(np.diff(hot) > 2) + 1):
                    if len(run) >= 3:
                        self.label(self.station(place), "hot-hours", int(run[0]), int(run[-1]) + 1, 1.3, code, False)
