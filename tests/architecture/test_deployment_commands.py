"""Every command that docs/operating.md prints exists: programs, verbs, options, services, files."""

import re
import shlex
from typing import Any

import pytest
import typer
import yaml

from lantian_local.__main__ import app

from .deployment_code import ROOT, services

PAGE = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
MADE = "deploy/compose/secrets"
"""Its files are made by the page's first command."""


def test_the_page_prints_commands() -> None:
    """An empty list would pass below."""
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_exists(line: str) -> None:
    """As far as it can be known without running it."""
    for part in re.split(r"\s&&\s", line.partition(" > ")[0]):
        program, *rest = shlex.split(part)
        assert program in CHECKS, f"nobody checks {program}"
        CHECKS[program](rest)


def _lantian(rest: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    while rest and hasattr(command, "commands"):
        found = command.commands.get(rest.pop(0))
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known


def _make(rest: list[str]) -> None:
    assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def _file(rest: list[str]) -> None:
    assert (ROOT / rest[0]).is_file()


def _docker(rest: list[str]) -> None:
    assert rest[0] == "compose"
    words = [word for word in rest[2:] if not word.startswith("-")]
    if words:
        assert words[0] in COMPOSE
    for script in (word for word in words if word.startswith("lantian-")):
        assert any(script in one.scripts for one in services().values())


def _kubectl(rest: list[str]) -> None:
    if rest[:2] == ["apply", "-k"]:
        assert (ROOT / rest[2] / "kustomization.yaml").is_file()
    else:
        assert rest[:3] == ["create", "secret", "generic"]


def _curl(rest: list[str]) -> None:
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", " ".join(rest))}
    published = {int(str(port).split(":")[-2]) for one in COMPOSE.values() for port in one.get("ports", ())}
    assert ports
    assert ports <= published


def _directory(rest: list[str]) -> None:
    assert rest[0] in (MADE, "../../..")


CHECKS = {
    "lantian": _lantian,
    "make": _make,
    "python3": _file,
    "docker": _docker,
    "kubectl": _kubectl,
    "curl": _curl,
    "cd": _directory,
}
