"""The command `lantian`: the whole suite on one machine."""

import asyncio
import json
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lantian_local import accounts, audit, commands, detection
from lantian_local import dead_letters as dead_letter_commands
from lantian_local import feeds as feed_list
from lantian_local.asking import command
from lantian_local.backup import commands as backup_commands
from lantian_local.decode import decode
from lantian_local.feed_events import feed_events
from lantian_local.frames import frames
from lantian_local.importing import import_
from lantian_local.keeper import StartFailed
from lantian_local.layout import DEFAULT_HOME, PARTS, ClockSetting
from lantian_local.ports import Ports, PortTaken
from lantian_local.progress import Progress, table
from lantian_local.state import AlreadyUp
from lantian_local.suite import Suite

app = typer.Typer(help="Lantian 蓝天: the whole suite on one machine, without Docker.", no_args_is_help=True)
app.add_typer(accounts.app, name="account")
app.add_typer(audit.app, name="audit")
app.add_typer(dead_letter_commands.app, name="dlq")
app.command("backup")(backup_commands.backup)
app.command("backup-check")(backup_commands.check)
app.command("restore")(backup_commands.restore)
app.command("rebuild")(backup_commands.rebuild)
app.command()(decode)
app.command()(frames)
app.command("feed-events")(feed_events)
app.command()(command)
app.command("import")(import_)
detection.register(app)

Home = Annotated[Path, typer.Option(envvar="LANTIAN_LOCAL_HOME", help="Folder of data, logs and state.")]
Jars = Annotated[Path, typer.Option(envvar="LANTIAN_LOCAL_JARS", help="Cache of Kafka's jars, shared by all suites.")]
Rate = Annotated[float, typer.Option(envvar="LANTIAN_LOCAL_RATE", min=0.001, help="Suite seconds in a real second.")]
Epoch = Annotated[
    datetime | None, typer.Option(help="Time the suite's clock shows when it starts (UTC); default: the real time.")
]


def port(name: str, what: str) -> typer.models.OptionInfo:
    """The option of one port."""
    option: typer.models.OptionInfo = typer.Option(envvar=f"LANTIAN_LOCAL_{name.upper()}_PORT", help=what)
    return option


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    jars: Jars = DEFAULT_HOME / "jars",
    rate: Rate = 1.0,
    suite_epoch: Epoch = None,
    parts: Annotated[str, typer.Option(help="Only these parts, comma separated.")] = ",".join(PARTS),
    foreground: Annotated[bool, typer.Option(help="Stay in this terminal until stopped.")] = False,
    ephemeral: Annotated[
        bool,
        typer.Option(help="Free ports and a temporary folder that is removed at the end; stays in the foreground."),
    ] = False,
    quick: Annotated[
        bool, typer.Option(help="Kafka starts faster and is slower under load; not for measurements.")
    ] = True,
    kafka_port: Annotated[int, port("kafka", "The broker.")] = Ports.kafka,
    kafka_controller_port: Annotated[int, port("kafka_controller", "The broker's own.")] = Ports.kafka_controller,
    store_port: Annotated[int, port("store", "The document store.")] = Ports.store,
    hj212_port: Annotated[int, port("hj212", "HJ 212 over TCP.")] = Ports.hj212,
    vehicle_port: Annotated[int, port("vehicle", "Vehicles over TCP.")] = Ports.vehicle,
    ingest_port: Annotated[int, port("ingest", "HTTP of ingest.")] = Ports.ingest,
    alerts_port: Annotated[int, port("alerts", "HTTP of alerts.")] = Ports.alerts,
    tasks_port: Annotated[int, port("tasks", "The API.")] = Ports.tasks,
    notify_port: Annotated[int, port("notify", "HTTP of notify.")] = Ports.notify,
    front_port: Annotated[int, port("front", "The console and everything behind it.")] = Ports.front,
) -> None:
    """Start everything and return when it is ready."""
    console = Console(soft_wrap=True)
    if not (foreground or ephemeral):
        raise typer.Exit(commands.detached(home.resolve(), sys.argv[1:], console))
    ports = Ports(
        kafka=kafka_port,
        kafka_controller=kafka_controller_port,
        store=store_port,
        hj212=hj212_port,
        vehicle=vehicle_port,
        ingest=ingest_port,
        alerts=alerts_port,
        tasks=tasks_port,
        notify=notify_port,
        front=front_port,
    )
    progress = Progress(console)
    try:
        suite = Suite(
            parts=parts.split(","),
            home=None if ephemeral else home,
            ports=None if ephemeral else ports,
            exact_ports=True,
            clock=ClockSetting.starting_now(rate, _milliseconds(suite_epoch)),
            jar_cache=jars,
            quick=quick,
            on_change=progress.show,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except PortTaken as error:
        console.print(f"{commands.NOT_STARTED}: {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(1) from error
    raise typer.Exit(asyncio.run(commands.foreground(suite, console, progress)))


@app.command()
def down(home: Home = DEFAULT_HOME) -> None:
    """Stop everything that `up` started; doing it twice is no error."""
    raise typer.Exit(commands.down(home.resolve(), Console(soft_wrap=True)))


@app.command()
def status(
    home: Home = DEFAULT_HOME,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    feeds: Annotated[bool, typer.Option("--feeds", help="What the gateway has seen of each sender.")] = False,
) -> None:
    """Show what runs; exit code 0 only when all is ready."""
    state = commands.current(home.resolve())
    if feeds and state is not None and "ingest" in state.parts:
        raise typer.Exit(feed_list.status(state.parts["ingest"].address, as_json, Console(soft_wrap=True)))
    if as_json:
        sys.stdout.write(json.dumps(None if state is None else asdict(state) | {"ready": state.ready()}) + "\n")
    elif state is None:
        Console().print(f"nothing was ever up in {home}")
    else:
        Console().print(table(state))
        if state.trouble:
            Console().print(state.trouble, markup=False)
    raise typer.Exit(0 if state is not None and state.ready() else 1)


@app.command()
def logs(
    service: Annotated[list[str] | None, typer.Argument(help="kafka, store, ingest, …; none: all.")] = None,
    home: Home = DEFAULT_HOME,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of each at first.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
) -> None:
    """Print the end of the logs."""
    try:
        raise typer.Exit(commands.logs(home.resolve(), service or [], lines, follow))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command()
def demo(
    seconds: Annotated[
        int | None, typer.Option(envvar="DEMO_SECONDS", min=1, help="End by itself after this long, with a verdict.")
    ] = None,
    rate: Rate = 720.0,
    jars: Jars = DEFAULT_HOME / "jars",
) -> None:
    """Run the main job on captured frames and simulated stacks, in a suite of its own."""
    raise typer.Exit(asyncio.run(_demo(seconds, rate, jars)))


async def _demo(seconds: int | None, rate: float, jars: Path) -> int:
    from lantian_local.demo import run  # the only command that needs the simulator

    console = Console(soft_wrap=True)
    loop = asyncio.get_running_loop()
    me = asyncio.current_task()
    if me is not None:
        loop.add_signal_handler(signal.SIGTERM, me.cancel)
    progress = Progress(console)
    suite = Suite(
        ports=Ports(), clock=ClockSetting.starting_now(rate), jar_cache=jars, quick=True, on_change=progress.show
    )
    try:
        with progress:
            await suite.__aenter__()
        try:
            code: int = await run(suite, seconds, rate)
            return code
        finally:
            await suite.__aexit__(None, None, None)
    except (StartFailed, AlreadyUp) as error:
        commands.say_failed(console, error)
        return 1
    except asyncio.CancelledError:
        console.print("stopped")
        return 130


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def main() -> None:
    """Entry point of the command `lantian`."""
    app()


if __name__ == "__main__":
    main()
