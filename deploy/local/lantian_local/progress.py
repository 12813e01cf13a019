"""What a person sees of a suite: a table, and while it starts either a live one or plain lines."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from lantian_local.state import PartPhase, PartState, SuiteState

COLOURS = {
    PartPhase.READY: "green",
    PartPhase.STARTING: "yellow",
    PartPhase.PREPARING: "yellow",
    PartPhase.WAITING: "dim",
    PartPhase.STOPPED: "dim",
    PartPhase.NOT_READY: "red",
    PartPhase.PAUSED: "red",
}


def table(state: SuiteState) -> Table:
    """One line a part: state, pid, uptime, restarts, address, and the trouble if there is one."""
    shown = Table(title=f"Lantian 蓝天 in {state.home}: {state.phase}", title_justify="left")
    for heading in ("part", "state", "pid", "up", "restarts", "address", "trouble"):
        shown.add_column(heading, overflow="fold")
    for name, part in state.parts.items():
        shown.add_row(
            name,
            f"[{COLOURS[part.phase]}]{part.phase}[/]",
            str(part.process.pid) if part.process else "–",
            uptime(part),
            str(part.restarts),
            part.address,
            trouble(part),
        )
    return shown


def uptime(part: PartState) -> str:
    """How long the process runs, for people."""
    if part.process is None:
        return "–"
    seconds = int(time.time() - part.process.started)
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def trouble(part: PartState) -> str:
    """Why it is not ready, or how it last ended."""
    if part.reason:
        return part.reason.splitlines()[0]
    return "" if part.last_exit is None else f"last exit {part.last_exit}"


def addresses(state: SuiteState) -> str:
    """The addresses, one a line."""
    width = max(len(name) for name in state.addresses)
    return "\n".join(f"  {name:<{width}}  {address}" for name, address in state.addresses.items())


class Progress:
    """Shows a starting suite: call `show` with each state. Live on a terminal; elsewhere a plain line for each
    change.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._begun = time.monotonic()
        self._shown: dict[str, tuple[PartPhase, bool]] = {}

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, state: SuiteState) -> None:
        """Show what changed."""
        if self._live:
            self._live.update(table(state))
            return
        for name, part in state.parts.items():
            told = (
                part.phase in (PartPhase.PREPARING, PartPhase.PAUSED, PartPhase.NOT_READY) and part.reason is not None
            )
            if self._shown.get(name) == (part.phase, told) or part.phase is PartPhase.WAITING:
                continue
            self._shown[name] = (part.phase, told)
            seconds = time.monotonic() - self._begun
            reason = f"  {trouble(part)}" if told else ""
            self._console.print(f"{seconds:6.1f} s  {name:<7} {part.phase}{reason}", markup=False, highlight=False)
