"""A real Prometheus over the running suite: targets, alerts and panels get what they ask for."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from lantian_local.demo.stage import Stage
from lantian_local.layout import SERVICES
from tests.e2e.wire import Device
from tests.support.prometheus import ROOT, Prometheus

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RULES = ROOT / "deploy/prometheus/rules.yml"
SECONDS = 60.0
# What $__rate_interval and $__range stand for here, at a scrape a second.
VARIABLES = {"$__rate_interval": "10s", "$__range": "1m", "$__interval": "5s"}


@pytest_asyncio.fixture(loop_scope="session")
async def prometheus(stage: Stage, tmp_path: Path):  # type: ignore[no-untyped-def]  # an asynchronous generator
    """Scrapes the suite every second, with the rules of production."""
    jobs = [
        {"targets": [stage.suite.layout.http_url(name).removeprefix("http://")], "labels": {"service": name}}
        for name in SERVICES
    ]
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "lantian", "static_configs": jobs}],
    }
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings))
    async with Prometheus(tmp_path) as running:
        yield running


async def test_prometheus_sees_the_suite_and_its_rules_and_panels_can_be_asked(
    stage: Stage, prometheus: Prometheus
) -> None:
    """Four targets up, every rule evaluated without an error, every panel's query understood, counters that move."""
    device = Device(stage)

    async def up() -> bool:
        return len(await prometheus.query('up{job="lantian"} == 1')) == len(SERVICES)

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
