"""What receivers that misbehave cost the others. Verb `make receivers`; two minutes.

The deliverer, its webhook and WeCom channels, real sockets and a document store of its own. For each fault forty teams
misbehave at once, so that no circuit breaker helps, while four others are sent forty messages each; how long those take
from the write of the delivery to their receiver is measured, with and without the fault. Then one of the forty is
followed: tried again not before its time, with the same id, until it is well.
"""

import asyncio
import logging
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bench.document_store import document_store
from bench.pages import keep
from lantian_notify.calls.store import MongoCallStore
from lantian_notify.channels.wecom import WecomChannel
from lantian_notify.deliveries.deliver import Deliverer
from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.routing.facts import facts_of
from lantian_notify.store import Connection
from tests.support.certificates import a_certificate
from tests.support.notify_events import NOW_MS, an_event
from tests.support.notify_wire import Bench
from tests.support.receiver import OK, RESET, SECRET, SLOW_DRIP, Answer, LeadCollector

BAD, GOOD, EACH = 40, 4, 40
GAP_SECONDS = 0.1
TIMEOUT_SECONDS = 10.0
MOST_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Fault:
    """How the forty misbehave, what notify must call it, and how long it must wait at least (suite seconds)."""

    name: str
    answer: Answer | None
    result: str
    at_least_seconds: float
    channel: str = "webhook"


FAULTS = (
    Fault("none", None, "sent", 0.0),
    Fault("500", Answer(500), "status", 5.0),
    Fault("429 with Retry-After: 70", Answer(429, {"Retry-After": "70"}), "throttled", 70.0),
    Fault("301", Answer(301, {"Location": "/elsewhere"}), "redirect", 5.0),
    Fault("slow drip", SLOW_DRIP, "time-out", 5.0),
    Fault("reset after reading", RESET, "broken-off", 5.0),
    Fault("expired TLS", None, "tls", 5.0),
    Fault("200 with errcode (WeCom)", Answer(200, body='{"errcode":-1}'), "errcode", 5.0, "wecom"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything around the deliverer of one fault: `bad` misbehaves, `good` does not."""

    bench: Bench
    deliverer: Deliverer
    bad: LeadCollector
    good: LeadCollector
    fault: Fault
    heal: Callable[[], None]

    async def send_bad(self, number: int) -> None:
        """One message to a team of its own."""
        name = f"bad_{number}"
        changes: dict[str, Any] = {"delivery_id": name, "endpoint_id": f"{self.fault.channel}:{name}"}
        if self.fault.channel == "wecom":
            changes |= {"channel": "wecom", "secret_name": f"wecom-{number}", "body": b""}
            changes["items"] = (facts_of(an_event()).stored(),)
        await self.bench.send(self.deliverer, self.bad.url, **changes)

    async def send_good(self) -> dict[str, float]:
        """The messages of the four, one to each every tenth of a second; when each was written, by id."""
        written: dict[str, float] = {}
        for number in range(EACH):
            for team in range(GOOD):
                name = f"good_{team}_{number}"
                written[name] = time.monotonic()
                address = self.good.url_of(f"/good-{team}")
                await self.bench.send(self.deliverer, address, delivery_id=name, endpoint_id=f"webhook:good-{team}")
            await asyncio.sleep(GAP_SECONDS)
        return written

    async def measured(self) -> list[float]:
        """Milliseconds of each message to the four while the forty misbehave, in rising order."""
        for number in range(BAD):
            await self.send_bad(number)
        written = await self.send_good()
        await self.good.wait_for(len(written), seconds=120.0)
        arrived = {one.webhook_id: one.arrived for one in self.good.attempts}
        return sorted((arrived[name] - at) * 1000 for name, at in written.items())

    async def followed(self) -> float:
        """The first of the forty to its end: suite seconds it was made to wait. AssertionError: it went otherwise."""
        failed = await self.bench.attempts(1, "bad_0")
        assert (failed.state, failed.attempts[0].result) == ("pending", self.fault.result), failed
        due_ms = max(failed.next_at_ms, (await self.bench.store.health(failed.endpoint_id)).not_before_ms)
        assert due_ms >= NOW_MS + self.fault.at_least_seconds * 1000, (due_ms, failed)
        self.heal()
        self.bench.go_to(due_ms)
        self.deliverer.wake()
        done = await self.bench.when(lambda delivery: delivery.state == "delivered", "bad_0")
        assert [attempt.result for attempt in done.attempts] == [self.fault.result, "sent"], done
        return (due_ms - NOW_MS) / 1000


def secured(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server whose certificate has ended, beside it one that has not, and the file that vouches for both."""
    texts = []
    for name in ("ended", "renewed"):
        (folder / name).mkdir()
        certificate, _ = a_certificate(folder / name, name="127.0.0.1", expired=name == "ended", address=True)
        texts.append(certificate.read_text())
    trust = folder / "trust.pem"
    trust.write_text("".join(texts))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "ended" / "team.pem", folder / "ended" / "team.key")
    return server, trust


@asynccontextmanager
async def a_stage(url: str, number: int, folder: Path, fault: Fault) -> AsyncIterator[Stage]:
    """A database, secrets and receivers of its own."""
    (folder / "team-1").write_text(SECRET)
    for team in range(BAD):
        (folder / f"wecom-{team}").write_text(f"robot-key-{team:04}")
    server, trust = secured(folder) if fault.result == "tls" else (None, None)
    connection = Connection(url, f"receivers_{number}")
    store, calls = MongoDeliveryStore(connection.database), MongoCallStore(connection.database)
    await store.prepare()
    await calls.prepare()
    bench = Bench(store, folder, calls)
    well = Answer(200, body='{"errcode":0}') if fault.channel == "wecom" else OK
    async with (
        LeadCollector(signed=fault.channel == "webhook", ok=well, ssl_context=server) as bad,
        LeadCollector() as good,
    ):
        bench.make = lambda post: {"wecom": WecomChannel(post, bad.url)}
        if fault.answer is not None:
            bad.always(fault.answer)

        def heal() -> None:
            bad.always(well)
            if server is not None:
                server.load_cert_chain(folder / "renewed" / "team.pem", folder / "renewed" / "team.key")

        deliverer = await bench.deliverer(timeout_seconds=TIMEOUT_SECONDS, ca=trust)
        try:
            yield Stage(bench, deliverer, bad, good, fault, heal)
        finally:
            deliverer.cut_off()
            for one in bench.started:
                await one.stop()
            await connection.close()


async def one(url: str, number: int, fault: Fault) -> dict[str, object]:
    """The row of a fault."""
    with tempfile.TemporaryDirectory(prefix="lantian-receivers-") as name:
        folder = Path(name)
        async with a_stage(url, number, folder, fault) as stage:
            times = await stage.measured()
            waited = 0.0 if fault.result == "sent" else await stage.followed()
            ids = {received.webhook_id for received in stage.bad.attempts if received.webhook_id}
            assert len(ids) <= BAD, ids
            assert {received.path for received in stage.bad.attempts} <= {"/hook"}
    return {
        "fault": fault.name,
        "called": fault.result,
        "waited_s": waited,
        "messages": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "longest_ms": round(times[-1], 1),
    }


async def all_of_them(url: str) -> list[dict[str, object]]:
    """Fault after fault."""
    found = []
    for number, fault in enumerate(FAULTS):
        row = await one(url, number, fault)
        print(row, flush=True)
        found.append(row)
    return found


def main() -> int:
    """Measures, writes the result; 1 when a message to a team that is well took a second or more."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # every attempt fails
    with document_store() as address:
        rows = asyncio.run(all_of_them(address))
    slow = [row["fault"] for row in rows if float(str(row["longest_ms"])) >= MOST_MS]
    text = (
        f"{BAD} teams misbehave at once, each with one message, while {GOOD} teams that are well are sent {EACH}\n"
        "messages each, one every tenth of a second; measured from the write of the delivery to the receiver;\n"
        "`make receivers`. `called` is what the attempt is recorded as, `waited` the suite seconds until the next\n"
        "one, which carried the same id and arrived once the team was well. Others are to wait less than "
        f"{MOST_MS:.0f} ms;\nlonger: {', '.join(map(str, slow)) or 'none'}. A webhook is judged by its status alone "
        "(Standard Webhooks); `errcode` by the\nchannels of the robots."
    )
    head = ("fault", "called", "waited s", "messages to others", "p50 ms", "p95 ms", "longest ms")
    keep(
        "receivers",
        {"rows": rows, "slow": slow},
        "Receivers that misbehave",
        text,
        [head, *(tuple(row.values()) for row in rows)],
    )
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
