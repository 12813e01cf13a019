"""The wiring of tasks: store, producer, readers, outbox, worker, API."""

import asyncio
import sys
from importlib.metadata import version

import structlog
from prometheus_client import CollectorRegistry

from lantian_kit import logs
from lantian_kit.access.ticket import Tickets
from lantian_kit.bus import Producer
from lantian_kit.deadletter import DeadLetters
from lantian_kit.health import Health
from lantian_kit.metrics import KitMetrics
from lantian_kit.process import Part, run
from lantian_kit.records import RecordReader
from lantian_kit.worker import RecordWorker
from lantian_proto.topics import (
    AUDIT,
    ISSUE_EVENTS,
    LEADS,
    LEDGER,
    READINGS,
    REGISTRY,
    RULES,
    TASK_EVENTS,
    dead_letters_by,
)
from lantian_tasks.access.gate import Cookie
from lantian_tasks.access.oidc import Provider
from lantian_tasks.access.people import Options, People
from lantian_tasks.access.principals import Access, AccessError
from lantian_tasks.access.upkeep import Upkeep
from lantian_tasks.access.vault import Vault
from lantian_tasks.api import add_health, create_app, create_worker_app
from lantian_tasks.audit.appender import Appender
from lantian_tasks.audit.watch import AuditWatch
from lantian_tasks.carded_store import CardedStore
from lantian_tasks.changes.proposals import Proposals
from lantian_tasks.changes.service import Changes
from lantian_tasks.clocks import check_lists
from lantian_tasks.clocks.calendar import Calendar, CalendarError
from lantian_tasks.clocks.case_keeper import CaseKeeper
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.keeper import IssueKeeper, Timekeeper
from lantian_tasks.clocks.policy import PolicyError, load
from lantian_tasks.compliance.hours import HourKeeper
from lantian_tasks.console import ConsoleError, add_console
from lantian_tasks.copies import LedgerCopies
from lantian_tasks.leads.service import Leads
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.operations.desk import KafkaOperations
from lantian_tasks.outbox import Outbox
from lantian_tasks.registry.rule_news import RuleNewsKeeper
from lantian_tasks.registry.service import Registry
from lantian_tasks.rounds.service import Rounds
from lantian_tasks.settings import TasksSettings
from lantian_tasks.store import MotorStore
from lantian_tasks.watch import StoreWatch
from lantian_tasks.worker import LeadHandler

GROUP = "tasks"
SOURCES_AT_ONCE = 8  # leads of one source stay in order
HOURS_GROUP = "tasks-hours"
RULES_GROUP = "tasks-rules"
UPKEEP_SECONDS = 30.0


async def serve(
    settings: TasksSettings, access: Access, tickets: Tickets, vault: Vault, facts: Facts, provider: Provider | None
) -> int:
    """Runs the process; returns its status."""
    clock = settings.clock()
    registry = CollectorRegistry()
    kit_metrics, metrics = KitMetrics(registry), TasksMetrics(registry)
    kit_metrics.build_info.labels("tasks", version("lantian-tasks")).set(1)
    health = Health()
    client = f"lantian-tasks-{settings.instance or 'single'}"

    url, database = settings.store_url.get_secret_value(), settings.store_database
    store = CardedStore(url, database, clock.now_ms) if settings.store_cards else MotorStore(url, database)
    producer = Producer(
        settings.kafka_bootstrap,
        client,
        [AUDIT, ISSUE_EVENTS, TASK_EVENTS, REGISTRY, LEDGER, *dead_letters_by("tasks")],
    )
    outbox = Outbox(store, producer, metrics, settings.outbox_poll_seconds)
    watch = StoreWatch(store, clock, metrics, settings.figures_seconds)
    copies = LedgerCopies(store, producer, metrics, settings.outbox_poll_seconds)
    parts: list[Part] = [store, producer, outbox, copies, watch]
    health.check("store", watch.probe)
    health.check("producer", producer.probe)

    if settings.role in ("all", "worker"):
        leads = Leads(store, clock, facts, settings.screening, outbox.wake)
        issues = IssueKeeper(store, clock, metrics, facts, outbox.wake)
        rounds = Rounds(store, clock, facts, outbox.wake)
        entities = Registry(store, clock, metrics, outbox.wake, Proposals(store, clock, facts, outbox.wake))
        changes = Changes(store, entities, clock, facts, outbox.wake)
        cases = CaseKeeper(store, clock, metrics, facts, leads, rounds, changes, outbox.wake)
        parts.append(Appender(store.audit, producer, metrics, settings.outbox_poll_seconds, settings.audit_algorithm))
        parts.append(Timekeeper([issues, cases], issues, settings.timers_seconds))
        frames = RecordReader(settings.kafka_bootstrap, f"{client}-frames")
        handler = LeadHandler(
            store, frames, clock, kit_metrics, metrics, outbox.wake, facts=facts, mode=settings.screening
        )
        worker = RecordWorker(
            settings,
            group=GROUP,
            topic=LEADS,
            handle=handler.handle,
            dead_letters=DeadLetters(producer, clock, kit_metrics, "tasks"),
            metrics=kit_metrics,
            keys_at_once=SOURCES_AT_ONCE,
        )
        hours = RecordWorker(
            settings,
            group=HOURS_GROUP,
            topic=READINGS,
            handle=HourKeeper(store, clock, settings.history).handle,
            dead_letters=DeadLetters(producer, clock, kit_metrics, "tasks"),
            metrics=kit_metrics,
        )
        rule_news = RecordWorker(
            settings,
            group=RULES_GROUP,
            topic=RULES,
            handle=RuleNewsKeeper(store).handle,
            dead_letters=DeadLetters(producer, clock, kit_metrics, "tasks"),
            metrics=kit_metrics,
        )
        parts += [frames, worker, hours, rule_news]
        health.check("worker", worker.probe)
        health.check("hours", hours.probe)
        health.check("rules", rule_news.probe)
        parts.append(AuditWatch(store, metrics, settings.audit_seconds))

    wake = outbox.wake
    options = Options(
        store=store.access,
        policy=settings.sessions(),
        cookie=Cookie(settings.cookie_secure),
        tickets=tickets,
        vault=vault,
        provider=provider,
    )
    people = People(options, clock, metrics)
    parts.append(Upkeep(people.sessions, people.glasses, metrics, UPKEEP_SECONDS))
    app = (
        create_worker_app()
        if settings.role == "worker"
        else create_app(
            store,
            access,
            clock,
            metrics,
            written=wake,
            facts=facts,
            mode=settings.screening,
            forms=settings.forms_dir,
            options=options,
            chains=store.audit,
            operations=KafkaOperations(
                settings.kafka_bootstrap, settings.operators_user, settings.operators_password.get_secret_value()
            ),
        )
    )
    if settings.console_dir is not None and settings.role != "worker":
        add_console(app, settings.console_dir)
    add_health(app, health, registry)
    return await run("tasks", settings, parts, app, health)


def main() -> int:
    """The command `lantian-tasks`."""
    settings = TasksSettings()
    logs.configure("tasks", settings)
    try:
        access, tickets = Access.load(settings.access_file), Tickets.load(settings.ticket_key_file)
        vault = Vault.load(settings.second_factor_key_file)
        if not vault.possible:
            structlog.get_logger().warning("without LANTIAN_SECOND_FACTOR_KEY_FILE second factors are not encrypted")
        facts = Facts(
            load(settings.policy_file),
            Calendar.load(settings.calendar_file),
            check_lists=check_lists.load(settings.check_lists_file),
        )
        return asyncio.run(serve(settings, access, tickets, vault, facts, Provider.load(settings.oidc_file)))
    except (AccessError, PolicyError, CalendarError, ConsoleError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
