"""`lantian account …`: accounts of people, by whoever has the machine: the first security administrator begins here."""

import asyncio
import getpass
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lantian_kit.access.principals import GrantRow
from lantian_local import state as states
from lantian_local.layout import own_home
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Role

if TYPE_CHECKING:  # the command line answers at once; the service's code is loaded when it is needed
    from lantian_tasks.access.keeping import Accounts

app = typer.Typer(help="Accounts of people: add, reset, disable, list.", no_args_is_help=True)

DATABASE = "lantian_tasks"
PATIENCE_SECONDS = 15.0
Store = Annotated[str, typer.Option(envvar="LANTIAN_STORE_URL", help="MongoDB URL; default: the local suite's.")]
Database = Annotated[str, typer.Option(envvar="LANTIAN_STORE_DATABASE", help="Database of tasks.")]
Name = Annotated[str, typer.Argument(help="Name of the account.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the audit.")]
Divisions = Annotated[
    list[str], typer.Option("--division", help="GB/T 2260 code, 000000 the country; may be given several times.")
]


@app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="Role.")],
    organisation: Annotated[str, typer.Option(help="Where the person works.")],
    division: Divisions,
    reason: Reason,
    enterprise: Annotated[str, typer.Option(help="Id of the enterprise, for role enterprise alone.")] = "",
    store: Store = "",
    database: Database = DATABASE,
) -> None:
    """Make an account; its password is shown once and is good for one sign-in."""
    try:
        grants = [GrantRow(code=code).grant() for code in division]
    except ValueError as error:
        raise typer.BadParameter("a division has six digits") from error

    async def work(accounts: "Accounts", actor: Actor) -> str:
        made, password = await accounts.add(name, role, organisation, grants, enterprise, actor, reason)
        return f"{made.id}: {password}"

    _run(work, store, database)


@app.command()
def reset(name: Name, reason: Reason, store: Store = "", database: Database = DATABASE) -> None:
    """Give a new password for one sign-in, and take the second factor away."""

    async def work(accounts: "Accounts", actor: Actor) -> str:
        made, password = await accounts.reset(name, actor, reason)
        return f"{made.id}: {password}"

    _run(work, store, database)


@app.command()
def disable(
    name: Name,
    reason: Reason,
    undo: Annotated[bool, typer.Option("--undo", help="Open it again.")] = False,
    store: Store = "",
    database: Database = DATABASE,
) -> None:
    """Shut an account; its sessions end at their next request."""

    async def work(accounts: "Accounts", actor: Actor) -> str:
        made = await accounts.disable(name, not undo, actor, reason)
        return f"{made.id}: {'open' if undo else 'shut'}"

    _run(work, store, database)


@app.command("list")
def list_(store: Store = "", database: Database = DATABASE) -> None:
    """Show the accounts."""

    async def work(accounts: "Accounts", actor: Actor) -> str:
        rows = []
        for one in await accounts.page("", 1000):
            said = accounts.public(one)
            codes = ",".join(row["code"] for row in said["grants"])
            marks = [name for name in ("disabled", "must_change", "has_second_factor") if said[name]]
            rows.append("\t".join([one.id, said["role"], said["organisation"], codes, " ".join(marks)]))
        return "\n".join(rows) or "there is no account"

    _run(work, store, database)


def _run(work: Callable[["Accounts", Actor], Coroutine[Any, Any, str]], store: str, database: str) -> None:
    """Says what became of it, or why not in one line with exit code 1."""
    from lantian_kit.clock import SuiteClock
    from lantian_kit.worker import Unavailable
    from lantian_tasks.access.keeping import Accounts
    from lantian_tasks.access.passwords import Hashing
    from lantian_tasks.problems import ProblemError
    from lantian_tasks.store import MotorStore

    async def whole() -> str:
        opened = MotorStore(_address(store), database)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await opened.start()
        try:
            actor = Actor(f"command:{getpass.getuser()}", "system", "lantian account")
            return await work(Accounts(opened.access, SuiteClock(), Hashing()), actor)
        finally:
            await opened.stop()

    try:
        sys.stdout.write(f"{asyncio.run(whole())}\n")
    except TimeoutError as error:
        sys.stderr.write("the store does not answer\n")
        raise typer.Exit(1) from error
    except (ProblemError, Unavailable, LookupError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error


def _address(given: str) -> str:
    return given or states.address_of(own_home(), "store", "name its store with --store")
