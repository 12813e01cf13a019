"""Kinds of outlets: how they run and what they emit when everything is in order.

Operating points are typical magnitudes for treated gas, chosen for the simulation; they measure no plant. `industry`
and `process` are keys of the shipped limits, which decide what is an exceedance; the levels here know no limit.
"""

from dataclasses import dataclass, field

PM, SO2, NOX, HCL, CO = "a34013", "a21026", "a21002", "a21024", "a21005"
O2, VELOCITY, TEMPERATURE, PRESSURE, MOISTURE, FLOW = "a19001", "a01011", "a01012", "a01013", "a01014", "a00000"


@dataclass(frozen=True)
class Kind:
    """One kind. Levels in mg/m³ dry at the reference oxygen, after treatment; oxygen and moisture in percent."""

    key: str
    industry: str
    process: str
    ultra_low: bool
    reference_oxygen: float
    levels: dict[str, float]
    removal: dict[str, float]
    """Share of the raw pollutant that treatment takes out."""
    oxygen: float
    temperature: float
    velocity: float
    moisture: float
    area: float
    load: float
    daily: float
    """Share of the load that follows the time of day."""
    weekly: float = 0.0
    cycle_minutes: int = 0
    """Length of a batch cycle, e.g. of coke pushing; 0: none."""
    cycle: float = 0.0
    stops: float = 0.3
    """Planned stops a month."""
    spread: float = 0.10
    """How much the treated concentration wanders from hour to hour, relative."""
    conditions: list[str] = field(default_factory=list)


KINDS: tuple[Kind, ...] = (
    Kind("power", "power", "coal-boiler", True, 6, {PM: 2.6, SO2: 16, NOX: 30}, {PM: 0.999, SO2: 0.985, NOX: 0.86},
         5.6, 51, 12.5, 12, 42, 0.80, 0.18, spread=0.09),
    Kind("sinter", "steel", "sinter-head", True, 16, {PM: 4.2, SO2: 15, NOX: 28}, {PM: 0.99, SO2: 0.96, NOX: 0.85},
         16.0, 112, 16, 9, 38, 0.90, 0.03, spread=0.12),
    Kind("cement", "cement", "kiln", True, 10, {PM: 3.8, SO2: 9, NOX: 29}, {PM: 0.999, SO2: 0.7, NOX: 0.9},
         9.3, 104, 14, 11, 16, 0.93, 0.02, stops=0.6, spread=0.13),
    Kind("coking", "coking", "coke-oven", True, 8, {PM: 4.5, SO2: 11, NOX: 82}, {PM: 0.9, SO2: 0.9, NOX: 0.85},
         9.6, 168, 9, 13, 14, 0.92, 0.01, cycle_minutes=25, cycle=0.06, stops=0.05, spread=0.11),
    Kind("glass", "glass", "flat-glass-furnace", False, 8, {PM: 11, SO2: 75, NOX: 210}, {PM: 0.95, SO2: 0.9, NOX: 0.88},
         9.0, 184, 11, 9, 8, 0.95, 0.01, cycle_minutes=20, cycle=0.05, stops=0.02, spread=0.09),
    Kind("waste", "waste", "incinerator", False, 11, {PM: 4.5, SO2: 18, NOX: 135, HCL: 11, CO: 13},
         {PM: 0.998, SO2: 0.95, NOX: 0.55, HCL: 0.98, CO: 0.0},
         9.3, 147, 15, 18, 5, 0.95, 0.02, stops=0.25, spread=0.16),
    Kind("boiler", "boiler", "coal-boiler", False, 9, {PM: 11, SO2: 62, NOX: 92}, {PM: 0.995, SO2: 0.93, NOX: 0.7},
         9.7, 58, 10, 11, 6, 0.68, 0.24, weekly=0.08, stops=0.5, spread=0.12),
)  # fmt: skip
"""Power, sinter, cement, coking, glass, waste, boilers."""

RESOLUTION: dict[str, float] = {
    PM: 0.01, SO2: 0.01, NOX: 0.01, HCL: 0.01, CO: 0.01, O2: 0.01,
    VELOCITY: 0.01, TEMPERATURE: 0.1, PRESSURE: 0.001, MOISTURE: 0.01, FLOW: 0.01,
}  # fmt: skip
"""Step of the value as the logger sends it."""

RANGE: dict[str, float] = {PM: 100.0, SO2: 600.0, NOX: 800.0, HCL: 200.0, CO: 500.0, O2: 25.0}
"""Upper end of the analyser's range."""

NOISE: dict[str, float] = {PM: 0.06, SO2: 0.35, NOX: 0.45, HCL: 0.15, CO: 0.4, O2: 0.03}
"""Standard deviation of one minute value of the analyser, in the factor's unit."""
