"""The rules. A new kind is one file here and its class below; everything else is catalogue.yaml."""

from importlib.resources import files
from typing import Final

from lantian_alerts.core.catalogue import Catalogue, parse
from lantian_alerts.core.rule import RuleKind
from lantian_alerts.rules.against_usual import AgainstUsual
from lantian_alerts.rules.amount_mismatch import AmountMismatch
from lantian_alerts.rules.aqi_mismatch import AqiMismatch
from lantian_alerts.rules.bounds import Bounds
from lantian_alerts.rules.calibration_often import CalibrationOften
from lantian_alerts.rules.clean_without_reagent import CleanWithoutReagent
from lantian_alerts.rules.clock_fault import ClockFault
from lantian_alerts.rules.cloned_outlets import ClonedOutlets
from lantian_alerts.rules.combined import Combined
from lantian_alerts.rules.conversion_mismatch import ConversionMismatch
from lantian_alerts.rules.data_dropout import DataDropout
from lantian_alerts.rules.data_rate import DataRate
from lantian_alerts.rules.day_exceedance import DayExceedance
from lantian_alerts.rules.dust_site import DustSite
from lantian_alerts.rules.dustfall import Dustfall
from lantian_alerts.rules.emits_though import EmitsThough
from lantian_alerts.rules.fire_point import FirePoint
from lantian_alerts.rules.flow_balance import FlowBalance
from lantian_alerts.rules.frozen_value import FrozenValue
from lantian_alerts.rules.gate_hour import GateHour
from lantian_alerts.rules.heavy_air import HeavyAir
from lantian_alerts.rules.held_values import HeldValues
from lantian_alerts.rules.hot_area import HotArea
from lantian_alerts.rules.hour_exceedance import HourExceedance
from lantian_alerts.rules.hour_extremes import HourExtremes
from lantian_alerts.rules.hour_minutes import HourMinutes
from lantian_alerts.rules.inspection_line import InspectionLine
from lantian_alerts.rules.last_digits import LastDigits
from lantian_alerts.rules.level import Level
from lantian_alerts.rules.level_shift import LevelShift
from lantian_alerts.rules.mark_share import MarkShare
from lantian_alerts.rules.marks_at_exceedance import MarksAtExceedance
from lantian_alerts.rules.month_share import MonthShare
from lantian_alerts.rules.multi_drop import MultiDrop
from lantian_alerts.rules.near_limit import NearLimit
from lantian_alerts.rules.oxygen_dilution import OxygenDilution
from lantian_alerts.rules.oxygen_implausible import OxygenImplausible
from lantian_alerts.rules.parameter_change import ParameterChange
from lantian_alerts.rules.platform_limit import PlatformLimit
from lantian_alerts.rules.range_clipping import RangeClipping
from lantian_alerts.rules.removal import Removal
from lantian_alerts.rules.replayed_day import ReplayedDay
from lantian_alerts.rules.response_limit import ResponseLimit
from lantian_alerts.rules.restated_hour import RestatedHour
from lantian_alerts.rules.run_time import RunTime
from lantian_alerts.rules.selective_gaps import SelectiveGaps
from lantian_alerts.rules.spot_exceedance import SpotExceedance
from lantian_alerts.rules.station_interference import StationInterference
from lantian_alerts.rules.still_gas import StillGas
from lantian_alerts.rules.treatment_off import TreatmentOff
from lantian_alerts.rules.vapour_gun import VapourGun
from lantian_alerts.rules.variance_collapse import VarianceCollapse
from lantian_alerts.rules.vehicle_hour import VehicleHour

_RULES: Final[tuple[type[RuleKind], ...]] = (
    AgainstUsual,
    AmountMismatch,
    AqiMismatch,
    Bounds,
    CalibrationOften,
    CleanWithoutReagent,
    ClockFault,
    ClonedOutlets,
    Combined,
    ConversionMismatch,
    DataDropout,
    DataRate,
    DayExceedance,
    DustSite,
    Dustfall,
    EmitsThough,
    FirePoint,
    FlowBalance,
    FrozenValue,
    GateHour,
    HeavyAir,
    HeldValues,
    HotArea,
    HourExceedance,
    HourExtremes,
    HourMinutes,
    InspectionLine,
    LastDigits,
    Level,
    LevelShift,
    MarkShare,
    MarksAtExceedance,
    MonthShare,
    MultiDrop,
    NearLimit,
    OxygenDilution,
    OxygenImplausible,
    ParameterChange,
    PlatformLimit,
    RangeClipping,
    Removal,
    ReplayedDay,
    ResponseLimit,
    RestatedHour,
    RunTime,
    SelectiveGaps,
    SpotExceedance,
    StationInterference,
    StillGas,
    TreatmentOff,
    VapourGun,
    VarianceCollapse,
    VehicleHour,
)
KINDS: Final[dict[str, type[RuleKind]]] = {rule.kind: rule for rule in _RULES}


def shipped(*, with_disabled: bool = False) -> Catalogue:
    """The catalogue as shipped. Raises CatalogueError."""
    text = files(__name__).joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return parse(text, KINDS, with_disabled=with_disabled)
