"""The cities and sub-units that the campaign's plans name, from divisions.yaml."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def campaign() -> tuple[dict[str, Any], ...]:
    """Rows of divisions.yaml, by code."""
    text = files("lantian_tasks.registry").joinpath("divisions.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)["divisions"]
    return tuple(sorted(rows, key=lambda row: str(row["code"])))


def city_name(code: str) -> str:
    """Its name as letters write it; the code of a city that is not in the campaign."""
    row = next((row for row in campaign() if row["code"] == code), None)
    return f"{row['name']}市" if row and not str(row["name"]).endswith("市") else str(row["name"] if row else code)


def division_text(code: str) -> str:
    """石家庄市 for 130100; of a county the city and its code, 石家庄市 130102: counties have no names here."""
    municipal = f"{code[:2]}0000"
    found = next((city for city in (code, f"{code[:4]}00", municipal) if city_name(city) != city), "")
    if not found or found == code:
        return city_name(code)
    return f"{city_name(found)} {code}"
