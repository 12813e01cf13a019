"""`python -m lantian_alerts.replay.answer`: one wish for a replay in, its result out, in a process of its own.

Standard input is a change of the registry with the wish, standard output a `ReplayResult` without time and digest. A
process of its own, with low priority: the reading of months must not hold up detection.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from aiokafka.errors import KafkaError

from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.parameters import ParameterError
from lantian_alerts.core.registry import Registry
from lantian_alerts.replay import history
from lantian_alerts.replay.compare import Difference, with_values
from lantian_alerts.replay.run import Replayed, replay
from lantian_alerts.rules import shipped
from lantian_proto.replays import values_of
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.registry_pb2 import RegistryChange, RuleReplay
from lantian_proto.v1.rule_pb2 import ReplayCounts, ReplayedLead, ReplayResult

LEADS_AT_MOST: Final = 300
NICE: Final = 10


def begun(wish: RuleReplay, replay_id: str, number: int = 0) -> ReplayResult:
    """What a result says of the question."""
    return ReplayResult(
        replay_id=replay_id,
        rule_id=wish.rule_id,
        base_version=wish.base_version,
        number=number,
        values=wish.values,
        from_ms=wish.from_ms,
        to_ms=wish.to_ms,
    )


def failed(wish: RuleReplay, replay_id: str, reason: str) -> ReplayResult:
    """A replay that gave no answer."""
    found = begun(wish, replay_id)
    found.state, found.reason = "failed", reason
    return found


def done(wish: RuleReplay, replay_id: str, number: int, found: Replayed) -> ReplayResult:
    """The difference as a message: all counts, and the gravest leads."""
    result = begun(wish, replay_id, number)
    result.state = "done"
    result.records, result.unreadable = found.records, found.unreadable
    result.offsets.update(found.offsets)
    result.counts.extend(
        ReplayCounts(rule_id=rule_id, added=len(one.added), gone=len(one.gone), changed=len(one.changed), same=one.same)
        for rule_id, one in found.differences.items()
    )
    told = sorted(told_otherwise(found.differences), key=lambda one: (-one.severity, one.start_ms, one.lead_id))
    result.leads.extend(told[:LEADS_AT_MOST])
    result.left_out = max(0, len(told) - LEADS_AT_MOST)
    return result


def told_otherwise(differences: Mapping[str, Difference]) -> Iterator[ReplayedLead]:
    """Leads that are added, gone or changed."""
    for one in differences.values():
        for lead in one.added:
            yield _lead("added", lead, 0)
        for lead in one.gone:
            yield _lead("gone", lead, lead.severity)
        for before, after in one.changed:
            yield _lead("changed", after, before.severity)


def _lead(outcome: str, lead: Lead, before: int) -> ReplayedLead:
    return ReplayedLead(
        outcome=outcome,
        lead_id=lead.lead_id,
        rule_id=lead.rule_id,
        source_id=lead.source_id,
        factor=lead.factor,
        severity=lead.severity,
        severity_before=before,
        start_ms=lead.start_ms,
        end_ms=lead.end_ms,
        summary=lead.summary,
    )


async def answer(
    bootstrap: str,
    catalogue: Catalogue,
    wish: RuleReplay,
    replay_id: str,
    tick_gap_ms: int,
    held: Registry | None = None,
) -> ReplayResult:
    """Runs the replay; `held` is the registry of the topic by default. Raises KafkaError, LookupError, ValueError."""
    if held is None:
        async with history.consumer(bootstrap) as reader:
            held, _ = await history.registry(reader)
    entry = catalogue.entries.get(wish.rule_id)
    if entry is None or entry.version != wish.base_version:
        return failed(wish, replay_id, f"no rule {wish.rule_id} v{wish.base_version} is in force")
    number = held.parameters.last_number(wish.rule_id, wish.base_version) + 1
    try:
        other = with_values(catalogue, wish.rule_id, number, values_of(wish.values))
    except ParameterError as error:
        return failed(wish, replay_id, f"{error.zh} / {error}")
    found = await replay(bootstrap, catalogue, other, wish.from_ms, wish.to_ms, tick_gap_ms, held)
    if found.failures[1].counts[wish.rule_id]:  # whatever difference there is, it is not that of these parameters
        own = [line for line in found.failures[1].lines() if line.startswith(f"rule {wish.rule_id} ")]
        return failed(wish, replay_id, own[0])
    return done(wish, replay_id, number, found)


def main() -> int:
    """Reads the wish, writes the result. Status 2: neither."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--tick-gap-ms", type=int, required=True)
    arguments = parser.parse_args()
    os.nice(NICE)
    change = RegistryChange.FromString(sys.stdin.buffer.read())
    try:
        found = asyncio.run(
            answer(arguments.bootstrap, shipped(), change.rule_replay, change.id, arguments.tick_gap_ms)
        )
    except (ValueError, LookupError, OSError, KafkaError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.buffer.write(found.SerializeToString())
    return 0


if __name__ == "__main__":
    sys.exit(main())
