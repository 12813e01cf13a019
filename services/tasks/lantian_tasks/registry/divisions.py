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
