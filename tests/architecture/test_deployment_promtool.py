"""promtool's own word on the configuration, and a firing and a silent case of every alert."""

import subprocess
from typing import Any

import yaml

from tests.support.prometheus import tool

from .deployment_code import ROOT

FOLDER = ROOT / "deploy/prometheus"
RULES = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))
TESTS = yaml.safe_load((FOLDER / "rules_test.yml").read_text(encoding="utf-8"))


def promtool(*arguments: str) -> None:
    """Fails with what promtool says."""
    done = subprocess.run([tool("promtool"), *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_configuration() -> None:
    """With the rule files it names."""
    promtool("check", "config", "prometheus.yml")


def test_the_alerts_fire_and_are_silent_when_they_should() -> None:
    """Prometheus evaluates them over made-up series."""
    promtool("test", "rules", "rules_test.yml")


def test_every_alert_has_a_firing_and_a_silent_case() -> None:
    """An alert without a case is one that nobody has seen fire."""
    cases: list[dict[str, Any]] = [case for one in TESTS["tests"] for case in one["alert_rule_test"]]
    fired = {case["alertname"] for case in cases if case["exp_alerts"]}
    silent = {case["alertname"] for case in cases if not case["exp_alerts"]}
    alerts = {rule["alert"] for group in RULES["groups"] for rule in group["rules"]}
    assert fired == alerts
    assert silent == alerts
