"""Dashboard, alert rules and scrape configuration name what the code has; each check fails on a broken expression."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from deploy.grafana import dashboard

from .deployment_code import ROOT, SERVICES, all_series, all_words
from .deployment_promql import asked, grouped, problems

GRAFANA = ROOT / "deploy/grafana"
BOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((GRAFANA / "dashboards").glob("*.json"))
}
UIDS = {name: f"lantian-{name}" for name in ("operations", "business", "data-quality", "runbooks")}
RULES = yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))
SCRAPE = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
ALERTS_OF_THE_PAGE = re.findall(
    r"^### (Lantian\w+)$", (ROOT / "docs/operating.md").read_text(encoding="utf-8"), re.MULTILINE
)
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}


def targets() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every query of the dashboards with its panel."""
    for board in BOARDS.values():
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield panel, target


def labels_of(expression: str) -> set[str]:
    """Labels that the result of an expression can have: those it groups by, or all of its series."""
    by = grouped(expression)
    if by:
        return by
    series = all_series()
    return {"job", "service"}.union(*(series.get(one.series, frozenset()) for one in asked(expression)))


def test_the_dashboards_are_what_their_script_writes() -> None:
    """No hand has changed a committed file, and none lies there that no script writes."""
    assert set(BOARDS) == set(dashboard.BOARDS) == set(UIDS)
    for name in BOARDS:
        assert (GRAFANA / f"dashboards/{name}.json").read_text(encoding="utf-8") == dashboard.text(name), name


def test_the_dashboard_asks_for_what_the_code_counts() -> None:
    """Every series, label and label value of every panel exists."""
    found = [f"{panel['title']}: {text}" for panel, target in targets() for text in _problems(target["expr"])]
    assert found == []


def test_legends_name_labels_of_the_result() -> None:
    """A legend shows no empty braces."""
    for panel, target in targets():
        named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert named <= labels_of(target["expr"]), panel["title"]


@pytest.mark.parametrize("name", sorted(UIDS))
def test_every_panel_speaks_both_languages_and_has_its_place(name: str) -> None:
    """Chinese titles, English descriptions, no panel over another."""
    places: set[tuple[int, int]] = set()
    panels = BOARDS[name]["panels"]
    for panel in panels:
        assert re.search(r"[\u4e00-\u9fff]", panel["title"])
        assert panel["type"] == "row" or re.fullmatch(r"[\x20-\x7e]{10,}", panel["description"]), panel["title"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & places, panel["title"]
        places |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_what_to_do_is_a_click_away() -> None:
    """Every board leads to the board 处置, every alert has its panel there, and panels lead to the one they mean."""
    sections = {panel["id"]: panel for panel in BOARDS["runbooks"]["panels"]}
    assert [panel["title"].split()[0] for panel in sections.values()] == list(ALERTS_OF_THE_PAGE)
    assert set(ALERTS_OF_THE_PAGE) == set(ALERTS)
    linked = set()
    for board in BOARDS.values():
        assert [link["url"] for link in board["links"]] == ["/d/lantian-runbooks"]
        for panel in board["panels"]:
            for link in panel.get("links", []):
                alert = link["title"].split()[1]
                place = int(link["url"].partition("/d/lantian-runbooks?viewPanel=")[2])
                assert sections[place]["title"].startswith(f"{alert} ")
                linked.add(alert)
    assert set(ALERTS) - linked == {"LantianServiceDown", "LantianGlassBroken"}  # no panel is about them


def test_the_dashboards_are_provisioned() -> None:
    """uids, data source and folder fit together, and compose mounts them where Grafana looks."""
    provisioning = GRAFANA / "provisioning"
    source = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text(encoding="utf-8"))["datasources"][0]
    provider = yaml.safe_load((provisioning / "dashboards/lantian.yml").read_text(encoding="utf-8"))["providers"][0]
    mounts = dict(mount.split(":")[:2] for mount in COMPOSE["services"]["grafana"]["volumes"])
    assert {name: board["uid"] for name, board in BOARDS.items()} == UIDS
    assert [name for name, board in BOARDS.items() if board["editable"]] == []
    assert {target["datasource"]["uid"] for _, target in targets()} == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"


def test_prometheus_asks_every_service_at_its_port() -> None:
    """The targets are the services of the compose file."""
    (job,) = [one for one in SCRAPE["scrape_configs"] if one["job_name"] == "lantian"]
    found = {one["labels"]["service"]: one["targets"] for one in job["static_configs"]}
    port = COMPOSE["x-environment"]["LANTIAN_HTTP_PORT"]
    assert found == {name: [f"{name}:{port}"] for name in SERVICES}
    assert [path for path in SCRAPE["rule_files"] if not (ROOT / "deploy/prometheus" / path).is_file()] == []


def test_the_alerts_ask_for_what_the_code_counts() -> None:
    """Every series, label and label value of every rule exists, also in its texts."""
    assert [f"{name}: {text}" for name, rule in ALERTS.items() for text in _problems(rule["expr"])] == []
    for name, rule in ALERTS.items():
        named = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
        assert named <= labels_of(rule["expr"]), name


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    """docs/operating.md says for each what to do."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### (Lantian\w+)$", page, re.MULTILINE)) == set(ALERTS)
    for name, rule in ALERTS.items():
        assert rule["annotations"]["runbook_url"] == f"docs/operating.md#{name.lower()}"
        assert rule["annotations"]["dashboard"] in UIDS.values()
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["labels"]["team"] == "operations"
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary_zh"])


def test_jobs_that_rules_ask_for_exist() -> None:
    """A matcher of job names a scrape job."""
    jobs = {one["job_name"] for one in SCRAPE["scrape_configs"]}
    expressions = [rule["expr"] for rule in ALERTS.values()] + [target["expr"] for _, target in targets()]
    named = {
        value
        for expression in expressions
        for one in asked(expression)
        for label, _, value in one.matchers
        if label == "job"
    }
    assert named == {"lantian"} <= jobs


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(lantian_ingest_frame_total[5m])", "no metric lantian_ingest_frame_total"),
        ("rate(lantian_ingest_frames[5m])", "no metric lantian_ingest_frames"),
        ("sum(node_load1)", "no metric node_load1"),
        ("lantian_never_set", "no metric lantian_never_set, or none that is ever set"),
        ('lantian_ingest_frames_total{result="accepted"}', "lantian_ingest_frames_total has no label result"),
        ('lantian_ingest_frames_total{outcome="taken-in"}', "lantian_ingest_frames_total: outcome is never 'taken-in'"),
        (
            'lantian_ingest_frames_total{outcome=~"accepted|swallowed"}',
            "lantian_ingest_frames_total: outcome is never 'swallowed'",
        ),
        ("sum by (feed) (lantian_ingest_frames_total)", "groups by feed"),
        ("1 + 1", "asks for no series"),
    ],
)
def test_a_broken_expression_is_found(expression: str, expected: str) -> None:
    """Each check sees what it is for."""
    assert [text for text in _problems(expression) if text.startswith(expected)]


@pytest.mark.parametrize(
    ("expression", "series"),
    [
        ("histogram_quantile(0.99, sum by (le) (rate(a_bucket[5m])))", ["a_bucket"]),
        ('a{x="sum(b)"} / on (x) group_left () c offset 5m > bool 1e3', ["a", "c"]),
        ("a unless b or absent(up) and Inf > 0", ["a", "b", "up"]),
        ("max_over_time(sum(a)[1h:5m]) - a{x=~'b|c'} @ 1700000000", ["a", "a"]),
    ],
)
def test_series_are_found_in_an_expression(expression: str, series: list[str]) -> None:
    """Functions, operators, groupings, ranges and texts are no series."""
    assert [one.series for one in asked(expression)] == series


def _problems(expression: str) -> list[str]:
    return list(problems(expression, all_series(), all_words()))
