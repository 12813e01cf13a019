"""Candidates and differences of a replay; the reading of history is tested with the running process."""

import pytest

from lantian_alerts.core.catalogue import CatalogueError
from lantian_alerts.core.rule import Episode
from lantian_alerts.detect import catalogues
from lantian_alerts.replay.__main__ import main
from lantian_alerts.replay.compare import candidate, difference, replay_id, within
from lantian_alerts.rules.hour_exceedance import HourExceedance
from lantian_proto.v1.lead_pb2 import Lead

RULE = "hour-exceedance"
IN_FORCE = catalogues.shipped()
NEXT = IN_FORCE.entries[RULE].version + 1


def test_candidate_changes_one_rule() -> None:
    """Other parameters, another version, everything else as it was."""
    other = candidate(IN_FORCE, f"{RULE}@v{NEXT}", {"high_hours": 5})
    rule = other.entries[RULE].rule
    assert isinstance(rule, HourExceedance)
    assert (rule.high_hours, other.entries[RULE].version) == (5, NEXT)
    assert other.entries["data-dropout"] is IN_FORCE.entries["data-dropout"]
    assert IN_FORCE.entries[RULE].version == NEXT - 1


@pytest.mark.parametrize(
    ("rule", "settings", "why"),
    [
        ("nothing", {}, "no rule 'nothing'"),
        (f"{RULE}@v{NEXT - 1}", {"high_hours": 5}, "is in force"),
        (RULE, {"colour": 1}, "no parameter 'colour'"),
        (RULE, {"high_hours": "many"}, "high_hours"),
    ],
)
def test_refused(rule: str, settings: dict[str, object], why: str) -> None:
    """What a rule can not take is said."""
    with pytest.raises(CatalogueError, match=why):
        candidate(IN_FORCE, rule, settings)


def test_difference() -> None:
    """Added, gone, changed and the same, by the id of the episode."""
    before = [Lead(lead_id="a", severity=2), Lead(lead_id="b", severity=2), Lead(lead_id="c")]
    after = [Lead(lead_id="a", severity=2, summary=None), Lead(lead_id="b", severity=3), Lead(lead_id="d")]
    found = difference(before, after)
    assert [lead.lead_id for lead in found.added] == ["d"]
    assert [lead.lead_id for lead in found.gone] == ["c"]
    assert [(was.severity, now.severity) for was, now in found.changed] == [(2, 3)]
    assert found.as_json()["counts"] == {"added": 1, "gone": 1, "changed": 1, "same": 1}


def test_replay_id_names_what_was_replayed() -> None:
    """The same for the same question, another for any other."""
    first = replay_id("r@v2", {"a": 1}, 0, 10, [(0, 5)])
    assert first == replay_id("r@v2", {"a": 1}, 0, 10, [(0, 5)])
    others = [replay_id("r@v3", {"a": 1}, 0, 10, [(0, 5)]), replay_id("r@v2", {"a": 1}, 0, 10, [(0, 6)])]
    assert first not in others


@pytest.mark.parametrize(("start", "end", "inside"), [(0, 10, True), (10, 20, True), (20, 30, False), (0, 4, False)])
def test_within(start: int, end: int, inside: bool) -> None:
    """An episode that touches the span from 5 to 20 is told."""
    episode = Episode(
        rule_id="r", rule_version=1, source_id="s", factor="", start_ms=start, end_ms=end, judged_ms=end, found_ms=end,
        retrospective=False,
    )  # fmt: skip
    assert within(episode, 5, 20) is inside


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rule", "nothing", "--from", "2026-11-01", "--to", "2026-11-02"],
        ["--rule", RULE, "--from", "yesterday", "--to", "2026-11-02"],
        ["--rule", RULE, "--from", "2026-11-01", "--to", "2026-11-02"],
        ["--rule", RULE, "--set", "high_hours", "--from", "2026-11-01", "--to", "2026-11-02"],
    ],
)
def test_not_done(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and the reason: an unknown rule, no time, no suite, no value."""
    assert main(arguments) == 2
    assert "lantian replay: " in capsys.readouterr().err
