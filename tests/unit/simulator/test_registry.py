"""The demo registry: a function of its seed, complete, with real standards."""

from collections import Counter

from lantian_simulator.cities import CITIES
from lantian_simulator.industries import INDUSTRIES
from lantian_simulator.registry import TeamAddress, changes, outlets

ADDRESS = TeamAddress("http://127.0.0.1:1/hooks/{division}", "demo-team")


def test_the_same_seed_gives_the_same_outlets() -> None:
    """And more outlets only add to fewer."""
    assert outlets(40, 5) == outlets(40, 5)
    assert outlets(10, 5) == outlets(40, 5)[:10]


def test_everything_that_is_named_exists() -> None:
    """Each reference leads to an entity that stands before it."""
    seen: set[tuple[str, str]] = set()
    for change in changes(outlets(100, 1), ADDRESS):
        kind, identifier, entity = str(change["kind"]), str(change["id"]), change["entity"]
        assert isinstance(entity, dict)
        if kind == "source":
            assert ("enterprise", entity["enterprise_id"]) in seen
        if kind in ("feed", "limit"):
            assert ("source", entity["source_id"]) in seen
        assert (kind, identifier) not in seen
        seen.add((kind, identifier))
    numbers = Counter(kind for kind, _ in seen)
    assert {kind: count for kind, count in numbers.items() if kind != "team"} == {
        "enterprise": 50,
        "source": 100,
        "feed": 100,
        "limit": 300,
    }


def test_every_enterprise_has_the_team_of_its_city() -> None:
    """A lead has somebody to go to."""
    rows = changes(outlets(100, 1), ADDRESS)
    teams = {
        entity["division_code"]
        for change in rows
        if isinstance(entity := change["entity"], dict) and change["kind"] == "team"
    }
    cities = {
        entity["division_code"]
        for change in rows
        if isinstance(entity := change["entity"], dict) and change["kind"] == "enterprise"
    }
    assert cities == teams
    assert cities <= {code for code, _ in CITIES}


def test_every_limit_names_its_standard() -> None:
    """Clause, basis, and a reference oxygen where values are converted."""
    for industry in INDUSTRIES:
        assert industry.standard.basis in {"national", "local", "permit", "ultra-low"}
        assert "〔" in industry.standard.clause or "GB " in industry.standard.clause
        assert 3 <= industry.reference_oxygen <= 18
