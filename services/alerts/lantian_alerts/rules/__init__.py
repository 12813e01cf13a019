"""The rules. A new kind is one file here and its name in MODULES; everything else is catalogue.yaml."""

from importlib import import_module
from importlib.resources import files
from typing import Final

from lantian_alerts.core.catalogue import Catalogue, parse
from lantian_alerts.core.rule import Rule

MODULES: Final = (
    "against_usual",
    "amount_mismatch",
    "aqi_mismatch",
    "bounds",
    "calibration_often",
    "clean_without_reagent",
    "clock_fault",
    "cloned_outlets",
    "combined",
    "conversion_mismatch",
    "data_dropout",
    "data_rate",
    "day_exceedance",
    "dust_site",
    "dustfall",
    "emits_though",
    "fire_point",
    "flow_balance",
    "frozen_value",
    "gate_hour",
    "heavy_air",
    "held_values",
    "hour_exceedance",
    "hour_extremes",
    "hour_minutes",
    "hot_area",
    "inspection_line",
    "last_digits",
    "level",
    "level_shift",
    "mark_share",
    "marks_at_exceedance",
    "month_share",
    "multi_drop",
    "near_limit",
    "oxygen_dilution",
    "oxygen_implausible",
    "parameter_change",
    "platform_limit",
    "range_clipping",
    "removal",
    "replayed_day",
    "response_limit",
    "restated_hour",
    "run_time",
    "selective_gaps",
    "spot_exceedance",
    "station_interference",
    "still_gas",
    "treatment_off",
    "vapour_gun",
    "variance_collapse",
    "vehicle_hour",
)
"""A module holds one class, named like it: hour_exceedance has HourExceedance."""


def _kind(module: str) -> type[Rule]:
    found: type[Rule] = getattr(import_module(f"{__name__}.{module}"), module.title().replace("_", ""))
    return found


KINDS: Final[dict[str, type[Rule]]] = {kind.kind: kind for kind in map(_kind, MODULES)}


def shipped(*, with_disabled: bool = False) -> Catalogue:
    """The catalogue as shipped. Raises CatalogueError."""
    text = files(__name__).joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return parse(text, KINDS, with_disabled=with_disabled)
