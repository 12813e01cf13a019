"""What an hour of driving says of a vehicle (vehicle.md 5.2: V01, V03, V05, V08, V09, V10, V12, V15, V16, V18)."""

from typing import ClassVar, Final, Literal

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided

SPEED, ENGINE, UP, DOWN, REAGENT, INLET = "v07001", "v07005", "v07007", "v07008", "v07009", "v07011"
MILEAGE, LONGITUDE, LATITUDE, FIX, LAMP = "v07016", "v07017", "v07018", "v07019", "v07040"
AIR, FILTER, COOLANT, REMOVED = "v07010", "v07013", "v07014", "v07061"
FUEL_USED, REAGENT_USED = "v07031", "v07034"
CODES: Final = (
    SPEED, ENGINE, UP, DOWN, REAGENT, INLET, MILEAGE, LONGITUDE, LATITUDE, FIX, LAMP, AIR, FILTER, COOLANT,
    REMOVED, FUEL_USED, REAGENT_USED,
)  # fmt: skip
STILL_DEGREES: Final = 2e-5  # two metres
GAP_HOURS: Final = 24
SILENT_HOURS: Final = 26  # as many as the history of hours has before the newest
DIESEL_G_A_LITRE: Final = 840.0
RAW_STEP: Final = 0.41  # one raw step of the reagent level is 0.4 %


class VehicleHour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. Nothing is said of hours with fewer values than `least_values`, nor, where it asks, of a cold one."""

    kind: ClassVar[str] = "vehicle-hour"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    check: Literal[
        "nox-high", "mirrored", "reagent-empty", "lamp", "position-still", "unplugged", "engine-off", "nox-missing",
        "reagent-still", "filter-gone", "coolant-cold", "removed", "reagent-short",
    ]  # fmt: skip
    factors: tuple[str, ...]
    closing: Closing = Closing()
    least_values: int = 60
    hot: float = 250.0
    turning: float = 900.0
    driving: float = 10.0
    nox: float = 500.0
    alike: float = 0.05
    least_upstream: float = 100.0
    reagent: float = 2.0
    kilometres: float = 5.0
    air: float = 300.0
    filter: float = 0.15
    coolant: float = 60.0
    litres: float = 20.0
    reagent_share: float = 0.025

    def demands(self) -> Demand:
        """Hours of what a vehicle sends."""
        return Demand(history=CODES)

    def screen(self, window: Window, factor: str) -> Array:
        """Hours with enough values."""
        found: Array = window.hours(factor, "n")[:, 0] >= self.least_values
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A sign with its numbers, never a verdict of guilt; habits of terminals look alike (vehicle.md 5.3)."""
        if not isinstance(fact, SourceHourFact) or fact.past.hours(fact.factor, "n")[0] < self.least_values:
            return None
        means = {code: float(fact.past.hours(code, "mean")[0]) for code in CODES}
        breach, weight, inputs = {
            "nox-high": self._nox,
            "mirrored": self._mirrored,
            "reagent-empty": self._reagent,
            "lamp": self._lamp,
            "position-still": self._position,
            "unplugged": self._unplugged,
            "engine-off": self._engine,
            "nox-missing": self._missing,
            "reagent-still": self._still,
            "filter-gone": self._filter,
            "coolant-cold": self._coolant,
            "removed": self._removed,
            "reagent-short": self._short,
        }[self.check](fact, means)
        if not np.isfinite(list(inputs.values())).all():
            return None
        return decided(
            fact,
            site,
            breach=breach,
            reason=self.check,
            excuses=(),
            weight=weight,
            confidence=0.5,
            inputs=inputs,
            evidence=tuple(code for code in CODES if np.isfinite(means[code])),
            hours=4,
        )

    def _nox(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        hot = means[INLET] >= self.hot and means[ENGINE] >= self.turning
        inputs = {"nox_ppm": means[DOWN], "inlet_temperature": means[INLET], "engine_rpm": means[ENGINE]}
        return hot and means[DOWN] > self.nox, means[DOWN], inputs

    def _mirrored(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        hot = means[INLET] >= self.hot and means[UP] >= self.least_upstream
        apart = abs(means[DOWN] - means[UP]) / means[UP] if means[UP] > 0 else float("nan")
        inputs = {"nox_upstream_ppm": means[UP], "nox_ppm": means[DOWN], "inlet_temperature": means[INLET]}
        return hot and apart < self.alike, 1.0, inputs

    def _reagent(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        inputs = {"reagent_percent": means[REAGENT], "speed": means[SPEED]}
        return means[REAGENT] < self.reagent and means[SPEED] > self.driving, 1.0, inputs

    def _lamp(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        inputs = {"lamp_share": means[LAMP], "speed": means[SPEED]}
        return means[LAMP] >= 0.5 and means[SPEED] > self.driving, 1.0, inputs

    def _position(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        moved = max(float(fact.past.hours(code, "spread")[0]) for code in (LONGITUDE, LATITUDE))
        inputs = {"speed": means[SPEED], "fix_share": means[FIX], "spread_degrees": moved}
        return means[SPEED] > self.driving and means[FIX] > 0.9 and moved < STILL_DEGREES, means[SPEED], inputs

    def _unplugged(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        """Mileage gained over an hour or more without data, less what an hour on the road can explain at both ends.

        A truck that comes back late in an hour sends a few values in it: the silence before that hour is meant too.
        """
        before = fact.past.hours(MILEAGE, "mean", SILENT_HOURS, 1).copy()
        if fact.past.hours(MILEAGE, "n", 1, 1)[0] < self.least_values:
            before[-1] = np.nan
        known = np.flatnonzero(np.isfinite(before))
        if not len(known) or known[-1] == SILENT_HOURS - 1:
            return False, 0.0, {}
        now_spread, then_spread = (
            float(fact.past.hours(MILEAGE, "spread", 1, back)[0]) for back in (0, SILENT_HOURS - int(known[-1]))
        )
        gained = means[MILEAGE] - float(before[known[-1]]) - 2.0 * (now_spread + then_spread)
        return (
            gained > self.kilometres,
            gained,
            {"kilometres": gained, "hours_silent": float(SILENT_HOURS - 1 - known[-1])},
        )

    def _engine(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        inputs = {"speed": means[SPEED], "engine_rpm": means[ENGINE]}
        return means[SPEED] > self.driving and means[ENGINE] < 1.0, means[SPEED], inputs

    def _missing(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        """Asked of the sensor upstream: it is ready, the engine hot, and the one downstream says nothing."""
        ready = float(fact.past.hours(DOWN, "n")[0]) if fact.past.has(DOWN) else 0.0
        hot = means[INLET] >= self.hot and means[ENGINE] >= self.turning
        inputs = {"values_upstream": float(fact.past.hours(UP, "n")[0]), "values_downstream": ready}
        return hot and ready < 0.5 * inputs["values_upstream"], 1.0, inputs

    def _still(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        """A level that never moves over many kilometres of a day: no reagent is used, or the gauge is an emulator."""
        highs, lows = (fact.past.hours(REAGENT, name, GAP_HOURS) for name in ("high", "low"))
        mileage = fact.past.hours(MILEAGE, "mean", GAP_HOURS)
        known = np.flatnonzero(np.isfinite(highs) & np.isfinite(mileage))
        if len(known) < 2:
            return False, 0.0, {}
        driven = float(mileage[known[-1]] - mileage[known[0]])
        moved = float(highs[known].max() - lows[known].min())
        inputs = {"kilometres": driven, "level_moved": moved, "reagent_percent": means[REAGENT]}
        return driven >= self.kilometres and moved <= RAW_STEP and means[REAGENT] > self.reagent, 1.0, inputs

    def _filter(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        """An hour of little air says nothing, and excuses no other: a clean filter has no pressure across it either."""
        air = means[AIR] if means[AIR] >= self.air else float("nan")
        return means[FILTER] <= self.filter, 1.0, {"filter_kpa": means[FILTER], "air_flow": air}

    def _coolant(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        """Asked of hours driven nearly whole, after another of the kind: the engine has to be warm by then."""
        before = float(fact.past.hours(ENGINE, "n", 1, 1)[0]) if fact.past.has(ENGINE) else 0.0
        inputs = {"coolant": means[COOLANT], "engine_rpm": means[ENGINE], "speed": means[SPEED]}
        warm = before >= self.least_values and means[SPEED] > self.driving
        return warm and means[COOLANT] < self.coolant, 1.0, inputs

    def _removed(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        return means[REMOVED] > 0, 1.0, {"alarm_share": means[REMOVED]}

    def _short(self, fact: SourceHourFact, means: dict[str, float]) -> tuple[bool, float, dict[str, float]]:
        """Totals of a day: reagent by mass against diesel by mass, which a working catalyst needs 4 to 6 % of."""
        fuel, reagent = (fact.past.hours(code, "mean", GAP_HOURS) for code in (FUEL_USED, REAGENT_USED))
        known = np.flatnonzero(np.isfinite(fuel) & np.isfinite(reagent))
        if len(known) < 2:
            return False, 0.0, {}
        litres, grams = (float(total[known[-1]] - total[known[0]]) for total in (fuel, reagent))
        share = grams / (litres * DIESEL_G_A_LITRE) if litres > 0 else float("nan")
        inputs = {"litres": litres, "reagent_grams": grams, "share_percent": 100.0 * share}
        breach = litres >= self.litres and 0.0 <= share < self.reagent_share
        return breach, round(self.reagent_share / max(share, 1e-3), 1) if breach else 0.0, inputs
