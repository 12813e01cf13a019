"""`lantian replay`: what another version of a rule would have told over the history kept. See docs/detecting.md.

    lantian replay --rule hour-exceedance@v3 --set high_hours=4 --from 2026-11-01 --to 2026-11-22
    lantian replay --rule hour-exceedance@v3 --catalogue other.yaml --from 2026-11-01T00:00:00+08:00 --to …

Exit status: 0 no difference; 1 there is one; 2 not done; 3 a rule failed (told on stderr), so that leads are missing.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.errors import KafkaError

from lantian_alerts.core.catalogue import Catalogue, CatalogueError
from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.detect.ask_limits import moment
from lantian_alerts.detect.run import iso
from lantian_alerts.replay.compare import Difference, candidate, difference, replay_id
from lantian_alerts.replay.run import replay

SAME, DIFFERS, FAILED, RULE_FAILED = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None, bootstrap: str | None = None) -> int:
    """Runs the command; `bootstrap` is the broker of the running suite. Returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        from_ms, to_ms = _midnight(arguments.since), _midnight(arguments.until)
        in_force = catalogues.shipped()
        other = _candidate(arguments, in_force)
        rule_id = arguments.rule.partition("@")[0]
        address = arguments.bootstrap or bootstrap
        if address is None:
            raise ValueError("no suite runs here; say --bootstrap HOST:PORT")
        registry = None
        if arguments.registry is not None:
            registry = registry_file.registry_of(registry_file.parse(arguments.registry.read_bytes()))
        gap_ms = int(arguments.tick_gap_seconds * 1000)
        found = asyncio.run(replay(address, in_force, other, from_ms, to_ms, gap_ms, registry))
    except (ValueError, LookupError, OSError, KafkaError) as error:
        sys.stderr.write(f"lantian replay: {error}\n")
        return FAILED
    told_of = found.differences.get(rule_id, difference([], []))
    entry = other.entries[rule_id]
    name = replay_id(f"{rule_id}@v{entry.version}", entry.rule, from_ms, to_ms, sorted(found.offsets.items()))
    for trouble in found.registry_troubles:
        sys.stderr.write(f"registry: {trouble}\n")
    sys.stderr.write(f"{found.records} records read, {found.unreadable} unreadable\n")
    told: dict[str, Any] = {
        "replay_id": name,
        "rule": rule_id,
        "version_in_force": in_force.entries[rule_id].version,
        "version": entry.version,
        "parameters": msgspec.to_builtins(entry.rule),
        "from": iso(from_ms),
        "to": iso(to_ms),
    }
    if arguments.json:
        sys.stdout.write(json.dumps(told | told_of.as_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        _write(told, told_of)
    failed = [line for side in found.failures for line in side.lines()]
    for line in dict.fromkeys(failed):
        sys.stderr.write(f"{line}\n")
    if failed:
        return RULE_FAILED
    return DIFFERS if told_of.added or told_of.gone or told_of.changed else SAME


def _midnight(text: str) -> int:
    return moment(text if len(text) > len("2026-11-22") else f"{text}T00:00:00+08:00")


def _candidate(arguments: argparse.Namespace, in_force: Catalogue) -> Catalogue:
    settings: dict[str, object] = {}
    for pair in arguments.set:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CatalogueError(f"--set {pair}: NAME=VALUE")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    if arguments.catalogue is None:
        return candidate(in_force, arguments.rule, settings)
    given = catalogues.from_file(arguments.catalogue)
    if settings:
        return candidate(given, arguments.rule, settings)
    catalogues.named(given, arguments.rule)
    return given


def _write(told: dict[str, Any], found: Difference) -> None:
    counts = found.as_json()["counts"]
    sys.stdout.write(
        f"{told['rule']}: v{told['version']} against v{told['version_in_force']}, {told['from']} to {told['to']}, "
        f"replay {told['replay_id']}\n"
        f"added {counts['added']}, gone {counts['gone']}, changed {counts['changed']}, the same {counts['same']}\n"
    )
    for sign, leads in (("+", found.added), ("-", found.gone)):
        for lead in leads:
            sys.stdout.write(f"{sign} severity {lead.severity} {lead.source_id}: {lead.summary.en}\n")
    for before, after in found.changed:
        sys.stdout.write(f"~ severity {before.severity} → {after.severity} {after.source_id}: {after.summary.en}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lantian replay", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rule", required=True, help="id, or id@v3 with the version that is tried")
    parser.add_argument("--from", dest="since", required=True, help="Beijing day or time with offset")
    parser.add_argument("--to", dest="until", required=True, help="the same; exclusive")
    parser.add_argument("--catalogue", type=Path, help="file with the other version of the rule")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="one parameter, as JSON")
    parser.add_argument("--registry", type=Path, help="JSON file as of lantian detect; default: the topic")
    parser.add_argument("--bootstrap", help="broker; default: that of the running suite")
    parser.add_argument("--tick-gap-seconds", type=float, default=30.0, help="as of the suite, for a fast clock")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
