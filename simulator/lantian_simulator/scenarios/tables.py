"""Readings gathered as columns, and the truth they carry."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, Edition, Period, Stat

Series = NDArray[np.float64]
Times = NDArray[np.int64]

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
NORMAL = ord("N")
LENGTH_MS = {Period.REAL_TIME: 0, Period.MINUTE: 10 * MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}


@dataclass(frozen=True)
class Truth:
    """What was done, where, when and how strongly; `sure` is false where it may stay below what anybody can see."""

    source: str
    mechanism: str
    start_ms: int
    end_ms: int
    strength: float
    factor: str = ""
    sure: bool = True


@dataclass
class Scene:
    """Readings in the order of their reception, the registry they belong to (form of `lantian detect`), the truth."""

    registry: dict[str, Any]
    columns: Columns
    truths: list[Truth]
    months: float
    """Source-months in the scene."""
    statements: list[dict[str, Any]] = field(default_factory=list)
    """What devices say of themselves: messages of site-events.v1 in their JSON form, as `lantian detect` takes them."""


@dataclass
class Gathered:
    """Columns of many series, put in order at the end."""

    sources: dict[str, int] = field(default_factory=dict)
    parts: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        source: str,
        code: str,
        stat: Stat,
        period: Period,
        times: Times,
        values: Series,
        flags: Any = NORMAL,
        delay_ms: Any = 5_000,
        kept: Any = None,
    ) -> None:
        """One series. `times` are starts of the period; a value that is NaN was never sent."""
        factor = factors.by_code(code)
        if factor is None:
            raise ValueError(f"unknown factor {code}")
        sent = np.isfinite(values) if kept is None else np.isfinite(values) & kept
        count = int(sent.sum())
        delays = np.broadcast_to(np.asarray(delay_ms, np.int64), times.shape)[sent]
        self.parts.append(
            {
                "source": np.full(count, self.sources.setdefault(source, len(self.sources))),
                "factor": np.full(count, factor.number),
                "stat": np.full(count, int(stat)),
                "period": np.full(count, int(period)),
                "time": times[sent],
                "value": values[sent],
                "flag": np.broadcast_to(np.asarray(flags, np.uint8), times.shape)[sent],
                "received": times[sent] + LENGTH_MS[period] + delays,
                "edition": np.full(count, int(Edition.E2017)),
            }
        )

    def columns(self) -> Columns:
        """All rows by reception; those of one source, period and time together, as one frame."""
        table: dict[str, Any] = {
            name: np.concatenate([part[name] for part in self.parts]).astype(DTYPES[name])
            for name in DTYPES
            if name != "seq"
        }
        places = np.lexsort((table["factor"], table["time"], table["period"], table["source"], table["received"]))
        table = {name: values[places] for name, values in table.items()}
        new = np.zeros(len(places), bool)
        for name in ("received", "source", "period", "time"):
            new[1:] |= table[name][1:] != table[name][:-1]
        return Columns(sources=list(self.sources), seq=np.cumsum(new).astype(np.int64), **table)


def joined(scenes: Iterable[Scene]) -> Scene:
    """Several scenes as one, e.g. of one suite."""
    found = list(scenes)
    names: dict[str, int] = {}
    parts: list[dict[str, Any]] = []
    for scene in found:
        place = np.array([names.setdefault(name, len(names)) for name in scene.columns.sources], np.int32)
        part = {name: getattr(scene.columns, name) for name in DTYPES}
        part["source"] = place[part["source"]]
        part["seq"] = part["seq"] + (0 if not parts else int(parts[-1]["seq"].max()) + 1)
        parts.append(part)
    table: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in DTYPES}
    places = np.lexsort((table["seq"], table["received"]))
    registry: dict[str, Any] = {"sources": [], "changes": []}
    for scene in found:
        for name in registry:
            registry[name] += scene.registry.get(name, [])
    return Scene(
        registry,
        Columns(sources=list(names), **{name: values[places] for name, values in table.items()}),
        [truth for scene in found for truth in scene.truths],
        sum(scene.months for scene in found),
        [said for scene in found for said in scene.statements],
    )
