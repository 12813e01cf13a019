"""Which rule of the catalogue has to notice which mechanism."""

from typing import Final, NamedTuple

EXCEEDANCE: Final = "exceedance"
"""Derived from the data of outlets whose numbers are honest: hours above the strictest limit of the law."""


class Expected(NamedTuple):
    """`must`: rules that have to find it. A finding of a rule of `may` at that place and time is true as well."""

    must: tuple[str, ...]
    may: tuple[str, ...] = ()


OF_HOURS: Final = (
    "spot-exceedance", "day-exceedance",
        "ultra-low-month", "marks-at-exceedance", "marks-after-exceedance",
)  # fmt: skip
OF_GAPS: Final = ("low-day-rate", "low-month-rate", "selective-gaps", "mark-overuse")
OF_BYPASS: Final = ("bypass-main-flow", "bypass-damper", "bypass-hot-gas", "bypass-pressure", "bypass-likely")
OF_VEHICLES: Final = (
    "vehicle-nox-high", "vehicle-nox-mirrored", "vehicle-reagent-empty", "vehicle-lamp-on", "vehicle-position-still",
    "vehicle-unplugged", "vehicle-engine-off", "vehicle-nox-missing", "vehicle-reagent-still", "vehicle-filter-gone",
    "vehicle-coolant-cold", "vehicle-terminal-removed", "vehicle-reagent-short",
)  # fmt: skip
OF_DATA: Final = (
    "variance-collapse", "held-values", "range-clipping", "frozen-value", "last-digits", "near-limit", "replayed-day",
    "multi-drop", "hour-minutes", "conversion-mismatch", "impossible-value", "oxygen-dilution", "oxygen-implausible",
    "bypass-main-flow", "bypass-hot-gas", "flow-balance", "still-gas", "removal-implausible", "falsification-likely",
    "level-shift", "oxygen-too-low", "restated-hour", "hour-extremes",
)  # fmt: skip
"""Whoever visits for one sign of forged data finds the forgery, whichever sign it was."""

EXPECTED: Final[dict[str, Expected]] = {
    EXCEEDANCE: Expected(("hour-exceedance",), OF_HOURS),
    "day-exceedance": Expected(("day-exceedance",), ("hour-exceedance", *OF_HOURS)),
    "treatment-failure": Expected((), ("hour-exceedance", *OF_HOURS, "multi-drop")),
    "soot-blowing": Expected(("spot-exceedance",), ("hour-exceedance", *OF_HOURS)),
    "poor-month": Expected((), ("hour-exceedance", *OF_HOURS, "near-limit")),
    "ultra-low-month": Expected(("ultra-low-month",), OF_HOURS),
    "dropout": Expected(("data-dropout",), OF_GAPS),
    "selective-dropout": Expected(("selective-gaps",), ("data-dropout", *OF_GAPS)),
    "analyser-down": Expected(("low-day-rate",), OF_GAPS),
    "low-capture": Expected(("low-month-rate",), ("low-day-rate", "data-dropout", "mark-overuse", *OF_GAPS)),
    "frozen": Expected(("frozen-value",), OF_DATA),
    "sample-dilution": Expected((), OF_DATA),
    "duct-leak": Expected(("oxygen-dilution",), OF_DATA),
    "probe-in-clean-air": Expected(("oxygen-implausible",), OF_DATA),
    "wrong-conversion": Expected(("conversion-mismatch",), OF_DATA),
    "gain-lowered": Expected(("level-shift",), OF_DATA),
    "slope-stated": Expected(("parameter-change",)),
    "analyser-exchanged": Expected(("analyser-swapped",)),
    "reads-lower": Expected((), OF_DATA),
    "range-clipped": Expected(("range-clipping",), OF_DATA),
    "ceiling": Expected(("near-limit",), OF_DATA),
    "replayed-day": Expected(("replayed-day",), OF_DATA),
    "generator": Expected(("variance-collapse",), OF_DATA),
    "coarse-steps": Expected(("held-values",), OF_DATA),
    "velocity-factor": Expected((), OF_DATA),
    "flow-forged": Expected(("flow-balance",), OF_DATA),
    "flow-restored": Expected((), ("flow-balance",)),
    "velocity-dead": Expected(("still-gas",), OF_DATA),
    "bypass": Expected(("bypass-main-flow",), (*OF_BYPASS, *OF_DATA)),
    "bypass-damper-open": Expected(("bypass-damper", "bypass-likely"), (*OF_BYPASS, *OF_DATA)),
    "calibration-abuse": Expected(("marks-at-exceedance",), ("hour-exceedance", *OF_HOURS, *OF_DATA, *OF_GAPS)),
    "false-stop-mark": Expected(("stopped-but-emitting",), (*OF_GAPS, *OF_DATA)),
    "mark-abuse": Expected(("marks-after-exceedance",), ("hour-exceedance", *OF_HOURS)),
    "marks-overused": Expected(("mark-overuse",), (*OF_GAPS, "marks-at-exceedance")),
    "multi-drop": Expected(("multi-drop",), OF_DATA),
    "calibrated-often": Expected(("calibration-often",), (*OF_GAPS, "marks-at-exceedance", "marks-after-exceedance")),
    "gas-left-on": Expected(("oxygen-too-low",), OF_DATA),
    "furnace-cold": Expected(("furnace-cold",)),
    "scrubber-bypassed": Expected(("bypass-hot-gas",), (*OF_BYPASS, *OF_DATA, *OF_HOURS, "hour-exceedance")),
    "sensor-broken": Expected(("impossible-value",), (*OF_DATA, *OF_BYPASS)),
    "bypass-wide": Expected(("bypass-pressure",), (*OF_BYPASS, *OF_DATA)),
    "sample-line-cold": Expected(("sample-line-cold",), OF_DATA),
    "treatment-off": Expected(("treatment-off",), ("clean-without-reagent", "run-time", "hour-exceedance", *OF_HOURS)),
    "poor-days": Expected((), ("day-exceedance", "hour-exceedance", *OF_HOURS)),
    "several-frauds": Expected(("falsification-likely",), OF_DATA),
    "treatment-off-for-days": Expected(
        (), ("clean-without-reagent", "run-time", "treatment-off", "hour-exceedance", *OF_HOURS)
    ),
    "treatment-off-all-day": Expected(
        ("run-time",), ("clean-without-reagent", "treatment-off", "hour-exceedance", *OF_HOURS)
    ),
    "clock-off": Expected(("clock-fault",), ("data-dropout", *OF_GAPS, *OF_DATA)),
    "nox-forged-low": Expected(("removal-implausible",), OF_DATA),
    "hours-forged": Expected(("hour-minutes",), OF_DATA),
    "clean-without-reagent": Expected(("clean-without-reagent",), ("treatment-off", "run-time", *OF_DATA)),
    "hours-restated": Expected(("restated-hour",), OF_DATA),
    "extremes-left-behind": Expected(("hour-extremes",), OF_DATA),
    "amounts-cut": Expected(("amount-mismatch",)),
    "typed-by-hand": Expected(("last-digits",), OF_DATA),
    "lax-platform-limit": Expected(("platform-limit",)),
    "closed-but-alive": Expected(("closed-site-alive",)),
    "response-stop-ignored": Expected(("response-stop",), ("response-limit",)),
    "response-limit-ignored": Expected(("response-limit",)),
    "catalyst-dead": Expected(("vehicle-nox-high",), OF_VEHICLES),
    "mirrored-sensor": Expected(("vehicle-nox-mirrored",), OF_VEHICLES),
    "reagent-empty": Expected(("vehicle-reagent-empty",), OF_VEHICLES),
    "lamp-on": Expected(("vehicle-lamp-on",), OF_VEHICLES),
    "position-frozen": Expected(("vehicle-position-still",), OF_VEHICLES),
    "unplugged": Expected(("vehicle-unplugged",), OF_VEHICLES),
    "dummy-engine": Expected(("vehicle-engine-off",), OF_VEHICLES),
    "nox-unplugged": Expected(("vehicle-nox-missing",), OF_VEHICLES),
    "reagent-emulated": Expected(("vehicle-reagent-still",), OF_VEHICLES),
    "reagent-starved": Expected(("vehicle-reagent-short",), OF_VEHICLES),
    "filter-removed": Expected(("vehicle-filter-gone",), OF_VEHICLES),
    "coolant-emulated": Expected(("vehicle-coolant-cold",), OF_VEHICLES),
    "terminal-removed": Expected(("vehicle-terminal-removed",), OF_VEHICLES),
    "vapour-pump-weak": Expected(("vapour-ratio",)),
    "vapour-rewritten": Expected(("vapour-fabricated",)),
    "old-trucks": Expected(("gate-old-truck",)),
    "barrier-lifted": Expected(("gate-lifted",)),
    "results-copied": Expected(("inspection-repeats",), ("frozen-value", "held-values")),
    "tests-too-short": Expected(("inspection-short",)),
    "valve-open": Expected(("voc-bypass-open",)),
    "flare-dead": Expected(("flare-out",)),
    "cloned-outlet": Expected(("cloned-outlets",), OF_DATA),
    "copies-another": Expected((), (*OF_DATA, "hour-exceedance", *OF_HOURS)),
    "station-mist": Expected(("station-interference",), ("frozen-value",)),
    "hot-spot": Expected(("hot-area",)),
    "hot-hours": Expected((), ("hot-area",)),
    "dust-works": Expected(("dust-site-high",)),
    "heavy-haze": Expected(("heavy-air-day",), ("hot-area",)),
    "aqi-understated": Expected(("aqi-mismatch",)),
    "dust-month": Expected(("dustfall-high",)),
    "straw-fires": Expected(("fire-point",)),
}
"""By mechanism. An empty `must` is an honest gap: nothing in the catalogue claims to find it from these data alone."""

HONEST_DATA: Final = frozenset(
    (
        EXCEEDANCE, "treatment-failure", "soot-blowing", "poor-month", "dropout",
        "selective-dropout", "low-capture", "mark-abuse",
        "calibration-abuse", "marks-overused", "day-exceedance", "analyser-down",
        "ultra-low-month", "treatment-off", "treatment-off-all-day", "lax-platform-limit",
        "closed-but-alive", "response-stop-ignored", "response-limit-ignored", "flow-forged", "flow-restored",
        "velocity-dead",
        "velocity-factor", "calibrated-often", "furnace-cold", "scrubber-bypassed", "sensor-broken",
    )
)  # fmt: skip
"""Mechanisms that leave the numbers sent as they are, so that an exceedance can be derived from them."""

DERIVED: Final[dict[str, str]] = {}
"""Rules no mechanism has to wake by itself, and why."""


def without_scenario(rules: set[str]) -> set[str]:
    """Rules that no mechanism has to wake and that give no reason for it."""
    return rules - {rule for expected in EXPECTED.values() for rule in expected.must} - DERIVED.keys()
