"""Cities and sub-units of the campaign's plans (divisions.yaml), and the counties of its cities (counties.csv)."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, cast

import yaml

Kind = Literal["county", "statistical", "former"]


class County(NamedTuple):
    """A county; `kind`: of GB/T 2260, a zone that only the statistics number, or one that was merged into another."""

    code: str
    name: str
    kind: Kind


@cache
def campaign() -> tuple[dict[str, Any], ...]:
    """Rows of divisions.yaml, by code."""
    return tuple(sorted(_plans()["divisions"], key=lambda row: str(row["code"])))


@cache
def new_areas() -> tuple[dict[str, Any], ...]:
    """What the plans name and no code stands for: each a label and the whole counties that make it up, if any do."""
    return tuple(_plans()["new_areas"])


@cache
def counties() -> Mapping[str, County]:
    """Rows of counties.csv, by code."""
    text = files("lantian_tasks.registry").joinpath("counties.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {row["code"]: County(row["code"], row["name"], cast(Kind, row["kind"])) for row in csv.DictReader(lines)}


def new_area_of(code: str) -> str:
    """The label of the new area a county lies in, 雄安新区 for 130629; empty: in none as a whole."""
    return next((str(area["name"]) for area in new_areas() if code in area["counties"]), "")


def city_name(code: str) -> str:
    """Its name as letters write it; the code of a city that is not in the campaign."""
    name = next((str(row["name"]) for row in campaign() if row["code"] == code), code)
    return f"{name}市" if name != code and code.endswith("00") and not name.endswith("市") else name


def division_text(code: str) -> str:
    """石家庄市 for 130100, 石家庄市长安区 for 130102; of a county that nobody lists the city and its code."""
    municipal = f"{code[:2]}0000"
    found = next((city for city in (code, f"{code[:4]}00", municipal) if city_name(city) != city), "")
    if not found or found == code:
        return city_name(code)
    county = counties().get(code)
    if county is None:
        return f"{city_name(found)} {code}"
    return f"{city_name(found)}{county.name}{'（已撤并）' if county.kind == 'former' else ''}"


@cache
def _plans() -> dict[str, list[dict[str, Any]]]:
    text = files("lantian_tasks.registry").joinpath("divisions.yaml").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return found
