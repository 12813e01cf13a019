"""Every command that docs/operating.md prints exists: programs, verbs, options, services, files.

Those for the local suite are run besides, by `make newcomer`; the others can not be run here, and are held against the
files they are about.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from lantian_local.__main__ import app
from tests.newcomer.page import PAGE, blocks

from .deployment_code import ROOT, services
from .deployment_k8s import secrets_named
from .deployment_kustomize import compose

BLOCKS = blocks(PAGE.read_text(encoding="utf-8"))
COMMANDS = [line for block in BLOCKS if block.where != "local" for line in block.commands.splitlines() if line.strip()]
LOCAL = [
    line
    for block in BLOCKS
    if block.where == "local"
    for line in block.commands.splitlines()
    if line.startswith(("lantian ", "make ", "curl ", "python3 "))
]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
MADE = "deploy/compose/secrets"
"""Its files are made by the page's first command."""


def test_the_page_prints_commands() -> None:
    """An empty list would pass below."""
    assert len(COMMANDS) > 15
    assert len(LOCAL) > 20
    assert {block.where for block in BLOCKS} == {"local", "docker", "kubernetes"}


def test_a_block_is_for_what_its_first_line_says() -> None:
    """The reader and the runner see the same mark."""
    page = "a\n```\n# Docker\ndocker compose up\n```\n```sh\nlantian up\n# Docker, later\n```\n"
    found = [(block.where, block.commands, block.line) for block in blocks(page)]
    assert found == [("docker", "docker compose up\n", 4), ("local", "lantian up\n# Docker, later\n", 7)]
    for block in BLOCKS:
        elsewhere = {"docker", "kubectl"} & set(re.findall(r"\w+", block.commands))
        assert bool(elsewhere) == (block.where != "local"), block.line


@pytest.mark.parametrize("line", [*COMMANDS, *LOCAL])
def test_a_command_exists(line: str) -> None:
    """As far as it can be known without running it."""
    for part in re.split(r"\s&&\s", line.partition(" > ")[0]):
        program, *rest = shlex.split(re.sub(r"^\w+=\$\((.*)\)$", r"\1", part))
        assert program in CHECKS, f"nobody checks {program}"
        CHECKS[program](rest)


KUBECTL = """#!/bin/sh
printf '%s\\n' "$*" >> "$TOLD"
for word in "$@"; do
  case "$word" in --from-file=*) test -e "${word##*=}" || { echo "no file ${word##*=}" >&2; exit 1; } ;; esac
done
"""


def test_the_secrets_of_a_cluster_are_all_made(tmp_path: Path) -> None:
    """The block runs as printed, with a kubectl that takes notes: it makes every secret that a manifest names."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kubectl").write_text(KUBECTL)
    (tmp_path / "bin/kubectl").chmod(0o755)
    (tmp_path / "deploy/compose").mkdir(parents=True)
    shutil.copy(ROOT / "deploy/compose/make_secrets.py", tmp_path / "deploy/compose")
    told = tmp_path / "told"
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TOLD": str(told)}
    (block,) = [one for one in BLOCKS if one.where == "kubernetes" and "apply -k" in one.commands]
    done = subprocess.run(
        ["bash", "-e", "-c", block.commands], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made: dict[str, set[str]] = {}
    for line in told.read_text().splitlines():
        match line.split():
            case ["create", "secret", "generic", name, *files]:
                given = [word.removeprefix("--from-file=") for word in files]
                folders = [tmp_path / MADE / one for one in given if (tmp_path / MADE / one).is_dir()]
                keys = {one.partition("=")[0] for one in given} | {
                    file.name for one in folders for file in one.iterdir()
                }
                made[name] = keys | {"*"}
            case ["apply", "-k", folder]:
                needed = secrets_named(compose(ROOT / folder))
                missing = {name: keys - made.get(name, set()) for name, keys in needed.items()}
                assert {name: keys for name, keys in missing.items() if keys} == {}
                return
    raise AssertionError("the block applies nothing")


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
    assert rest.pop(0) == "compose"
    while rest[0] == "-f":
        assert (ROOT / rest[1]).is_file()
        rest = rest[2:]
    verb, *rest = rest
    entry = rest.index("--entrypoint") if "--entrypoint" in rest else None
    if entry is not None:
        rest = rest[:entry] + rest[entry + 2 :]
    words = [word for word in rest if not word.startswith("-")]
    if words:
        assert words[0] in COMPOSE
    if verb == "stop":
        assert set(words) <= set(COMPOSE)
    if verb == "run" and words[0] == "operator" and entry is None:
        _lantian(rest[rest.index("operator") + 1 :])
    for script in (word for word in words if word.startswith("lantian-")):
        assert any(script in one.scripts for one in services().values())


def _kubectl(rest: list[str]) -> None:
    match rest[:3]:
        case ["apply", "-k", folder]:
            assert (ROOT / folder / "kustomization.yaml").is_file()
        case ["apply", "-f", file]:
            assert (ROOT / file).is_file()
        case ["exec", "lantian-operator", "--"]:
            assert rest[3] == "lantian"
            _lantian(rest[4:])
        case ["cp", *_]:
            assert rest[1].startswith("lantian-operator:")
        case ["rollout", "restart", "deployment"]:
            names = {item["metadata"]["name"] for item in compose(ROOT / "deploy/k8s/base")}
            assert rest[3] in names
        case _:
            assert rest[:3] == ["create", "secret", "generic"] or rest[:2] == ["create", "configmap"]


def _curl(rest: list[str]) -> None:
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", " ".join(rest))}
    published = {int(str(port).split(":")[-2]) for one in COMPOSE.values() for port in one.get("ports", ())}
    assert ports
    assert ports <= published


def _directory(rest: list[str]) -> None:
    assert rest[0] in (MADE, "../../..")


def _cat(rest: list[str]) -> None:
    assert rest[0].startswith(f"{MADE}/")


CHECKS = {
    "lantian": _lantian,
    "cat": _cat,
    "make": _make,
    "python3": _file,
    "docker": _docker,
    "kubectl": _kubectl,
    "curl": _curl,
    "cd": _directory,
}
