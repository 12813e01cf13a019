"""Each part is frozen once while a real Prometheus watches: the right alert fires, and clears when it is back.

The rules are those of production with every duration a thirtieth as long. `make alarms` runs it; what fired, and how
soon, is written to bench/results/alarms.md.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from lantian_kit.bus import Producer
from lantian_local.demo.stage import Stage
from lantian_local.layout import SERVICES, ClockSetting
from lantian_local.ports import HOST
from lantian_local.suite import Suite
from lantian_proto.topics import LEADS
from lantian_simulator import registry
from tests.alarms.result import Alarm, Book
from tests.e2e.wire import HOUR_MS, Device, hour_frame, site
from tests.support.probe import probing
from tests.support.prometheus import ROOT, Prometheus

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES = ROOT / "deploy/prometheus/rules.yml"
SHORTER = 30
SECONDS_OF = {"s": 1, "m": 60, "h": 3600}
RATE = 60.0  # suite seconds stay as long as in production; 900 of them are 15 wall seconds
WAIT_SECONDS = 120.0


def shortened() -> dict[str, Any]:
    """The alert rules with short times; thresholds in wall seconds are cut as well."""
    text = RULES.read_text(encoding="utf-8")

    def cut(match: re.Match[str]) -> str:
        return f"{match[1]}{max(1, int(match[2]) * SECONDS_OF[match[3]] // SHORTER)}s{match[4]}"

    text = re.sub(r"(\[)(\d+)([smh])(\])", cut, text)
    text = re.sub(r"(offset )(\d+)([smh])()", cut, text)
    text = re.sub(r"(for: )(\d+)([smh])()", cut, text)
    for whole, cut_ in (
        ("lantian_outbox_oldest_seconds) > 60", "lantian_outbox_oldest_seconds) > 2"),
        ("lantian_probe_waiting_seconds) > 120", "lantian_probe_waiting_seconds) > 15"),
    ):
        assert whole in text
        text = text.replace(whole, cut_)
    rules: dict[str, Any] = yaml.safe_load(text)
    return rules


@dataclass
class Watch:
    """The suite and its Prometheus."""

    stage: Stage
    prometheus: Prometheus
    book: Book

    async def until_firing(self, *names: str) -> None:
        """Returns when all of them fire."""
        await self._until(lambda firing: set(names) <= firing, f"{names} do not fire")

    async def until_quiet(self) -> None:
        """Returns when nothing fires."""
        await self._until(lambda firing: not firing, "it does not clear")

    async def _until(self, condition: Any, words: str) -> None:
        firing: set[str] = set()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not condition(firing := await self.prometheus.firing()):  # noqa: ASYNC110  # it tells nobody
                    await asyncio.sleep(0.25)
        except TimeoutError:
            raise AssertionError(f"{words}; firing: {sorted(firing)}") from None

    @asynccontextmanager
    async def noted(self, trouble: str, *alerts: str) -> AsyncIterator[None]:
        """The body ends the trouble: all of them fire in it, and nothing does after it."""
        begun = time.monotonic()
        yield
        over = time.monotonic()
        await self.until_quiet()
        self.book.alarms.append(Alarm(trouble, alerts, over - begun, time.monotonic() - over))

    @contextmanager
    def frozen(self, part: str) -> Iterator[None]:
        """The part neither works nor dies meanwhile: what is hardest to notice."""
        process = self.stage.suite.state.parts[part].process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGCONT)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watch]:
    """Everything runs and nothing fires."""
    folder: Path = tmp_path_factory.mktemp("alarms")
    suite = Suite(
        home=folder / "suite",
        clock=ClockSetting.starting_now(RATE),
        jar_cache=ROOT / ".local" / "jars",
        env={"ingest": {"LANTIAN_SPOOL_DIR": str(folder / "spool")}},
    )
    async with suite, Stage(suite) as stage, probing(stage, folder) as probe_url:
        urls = {name: suite.layout.http_url(name) for name in SERVICES} | {"probe": probe_url}
        jobs = [{"targets": [url.removeprefix("http://")], "labels": {"service": name}} for name, url in urls.items()]
        settings: Mapping[str, object] = {
            "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
            "rule_files": ["short.yml"],
            "scrape_configs": [{"job_name": "lantian", "static_configs": jobs}],
        }
        (folder / "short.yml").write_text(yaml.safe_dump(shortened(), allow_unicode=True))
        (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
        async with Prometheus(folder) as prometheus:
            found = Watch(stage, prometheus, Book(SHORTER))
            await found.until_quiet()
            yield found
            found.book.write()


@pytest.mark.parametrize(
    ("part", "alerts"),
    [
        ("ingest", ("LantianServiceDown", "LantianTickGap", "LantianDetectionStalled")),
        ("alerts", ("LantianServiceDown", "LantianProbeUnreached")),
        ("tasks", ("LantianServiceDown", "LantianProbeUnreached")),
        ("notify", ("LantianServiceDown", "LantianProbeUnreached")),
        ("store", ("LantianStoreAway",)),
    ],
)
async def test_a_frozen_part_is_noticed_and_forgiven(watch: Watch, part: str, alerts: tuple[str, ...]) -> None:
    """The alert that a person needs, and silence when the part is back."""
    async with watch.noted(f"{part} frozen", *alerts):
        with watch.frozen(part):
            await watch.until_firing(*alerts)


async def test_every_rule_is_evaluated(watch: Watch) -> None:
    """None of them is wrong, and none is left out."""

    async def rules() -> list[dict[str, Any]]:
        groups = (await watch.prometheus.ask("rules"))["groups"]
        return [rule for group in groups for rule in group["rules"]]

    async with asyncio.timeout(WAIT_SECONDS):
        while any(rule["health"] == "unknown" for rule in await rules()):  # noqa: ASYNC110  # it tells nobody
            await asyncio.sleep(0.25)
    found = await rules()
    assert [(rule["name"], rule["lastError"]) for rule in found if rule["health"] != "ok"] == []
    assert len(found) == sum(len(group["rules"]) for group in shortened()["groups"])
    watch.book.evaluated = len(found)


async def test_a_frozen_broker_sends_frames_to_the_disk_and_leaves_decisions_waiting(watch: Watch) -> None:
    """Ingest lives from its spool, and the outbox of the ledger fills."""
    outlets = registry.outlets(1, 3)
    rows = registry.changes(outlets, watch.stage.team_address)
    device = Device(watch.stage)
    alerts = ("LantianSpooling", "LantianOutboxStalled", "LantianTickGap")
    async with watch.noted("kafka frozen", *alerts):
        with watch.frozen("kafka"):
            await watch.stage.ledger.register(rows)
            sender = asyncio.create_task(_keep_sending(device))
            await watch.until_firing(*alerts)
            sender.cancel()
        device.close()


async def _keep_sending(device: Device) -> None:
    number = 0
    while True:
        number += 1
        await device.send(hour_frame("NOBODY00000000000000001", number * 3_600_000, "a21026-Avg=1.0")[1])
        await asyncio.sleep(0.2)


async def test_a_team_that_can_not_be_reached_is_said(watch: Watch) -> None:
    """Its receiver is away when a lead comes; the notice is delivered when it is back."""
    stage, feed = watch.stage, "UNREACHED000000000000001"
    await stage.register(site(stage, feed, "a24088", 0.01))
    port = int(stage.receiver.address.rpartition(":")[2])
    device = Device(stage)
    async with watch.noted("a team's receiver away", "LantianLeadDeliveryStalled"):
        await stage.receiver.stop()
        now = stage.clock.now_ms()
        hour = now - now % HOUR_MS - HOUR_MS
        await device.send(hour_frame(feed, hour, "a24088-Avg=0.5,a24088-Flag=N", now)[1])
        await device.reply()
        await watch.until_firing("LantianLeadDeliveryStalled")
        await stage.receiver.start(HOST, port)
    assert any(one.body["data"]["source"]["id"] == f"s-{feed.lower()}" for one in stage.receiver.deliveries)
    device.close()


async def test_a_record_that_nobody_can_read_is_said(watch: Watch) -> None:
    """A dead letter is a ticket."""
    producer = Producer(watch.stage.suite.kafka_bootstrap, "test", [LEADS])
    await producer.start()
    async with watch.noted("a lead that nobody can read", "LantianDeadLetters"):
        await producer.send(LEADS, b"\xff no lead", key=b"x")
        await watch.until_firing("LantianDeadLetters")
    await producer.stop()
