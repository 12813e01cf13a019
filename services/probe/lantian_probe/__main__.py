"""The wiring of the probe; `lantian-probe registry` prints what the registry must hold."""

import argparse
import asyncio
import json
import sys
from importlib.metadata import version

from prometheus_client import CollectorRegistry

from lantian_kit import logs
from lantian_kit.health import Health, health_routes
from lantian_kit.metrics import KitMetrics
from lantian_kit.process import Part, run
from lantian_probe.api import PATH, create_app
from lantian_probe.book import Book
from lantian_probe.metrics import ProbeMetrics
from lantian_probe.rounds import registry
from lantian_probe.sender import Sender
from lantian_probe.settings import ProbeSettings
from lantian_probe.voiding import Voiding

SERVICE = "probe"


async def serve(settings: ProbeSettings) -> int:
    """Runs until a signal or a failure; returns the exit status."""
    collected = CollectorRegistry()
    KitMetrics(collected).build_info.labels(SERVICE, version("lantian-probe")).set(1)
    metrics, book, health = ProbeMetrics(collected), Book(), Health()
    sender = Sender(settings.probe_gateway, settings.probe_rounds_an_hour, book, settings.clock(), metrics)
    keys = (settings.probe_api_key.get_secret_value(), settings.probe_second_api_key.get_secret_value())
    voiding = Voiding(settings.probe_api_url, *keys, metrics)
    routes = health_routes(health, collected, SERVICE)
    app = create_app(routes, settings.probe_webhook_secret_file, book, metrics, voiding.wish)
    parts: list[Part] = [voiding, sender]
    return await run(SERVICE, settings, parts, app, health)


def main() -> None:
    """Entry point of the command `lantian-probe`."""
    parser = argparse.ArgumentParser(description="A synthetic outlet exceeds on schedule, and its lead has to arrive.")
    actions = parser.add_subparsers(dest="action")
    printing = actions.add_parser("registry", help="print what the registry must hold, as JSON")
    printing.add_argument("--url", required=True, help="where notify reaches the probe, e.g. http://probe:8080")
    printing.add_argument("--secret-name", default=SERVICE, help="webhook_secret_name of the probe's team")
    arguments = parser.parse_args()
    settings = ProbeSettings()
    if arguments.action == "registry":
        url = arguments.url.rstrip("/") + PATH
        rows = list(registry(settings.probe_rounds_an_hour, settings.probe_division, url, arguments.secret_name))
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    logs.configure(SERVICE, settings)
    sys.exit(asyncio.run(serve(settings)))


if __name__ == "__main__":
    main()
