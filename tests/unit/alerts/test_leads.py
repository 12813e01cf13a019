"""Leads: ids from content, scores that explain themselves, law by the time of conduct, evidence within its bounds."""

import hashlib
from datetime import datetime
from importlib.resources import files
from math import prod

import pytest

from lantian_alerts.core.catalogue import CatalogueError, parse, severity
from lantian_alerts.core.episodes import Change, Episodes
from lantian_alerts.core.flags import Mark, table
from lantian_alerts.core.leads import lead_of
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import Episode, Finding, LimitView, MarkView, Sample, Verdict
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.wording import CHINA, local, number, span
from lantian_alerts.rules import KINDS
from lantian_proto.readings import Edition, pointer
from lantian_proto.v1.lead_pb2 import LEAD_STATE_CLOSED, LEAD_STATE_EXTENDED, LEAD_STATE_OPEN, Lead
from lantian_proto.v1.registry_pb2 import OutletFacts, RegistryChange, Source
from tests.unit.alerts.scenario import catalogue

HOUR = 3_600_000
START = int(datetime(2026, 8, 14, 23, tzinfo=CHINA).timestamp() * 1000)


def finding(start_ms: int = START, **values: object) -> Finding:
    """An exceeding hour."""
    sample = Sample(41, 12, 2, start_ms, 52.5, ord("N"), start_ms + HOUR, pointer(3, start_ms % 1000))
    known = {
        "source_id": "outlet-1",
        "factor": "a21026",
        "verdict": Verdict.BREACH,
        "reason": "exceeding",
        "start_ms": start_ms,
        "end_ms": start_ms + HOUR,
        "found_ms": start_ms + HOUR,
        "weight": 1.5,
        "inputs": {"hour_mean": 52.5, "statutory_ratio": 1.5},
        "limit": LimitView("l", 35.0, 16.0, "national", "GB 28662-2012"),
        "samples": (sample,),
        "frames": (sample.seq,),
    }
    return Finding(**(known | values))  # type: ignore[arg-type]  # a test's short hand


def taken(*findings: Finding) -> list[Change]:
    """What the findings of hour-exceedance change."""
    rules = catalogue()
    episodes = Episodes(rules)
    return [change for one in findings for change in episodes.take(rules.entries["hour-exceedance"], one)]


def lead(*findings: Finding) -> Lead:
    """The last lead they give."""
    return lead_of(taken(*findings)[-1], catalogue())


def test_id_is_made_from_content() -> None:
    """Source, rule, factor and start name the lead; nothing else does."""
    expected = hashlib.sha256(f"outlet-1|hour-exceedance|a21026@{START}".encode()).hexdigest()[:32]
    one = lead(finding())
    assert (one.lead_id, one.episode) == (expected, f"a21026@{START}")
    assert lead(finding(), finding(START + HOUR)).lead_id == expected
    assert lead(finding(START + HOUR)).lead_id != expected


def test_law_by_the_day_of_conduct() -> None:
    """Conduct before 2026-08-15 falls under the air law, later conduct under the code, marked for legal review."""
    before, after = lead(finding()), lead(finding(START + HOUR))
    assert "大气污染防治法" in before.legal_basis.zh
    assert "第九十九条" in before.legal_basis.zh
    assert "legal review" not in before.legal_basis.en
    assert after.legal_basis.zh.startswith("【待法制审核】")
    assert "条文号尚未核实" in after.legal_basis.zh
    assert after.legal_basis.en.startswith("[legal review needed]")


@pytest.mark.parametrize("rule_id", list(catalogue().entries))
def test_every_rule_switches_law(rule_id: str) -> None:
    """Each entry has law for both sides of the day, texts in both languages, and a runbook to act on."""
    entry = catalogue().entries[rule_id]
    assert not entry.law(START).review
    assert entry.law(START + HOUR).review
    assert entry.id in (rule_id, entry.rule.kind)
    assert len(entry.runbook.zh) > 50
    assert len(entry.runbook.en) > 90
    assert all(f"{step}." in entry.runbook.zh for step in range(1, 4))


def test_score_explains_itself() -> None:
    """The score is the product of its parts, and grows with repeats."""
    once, twice = lead(finding()), lead(finding(), finding(START + HOUR))
    for one in (once, twice):
        assert one.score == pytest.approx(prod(part.value for part in one.score_parts))
    names = {"severity", "confidence", "recency", "repeat", "area", "corroboration"}
    assert {part.name for part in once.score_parts} == names
    assert twice.score > once.score


@pytest.mark.parametrize(
    ("city_code", "special_region", "at_ms", "value"),
    [
        ("130200", False, START, 1.2),
        ("310000", False, START, 1.0),
        ("310000", True, START, 1.2),
        ("", False, START, 1.0),
        ("130300", False, START, 1.2),
        ("130300", False, START - 4 * 365 * 24 * HOUR, 1.0),
    ],
    ids=["Tangshan", "Shanghai", "special limits stated", "no city", "Qinhuangdao", "Qinhuangdao before 2023"],
)
def test_score_weighs_the_area(city_code: str, special_region: bool, at_ms: int, value: float) -> None:
    """A lead in a key region of the day stands before the same elsewhere, and the part says so."""
    registry = Registry()
    outlet = OutletFacts(city_code=city_code, special_region=special_region)
    source = Source(source_id="outlet-1", outlet=outlet)
    registry.take(RegistryChange(kind="source", id="outlet-1", revision=1, source=source))
    rules, episodes = Rulebook(catalogue(), registry), Episodes(catalogue())
    change = episodes.take(catalogue().entries["hour-exceedance"], finding(at_ms))[-1]
    parts = {part.name: part.value for part in lead_of(change, rules).score_parts}
    assert parts["area"] == value


def test_evidence_is_bounded() -> None:
    """At most 48 readings and 16 frames, the newest, in order of time; the heaviest finding gives the inputs."""
    heavy = finding(START + 30 * HOUR, weight=9.0, inputs={"hour_mean": 315.0, "statutory_ratio": 9.0})
    told = lead(*(heavy if hour == 30 else finding(START + hour * HOUR) for hour in range(60)))
    times = [reading.time_ms for reading in told.evidence.readings]
    assert times == [START + hour * HOUR for hour in range(12, 60)]
    assert len(told.evidence.frames) == 1
    assert told.evidence.inputs["hour_mean"] == 315.0
    assert told.severity == 4
    assert (told.evidence.readings[0].stat, told.evidence.readings[0].period) == ("zs-avg", "hour")
    assert (told.evidence.frames[0].topic, told.evidence.frames[0].partition) == ("raw-frames.v1", 3)


def test_marks_are_sentences() -> None:
    """A mark that touches the period is told with its time, its declaration and its reason."""
    mark = MarkView("m", "calibration", START, START + HOUR, "标气校准", START - HOUR)
    told = lead(finding(marks=(mark,))).evidence.marks[0]
    assert told.zh == "标记“校准” 2026-08-14 23:00–2026-08-15 00:00，申报于 2026-08-14 22:00：标气校准"
    assert told.en.startswith("Marked calibration")


def test_severity_of_hours() -> None:
    """One hour 2, three hours or twice the limit 3, a day or five times 4; beyond ultra-low alone one less."""
    entry = catalogue().entries["hour-exceedance"]

    def graded(breaches: int, ratio: float, statutory: float) -> int:
        episode: Episode = taken(finding(weight=ratio, inputs={"statutory_ratio": statutory}))[0].episode
        episode.breaches = breaches
        return severity(entry, episode)

    assert [graded(1, 1.5, 1.5), graded(3, 1.5, 1.5), graded(1, 2.0, 2.0), graded(1, 5.0, 5.0)] == [2, 3, 3, 4]
    assert [graded(24, 1.5, 1.5), graded(1, 1.5, 0.9), graded(5, 1.5, 0.9)] == [4, 1, 2]


def test_a_hole_of_unjudged_hours_ends_an_episode_late() -> None:
    """Suppressed or unjudged hours close after six, not after two."""
    quiet = [finding(START + hour * HOUR, verdict=Verdict.SUPPRESSED, reason="mark-fault") for hour in range(1, 8)]
    assert [change.state for change in taken(finding(), *quiet[:5])] == [LEAD_STATE_OPEN]
    assert [change.state for change in taken(finding(), *quiet[:6])] == [LEAD_STATE_OPEN, LEAD_STATE_CLOSED]


def test_late_hours_beside_an_open_episode_join_it() -> None:
    """A late exceeding hour that touches an open episode extends it instead of making a second one."""
    changes = taken(finding(START + HOUR), finding(START, retrospective=True))
    assert [change.state for change in changes] == [LEAD_STATE_OPEN, LEAD_STATE_EXTENDED]
    assert changes[1].episode.start_ms == START + HOUR
    assert not changes[1].episode.retrospective


def test_late_compliance_closes_nothing() -> None:
    """Back-filled compliant hours do not end an episode of today."""
    late = [finding(START + hour * HOUR, verdict=Verdict.CLEAR, retrospective=True) for hour in range(1, 4)]
    assert [change.state for change in taken(finding(), *late)] == [LEAD_STATE_OPEN]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("kind: hour-exceedance", "kind: nothing"), "no rule of kind"),
        (("oxygen_guard_percent: 20.0", "oxygen_gard_percent: 20.0"), "oxygen_gard"),
        (("id: data-dropout", "id: hour-exceedance"), "twice"),
        (('until: "2026-08-15"', 'until: "2026-8-15"'), "hour-exceedance"),
        (("version: 1", "version: 0"), "versions"),
        (("a01011", "a99999"), "unknown factor"),
        (("kind: frozen-value", "kind: data-dropout"), "frozen-value"),
        (("runbook:", "rnbook:"), "rnbook"),
    ],
)
def test_a_catalogue_with_a_mistake(change: tuple[str, str], reason: str) -> None:
    """A mistake in the catalogue is refused at start, with the entry's name."""
    text = files("lantian_alerts.rules").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(CatalogueError, match=reason):
        parse(text.replace(*change), KINDS)


def test_marks_of_the_editions() -> None:
    """The same letter means different things; none sent is normal, an unknown one is not."""
    marks = table()
    assert Mark(marks[Edition.E2005, ord("F")]) is Mark.SOURCE_STOPPED
    assert Mark(marks[Edition.E2017, ord("F")]) is Mark.INSTRUMENT_STOPPED
    assert Mark(marks[Edition.E2005, ord("3")]) is Mark.NORMAL
    assert Mark(marks[Edition.E2017, ord("3")]) is Mark.UNKNOWN
    assert Mark(marks[Edition.E2005, ord("B")]) is Mark.UNKNOWN
    assert Mark(marks[Edition.E2017, ord("B")]) is Mark.NO_COMMUNICATION
    assert Mark(marks[Edition.E2025, ord("n")]) is Mark.NORMAL
    assert not marks[:, 0].any()


def test_wording() -> None:
    """Numbers without noise, times in Beijing."""
    assert [number(value) for value in (52.5, 1 / 3, 100.0, 12.3456, 0.0)] == ["52.5", "0.3333", "100", "12.35", "0"]
    assert local(0) == "1970-01-01 08:00"
    assert span(0, HOUR) == "1970-01-01 08:00–09:00"
