"""`lantian detect`: findings of a file of readings, one JSON object a line. See docs/detecting.md.

Exit status: 0 all rows were read; 1 done, but rows were refused (told on stderr with their numbers); 2 not done;
3 done, but a rule failed (told on stderr): findings are missing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from lantian_alerts.core.catalogue import CatalogueError
from lantian_alerts.core.registry import Registry
from lantian_alerts.detect import catalogues, readings_file, registry_file, statements_file
from lantian_alerts.detect.registry_warnings import warnings
from lantian_alerts.detect.run import TICK_MS, detect, shown

DONE, REFUSED, FAILED, RULE_FAILED = 0, 1, 2, 3
LEAST_TICK_SECONDS, MOST_TICK_SECONDS = 1, 600
NAMED_AT_MOST = 5


def main(argv: Sequence[str] | None = None, stdin: BinaryIO | None = None, stdout: TextIO | None = None) -> int:
    """Runs the command; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not LEAST_TICK_SECONDS <= arguments.tick_seconds <= MOST_TICK_SECONDS:
        parser.error(f"--tick-seconds lies between {LEAST_TICK_SECONDS} and {MOST_TICK_SECONDS}")
    out = stdout or sys.stdout
    if arguments.schema:
        out.write(json.dumps(registry_file.schema(), ensure_ascii=False, indent=2) + "\n")
        return DONE
    try:
        chosen = catalogues.chosen([word for given in arguments.rules for word in given.split(",") if word])
        registry = _registry(arguments.registry)
        if arguments.readings is None:
            readings = readings_file.read(stdin or sys.stdin.buffer)
        else:
            with arguments.readings.open("rb") as stream:
                readings = readings_file.read(stream)
        said = arguments.statements.read_text(encoding="utf-8").splitlines() if arguments.statements else []
        statements = statements_file.read(said)
    except (CatalogueError, registry_file.RegistryFileError, readings_file.NoReadings, OSError) as error:
        sys.stderr.write(f"lantian detect: {error}\n")
        return FAILED
    tick_ms = int(arguments.tick_seconds * 1000)
    found = detect(chosen.catalogue, registry, readings.columns, tick_ms=tick_ms, statements=statements.events)
    for line, why in statements.bad[: readings_file.REPORTED_AT_MOST]:
        sys.stderr.write(f"statement {line}: {why}\n")
    told = [shown(lead, full=arguments.full) for lead in found.leads if lead.rule_id in chosen.rules]
    try:
        out.writelines(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in told)
        out.flush()
    except OSError as error:  # nobody reads any more, or the disk is full
        sys.stderr.write(f"lantian detect: the findings could not be written: {error}\n")
        return FAILED
    _report(readings.bad, found.results, len(readings.columns))
    if len(chosen.rules) < len(chosen.catalogue.entries):
        _tell_outcomes(found.outcomes, chosen.rules)
    _name_unknown([source for source in readings.columns.sources if not registry.knows(source)])
    for trouble in found.failures.lines():
        sys.stderr.write(f"{trouble}\n")
    if found.failures.counts:
        return RULE_FAILED
    return REFUSED if readings.bad or statements.bad else DONE


def _registry(path: Path | None) -> Registry:
    if path is None:
        raise registry_file.RegistryFileError("say --registry FILE; its form: lantian detect --schema")
    try:
        changes = registry_file.parse(path.read_bytes())
        registry = registry_file.registry_of(changes)
    except registry_file.RegistryFileError as error:
        raise registry_file.RegistryFileError(f"{path}: {error}") from error
    for warning in warnings(changes):
        sys.stderr.write(f"registry: {warning}\n")
    return registry


def _report(bad: list[readings_file.Bad], results: dict[str, int], taken: int) -> None:
    for row, why in bad[: readings_file.REPORTED_AT_MOST]:
        sys.stderr.write(f"row {row}: {why}\n")
    if len(bad) > readings_file.REPORTED_AT_MOST:
        sys.stderr.write(f"and {len(bad) - readings_file.REPORTED_AT_MOST} more\n")
    kinds = ", ".join(f"{number} {name}" for name, number in results.items() if number and name != "tick")
    sys.stderr.write(f"{taken + len(bad)} rows: {len(bad)} refused, {taken} taken ({kinds or 'none'})\n")


def _tell_outcomes(outcomes: dict[tuple[str, str], int], rules: frozenset[str]) -> None:
    """What the rules that were named said of the periods they looked at: why one that is silent is silent."""
    for rule in sorted(rules):
        said = sorted(f"{number} {reason}" for (one, reason), number in outcomes.items() if one == rule)
        sys.stderr.write(f"{rule}: {', '.join(said) or 'nothing to look at'}\n")


def _name_unknown(sources: list[str]) -> None:
    if sources:
        more = f" and {len(sources) - NAMED_AT_MOST} more" if len(sources) > NAMED_AT_MOST else ""
        named = ", ".join(repr(source) for source in sources[:NAMED_AT_MOST])
        sys.stderr.write(f"not in the registry, so not judged: {named}{more}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lantian detect", description=__doc__)
    parser.add_argument("--registry", type=Path, help="JSON file; --schema prints its form")
    parser.add_argument(
        "--rules", action="append", default=[], help="all (default), ids, id@v2, or a catalogue file; commas between"
    )
    parser.add_argument("--readings", type=Path, help="CSV or Arrow; default: standard input")
    parser.add_argument("--statements", type=Path, help="JSON lines of site-events.v1: parameters, states, identities")
    parser.add_argument("--tick-seconds", type=float, default=TICK_MS / 1000, help="step of the clock for silence")
    parser.add_argument("--full", action="store_true", help="also limit, marks, texts, law and lead id")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of the registry file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
