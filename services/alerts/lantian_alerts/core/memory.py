"""Fills the history: hours when they close or the device reports them, days two hours after their end."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import numpy as np

from lantian_alerts.core.demand import Demand
from lantian_alerts.core.history import (
    COLUMNS,
    DRIFT,
    EXACT,
    HOURS_KEPT,
    LATE_CELL,
    MINUTES,
    REPORTED,
    VALID,
    Chunk,
    HistoryError,
)
from lantian_alerts.core.layout import (
    AWAY,
    BLOCK_ROWS,
    FACTORS,
    HOURS_SCALARS,
    KEPT_AWAY,
    KEPT_HOUR,
    LATE_BIT,
    MINUTE_MS,
    Array,
)
from lantian_alerts.core.partition import Partition
from lantian_alerts.core.registry import factor_number
from lantian_alerts.core.window import DAY_HOURS, STOPPED, Window, first_hour, month_of_day
from lantian_alerts.knowledge.validity import VALID_MINUTES, VALID_SHARE
from lantian_proto import factors

BLIND_MS: Final = 15 * MINUTE_MS
FIRST_BLOCK: Final = 1_000_000
"""Parts of history are saved under numbers from here on: block * COLUMNS + column."""
NEAR: Final = 0.95
SMALLEST: Final = 1e-3
LARGEST_HALF: Final = 65_000.0
DECIMALS: Final = 3


class Memory:
    """The chunks of a partition. `kept` counts the hours that came too late for any ring."""

    def __init__(self, partition: Partition, demand: Demand) -> None:
        self._partition = partition
        self._chunks: list[Chunk] = []
        self._looked_at = 0
        self._wanted = np.zeros(FACTORS, bool)
        self._deep = np.zeros(FACTORS, bool)
        for code in {*demand.history, *demand.deep}:
            self._wanted[factor_number(code)] = True
        for code in demand.deep:
            self._deep[factor_number(code)] = True
        self.too_late = 0

    @property
    def wanted(self) -> bool:
        """Whether any rule asks for history."""
        return bool(self._wanted.any())

    def chunk(self, block: int) -> Chunk:
        """The chunk of a block of sources; the one before is closed."""
        while len(self._chunks) <= block:
            self._chunks.append(Chunk())
        if block != self._looked_at:
            self._chunks[self._looked_at].close()
            self._looked_at = block
        return self._chunks[block]

    def blocks(self) -> range:
        """All blocks that hold sources."""
        return range(-(-len(self._partition.ids) // BLOCK_ROWS))

    def rest(self) -> None:
        """Nobody looks at any block until more of the stream comes."""
        if self._chunks:
            self._chunks[self._looked_at].close()

    def window(self, block: int, hour: int, day: int) -> Window:
        """What rules look at."""
        return Window(self._partition, block, self.chunk(block), hour, day)

    # An hour --------------------------------------------------------------------------------------------------------

    def keep(self, hour: int) -> None:
        """Takes the computed hours that have closed; a reported one keeps its mean. All of a block becomes bytes."""
        scalars = self._partition.state.scalars
        if scalars[AWAY] - scalars[KEPT_AWAY] > BLIND_MS:
            scalars[HOURS_SCALARS + hour % HOURS_KEPT] = hour
        for block in self.blocks():
            self._keep_block(block, hour)
            self.chunk(block).pack()
        scalars[KEPT_HOUR] = hour

    def _keep_block(self, block: int, hour: int) -> None:
        state, chunk = self._partition.state, self.chunk(block)
        rows = slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS)
        used = int(state.sources[rows]["slots"].max(initial=0))
        held = state.hours[rows, :used, hour % 2]
        mine = (held["hour"] == hour) & ((held["n"] > 0) | (held["flagged"] > 0))
        mine &= self._wanted[state.series[rows, :used]["factor"]]
        places = np.nonzero(mine)
        if len(places[0]):
            self._make_room(chunk, rows, used)
            self._put_computed(block, chunk.hour_column(hour), places[0], places[1], held[mine])

    def _make_room(self, chunk: Chunk, rows: slice, used: int) -> None:
        chunk.fit(used, chunk.lanes)
        missing = self._laneless(chunk, rows, used)
        if missing.any():
            chunk.add_lanes(missing)

    def _laneless(self, chunk: Chunk, rows: slice, used: int) -> Array:
        state = self._partition.state
        present = np.arange(used)[None, :] < state.sources[rows]["slots"][:, None]
        deep = self._deep[state.series[rows, :used]["factor"]] & present
        held = min(used, chunk.lane_of.shape[1])
        deep[:, :held] &= chunk.lane_of[:, :held] < 0
        found: Array = deep
        return found

    def _put_computed(self, block: int, column: Array, rows: Array, slots: Array, held: Array) -> None:
        cells = column[rows, slots]
        planned = self._partition.plan.sources[block * BLOCK_ROWS + rows]
        n, count = held["n"].astype(np.float64), np.maximum(held["n"], 1).astype(np.float64)
        mean = np.where(n > 0, held["sum"] / count, np.nan)
        away = mean - held["first"]
        spread = np.sqrt(np.maximum(held["square"] / count - away * away, 0.0))
        minutes = np.bitwise_count(held["minutes"].view(np.uint64)).astype(np.int64)
        due = np.where(held["kind"] == 2, planned["due_minute"], planned["due_rtd"])
        enough = (minutes >= VALID_MINUTES) & (n >= VALID_SHARE * due)
        reported = cells["bits"] & REPORTED != 0
        with np.errstate(invalid="ignore", over="ignore"):
            drift = np.round((mean - cells["mean"]) / np.maximum(np.abs(cells["mean"]), SMALLEST) * 200.0)
        exact = (held["kind"] == 2) | (n >= VALID_MINUTES)
        compared = reported & enough & exact & np.isfinite(drift)
        cells["drift"] = np.where(compared, np.clip(np.where(compared, drift, 0), -127, 127), 0)
        cells["high"] = np.where(n > 0, held["high"], cells["high"])
        cells["low"] = np.where(n > 0, np.clip(held["low"], -LARGEST_HALF, LARGEST_HALF), cells["low"])
        cells["spread"] = np.where(n > 0, np.minimum(spread, LARGEST_HALF), cells["spread"])
        cells["n"] = held["n"]
        cells["minutes"] = minutes
        cells["changes"] = np.minimum(held["changes"], 255)
        cells["flagged"] = np.minimum(held["flagged"], 255)
        cells["mean"] = np.where(reported, cells["mean"], mean)
        converted = np.where((held["n_zs"] == held["n"]) & (n > 0), held["sum_zs"] / count, np.nan)
        cells["zs"] = np.where(reported, cells["zs"], converted)
        cells["mark"] = np.where(reported, cells["mark"], np.where(held["flagged"] > n, held["mark"], 0))
        late = np.where(held["bits"] & LATE_BIT != 0, LATE_CELL, 0)
        own = MINUTES | late | np.where(enough & ~reported, VALID, 0) | np.where(exact, EXACT, 0)
        cells["bits"] |= (own | np.where(compared, DRIFT, 0)).astype(np.uint8)
        column[rows, slots] = cells

    def keep_early(self, row: int, slot: int, hour: int) -> None:
        """Takes what the minutes say of an hour before a reported hour takes its place."""
        state = self._partition.state
        held = state.hours[row, slot, hour % 2]
        if held["hour"] != hour or (held["n"] == 0 and held["flagged"] == 0):
            return
        block, at = divmod(row, BLOCK_ROWS)
        column = self._column(block, hour)
        if column is None or not self._wanted[state.series[row, slot]["factor"]]:
            return
        self._make_room(self.chunk(block), slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS), slot + 1)
        column = self.chunk(block).hour_column(hour)
        self._put_computed(block, column, np.array([at]), np.array([slot]), held.reshape(1))

    def reported(self, row: int, slot: int, hour: int) -> tuple[float, float] | None:
        """Mean and converted mean that the device has sent for an hour without a mark; None when it has not."""
        state = self._partition.state
        block, at = divmod(row, BLOCK_ROWS)
        chunk = self.chunk(block)
        place = hour % HOURS_KEPT
        if chunk.hours.labels[place] != hour or slot >= chunk.hours.width:
            return None
        cell = chunk.hours.record(place, at, slot)
        if not self._wanted[state.series[row, slot]["factor"]] or not cell["bits"] & REPORTED or cell["mark"]:
            return None
        return float(cell["mean"]), float(cell["zs"])

    def report(
        self, row: int, slot: int, hour: int, *, mean: float, zs: float, low: float, high: float, mark: int, late: bool
    ) -> None:
        """An hour of the device; NaN for what it did not send."""
        state = self._partition.state
        if not self._wanted[state.series[row, slot]["factor"]]:
            return
        block, at = divmod(row, BLOCK_ROWS)
        if self._column(block, hour) is None:
            self.too_late += 1
            return
        chunk = self.chunk(block)
        self._make_room(chunk, slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS), slot + 1)
        cell = chunk.hour_column(hour)[at, slot]
        own = float(cell["mean"])
        was_computed = bool(cell["bits"] & MINUTES) and not cell["bits"] & REPORTED
        if was_computed and cell["bits"] & VALID and cell["bits"] & EXACT and mark == 0 and np.isfinite(own):
            drift = round((own - mean) / max(abs(mean), SMALLEST) * 200.0) if np.isfinite(mean) else 0
            cell["drift"] = max(-127, min(127, drift))
            cell["bits"] |= DRIFT
        cell["mean"], cell["zs"], cell["mark"] = mean, zs, mark
        if np.isfinite(low) and not np.isfinite(cell["low"]):
            cell["low"] = max(-LARGEST_HALF, min(LARGEST_HALF, low))
        if np.isfinite(high) and not np.isfinite(cell["high"]):
            cell["high"] = high
        kept = int(cell["bits"]) & ~VALID
        valid = VALID if mark == 0 and np.isfinite(mean) else 0
        cell["bits"] = kept | REPORTED | valid | (LATE_CELL if late else 0)

    def _column(self, block: int, hour: int) -> Array | None:
        """The column of an hour; None when it is out of the ring."""
        kept = int(self._partition.state.scalars[KEPT_HOUR])
        chunk = self.chunk(block)
        if kept >= 0 and not kept - HOURS_KEPT + 2 < hour <= kept + 2:
            return None
        if chunk.hours.labels[hour % HOURS_KEPT] > hour:
            return None
        return chunk.hour_column(hour)

    # A day ----------------------------------------------------------------------------------------------------------

    def fold(self, day: int, hour: int, responding: Iterable[int] = ()) -> None:
        """Counts a Beijing day whose hours are all in the ring; `responding` rows keep their usual shapes."""
        busy = np.zeros(len(self.blocks()) * BLOCK_ROWS, bool)
        busy[list(responding)] = True
        for block in self.blocks():
            chunk = self.chunk(block)
            rows, slots = np.nonzero(chunk.lane_of >= 0)
            if len(rows):
                self._fold_block(block, day, hour, rows, slots, busy)
                chunk.pack()

    def _fold_block(self, block: int, day: int, hour: int, rows: Array, slots: Array, busy: Array) -> None:
        chunk, window = self.chunk(block), self.window(block, hour, day)
        lanes = chunk.lane_of[rows, slots].astype(np.int64)
        last = first_hour(day) + DAY_HOURS - 1
        back = hour - last
        cells = chunk.cells(last, DAY_HOURS)[:, rows, slots]
        marked, got = cells["mark"] != 0, cells["bits"] != 0
        ok = (cells["bits"] & VALID != 0) & ~marked
        mean = np.where(ok, cells["mean"], np.nan)
        column = chunk.day_column(day)
        found = column[rows, lanes]
        some = ok.any(axis=0)
        counted = np.maximum(ok.sum(axis=0), 1)
        middle = np.where(some, np.nansum(mean, axis=0) / counted, np.nan)
        found["mean"] = middle
        found["spread"] = np.where(some, np.sqrt(np.nansum((mean - middle) ** 2, axis=0) / counted), np.nan)
        noisy = ok & np.isfinite(cells["spread"])
        ordered = np.sort(np.where(noisy, cells["spread"].astype(np.float32), np.inf), axis=0)
        place = np.maximum(noisy.sum(axis=0) - 1, 0) // 2
        found["noise"] = np.where(noisy.any(axis=0), ordered[place, np.arange(len(rows))], np.nan)
        alive = window.alive(DAY_HOURS, back)
        begun = chunk.months.opened([0])[0, rows, lanes]["month"] >= 0
        since = np.where(begun, 0, np.where(got.any(axis=0), got.argmax(axis=0), DAY_HOURS))
        due = alive[:, None] & (np.arange(DAY_HOURS)[:, None] >= since[None, :])
        watched = window.watched()
        due &= np.where(rows < len(watched), watched[np.minimum(rows, len(watched) - 1)], False)[None, :]
        stopped = got & np.isin(cells["mark"], STOPPED)
        found["due"], found["received"] = due.sum(axis=0), (got & due).sum(axis=0)
        found["valid"], found["stopped"] = (ok & due).sum(axis=0), stopped.sum(axis=0)
        found["flagged"] = (got & marked & ~stopped).sum(axis=0)
        self._count_limits(window, found, rows, slots, back)
        column[rows, lanes] = found
        usual = some & ~busy[block * BLOCK_ROWS + rows]
        shape = np.clip(np.where(ok, mean, np.nan), -LARGEST_HALF, LARGEST_HALF).T.astype(np.float16)
        shapes = chunk.shape_column(day)
        shapes["hours"][rows[usual], lanes[usual]] = shape[usual]
        shapes["day"][rows[usual], lanes[usual]] = day
        self._add_to_month(chunk, day, rows, lanes, found, cells, noisy)

    def _count_limits(self, window: Window, found: Array, rows: Array, slots: Array, back: int) -> None:
        planned = self._partition.plan.series[window.block * BLOCK_ROWS + rows, slots]
        limited = np.flatnonzero(np.isfinite(planned["limit"]) | np.isfinite(planned["ultra"]))
        numbers = self._partition.state.series[window.block * BLOCK_ROWS + rows, slots]["factor"]
        for number in np.unique(numbers[limited]).tolist():
            code = factors.by_number(number).code
            mine = limited[numbers[limited] == number]
            at = rows[mine]
            for name, against in (("over", "limit"), ("ultra", "ultra")):
                limit = planned[mine][against].astype(np.float64)[:, None]
                values = window.judged(code, DAY_HOURS, back, against)[at]
                with np.errstate(invalid="ignore"):
                    found[name][mine] = (values > limit).sum(axis=1)
                    if name == "over":
                        found["near"][mine] = ((values >= NEAR * limit) & (values <= limit)).sum(axis=1)

    def _add_to_month(
        self, chunk: Chunk, day: int, rows: Array, lanes: Array, found: Array, cells: Array, noisy: Array
    ) -> None:
        column, month = chunk.month_column(), month_of_day(day)
        months = column[rows, lanes]
        fresh = months["month"] != month
        for name in months.dtype.names or ():
            months[name][fresh] = 0
        months["month"] = month
        months["days"] += (found["valid"] >= 20).astype(np.uint8)
        for name in ("due", "received", "valid", "stopped", "flagged", "over", "near", "ultra"):
            months[name] += found[name]
        high = np.where(noisy, cells["high"].astype(np.float64), 0.0)
        used = noisy & (high > 0) & (high < 10_000)
        decimals = np.zeros(len(rows), np.int64)
        for places in range(DECIMALS, 0, -1):
            scaled = high * 10.0 ** (places - 1)
            finer = used & (np.abs(scaled - np.round(scaled)) > 1e-4 * np.maximum(1.0, scaled * 1e-2))
            decimals = np.where((decimals == 0) & (finer.sum(axis=0) >= 3), places, decimals)
        months["decimals"] = np.maximum(months["decimals"], decimals)
        last = np.round(high * 10.0 ** months["decimals"].astype(np.float64)).astype(np.int64) % 10
        for digit in range(10):
            months["digits"][:, digit] += (used & (last == digit)).sum(axis=0).astype(np.int16)
        column[rows, lanes] = months

    # Saving ---------------------------------------------------------------------------------------------------------

    def saved(self) -> dict[int, bytes]:
        """Parts that have changed since the last call, by their number."""
        return {
            FIRST_BLOCK + block * COLUMNS + part: data
            for block, chunk in enumerate(self._chunks)
            for part, data in chunk.saved().items()
        }

    def restore(self, parts: Mapping[int, bytes], plain: Collection[int] = ()) -> None:
        """Takes saved parts back; those numbered in `plain` are of the format before. Raises HistoryError."""
        for number in sorted(parts, key=lambda one: (one - FIRST_BLOCK) // COLUMNS):
            block, part = divmod(number - FIRST_BLOCK, COLUMNS)
            if block not in self.blocks():
                raise HistoryError(f"history of block {block}, which is not there")
            self.chunk(block).restore(part, parts[number], plain=number in plain)
