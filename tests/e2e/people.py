"""Who decides about issues in end-to-end tests."""

import hashlib
from pathlib import Path

import yaml

from lantian_local import keys

OFFICE_KEY = "the office of Zhengzhou in end-to-end tests"
"""Key of a city office: an administrator decides nothing about issues."""


def employ(home: Path) -> None:
    """Adds the office to the access file, as an operator does."""
    home.mkdir(parents=True, exist_ok=True)
    keys.provide(home)
    file = home / keys.ACCESS
    access = yaml.safe_load(file.read_text(encoding="utf-8"))
    office = {"id": "office", "role": "city-office", "organisation": "office", "divisions": ["410100"]}
    access["principals"].append({**office, "key_sha256": [hashlib.sha256(OFFICE_KEY.encode()).hexdigest()]})
    file.write_text(yaml.safe_dump(access), encoding="utf-8")
