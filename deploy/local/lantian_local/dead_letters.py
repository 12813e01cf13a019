"""`lantian dlq …`: the commands about dead letters."""

import asyncio
import getpass
import json
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from lantian_kit.dead_letters.letters import Case, Refused, State, cases, described, named
from lantian_local import state as states
from lantian_local.layout import own_home
from lantian_proto.v1.dead_letter_pb2 import DeadLetterDecision

app = typer.Typer(help="Records a service could not use: look, put back, mend, give up.", no_args_is_help=True)

WIDE = 200  # columns where the list goes into a file or a pipe: nothing is cut

Kafka = Annotated[str, typer.Option(envvar="LANTIAN_KAFKA_BOOTSTRAP", help="Broker; default: that of the local suite.")]
Topic = Annotated[str, typer.Option(help="Only letters of this topic.")]
Group = Annotated[str, typer.Option(help="Only letters this consumer group gave up.")]
Why = Annotated[str, typer.Option(help="Only letters with this reason.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept with the decision.")]
Actor = Annotated[str, typer.Option("--actor", help="Who decides; default: your login.")]
Ids = Annotated[list[str], typer.Argument(help="Ids, or their beginnings.")]


@app.command("list")
def list_(
    kafka: Kafka = "",
    topic: Topic = "",
    group: Group = "",
    why: Why = "",
    state: Annotated[str, typer.Option(help="open, replayed, fixed, discarded, or all.")] = State.OPEN.value,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    ids: Annotated[bool, typer.Option("--ids", help="The ids alone, one a line.")] = False,
) -> None:
    """List letters, oldest first."""
    wanted = {"topic": topic, "group": group, "reason": why, "state": "" if state == "all" else state}
    found = _run(_cases(kafka, wanted))
    if ids:
        sys.stdout.writelines(f"{case.letter.dead_letter_id}\n" for case in found)
        return
    if as_json:
        for case in found:
            sys.stdout.write(json.dumps(described(case), ensure_ascii=False) + "\n")
        return
    table = Table("id", "given up", "state", "topic:partition:offset", "group", "reason", "detail")
    for case in found:
        letter = case.letter
        at = datetime.fromtimestamp(letter.failed_ms / 1000, UTC).isoformat(timespec="seconds")
        place = f"{letter.topic}:{letter.partition}:{letter.offset}"
        row = (letter.dead_letter_id[:12], at, case.state, place, letter.group, letter.reason, letter.detail[:60])
        table.add_row(*row)
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
    if found:
        console.print(table, markup=False)
    console.print(f"{len(found)} letters", highlight=False)


@app.command()
def show(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id, or its beginning.")],
    kafka: Kafka = "",
    value: Annotated[Path | None, typer.Option(help="Write the value's bytes to this file, to mend it.")] = None,
) -> None:
    """Show one letter, with what can be read of its value."""
    case = _refusing(lambda: named(_run(_cases(kafka, {})), id_))
    if value is not None:
        value.write_bytes(case.letter.value)
    sys.stdout.write(json.dumps(described(case), ensure_ascii=False, indent=2) + "\n")


@app.command()
def replay(ids: Ids, reason: Reason, kafka: Kafka = "", actor: Actor = "") -> None:
    """Put letters back unchanged, e.g. after the service was mended; only the group that gave up takes them."""
    _run(_decide(kafka, ids, DeadLetterDecision.ACTION_REPLAYED, actor, reason, None))


@app.command()
def fix(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id, or its beginning.")],
    value: Annotated[Path, typer.Option(help="File with the mended value.", exists=True, dir_okay=False)],
    reason: Reason,
    kafka: Kafka = "",
    actor: Actor = "",
) -> None:
    """Put a letter back with a mended value; the letter keeps the old one, the decision the hashes of both."""
    _run(_decide(kafka, [id_], DeadLetterDecision.ACTION_FIXED, actor, reason, value.read_bytes()))


@app.command()
def discard(ids: Ids, reason: Reason, kafka: Kafka = "", actor: Actor = "") -> None:
    """Give letters up for good; they stay in the topic with the decision."""
    _run(_decide(kafka, ids, DeadLetterDecision.ACTION_DISCARDED, actor, reason, None))


async def _cases(kafka: str, wanted: dict[str, str]) -> list[Case]:
    from lantian_kit.dead_letters.desk import Desk  # the client library costs every other command a second

    letters, decisions, unreadable = await Desk(_bootstrap(kafka)).read()
    if unreadable:
        sys.stderr.write(f"{unreadable} records of the dead letters can not be read themselves\n")
    return cases(letters, decisions, wanted=wanted)


async def _decide(
    kafka: str,
    ids: list[str],
    action: DeadLetterDecision.Action,
    actor: str,
    reason: str,
    value: bytes | None,
) -> None:
    """Each letter by itself: the first that is refused ends the command, those before it are done."""
    from lantian_kit.dead_letters.desk import Desk

    desk, who = Desk(_bootstrap(kafka)), actor or getpass.getuser()
    now_ms = int(time.time() * 1000)
    async for decided in desk.decide(ids, action, actor=who, reason=reason, now_ms=now_ms, value=value):
        sys.stdout.write(f"{decided.dead_letter_id} {_word(action)}\n")


def _word(action: DeadLetterDecision.Action) -> str:
    return DeadLetterDecision.Action.Name(action).removeprefix("ACTION_").lower()


def _bootstrap(kafka: str) -> str:
    """The broker asked for, else that of the local suite. Raises Refused."""
    try:
        return kafka or states.address_of(own_home(), "kafka", "name the broker with --kafka")
    except LookupError as error:
        raise Refused(str(error)) from error


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return _refusing(lambda: asyncio.run(work))


def _refusing(work: Callable[[], Any]) -> Any:
    """Says why not, in one line; exit code 1."""
    from aiokafka.errors import KafkaError

    try:
        return work()
    except (Refused, LookupError, KafkaError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error
