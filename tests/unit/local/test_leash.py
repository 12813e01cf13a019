"""The leash's command line, and its refusal to start an orphan. That it holds is shown in the integration tests."""

import os
import sys

import pytest

from lantian_local import leash


def test_the_command_line_names_its_holder() -> None:
    """A bare interpreter, the script by path, the pid that must be the parent, the command unchanged."""
    line = leash.leashed(["java", "-cp", "a b:c", "Main"])
    assert line == [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), "java", "-cp", "a b:c", "Main"]


def test_nothing_is_started_for_a_parent_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent died between its fork and the leash."""
    monkeypatch.setattr(leash, "_hold_by_kernel", lambda: True)
    monkeypatch.setattr(os, "execvp", lambda *_: pytest.fail("started all the same"))
    assert leash.main([str(os.getppid() + 1), "true"]) == leash.ORPHANED


def test_the_leash_becomes_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """By exec, so that the pid the supervisor knows is the command's."""
    calls: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(leash, "_hold_by_kernel", lambda: True)
    monkeypatch.setattr(os, "execvp", lambda file, argv: calls.append((file, argv)))
    leash.main([str(os.getppid()), "java", "-version"])
    assert calls == [("java", ["java", "-version"])]
