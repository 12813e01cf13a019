"""`lantian limits`: which limit applies to an outlet at a time, and why. See docs/detecting.md.

Exit status: 0 a limit binds; 1 none is held for that time; 2 the question can not be asked.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from lantian_alerts.detect import registry_file
from lantian_alerts.detect.limits import UnknownOutlet, explained, held
from lantian_alerts.detect.registry_warnings import warnings
from lantian_alerts.knowledge.limits import CHINA

Ask = Callable[[str, int, str | None], dict[str, Any]]
"""Asks a running suite: outlet, ms UTC, factor. Raises OSError when it does not answer, ValueError when it refuses."""


def main(argv: Sequence[str] | None = None, ask: Ask | None = None) -> int:
    """Runs the command; `ask` answers when no registry file is given. Returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        at_ms = moment(arguments.at)
        if arguments.registry is not None:
            changes = registry_file.parse(arguments.registry.read_bytes())
            for warning in warnings(changes):
                sys.stderr.write(f"registry: {warning}\n")
            found = explained(registry_file.registry_of(changes), arguments.outlet, at_ms, arguments.factor)
        elif ask is not None:
            found = ask(arguments.outlet, at_ms, arguments.factor)
        else:
            raise ValueError("say --registry FILE: no running suite is known here")
    except (ValueError, OSError, UnknownOutlet) as error:
        sys.stderr.write(f"lantian limits: {error}\n")
        return 2
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        _write(found, arguments.lang)
    return 0 if held(found) else 1


def moment(text: str) -> int:
    """Milliseconds of a day (its Beijing noon) or of a time with an offset. Raises ValueError."""
    if len(text) == len("2026-11-22"):
        day = date.fromisoformat(text)
        return round(datetime(day.year, day.month, day.day, 12, tzinfo=CHINA).timestamp() * 1000)
    return registry_file.instant(text)


def _write(found: dict[str, Any], language: str) -> None:
    for note in found["notes"]:
        sys.stdout.write(f"! {note}\n")
    for entry in found["factors"]:
        for name in ("zh", "en"):
            if language in (name, "both"):
                sys.stdout.write(entry["text"][name] + "\n")
    if not found["factors"]:
        sys.stdout.write("没有掌握适用的限值。\nno limit is held.\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lantian limits", description=__doc__)
    parser.add_argument("--outlet", required=True, help="id of the source")
    parser.add_argument("--at", required=True, help="day (Beijing) or time with offset, of the conduct")
    parser.add_argument("--factor", help="HJ 212 code; default: every factor with a limit")
    parser.add_argument("--registry", type=Path, help="JSON file as of lantian detect; default: the running suite")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=["zh", "en", "both"], default="both")
    return parser


if __name__ == "__main__":
    sys.exit(main())
