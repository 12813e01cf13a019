"""Rows of the knowledge files: what a row says, from when to when, who says so and how sure that is."""

from datetime import date
from typing import Final, Literal

import msgspec

Confidence = Literal["H", "M", "L"]

# Marks of the reference: S# policy text, V seen in public material, K+ K~ K? own knowledge (high, medium, low),
# P our own proposal. A row with several marks is as sure as the weakest of them.
CONFIDENCE_OF_MARK: Final[dict[str, Confidence]] = {
    **dict.fromkeys(("S0", "S1", "S2", "S3", "S4", "V", "K+"), "H"),
    "K~": "M",
    "K?": "L",
    "P": "L",
}


class Sourced(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every dated row carries. `valid_to` is exclusive, None is open; days are Beijing days.

    `mark` is the reference's own mark of the row's content, `dates_mark` that of its dates, `confidence` follows from
    `mark`. A row that is not enabled is never an answer, only shown as set aside.
    """

    source: str
    mark: str
    confidence: Confidence
    enabled: bool
    dates_mark: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""
    file: str = ""
    line: int = 0

    def in_force(self, at: date) -> bool:
        """Whether the row is enabled and holds on a day."""
        return self.enabled and self.dated(at)

    def dated(self, at: date) -> bool:
        """Whether the row's dates are known and hold a day."""
        return self.valid_from is not None and self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Limit(Sourced, frozen=True, kw_only=True):
    """An emission limit. `value` in the factor's unit of HJ 212; `reference_o2` in percent, None: judged as measured.

    `scope`: new, existing, general (both), special (in special regions), any. `condition` must hold, `unless` must not.
    `region`: 2+26 or a city code; the limit is addressed to the cities that region had at `valid_from`.
    """

    rule: str
    basis: Literal["national", "local", "permit", "plan", "ultra-low"]
    scope: Literal["new", "existing", "general", "special", "any"]
    industry: str
    process: str
    value: float
    averaging: Literal["hour", "day", "spot"]
    clause: str
    factor: str = ""
    unit: str = ""
    condition: str = ""
    unless: str = ""
    region: str = ""
    reference_o2: float | None = None
    o2_mark: str = ""


class Process(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of outlet that limits may name."""

    industry: str
    process: str
    name_zh: str
    name_en: str
    file: str = ""
    line: int = 0


class Ambient(Sourced, frozen=True, kw_only=True):
    """An ambient limit of GB 3095; averaging year, 24h, 8h or 1h."""

    standard: str
    factor: str
    averaging: Literal["year", "24h", "8h", "1h"]
    grade: int
    value: float
    unit: Literal["µg/m³", "mg/m³"]


class Breakpoints(Sourced, frozen=True, kw_only=True):
    """Concentrations at the IAQI nodes of one pollutant and average (HJ 633); None where the standard has none."""

    version: str
    factor: str
    averaging: Literal["24h", "8h", "1h"]
    unit: Literal["µg/m³", "mg/m³"]
    beyond: Literal["cap", "other-averaging"]
    c0: float
    c50: float
    c100: float
    c150: float
    c200: float
    c300: float | None = None
    c400: float | None = None
    c500: float | None = None

    def nodes(self) -> list[tuple[int, float]]:
        """(IAQI, concentration), rising."""
        values = (self.c0, self.c50, self.c100, self.c150, self.c200, self.c300, self.c400, self.c500)
        return [(i, c) for i, c in zip((0, 50, 100, 150, 200, 300, 400, 500), values, strict=True) if c is not None]


class WarningClause(Sourced, frozen=True, kw_only=True):
    """One clause of a start condition: AQI beyond a value for some hours; hours None: at any time."""

    version: str
    level: Literal["yellow", "orange", "red"]
    alternative: int
    clause: int
    comparison: Literal[">", ">="]
    aqi: int
    hours: int | None = None


class Membership(Sourced, frozen=True, kw_only=True):
    """A city in a region, in a season's plan, or bound to a region's warning thresholds."""

    kind: Literal["region", "campaign", "warning-linkage"]
    region: str
    city_code: str
    name: str


class Citation(Sourced, frozen=True, kw_only=True):
    """The law cited for a conduct. `review`: not verified, an empty article is never filled by guess."""

    conduct: str
    slot: str
    law_zh: str
    law_en: str
    review: bool
    article: str = ""
    about_zh: str = ""
    about_en: str = ""


class Exemption(Sourced, frozen=True, kw_only=True):
    """Hours in which a limit is said not to prove an exceedance; None where the hours are not held."""

    exemption: str
    industry: str
    process: str
    state: str
    needs_mark: bool
    evidence: str
    factor: str = ""
    max_hours_each: float | None = None
    max_hours_quarter: float | None = None
    max_hours_year: float | None = None


class Duty(Sourced, frozen=True, kw_only=True):
    """A duty or threshold that is no concentration limit; `value` None where the duty has no number."""

    rule: str
    subject: str
    text_zh: str
    text_en: str
    factor: str = ""
    averaging: str = ""
    comparison: Literal[">", ">=", "<=", ""] = ""
    value: float | None = None
    unit: str = ""
    condition: str = ""
    region: str = ""


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not known, its state, and who can tell."""

    subject_en: str
    subject_zh: str
    state: str
    needed_from: str
    about: str = msgspec.field(name="file")
    line: int = 0
