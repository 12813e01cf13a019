"""The table of kinds: what the registry may name, and units that mean one thing."""

from typing import get_args

import pytest
from pydantic import ValidationError

from lantian_ingest.decoders.records.kinds import Item, Kind, kinds
from lantian_ingest.decoders.records.units import named, scale
from lantian_proto.factors import by_code
from lantian_tasks.registry.entities import RecordKind


def test_the_registry_names_every_kind() -> None:
    """A kind that can not be registered can not be sent."""
    assert set(get_args(RecordKind)) == {"", *kinds()}


def test_item_finds_fields_by_name_code_and_openness() -> None:
    """Names first; codes in any case; codes of other kinds only where the kind is open for them."""
    station = kinds()["station"]
    assert station.item("PM25") is station.item("a34004") is station.fields["pm25"]
    assert station.item("a25002") is not None
    assert station.item("m07107") is None
    assert kinds()["gate"].item("a21026") is None
    assert kinds()["dcs"].item("g11601") is not None


@pytest.mark.parametrize(
    "row",
    [
        {"fields": {}},
        {"fields": {"feed": {"factor": "a21026", "unit": "mg/m³"}}},
        {"fields": {"so2": {"factor": "a21026", "unit": "kPa"}}},
        {"fields": {"so2": {"factor": "nothing"}}},
        {"fields": {"plate": {"factor": "t07202", "identity": "plate"}}},
        {"fields": {"note": {"text": True, "factor": "a21026"}}, "open": ["site"]},
        {"fields": {}, "open": ["site"], "periods": []},
        {"fields": {}, "open": ["site"], "periods": ["week"]},
    ],
)
def test_rows_of_the_table_that_contradict_themselves(row: dict[str, object]) -> None:
    """A mistake in the table is found when it is read, not when somebody sends."""
    base: dict[str, object] = {"name": "x", "title": "x", "about": "x", "standard": "x", "periods": ["hour"]}
    with pytest.raises(ValidationError):
        Kind.model_validate(base | row)


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        ("μg/m³", "mg/m³", 1e-3),
        ("ug/m3", "µg/m³", 1.0),
        ("Nm3/h", "m³/s", 1 / 3600),
        ("°C", "℃", 1.0),
        ("MW", "kW", 1e3),
        ("mW", "kW", None),
        ("ppm", "1e-6", 1.0),
        ("ppm", "mg/m³", None),
        ("", "mg/m³", None),
        ("", "", 1.0),
        ("L", "m³", 1e-3),
        ("nonsense", "nonsense", 1.0),
    ],
)
def test_units(one: str, other: str, factor: float | None) -> None:
    """Spellings are one unit; letters' case matters where it makes a thousand million."""
    found = scale(one, other)
    assert found == (None if factor is None else pytest.approx(factor))


def test_units_of_all_factors_are_spelled_our_way() -> None:
    """A factor's unit that `named` changes would never be met."""
    assert {
        item.unit for kind in kinds().values() for item in kind.fields.values() if named(item.unit) != item.unit
    } == set()
    assert Item(factor="a21026", unit="µg/m³").known is by_code("a21026")
