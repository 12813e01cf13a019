"""Units as publishers write them, and the few conversions that need nothing but a factor.

Volume fractions (ppm, ppb) are not converted into mass concentrations: that needs the molar mass and the reference
state, and senders mean different ones (HJ 212-2017 appendix D uses 22.4 L/mol, ambient stations 24.45).
"""

import unicodedata
from typing import Final

# One unit a line: its size in the first of its group.
_GROUPS: Final = (
    {"mg/m³": 1.0, "µg/m³": 1e-3, "ng/m³": 1e-6, "g/m³": 1e3},
    {"kPa": 1.0, "Pa": 1e-3, "hPa": 0.1, "mbar": 0.1, "MPa": 1e3},
    {"m³/s": 1.0, "m³/h": 1 / 3600, "L/s": 1e-3, "L/min": 1 / 60000},
    {"kW": 1.0, "W": 1e-3, "MW": 1e3},
    {"kvar": 1.0, "var": 1e-3, "Mvar": 1e3},
    {"kWh": 1.0, "Wh": 1e-3, "MWh": 1e3},
    {"V": 1.0, "kV": 1e3, "mV": 1e-3},
    {"A": 1.0, "mA": 1e-3, "kA": 1e3},
    {"t": 1.0, "kg": 1e-3, "g": 1e-6},
    {"t/h": 1.0, "kg/h": 1e-3, "kg/s": 3.6},
    {"L": 1.0, "mL": 1e-3, "m³": 1e3},
    {"km/h": 1.0, "m/s": 3.6},
    {"s": 1.0, "min": 60.0, "h": 3600.0},
    {"1e-6": 1.0, "%vol": 1e4},
    {"MJ/m³": 1.0, "kJ/m³": 1e-3},
)
_SPELLINGS: Final = {
    "mg/m3": "mg/m³",
    "mg/nm3": "mg/m³",
    "ug/m3": "µg/m³",
    "ng/m3": "ng/m³",
    "g/m3": "g/m³",
    "m3/s": "m³/s",
    "m3/h": "m³/h",
    "nm3/h": "m³/h",
    "nm3/s": "m³/s",
    "m3": "m³",
    "m/s2": "m/s²",
    "mj/m3": "MJ/m³",
    "kj/m3": "kJ/m³",
    "°c": "℃",
    "degc": "℃",
    "c": "℃",
    "deg": "°",
    "度": "°",
    "ppm": "1e-6",
    "10^-6": "1e-6",
    "m-1": "1/m",
    "l": "L",
    "l/min": "L/min",
    "l/s": "L/s",
    "db(a)": "dB",
    "rpm": "r/min",
}


def named(unit: str) -> str:
    """Our spelling of a unit: NFKC (μ and µ, ³ and 3 are the same), common ways to write it; else as sent."""
    text = unit.strip()
    folded = unicodedata.normalize("NFKC", text).replace("μ", "u").replace("µ", "u").replace(" ", "").casefold()
    found = _SPELLINGS.get(folded)
    if found is not None:
        return found
    for group in _GROUPS:
        for name in group:
            if name == text:
                return name
    for group in _GROUPS:
        for name in group:
            # Case is forgiven (KWH), but not where it makes a thousand million of a thousandth (mW, MW).
            if name.casefold() == folded and {name[:1], text[:1]} != {"m", "M"}:
                return name
    return text


def scale(unit: str, wanted: str) -> float | None:
    """What a value in `unit` is multiplied by to be in `wanted`; None when they do not measure the same."""
    one, other = named(unit), named(wanted)
    if one == other:
        return 1.0
    for group in _GROUPS:
        if one in group and other in group:
            return group[one] / group[other]
    return None
