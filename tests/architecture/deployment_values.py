"""Commands and environment variables of a manifest, held against the code; for compose and Kubernetes alike."""

import argparse
import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from unittest import mock

from pydantic import ValidationError

from .deployment_code import Service, kit_scripts

OWN_VARIABLE = re.compile(r"^LANTIAN_[A-Z0-9_]+$")
# Variables from files, then the script in the shell's place, so that it gets the signals.
SHELL = re.compile(r'^(?P<sets>(?:LANTIAN_[A-Z0-9_]+="\$\(cat /[\w/.-]+\)" )+)exec (?P<script>[a-z-]+)$')


def command_problems(command: Sequence[str], owner: str, code: Mapping[str, Service]) -> Iterator[str]:
    """A command is the service's console script, one of the kit's with arguments, or a shell line that ends in one."""
    match list(command):
        case [script]:
            yield from _script_problems(script, owner, code)
        case [script, *arguments] if script in kit_scripts():
            yield from _module_problems(kit_scripts()[script].partition(":")[0], arguments)
        case ["sh", "-c", line]:
            parsed = SHELL.match(line)
            if parsed is None:
                yield f"shell line {line!r} does not set variables from files and then exec the script"
                return
            yield from _script_problems(parsed["script"], owner, code)
            for name in re.findall(r"(LANTIAN_[A-Z0-9_]+)=", parsed["sets"]):
                if name not in code[owner].variables():
                    yield f"variable {name} is none of {owner}'s settings"
        case _:
            yield f"command {list(command)} is none this check knows"


def _script_problems(script: str, owner: str, code: Mapping[str, Service]) -> Iterator[str]:
    if script not in code[owner].scripts:
        yield f"command {script} is no console script of {owner}: {sorted(code[owner].scripts)}"


def _module_problems(module: str, arguments: list[str]) -> Iterator[str]:
    """The module exists, has a main, and its parser takes the arguments."""
    try:
        main = importlib.import_module(module).main
    except (ModuleNotFoundError, AttributeError) as error:
        yield f"module {module} can not be run: {error}"
        return

    class Taken(Exception):
        """The arguments were understood; nothing must be done with them here."""

    parse = argparse.ArgumentParser.parse_args

    def stop(parser: argparse.ArgumentParser, *_: object) -> None:
        parse(parser, [re.sub(r"^\$\(.*\)$", "variable", text) for text in arguments])
        raise Taken

    with mock.patch.object(argparse.ArgumentParser, "parse_args", stop):
        try:
            main()
        except Taken:
            return
        except SystemExit:
            yield f"module {module} does not take {arguments}"
            return
    yield f"module {module} takes no arguments"


def environment_problems(environment: Mapping[str, str], owner: str, code: Mapping[str, Service]) -> Iterator[str]:
    """Every LANTIAN_… variable is a setting of the service, and the settings take the values."""
    own = {name: value for name, value in environment.items() if OWN_VARIABLE.match(name)}
    known = code[owner].variables()
    yield from (f"variable {name} is none of {owner}'s settings" for name in own if name not in known)
    clean = {name: value for name, value in os.environ.items() if not OWN_VARIABLE.match(name)}
    for settings in code[owner].settings:
        with mock.patch.dict(os.environ, clean | own, clear=True):
            try:
                settings()
            except ValidationError as error:
                for wrong in error.errors():
                    yield f"{settings.__name__} refuses {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"
