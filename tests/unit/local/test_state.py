"""state.json says what runs and can be trusted."""

import os
from pathlib import Path

import pytest

from lantian_local.state import (
    FILE,
    AlreadyUp,
    PartPhase,
    PartState,
    Phase,
    ProcessId,
    SuiteState,
    lock,
    read,
)


def a_state(**parts: PartPhase) -> SuiteState:
    """A ready suite with these parts."""
    return SuiteState(
        home="/somewhere",
        supervisor=ProcessId(1234, 1_700_000_000.25),
        addresses={"kafka": "127.0.0.1:19092"},
        clock={"rate": 720.0},
        phase=Phase.READY,
        parts={
            name: PartState("127.0.0.1:1", "/somewhere/logs/x.log", phase, ProcessId(99, 1.5), 2, -9, "why")
            for name, phase in parts.items()
        },
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Everything survives, the kinds of values too."""
    state = a_state(kafka=PartPhase.READY, store=PartPhase.PAUSED)
    state.write(tmp_path)
    assert read(tmp_path) == state


def test_nothing_but_the_state_is_left(tmp_path: Path) -> None:
    """The draft it is written to becomes the file."""
    a_state().write(tmp_path)
    a_state().write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"parts": {"kafka": {}}}', "null"])
def test_a_file_that_is_no_state_counts_as_none(tmp_path: Path, text: str) -> None:
    """An older format, or a disk that was full."""
    (tmp_path / FILE).write_text(text)
    assert read(tmp_path) is None


def test_no_file_is_no_state(tmp_path: Path) -> None:
    """A home that never was up."""
    assert read(tmp_path) is None


def test_it_is_ready_only_when_every_part_is() -> None:
    """One part that restarts makes the suite not ready."""
    assert a_state(kafka=PartPhase.READY, store=PartPhase.READY).ready()
    assert not a_state(kafka=PartPhase.READY, store=PartPhase.PAUSED).ready()


def test_a_suite_that_is_stopping_is_not_ready() -> None:
    """Even while its parts still are."""
    state = a_state(kafka=PartPhase.READY)
    state.phase = Phase.STOPPING
    assert not state.ready()


def test_a_process_is_known_by_pid_and_start() -> None:
    """This process runs; one with the same pid that began at another time does not."""
    me = ProcessId.of(os.getpid())
    assert me is not None
    assert me.runs()
    assert not ProcessId(me.pid, me.started - 3600).runs()


def test_a_home_has_one_supervisor(tmp_path: Path) -> None:
    """The second is refused until the first lets go."""
    first = lock(tmp_path)
    with pytest.raises(AlreadyUp, match=str(tmp_path)):
        lock(tmp_path)
    first.close()
    lock(tmp_path).close()
