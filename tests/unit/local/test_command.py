"""The command on a home where nothing runs, and what it shows."""

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from lantian_local.__main__ import app
from lantian_local.progress import Progress, uptime
from lantian_local.state import PartPhase, PartState, Phase, ProcessId, SuiteState, read


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `lantian …`."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def a_state(home: Path, phase: PartPhase, process: ProcessId | None = None) -> SuiteState:
    """A suite of a store, whose supervisor does not run (no process began in 1970)."""
    part = PartState("mongodb://127.0.0.1:1", str(home / "logs" / "store.log"), phase, process)
    return SuiteState(str(home), ProcessId(os.getpid(), 0.0), {}, {}, Phase.READY, None, {"store": part})


def test_down_is_idempotent(tmp_path: Path) -> None:
    """Nothing to stop is a success."""
    assert run("down", "--home", str(tmp_path))[0] == 0
    assert run("down", "--home", str(tmp_path))[0] == 0


def test_status_of_nothing_is_a_failure(tmp_path: Path) -> None:
    """Exit code 1, JSON null."""
    assert run("status", "--home", str(tmp_path))[0] == 1
    assert run("status", "--home", str(tmp_path), "--json") == (1, "null\n")


def test_a_state_whose_supervisor_is_gone_counts_as_stopped(tmp_path: Path) -> None:
    """Whatever the file says, and the file is left to `up` and `down`."""
    a_state(tmp_path, PartPhase.READY).write(tmp_path)
    code, output = run("status", "--home", str(tmp_path), "--json")
    shown = json.loads(output)
    assert (code, shown["ready"], shown["phase"]) == (1, False, "stopped")
    assert shown["parts"]["store"]["phase"] == "stopped"


def test_a_process_with_a_reused_pid_is_never_killed(tmp_path: Path) -> None:
    """The state names this very process, but with another start time: it must live on."""
    a_state(tmp_path, PartPhase.READY, ProcessId(os.getpid(), 0.0)).write(tmp_path)
    code, output = run("down", "--home", str(tmp_path))
    assert code == 0
    assert "killing" not in output
    after = read(tmp_path)
    assert after is not None
    assert after.phase is Phase.STOPPED


def test_logs_of_nothing_say_so(tmp_path: Path) -> None:
    """Exit code 1."""
    assert run("logs", "--home", str(tmp_path))[0] == 1


def test_logs_show_the_end_of_each(tmp_path: Path) -> None:
    """With the name of the part when there are several, without when one is asked for."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "store.log").write_text("one\ntwo\nthree\n")
    (tmp_path / "logs" / "tasks.log").write_text("four\n")
    assert run("logs", "store", "-n", "2", "--home", str(tmp_path)) == (0, "two\nthree\n")
    assert run("logs", "-n", "1", "--home", str(tmp_path)) == (0, "store      three\ntasks      four\n")


@pytest.mark.parametrize(
    "arguments", [["up", "--rate", "0"], ["up", "--parts", "kafak", "--foreground"], ["demo", "--seconds", "0"]]
)
def test_nonsense_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    """With the usage exit code."""
    if arguments[0] == "up":
        arguments = [*arguments, "--home", str(tmp_path / "home")]
    assert run(*arguments)[0] == 2


def test_progress_is_plain_lines_when_not_a_terminal(tmp_path: Path) -> None:
    """One line for each change, none for a state that stays."""
    output = io.StringIO()
    progress = Progress(Console(file=output, soft_wrap=True))
    with progress:
        for phase in (PartPhase.WAITING, PartPhase.STARTING, PartPhase.STARTING, PartPhase.READY):
            progress.show(a_state(tmp_path, phase))
    assert [line.split()[2:] for line in output.getvalue().splitlines()] == [["store", "starting"], ["store", "ready"]]


def test_uptime_is_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds, minutes, hours."""
    monkeypatch.setattr("time.time", lambda: 10_000.0)
    shown = [
        uptime(PartState("", "", process=ProcessId(1, 10_000.0 - seconds))) for seconds in (5, 59, 60, 3599, 3600, 7320)
    ]
    assert shown == ["5 s", "59 s", "1 min", "59 min", "1 h 00 min", "2 h 02 min"]


def test_progress_says_what_is_being_prepared(tmp_path: Path) -> None:
    """The first thing only; a terminal sees every one."""
    output = io.StringIO()
    progress = Progress(Console(file=output, soft_wrap=True))
    state = a_state(tmp_path, PartPhase.PREPARING)
    for reason in (None, "fetching a.jar", "fetching b.jar"):
        state.parts["store"].reason = reason
        progress.show(state)
    assert [line.split()[2:] for line in output.getvalue().splitlines()] == [
        ["store", "preparing"],
        ["store", "preparing", "fetching", "a.jar"],
    ]
