"""A real Prometheus over the running suite: targets, alerts and panels get what they ask for, and it moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from lantian_kit.bus import Producer
from lantian_local.demo.stage import Stage
from lantian_local.layout import SERVICES
from lantian_proto.topics import LEADS
from tests.architecture.deployment_promql import asked
from tests.e2e.people import void
from tests.e2e.wire import Device, hour_frame, local_ms, site
from tests.support.probe import probing
from tests.support.prometheus import ROOT, Prometheus

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RULES = ROOT / "deploy/prometheus/rules.yml"
SECONDS = 60.0
# What $__rate_interval and $__range stand for here, at a scrape a second.
VARIABLES = {"$__rate_interval": "10s", "$__range": "1m", "$__interval": "5s"}


FEED, FACTOR, LIMIT = "MONITORED000000000000001", "a24088", 0.01
STILL = {
    "lantian_access_glass_open": "somebody must break the glass",
    "lantian_audit_chain_ok": "1 as long as nobody changes the ledger",
    "lantian_alerts_rule_failures_total": "a rule must raise",
    "lantian_evidence_frames_missing_total": "a frame must have left its topic",
    "lantian_handler_retries_total": "broker or store must be away; `make alarms`",
    "lantian_ingest_in_flight_frames": "for the milliseconds until Kafka has answered",
    "lantian_ingest_pauses_total": "a device must send faster than Kafka takes",
    "lantian_ingest_spooling": "Kafka must be away; `make alarms`",
    "lantian_issue_overdue": "a date of rectification must pass",
    "lantian_notify_acknowledged_total": "somebody must acknowledge a call",
    "lantian_notify_oldest_pending_seconds": "a receiver must be away for longer than a look into the store takes",
    "lantian_notify_store_trouble_total": "the store must be away; `make alarms`",
    "lantian_outbox_oldest_seconds": "for the moments until the outbox is emptied; `make alarms`",
    "lantian_outbox_pending": "for the moments until the outbox is emptied; `make alarms`",
    "lantian_probe_reached_seconds_bucket": "a round of the probe; test_probe.py",
    "lantian_probe_waiting_seconds": "a round of the probe; test_probe.py",
    "lantian_rule_precision_ratio": "an inspection must have judged leads",
    "lantian_sla_breached_total": "a clock must run out",
}
"""What a minute of ordinary traffic does not move, and what would."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def prometheus(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    """Scrapes the suite and a probe every second, with the rules of production."""
    folder = tmp_path_factory.mktemp("monitoring")
    async with probing(stage, folder) as probe_url, _scraping(stage, probe_url, folder) as running:
        yield running


def _scraping(stage: Stage, probe_url: str, folder: Path) -> Prometheus:
    urls = {name: stage.suite.layout.http_url(name) for name in SERVICES} | {"probe": probe_url}
    jobs = [{"targets": [url.removeprefix("http://")], "labels": {"service": name}} for name, url in urls.items()]
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "lantian", "static_configs": jobs}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    return Prometheus(folder)


async def test_prometheus_sees_the_suite_and_its_rules_and_panels_can_be_asked(
    stage: Stage, prometheus: Prometheus
) -> None:
    """All targets up, every rule evaluated without an error, every panel's query understood, counters that move."""
    device = Device(stage)

    async def up() -> bool:
        return len(await prometheus.query('up{job="lantian"} == 1')) == len(SERVICES) + 1

    async def malformed() -> float:
        found = await prometheus.query('sum(lantian_ingest_frames_total{outcome="malformed"})')
        return float(found[0]["value"][1]) if found else 0.0

    async def evaluated() -> bool:
        return all(rule["lastEvaluation"] > "1" for rule in await _rules(prometheus))

    await _until(up)
    before = await malformed()
    await device.send(b"##0000garbage\r\n")

    async def moved() -> bool:
        return await malformed() > before

    await _until(moved)
    await _until(evaluated)
    device.close()
    rules = await _rules(prometheus)
    assert [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"] == []
    for board in BOARDS:
        for panel in json.loads(board.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", []):
                await prometheus.query(_filled(target["expr"]))
    assert "LantianServiceDown" not in await prometheus.firing()


async def test_every_metric_that_a_board_or_an_alert_names_exists_and_moves(
    stage: Stage, prometheus: Prometheus
) -> None:
    """Ordinary traffic, a stranger, and a record that nobody can read: what does not move then is told in STILL."""
    named = _named()
    assert [name for name in STILL if name not in named] == []
    await stage.register(site(stage, FEED, FACTOR, LIMIT))
    device = Device(stage)
    items = f"{FACTOR}-Avg=0.5,{FACTOR}-Flag=N;x99999-Avg=1.0"  # the second factor is none that anybody knows
    for hour in (11, 12, 12):
        await device.send(hour_frame(FEED, local_ms(2021, 7, 22, hour), items)[1])
        await device.reply()
    await device.send(hour_frame("STRANGER0000000000000001", local_ms(2021, 7, 22, 12), items)[1])
    await device.send(b"##0000garbage\r\n")
    told = await stage.receiver.next(lambda one: one.body["data"]["source"]["id"] == f"s-{FEED.lower()}")
    producer = Producer(stage.suite.kafka_bootstrap, "test", [LEADS])
    await producer.start()
    await producer.send(LEADS, b"\xff no lead", key=b"x")
    await producer.stop()
    await _all_move(prometheus, named, {*STILL, "lantian_issue_moves_total"})
    await void(stage, told.issue_id)  # only now: open issues are counted every five seconds
    await _all_move(prometheus, named, {*STILL})
    device.close()
    # A counter whose first case has not come has no series yet; everything else can be drawn.
    assert named - set(await _series(prometheus, named)) <= set(STILL)


async def _all_move(prometheus: Prometheus, named: set[str], but: set[str]) -> None:
    unmoved: set[str] = set()
    try:
        async with asyncio.timeout(SECONDS):
            while not (unmoved := named - await _moved(prometheus, named)) <= but:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise AssertionError(f"neither moved nor told why: {sorted(unmoved - but)}") from None


def _named() -> set[str]:
    """Series that dashboards and alerts ask for."""
    expressions = [rule["expr"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    for board in BOARDS:
        panels = json.loads(board.read_text(encoding="utf-8"))["panels"]
        expressions += [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return {one.series for expression in expressions for one in asked(expression)} - {"up"}


async def _series(prometheus: Prometheus, names: set[str]) -> dict[str, list[list[float]]]:
    """Values of the last two minutes of every series, by name."""
    found: dict[str, list[list[float]]] = {}
    for row in await prometheus.query(f'{{__name__=~"{"|".join(sorted(names))}"}}[2m]'):
        found.setdefault(row["metric"]["__name__"], []).append([float(value) for _, value in row["values"]])
    return found


async def _moved(prometheus: Prometheus, names: set[str]) -> set[str]:
    """Names of which a series changed, or began later than the first with more than nothing."""
    found = await _series(prometheus, names)
    longest = max((len(one) for series in found.values() for one in series), default=0)
    return {
        name
        for name, series in found.items()
        if any(len(set(one)) > 1 or (len(one) < longest - 2 and one[-1] > 0) for one in series)
    }


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(SECONDS):
        while not await condition():  # noqa: ASYNC110  # Prometheus tells nobody
            await asyncio.sleep(0.2)


async def _rules(prometheus: Prometheus) -> list[dict[str, str]]:
    groups = (await prometheus.ask("rules"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _filled(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression
