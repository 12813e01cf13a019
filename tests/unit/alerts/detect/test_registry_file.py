"""The registry file: its documented form, its short and long entries, and what it refuses."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from lantian_alerts.detect import registry_file
from lantian_alerts.detect.registry_file import RegistryFileError, parse, registry_of
from lantian_alerts.detect.registry_warnings import warnings

HOUR = 3_600_000
START = 1_762_732_800_000  # 2025-11-10 08:00 in Beijing
OUTLET = {"industry": "steel", "process": "sinter-head", "special_region": True, "commitment": "ultra-low"}


def text(*sources: dict[str, Any], **more: Any) -> str:
    """A file with these sources."""
    return json.dumps({"sources": list(sources)} | more)


def test_schema_is_the_one_committed() -> None:
    """`lantian detect --schema > registry.schema.json` after a change of the form."""
    committed = files("lantian_alerts.detect").joinpath("registry.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == registry_file.schema()


def test_schema_takes_what_the_reader_takes() -> None:
    """A full example is valid by the schema, and becomes feeds, limits and marks of the source."""
    entry = {
        "id": "o",
        "outlet": OUTLET,
        "feeds": [{"real_time_interval_seconds": 60}],
        "limits": [{"factor": "a21026", "value": 30, "valid_to": "2025-11-10T09:00:00+08:00"}],
        "marks": [{"kind": "fault", "start": "2025-11-10T10:00:00+08:00"}],
    }
    jsonschema.validate(json.loads(text(entry)), registry_file.schema())
    site = registry_of(parse(text(entry))).site("o")
    assert [feed.real_time_interval_seconds for feed in site.feeds(START)] == [60]
    assert [limit.value for limit in site.stated(START)] == [30]
    assert site.stated(START + HOUR) == []
    assert [mark.kind for mark in site.marks(START + 5 * HOUR, START + 6 * HOUR)] == ["fault"]


def test_facts_bring_the_shipped_limits_of_the_day() -> None:
    """National and ultra-low limits come from the facts, by the day of the conduct; the stated one stands beside."""
    entry = {"id": "o", "outlet": OUTLET, "limits": [{"factor": "a21026", "value": 30}]}
    site = registry_of(parse(text(entry))).site("o")
    assert {(one.basis, one.value) for one in site.limits("a21026", START)} == {
        ("permit", 30.0), ("ultra-low", 35.0), ("national", 180.0), ("national", 200.0),
    }  # fmt: skip
    before = (
        registry_of(parse(text(entry))).site("o").limits("a21026", 1_546_300_800_000)
    )  # 2019-01-01: no ultra-low yet
    assert "ultra-low" not in {one.basis for one in before}
    lowest = min(one.value for one in site.any_limits() if one.factor == "a21026")
    assert lowest <= min(one.value for one in site.limits("a21026", START))


def test_changes_take_any_entity() -> None:
    """The long form, with revisions and validity, for what the short one has no word for."""
    file = text(
        {"id": "o"},
        changes=[
            {"kind": "limit", "id": "l", "entity": {"source_id": "o", "factor": "a21026", "value": 20}},
            {
                "kind": "limit",
                "id": "l",
                "revision": 2,
                "valid_from": "2025-11-10T09:00:00+08:00",
                "entity": {"source_id": "o", "factor": "a21026", "value": 10},
            },
        ],
    )
    site = registry_of(parse(file)).site("o")
    assert [one.value for one in site.limits("a21026", START)] == [20]
    assert [one.value for one in site.limits("a21026", START + HOUR)] == [10]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("{", "truncated"),
        ('{"source": []}', "unknown field"),
        (text({"id": "o", "limits": [{"factor": "a21026", "value": 0}]}), r"sources\[0\].limits\[0\].value"),
        (text({"id": "o", "limits": [{"factor": "a", "value": 1, "valid_from": "2025-11-10T08:00:00"}]}), "no offset"),
        (text({"id": "o", "marks": [{"kind": "fault", "start": "yesterday"}]}), "yesterday"),
        (text(changes=[{"kind": "planet", "id": "x"}]), "no entity of this kind"),
        (text(changes=[{"kind": "feed", "id": "x", "entity": {"colour": "red"}}]), "feed/x"),
        ("", "the file is empty"),
        (
            text({"id": "o", "limits": [{"id": "l", "factor": "a21026", "value": value} for value in (30, 40)]}),
            "limit/l: it stands twice",
        ),
        (text({"id": "o", "name": "one"}, {"id": "o", "name": "other"}), "source/o: it stands twice"),
    ],
)
def test_refused(file: str, why: str) -> None:
    """The place and the reason are named."""
    with pytest.raises(RegistryFileError, match=why):
        registry_of(parse(file))


def test_a_change_without_its_source_is_refused() -> None:
    """Alerts can not use a limit of nobody."""
    with pytest.raises(RegistryFileError, match="limit/l"):
        registry_of(parse(text(changes=[{"kind": "limit", "id": "l", "entity": {"factor": "a21026", "value": 1}}])))


def test_warnings() -> None:
    """Contradicting limits, unknown processes and unknown factors are said; nothing stops."""
    limit = {"factor": "a21026", "basis": "permit"}
    changes = parse(
        text(
            {"id": "o", "limits": [limit | {"value": 30}, limit | {"value": 40}, {"factor": "zz", "value": 1}]},
            {"id": "p", "outlet": {"industry": "steel", "process": "moon"}},
            {
                "id": "q",
                "limits": [
                    limit | {"value": 30, "valid_to": "2025-11-10T08:00:00+08:00"},
                    limit | {"value": 40, "valid_from": "2025-11-10T08:00:00+08:00"},
                ],
            },
        )
    )
    said = warnings(changes)
    assert len(said) == 3, said
    assert any("o/limit-1 and o/limit-2" in line for line in said)
    assert any("source p: no process steel moon" in line for line in said)
    registry = registry_of(changes)
    assert registry.site("p").limits("a21026", START) == []
    assert {one.value for one in registry.site("o").limits("a21026", START)} == {30, 40}


def test_entries_of_one_source_are_gathered() -> None:
    """A source listed once a limit keeps all of them, and their contradiction is seen; a byte order mark is passed."""
    entries = [{"id": "o", "limits": [{"factor": "a21026", "value": value}]} for value in (30, 300)]
    changes = parse("\ufeff" + text(*entries))
    assert {one.value for one in registry_of(changes).site("o").limits("a21026", START)} == {30, 300}
    assert len(warnings(changes)) == 1


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (
            text(
                {
                    "id": "o",
                    "limits": [
                        {"factor": "a21026", "value": 35, "reference_oxygen_percent": 16},
                        {"factor": "02", "value": 35, "reference_oxygen_percent": 6},
                    ],
                }
            ),
            "35 at 16 % oxygen and 35 at 6 % oxygen",
        ),
        (
            text({"id": "o", "limits": [{"factor": "a21026", "value": 1, "valid_from": "2027-01-01T00:00:00+08:00",
                                         "valid_to": "2026-01-01T00:00:00+08:00"}]}),
            "limit o/limit-1: it ends before it begins",
        ),
        (
            text({"id": "o", "marks": [{"kind": "fault", "start": "2026-11-10T10:00:00+08:00",
                                        "end": "2026-11-10T08:00:00+08:00"}]}),
            "mark o/mark-1: it ends before it begins",
        ),
        (
            text({"id": "o"}, changes=[{"kind": "limit", "id": "l",
                                        "entity": {"source_id": "o", "factor": "a21026", "value": -5}}]),
            "limit l: -5 is no limit",
        ),
        (
            text({"id": "o"}, changes=[{"kind": "suppression", "id": "s", "entity": {"source_id": "o"}}]),
            "suppression s: without owner, reason and an end",
        ),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_said(file: str, why: str) -> None:
    """Nothing stops, and a person learns why an entry does nothing."""
    changes = parse(file)
    registry_of(changes)
    said = warnings(changes)
    assert len(said) == 1, said
    assert why in said[0]
