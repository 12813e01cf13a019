"""Real clean data as scenes: a gas turbine's stack and Beijing's stations. Nothing is known to be wrong with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from lantian_proto.readings import Period, Stat
from lantian_simulator.scenarios.honest import iso
from lantian_simulator.scenarios.tables import HOUR_MS, Gathered, Scene

DATA: Final = Path(__file__).parent / "data"
YEAR_STARTS: Final = {
    2011: 1_293_811_200_000, 2012: 1_325_347_200_000, 2013: 1_356_969_600_000, 2014: 1_388_505_600_000,
}  # fmt: skip
"""Midnight of 1 January in Beijing: the data bear no time stamps, only their order is known."""
TURBINE: Final = {"NOX": "a21002", "CO": "a21005", "TAT": "a01012"}
STATION: Final = {
    "pm25": "a34004", "pm10": "a34002", "so2": "a21026", "no2": "a21004", "co": "a21005", "o3": "a05024",
    "temp_c": "a01001", "wspm": "a01007",
}  # fmt: skip
PLACES: Final = {
    "Aotizhongxin": (39.982, 116.397), "Changping": (40.217, 116.230), "Dingling": (40.292, 116.220),
    "Dongsi": (39.929, 116.417), "Guanyuan": (39.929, 116.339), "Gucheng": (39.914, 116.184),
    "Huairou": (40.328, 116.628), "Nongzhanguan": (39.937, 116.461), "Shunyi": (40.127, 116.655),
    "Tiantan": (39.886, 116.407), "Wanliu": (39.987, 116.287), "Wanshouxigong": (39.878, 116.352),
}  # fmt: skip
"""Where the stations stand, degrees: neighbours are those within the rule's radius."""
GASES: Final = ("so2", "no2", "co")
WEATHER: Final = ("temp_c", "wspm")
FULL_LOAD_MWH: Final = 174.7
HOURS_A_MONTH: Final = 720
DELAY_MS: Final = 90_000


def gas_turbine(wanted: Sequence[int] = tuple(YEAR_STARTS)) -> Scene:
    """Four years of one stack, a source a year. Its limit is above everything it emits: an exceedance would be true."""
    table = pq.read_table(DATA / "gas_turbine.parquet")
    years = table["year"].to_numpy()
    gathered, sources, hours = Gathered(), [], 0
    for year in wanted:
        start = YEAR_STARTS[year]
        source, rows = f"gas-turbine-{year}", years == year
        count = int(rows.sum())
        times = start + np.arange(count, dtype=np.int64) * HOUR_MS
        for name, factor in TURBINE.items():
            values = np.round(table[name].to_numpy()[rows].astype(np.float64), 3)
            for stat in (Stat.AVG, Stat.ZS_AVG) if name != "TAT" else (Stat.AVG,):
                gathered.add(source, factor, stat, Period.HOUR, times, values, delay_ms=DELAY_MS)
        load = np.round(table["TEY"].to_numpy()[rows].astype(np.float64) / FULL_LOAD_MWH * 100, 1)
        gathered.add(source, "i33400", Stat.AVG, Period.HOUR, times, load, delay_ms=DELAY_MS)
        limit = {"factor": "a21002", "value": 125, "reference_oxygen_percent": 15, "basis": "permit", "clause": "–"}
        entry = _source(source, "outlet", [limit])
        entry["feeds"][0] |= {"valid_from": iso(start), "valid_to": iso(start + count * HOUR_MS)}
        sources.append(entry)
        hours += count
    return Scene({"sources": sources}, gathered.columns(), [], hours / HOURS_A_MONTH)


def beijing_stations(count: int = 10, share: float = 1.0) -> Scene:
    """A year of ten stations, or the first share of it of some, with their real gaps."""
    table = pq.read_table(DATA / "beijing_stations.parquet")
    chosen = list(dict.fromkeys(table["station"].to_pylist()))[:count]
    instants = table["time"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    until = instants.min() + share * (np.ptp(instants) + HOUR_MS)
    table = table.filter(np.isin(np.asarray(table["station"].to_pylist()), chosen) & (instants < until))
    stations = np.asarray(table["station"].to_pylist())
    times = table["time"].to_numpy().astype("datetime64[ms]").astype(np.int64)
    gathered, sources = Gathered(), []
    for station in dict.fromkeys(stations.tolist()):
        rows = stations == station
        for name, factor in STATION.items():
            values = table[name].to_numpy()[rows].astype(np.float64)
            if name in GASES:
                values = values / 1000  # µg/m³ in the file; the factor's unit is mg/m³, and so ingest takes it
            values = np.round(values, 4)
            blank = np.isnan(values) if name not in WEATHER else _all_blank(table, rows)
            gathered.add(station, factor, Stat.AVG, Period.HOUR, times[rows], values, delay_ms=DELAY_MS, kept=~blank)
        latitude, longitude = PLACES[station]
        place = {"division_code": "110101", "latitude": latitude, "longitude": longitude}
        sources.append(_source(station, "station", []) | place)
    months = len(times) / HOURS_A_MONTH
    return Scene({"sources": sources}, gathered.columns(), [], months)


def _all_blank(table: Any, rows: Any) -> Any:
    """Hours in which no pollutant was sent: then the weather, which comes from another service, is left out too."""
    pollutants = [name for name in STATION if name not in WEATHER]
    return np.logical_and.reduce([np.isnan(table[name].to_numpy()[rows].astype(np.float64)) for name in pollutants])


def _source(source: str, kind: str, limits: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": source, "kind": kind, "feeds": [{"id": f"feed-{source}", "sends_hours": True}], "limits": limits}
