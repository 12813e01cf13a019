"""Factor codes of HJ 212: number, name and unit of everything that is measured.

The table is factors.csv beside this file. A number never changes and is never used again: it stands in stored readings.
Number 0 is the tick of ingest. A code that ends in `xx` stands for up to 99 devices of one kind (HJ 212-2017 tables
B.6 and B.7, e.g. `g10102` is the second booster fan): their numbers are the row's number plus the device's.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Final

from lantian_proto.readings import Edition

FAMILY_SIZE: Final = 100
FAMILY_CODE_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Factor:
    """What a value is about. `code_2005` is the code of HJ/T 212-2005, None where that edition has none.

    `unit` is the unit of concentrations and states ("" for none), `amount_unit` that of amounts in a period.
    `kind`: pollutant, flow, condition, weather, noise, process, bypass, site, vehicle, power, gate, vapour,
    vehicle-test, air, fire or tick.
    `source` names the standard and table, or says that the code is only in use.
    """

    number: int
    code: str
    code_2005: str | None
    name_zh: str
    name_en: str
    unit: str
    amount_unit: str
    kind: str
    source: str


def load() -> list[Factor]:
    """All rows of the table, in the order of their numbers."""
    text = files("lantian_proto").joinpath("factors.csv").read_text(encoding="utf-8")
    return [
        Factor(
            number=int(row["number"]),
            code=row["code"],
            code_2005=row["code_2005"] or None,
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            unit=row["unit"],
            amount_unit=row["amount_unit"],
            kind=row["kind"],
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    ]


FACTORS: Final[tuple[Factor, ...]] = tuple(load())
_BY_NUMBER: Final[dict[int, Factor]] = {factor.number: factor for factor in FACTORS}
_BY_CODE: Final[Mapping[str, Factor]] = {factor.code.casefold(): factor for factor in FACTORS if factor.number}
_BY_CODE_2005: Final[Mapping[str, Factor]] = {
    factor.code_2005.casefold(): factor for factor in FACTORS if factor.code_2005 is not None
}


def _member(family: Factor, unit: int) -> Factor:
    number = family.number + unit
    found = _BY_NUMBER.get(number)
    if found is None:
        found = replace(family, number=number, code=f"{family.code[:-2]}{unit:02d}")
        _BY_NUMBER[number] = found
    return found


def by_code(code: str, edition: int | None = None) -> Factor | None:
    """The factor a sender means by a code, or None; upper and lower case are the same.

    The codes of 2005 (`02`, `S01`, `B02`, `011`) overlap with none of the later ones and are always known, unless
    `edition` names a later edition. A gas code of 2005 may have a zero too many (`025`) where that is no water code.
    """
    folded = code.casefold()
    found = _BY_CODE.get(folded)
    if found is not None:
        return None if is_family(found) else found
    unit = folded[-2:]
    if len(folded) == FAMILY_CODE_LENGTH and unit.isascii() and unit.isdecimal() and unit != "00":
        family = _BY_CODE.get(f"{folded[:-2]}xx")
        if family is not None:
            return _member(family, int(unit))
    if edition is not None and edition != Edition.E2005:
        return None
    found = _BY_CODE_2005.get(folded)
    if found is None and len(folded) == 3 and folded[0] == "0":
        found = _BY_CODE_2005.get(folded[1:])
    return found


def by_number(number: int) -> Factor:
    """The factor of a stored number. Raises KeyError for a number that was never given."""
    found = _BY_NUMBER.get(number)
    if found is None:
        family = _BY_NUMBER.get(number - number % FAMILY_SIZE)
        if family is None or not is_family(family):
            raise KeyError(number)
        found = _member(family, number % FAMILY_SIZE)
    elif is_family(found):
        raise KeyError(number)
    return found


def is_family(factor: Factor) -> bool:
    """True for a row that stands for devices of one kind and is itself no factor of a reading."""
    return factor.code.endswith("xx")
