"""The kinds of stack the simulator knows, with the limits they are judged against.

Limits are hour means in mg/m³, dry, standard state, converted to the reference oxygen of the kind.
Operating points are typical magnitudes, chosen for the demo; they are no measurements of any plant.
"""

from dataclasses import dataclass

PM, SO2, NOX = "a34013", "a21026", "a21002"
POLLUTANTS = (PM, SO2, NOX)


@dataclass(frozen=True)
class Standard:
    """A limit's basis (national, local, permit, ultra-low) and the document with its clause."""

    basis: str
    clause: str


@dataclass(frozen=True)
class Industry:
    """One kind of stack: limits by factor, reference oxygen in percent and its usual operating point."""

    key: str
    name: str
    plant: str
    outlet: str
    standard: Standard
    reference_oxygen: float
    limits: dict[str, float]
    oxygen: float
    """Mean oxygen in percent, dry."""
    temperature: float
    """Mean gas temperature in ℃."""
    velocity: float
    """Mean gas velocity at full load in m/s."""
    moisture: float
    """Mean water content in percent by volume."""
    area: float
    """Section of the duct in m²."""
    swing: float
    """Share of the load that follows the time of day."""


_STEEL = Standard("ultra-low", "环大气〔2019〕35号《关于推进实施钢铁行业超低排放的意见》附件2")
_CEMENT = Standard("ultra-low", "环大气〔2024〕5号《关于推进实施水泥行业超低排放的意见》附件")
_COKING = Standard("ultra-low", "环大气〔2024〕5号《关于推进实施焦化行业超低排放的意见》附件")
_POWER = Standard("ultra-low", "发改能源〔2014〕2093号、环发〔2015〕164号 燃煤电厂超低排放")
_BOILER = Standard("national", "GB 13271-2014《锅炉大气污染物排放标准》表3 特别排放限值（燃煤锅炉）")
_GLASS = Standard("national", "GB 26453-2022《玻璃工业大气污染物排放标准》表1")
_WASTE = Standard("national", "GB 18485-2014《生活垃圾焚烧污染控制标准》表4（1小时均值）")
_BRICK = Standard("national", "GB 29620-2013《砖瓦工业大气污染物排放标准》2020年修改单 特别排放限值")

INDUSTRIES: tuple[Industry, ...] = (
    Industry(
        "sinter", "钢铁", "钢铁", "烧结机头排口", _STEEL, 16, {PM: 10, SO2: 35, NOX: 50}, 16.2, 118, 16, 9, 38, 0.05
    ),
    Industry(
        "cement", "水泥", "水泥", "水泥窑尾排口", _CEMENT, 10, {PM: 10, SO2: 35, NOX: 50}, 9.2, 105, 14, 11, 16, 0.08
    ),
    Industry(
        "coke", "焦化", "焦化", "焦炉烟囱排口", _COKING, 8, {PM: 10, SO2: 30, NOX: 150}, 9.5, 165, 9, 13, 14, 0.05
    ),
    Industry("power", "火电", "热电", "燃煤机组排口", _POWER, 6, {PM: 10, SO2: 35, NOX: 50}, 5.8, 51, 12, 12, 42, 0.18),
    Industry(
        "boiler", "供热", "供热", "燃煤锅炉排口", _BOILER, 9, {PM: 30, SO2: 200, NOX: 200}, 9.6, 58, 10, 11, 6, 0.22
    ),
    Industry("glass", "玻璃", "玻璃", "熔窑排口", _GLASS, 8, {PM: 30, SO2: 200, NOX: 400}, 9.1, 182, 11, 9, 8, 0.04),
    Industry(
        "waste",
        "垃圾焚烧",
        "环保能源",
        "焚烧炉排口",
        _WASTE,
        11,
        {PM: 30, SO2: 100, NOX: 300},
        9.4,
        146,
        15,
        18,
        5,
        0.06,
    ),
    Industry("brick", "砖瓦", "建材", "隧道窑排口", _BRICK, 18, {PM: 20, SO2: 100, NOX: 150}, 17.6, 74, 8, 7, 7, 0.12),
)
