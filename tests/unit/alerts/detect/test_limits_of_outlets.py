"""Which limit binds an outlet: the engine's limits explained."""

import json
from pathlib import Path

import pytest

from lantian_alerts.detect import registry_file
from lantian_alerts.detect.ask_limits import main, moment
from lantian_alerts.detect.limits import UnknownOutlet, explained, held

FILE = {
    "sources": [
        {
            "id": "o",
            "outlet": {
                "industry": "steel", "process": "sinter-head", "special_region": True, "commitment": "ultra-low",
                "city_code": "130200",
            },
            "limits": [
                {"factor": "a21026", "value": 30, "clause": "许可证", "valid_from": "2025-06-01T00:00:00+08:00"},
                {"factor": "a21026", "value": 33, "reference_oxygen_percent": 16, "basis": "local", "clause": "地标"},
            ],
        },
        {"id": "moon", "outlet": {"industry": "steel", "process": "moon"}},
        {"id": "plain", "limits": [{"factor": "a34013", "value": 9, "averaging": "day"}]},
    ]
}  # fmt: skip
REGISTRY = registry_file.registry_of(registry_file.parse(json.dumps(FILE)))
NOVEMBER = moment("2025-11-10")


def test_strictest_and_why_the_others_lost() -> None:
    """As measured and at a reference oxygen are judged both; each other limit says why it does not decide."""
    found = explained(REGISTRY, "o", NOVEMBER, "a21026")
    (entry,) = found["factors"]
    hour = entry["averages"]["hour"]
    assert (hour["effective"]["value"], hour["effective"]["basis"], hour["exact"]) == (30, "permit", False)
    assert [(one["value"], one["basis"]) for one in hour["judged"]] == [
        (30, "permit"),
        (33, "local"),
        (35, "ultra-low"),
    ]
    why = {(one["basis"], one["value"]): one["why"] for one in hour["lost"]}
    assert why["national", 200] == "higher"
    assert "许可证" in entry["text"]["zh"]
    assert "permit" in entry["text"]["en"]
    assert [one["why"] for one in entry["set_aside"]] == sorted(one["why"] for one in entry["set_aside"])


def test_the_engine_judges_what_is_explained() -> None:
    """What is judged is among the limits the engine sees, and the strictest of the engine is the effective one."""
    engine = {(one.value, one.reference_oxygen_percent) for one in REGISTRY.site("o").limits("a21026", NOVEMBER)}
    hour = explained(REGISTRY, "o", NOVEMBER, "a21026")["factors"][0]["averages"]["hour"]
    assert {(one["value"], one["reference_oxygen_percent"] or 0.0) for one in hour["judged"]} <= engine
    assert min(engine)[0] == hour["effective"]["value"]


def test_by_the_day_of_conduct() -> None:
    """Before the permit came the local limit decided; before 2019 there was no ultra-low limit."""
    spring = explained(REGISTRY, "o", moment("2025-05-01"), "a21026")["factors"][0]["averages"]["hour"]
    assert spring["effective"]["basis"] == "local"
    early = explained(REGISTRY, "o", moment("2018-05-01"), "a21026")
    assert "ultra-low" not in {one["basis"] for one in early["factors"][0]["averages"]["hour"]["lost"]}


def test_unknown_facts_are_said() -> None:
    """A process nobody holds, an outlet without facts, a source nobody registered."""
    moon = explained(REGISTRY, "moon", NOVEMBER)
    assert "no process steel moon" in moon["notes"][0]
    assert not held(moon)
    plain = explained(REGISTRY, "plain", NOVEMBER)
    assert plain["factors"][0]["averages"]["day"]["effective"]["value"] == 9
    assert plain["facts"] is None
    with pytest.raises(UnknownOutlet):
        explained(REGISTRY, "nobody", NOVEMBER)
    with pytest.raises(ValueError, match="zz"):
        explained(REGISTRY, "o", NOVEMBER, "zz")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--outlet", "o", "--at", "2025-11-10"], 0),
        (["--outlet", "moon", "--at", "2025-11-10"], 1),
        (["--outlet", "nobody", "--at", "2025-11-10"], 2),
        (["--outlet", "o", "--at", "2025-11-10T08:00:00"], 2),
    ],
)
def test_command(tmp_path: Path, arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status, both languages, JSON."""
    path = tmp_path / "R.json"
    path.write_text(json.dumps(FILE), encoding="utf-8")
    assert main([*arguments, "--registry", str(path)]) == status
    text = capsys.readouterr().out
    assert main([*arguments, "--registry", str(path), "--json"]) == status
    if status == 0:
        assert "小时均值执行" in text
        assert "hour mean" in text
        assert json.loads(capsys.readouterr().out)["outlet"] == "o"


def test_running_suite_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a file the suite answers; its silence is a failure, not an answer."""
    asked: list[tuple[str, int, str | None]] = []

    def ask(outlet: str, at_ms: int, factor: str | None) -> dict[str, object]:
        asked.append((outlet, at_ms, factor))
        return explained(REGISTRY, outlet, at_ms, factor)

    assert main(["--outlet", "o", "--at", "2025-11-10", "--factor", "a21026"], ask=ask) == 0
    assert asked == [("o", NOVEMBER, "a21026")]

    def silent(outlet: str, at_ms: int, factor: str | None) -> dict[str, object]:
        raise OSError("no suite runs")

    assert main(["--outlet", "o", "--at", "2025-11-10"], ask=silent) == 2
    assert "no suite runs" in capsys.readouterr().err
