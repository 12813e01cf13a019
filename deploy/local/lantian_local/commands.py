"""What `lantian up`, `down`, `status` and `logs` do; `__main__` has their command lines."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from lantian_local import state as states
from lantian_local.keeper import StartFailed
from lantian_local.part import tail
from lantian_local.progress import Progress, addresses, table
from lantian_local.state import AlreadyUp, PartPhase, Phase, SuiteState
from lantian_local.suite import Suite

DOWN_SECONDS = 75.0  # services 27, store 10, Kafka 15, and some air
NOT_STARTED = "not started"
FLAG_FOREGROUND = "--foreground"


async def foreground(suite: Suite, console: Console, progress: Progress) -> int:
    """Run the suite in this process until SIGTERM, SIGINT or the end of its terminal; the exit code."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stopping.set)
    starting = asyncio.create_task(suite.__aenter__())
    stop = asyncio.create_task(stopping.wait())
    try:
        with progress:
            await asyncio.wait({starting, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
            console.print(f"{NOT_STARTED}: stopped while starting")
            return 1
        try:
            await starting
        except (StartFailed, AlreadyUp) as error:
            say_failed(console, error)
            return 1
        console.print(f"ready\n{addresses(suite.state)}", highlight=False)
        await stop
        console.print("stopping")
        await suite.__aexit__(None, None, None)
        console.print("stopped")
        return 0
    finally:
        stop.cancel()


def say_failed(console: Console, error: StartFailed | AlreadyUp) -> None:
    """The reason and the end of the log that explains it."""
    console.print(f"{NOT_STARTED}: {error}", style="red", markup=False, highlight=False)
    if isinstance(error, StartFailed) and error.log_tail:
        console.print(f"the end of the log of {error.part}:\n{error.log_tail}", markup=False, highlight=False)


def detached(home: Path, arguments: Sequence[str], console: Console) -> int:
    """Start `lantian <arguments> --foreground` on its own, show its progress, return when it is ready or has failed."""
    try:
        states.lock(home).close()
    except AlreadyUp as error:
        console.print(f"{error}; `lantian status` shows it, `lantian down` stops it", markup=False)
        return 1
    clean_stale(home, console)
    (home / "logs").mkdir(parents=True, exist_ok=True)
    log = home / "logs" / "supervisor.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "lantian_local", *arguments, FLAG_FOREGROUND],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        return _watch(process, home, log, console)
    except KeyboardInterrupt:
        console.print("interrupted; stopping what was started")
        process.terminate()
        process.wait()
        return 130


def _watch(process: "subprocess.Popen[bytes]", home: Path, log: Path, console: Console) -> int:
    with Progress(console) as progress:
        while True:
            ended = process.poll() is not None
            state = states.read(home)
            if state is not None and state.supervisor.pid == process.pid:
                progress.show(state)
                if state.phase is Phase.READY:
                    break
            if ended:
                break
            time.sleep(0.25)
    if ended or state is None:
        # What the supervisor said of the progress was shown above.
        said = tail(log, 60)
        console.print(said[max(0, said.find(NOT_STARTED)) :], markup=False, highlight=False)
        return 1
    if console.is_terminal:
        console.print(table(state))
    console.print(f"ready; logs in {home / 'logs'}\n{addresses(state)}", highlight=False)
    return 0


def down(home: Path, console: Console) -> int:
    """Stop the suite in `home`; nothing to stop is a success."""
    state = states.read(home)
    if state is None or not state.supervisor.runs():
        left = clean_stale(home, console)
        console.print("removed what a killed supervisor had left" if left else f"nothing is up in {home}")
        return 0
    with suppress(ProcessLookupError):
        os.kill(state.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS
    while state.supervisor.runs() and time.monotonic() < deadline:
        time.sleep(0.1)
    if state.supervisor.runs():
        console.print(f"not stopped after {DOWN_SECONDS:.0f} s, killing it")
        with suppress(ProcessLookupError):
            os.kill(state.supervisor.pid, signal.SIGKILL)  # its children are on its leash
    clean_stale(home, console)
    console.print("down")
    return 0


def clean_stale(home: Path, console: Console) -> bool:
    """Kill parts that outlived their supervisor and mark the state as stopped; call only when no supervisor runs.

    Parts die with their supervisor; this is the second line, for a system without the kernel's help. A process is
    recognised by pid and start time, so that a pid used anew is never touched. True when there was anything.
    """
    state = states.read(home)
    if state is None or state.supervisor.runs() or state.phase in (Phase.STOPPED, Phase.FAILED):
        return False
    for name, part in state.parts.items():
        if part.process is not None and part.process.runs():
            console.print(f"killing {name} (pid {part.process.pid}), left by a killed supervisor")
            with suppress(ProcessLookupError):
                os.kill(part.process.pid, signal.SIGKILL)
        part.process, part.phase = None, PartPhase.STOPPED
    state.phase, state.trouble = Phase.STOPPED, "its supervisor was killed"
    state.write(home)
    return True


def current(home: Path) -> SuiteState | None:
    """The state as it is now: one whose supervisor is gone counts as stopped, whatever the file says."""
    state = states.read(home)
    if state is not None and not state.supervisor.runs():
        if state.phase not in (Phase.STOPPED, Phase.FAILED):
            state.phase, state.trouble = Phase.STOPPED, "its supervisor was killed"
        for part in state.parts.values():
            part.phase, part.process = PartPhase.STOPPED, None
    return state


def logs(home: Path, names: Sequence[str], lines: int, follow: bool) -> int:
    """Print the end of the logs (all of them, each line with its part's name, when none or several are named)."""
    folder = home / "logs"
    files = [folder / f"{name}.log" for name in names] or sorted(folder.glob("*.log"))
    missing = [file.stem for file in files if not file.exists()]
    if missing or not files:
        sys.stderr.write(f"no log of {', '.join(missing) or 'anything'} in {folder}\n")
        return 1
    places = {}
    for file in files:
        places[file] = file.stat().st_size
        _print_lines(file, tail(file, lines), len(files) > 1)
    while follow:
        time.sleep(0.2)
        for file, place in places.items():
            size = file.stat().st_size
            if size != place:
                with file.open("rb") as stream:
                    stream.seek(place if size > place else 0)  # a log set aside starts anew
                    text = stream.read()
                # Whole lines only; the rest comes with the next look.
                whole = text[: text.rfind(b"\n") + 1]
                places[file] = (place if size > place else 0) + len(whole)
                _print_lines(file, whole.decode(errors="replace"), len(files) > 1)
    return 0


def _print_lines(file: Path, text: str, named: bool) -> None:
    for line in text.splitlines():
        sys.stdout.write(f"{file.stem:<10} {line}\n" if named else f"{line}\n")
    sys.stdout.flush()
