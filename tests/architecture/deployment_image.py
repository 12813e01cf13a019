"""Checks the Dockerfile and .dockerignore without a Docker engine, against the workspace and the code."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from importlib.util import find_spec

from .deployment_code import Service

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Name and arguments of each instruction, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def problems(text: str, members: list[str], code: Mapping[str, Service]) -> list[str]:
    """What is wrong, in words; empty when nothing is."""
    found = instructions(text)
    stages = [index for index, (name, _) in enumerate(found) if name == "FROM"]
    if len(stages) != 2:
        return [f"has {len(stages)} stages, not one to build and one to run"]
    build, final = found[: stages[1]], found[stages[1] :]
    arguments = dict(rest.partition("=")[::2] for name, rest in found[: stages[0]] if name == "ARG")
    return [
        *_base_problems(found, arguments),
        *_build_problems(build, members),
        *_final_problems(final, code),
    ]


def _base_problems(found: list[Instruction], arguments: Mapping[str, str]) -> Iterator[str]:
    for name, rest in found:
        if name != "FROM":
            continue
        image = rest.split()[0]
        for variable, value in arguments.items():
            image = image.replace("${" + variable + "}", value)
        if not re.search(r":\d+\.\d+\.\d+-", image):
            yield f"base image {image} is not pinned to a patch release"


def _build_problems(build: list[Instruction], members: list[str]) -> Iterator[str]:
    copied = {rest.split()[0] for name, rest in build if name == "COPY"}
    manifests = {f"{member}/pyproject.toml" for member in members}
    yield from (f"does not copy {path} before the libraries" for path in sorted(manifests - copied))
    gone = [path for path in copied if path.endswith("/pyproject.toml") and path not in manifests]
    yield from (f"copies {path}, which is no member" for path in gone)
    syncs = [part for name, rest in build if name == "RUN" for part in rest.split("&&") if "uv sync" in part]
    if len(syncs) != 2:
        yield f"runs uv sync {len(syncs)} times, not for the libraries and then for the suite"
    for sync in syncs:
        words = shlex.split(sync)
        wanted = {"--frozen", "--no-dev", "--package", "lantian-$SERVICE"}
        yield from (f"uv sync without {word}" for word in sorted(wanted - set(words)))
    if syncs and "--no-editable" not in syncs[-1]:
        yield "installs links to sources that the final stage does not have"
    if not any(re.search(r"\buv==\d+\.\d+\.\d+", rest) for name, rest in build if name == "RUN"):
        yield "uv is not pinned"


def _final_problems(final: list[Instruction], code: Mapping[str, Service]) -> Iterator[str]:
    last = dict(final)  # the last of each name decides
    user = last.get("USER", "root").partition(":")[0]
    if not user.isdigit() or user == "0":
        yield f"runs as {user}; Kubernetes can prove only a number to be no root"
    if last.get("STOPSIGNAL") != "SIGTERM":
        yield f"stops by {last.get('STOPSIGNAL')}"
    if last.get("CMD") != '["lantian-service"]':
        yield f"starts {last.get('CMD')}"
    environment = {key: value for name, rest in final if name == "ENV" for key, _, value in _pairs(rest)}
    for name in environment:
        if name.startswith("LANTIAN_") and any(name not in one.variables() for one in code.values()):
            yield f"sets {name}, which is not a setting of every service"
    yield from _health_problems(last.get("HEALTHCHECK", ""), environment)
    runs = " ".join(rest for name, rest in final if name == "RUN")
    yield from (f"runs {module}, which is no module" for module in _missing_modules(runs))


def _missing_modules(runs: str) -> Iterator[str]:
    for module in re.findall(r"python -m ([\w.]+)", runs):
        package = module.rpartition(".")[0]
        if (package and find_spec(package) is None) or find_spec(module) is None:
            yield module


def _health_problems(check: str, environment: Mapping[str, str]) -> Iterator[str]:
    command = check.partition("CMD ")[2]
    try:
        script = json.loads(command)[2]
        compile(script, "HEALTHCHECK", "exec")
    except (ValueError, IndexError, SyntaxError):
        yield "has no health check in Python"
        return
    if "/livez" not in script:
        yield "its health check does not ask /livez"
    yield from (
        f"its health check reads {name}"
        for name in re.findall(r"environ\['(\w+)'\]", script)
        if name not in environment
    )


def _pairs(rest: str) -> Iterator[tuple[str, str, str]]:
    yield from (word.partition("=") for word in shlex.split(rest))


def ignored(path: str, rules: str) -> bool:
    """Whether .dockerignore keeps a path out of the build; the last rule that fits decides."""
    out = False
    for line in rules.splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        keep, pattern = rule.startswith("!"), rule.removeprefix("!")
        if _fits(path, pattern):
            out = not keep
    return out


def _fits(path: str, pattern: str) -> bool:
    parts = path.split("/")
    heads = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    if pattern.startswith("**/"):
        return any(fnmatch(part, pattern[3:]) for part in parts)
    return any(head.count("/") == pattern.count("/") and fnmatch(head, pattern) for head in heads)
