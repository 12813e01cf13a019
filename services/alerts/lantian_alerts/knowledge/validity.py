"""Whether values may be judged: valid hours, days and months, conversion by oxygen, shares of data.

Sources: HJ 76-2017 and HJ 75-2017 (45 minutes, 20 hours, 25 days), HJ 212-2017 appendix D (conversion), the campaign
plan of 2019-20 § 24 (90 %). Pure functions; concentrations in any unit, oxygen in percent of dry gas, shares 0 to 1.
"""

from math import isfinite
from typing import Final, Literal, NamedTuple

VALID_MINUTES: Final = 45  # HJ 75-2017: an hour is valid with 45 valid minutes
VALID_SHARE: Final = 0.75  # and 75 % of the values due
AIR_O2: Final = 21.0  # as the standards write it, not 20.9
GUARD_O2: Final = 20.0  # proposal: from here on the conversion explodes and tells of stop or leaking air
DEVIATION: Final = 0.02  # a reported converted value further off than this is an anomaly
COMBINED_RATE: Final = 0.90  # 2019-20 plan § 24
CAPTURE_RATE: Final = 0.75  # valid rate of a quarter, HJ 75-2017
ULTRA_LOW_SHARE: Final = 0.95  # hours of a calendar month within the ultra-low limits
ULTRA_LOW_WARNING: Final = 0.97  # proposal: early warning
FEBRUARY: Final = 2


def valid_hour(valid_minutes: int, least: int = VALID_MINUTES) -> bool:
    """An hour counts with at least 45 valid minute values (75 %). Raises ValueError outside 0 to 60."""
    return _count(valid_minutes, 60) >= least


def valid_day(valid_hours: int, least: int = 20) -> bool:
    """A day counts with at least 20 valid hours; some rules say 18. Raises ValueError outside 0 to 24."""
    return _count(valid_hours, 24) >= least


def valid_month(valid_days: int, month: int, least: int = 25, least_february: int = 23) -> bool:
    """A month counts with at least 25 valid days, February with 23. Raises ValueError for no month or too many days."""
    if not 1 <= month <= 12:
        raise ValueError(f"{month} is no month")
    return _count(valid_days, 29 if month == FEBRUARY else 31) >= (least_february if month == FEBRUARY else least)


def _count(given: int, most: int) -> int:
    if not 0 <= given <= most:
        raise ValueError(f"{given} is not between 0 and {most}")
    return given


class Conversion(NamedTuple):
    """A converted value, or why there is none.

    `no-reference` returns the value as measured (the emission standard has no reference oxygen). `guard`: oxygen at or
    above the guard: evidence of a stop or of leaking air, never of an exceedance. `bad-oxygen`: not a percentage.
    """

    value: float | None
    reason: Literal["converted", "no-reference", "guard", "bad-oxygen"]


def convert(value: float, oxygen: float, reference: float | None, guard: float = GUARD_O2) -> Conversion:
    """C × (21 − reference) / (21 − oxygen), dry gas (HJ 212-2017 appendix D).

    Raises ValueError for a reference outside 0 to 21 or a guard that would let the divisor reach 0.
    """
    if not 0 < guard < AIR_O2:
        raise ValueError(f"a guard of {guard} % does not guard")
    if reference is None:
        return Conversion(value, "no-reference")
    _reference(reference)
    if not 0 <= oxygen <= 100:  # NaN too
        return Conversion(None, "bad-oxygen")
    if oxygen >= guard:
        return Conversion(None, "guard")
    return Conversion(value * (AIR_O2 - reference) / (AIR_O2 - oxygen), "converted")


def held_against(
    reference: float, measured: float | None, converted: float | None, oxygen: float | None, guard: float = GUARD_O2
) -> float | str:
    """The value to hold against a limit at a reference oxygen (0: as measured), or in a word why there is none.

    A converted value the device sent counts, except at or above the guard: there it is noise multiplied.
    """
    if reference <= 0:
        return "no-measured-value" if measured is None else measured
    if oxygen is not None and oxygen >= guard:
        return "oxygen-too-high"
    if converted is not None:
        return converted
    if measured is None or oxygen is None:
        return "no-oxygen"
    found = convert(measured, oxygen, reference, guard)
    return found.reason if found.value is None else found.value


def oxygen_of_excess_air(alpha: float) -> float:
    """Oxygen in percent of an excess-air coefficient: α = 21 / (21 − O2). Raises ValueError below 1."""
    if not alpha >= 1:
        raise ValueError(f"an excess-air coefficient of {alpha} is below 1")
    return AIR_O2 - AIR_O2 / alpha


def excess_air_of_oxygen(oxygen: float) -> float:
    """Excess-air coefficient of an oxygen in percent. Raises ValueError from 21 % on."""
    return AIR_O2 / (AIR_O2 - _reference(oxygen))


def convert_by_excess_air(value: float, alpha: float, reference_alpha: float) -> float:
    """C × α / α_ref (GB 9078, 13271, 16171). Raises ValueError for a coefficient below 1."""
    oxygen_of_excess_air(alpha), oxygen_of_excess_air(reference_alpha)
    return value * alpha / reference_alpha


def implied_reference(measured: float, converted: float, oxygen: float) -> float | None:
    """The reference oxygen a sender must have used: 21 − ρ × (21 − oxygen), ρ = converted / measured.

    None where the measured value is not above 0. A result that changes in time hints at changed parameters.
    """
    if not measured > 0:
        return None
    return AIR_O2 - converted / measured * (AIR_O2 - oxygen)


class Recomputed(NamedTuple):
    """A reported converted value against our own. `deviation` relative to our own, None where there is none."""

    result: Literal["agrees", "deviates", "not-comparable"]
    expected: float | None
    deviation: float | None


def check_converted(
    measured: float,
    reported: float,
    oxygen: float,
    reference: float | None,
    *,
    tolerance: float = DEVIATION,
    resolution: float = 0.0,
    guard: float = GUARD_O2,
) -> Recomputed:
    """Recomputes a reported converted value; further off than ±2 % is a data anomaly.

    `resolution` is the step of the reported digits: two values within one step never deviate. Not comparable at or
    above the guard, where vendors cap oxygen each in their own way.
    """
    expected = convert(measured, oxygen, reference, guard).value
    if expected is None or not isfinite(reported):
        return Recomputed("not-comparable", expected, None)
    if abs(reported - expected) <= resolution:
        return Recomputed("agrees", expected, 0.0 if expected == 0 else (reported - expected) / abs(expected))
    if expected == 0:
        return Recomputed("deviates", expected, None)
    deviation = (reported - expected) / abs(expected)
    # The last digits of a division must not turn exactly 2 % into a deviation.
    return Recomputed("agrees" if abs(deviation) <= tolerance + 1e-12 else "deviates", expected, deviation)


def transmission_rate(received: int, due: int) -> float | None:
    """Records received of those due; repeats do not count above 1. None when none was due."""
    if received < 0 or due < 0:
        raise ValueError("counts are never negative")
    return None if due == 0 else min(1.0, received / due)


def valid_rate(hours: float, stopped: float, invalid: float) -> float | None:
    """(H − stopped − invalid) / (H − stopped). None when the source stood still the whole time.

    Raises ValueError when the parts do not fit into the whole.
    """
    if min(hours, stopped, invalid) < 0 or not stopped + invalid <= hours:
        raise ValueError(f"{stopped} h stopped and {invalid} h invalid do not fit into {hours} h")
    return None if hours == stopped else (hours - stopped - invalid) / (hours - stopped)


def combined_rate(transmission: float | None, valid: float | None) -> float | None:
    """数据传输有效率 = transmission rate × valid rate. None where one of them is. Raises ValueError outside 0 to 1."""
    if transmission is None or valid is None:
        return None
    if not (0 <= transmission <= 1 and 0 <= valid <= 1):
        raise ValueError("a rate lies between 0 and 1")
    return transmission * valid


def enough(rate: float | None, threshold: float = COMBINED_RATE) -> bool | None:
    """Whether a rate reaches its threshold (90 % for the combined one); None where there is no rate."""
    return None if rate is None else rate >= threshold


class UltraLowMonth(NamedTuple):
    """Hours of a calendar month against an ultra-low limit."""

    share: float
    result: Literal["passes", "warns", "fails"]


def ultra_low_month(
    hours_within: int, hours_judged: int, least: float = ULTRA_LOW_SHARE, warning: float = ULTRA_LOW_WARNING
) -> UltraLowMonth | None:
    """At least 95 % of the judged hours within the limit (cement: of production hours); below 97 % warns.

    None when no hour was judged. Raises ValueError for impossible counts.
    """
    if not 0 <= hours_within <= hours_judged:
        raise ValueError(f"{hours_within} of {hours_judged} hours")
    if hours_judged == 0:
        return None
    share = hours_within / hours_judged
    return UltraLowMonth(share, "fails" if share < least else "warns" if share < warning else "passes")


def _reference(oxygen: float) -> float:
    if not 0 <= oxygen < AIR_O2:
        raise ValueError(f"a reference oxygen of {oxygen} % is not between 0 and 21")
    return oxygen
