"""The messages of proto/examples, decoded."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.json_format import Parse
from google.protobuf.message import Message

from lantian_proto import factors
from lantian_proto.readings import DTYPES, PERIOD_NAMES, STAT_NAMES, Columns, pointer
from lantian_proto.v1 import (
    command_pb2,
    dead_letter_pb2,
    external_pb2,
    feed_event_pb2,
    issue_event_pb2,
    lead_pb2,
    registry_pb2,
    rule_pb2,
    site_event_pb2,
    task_event_pb2,
)

EXAMPLES = Path(__file__).resolve().parents[2] / "proto" / "examples"
MESSAGES: dict[str, type[Message]] = {
    "external-readings.v1": external_pb2.ExternalReadings,
    "site-events.v1": site_event_pb2.SiteEvent,
    "leads.v1": lead_pb2.Lead,
    "issue-events.v1": issue_event_pb2.IssueEvent,
    "task-events.v1": task_event_pb2.TaskEvent,
    "registry.v1": registry_pb2.RegistryChange,
    "rules.v1": rule_pb2.RuleNews,
    "commands.v1": command_pb2.Command,
    "command-states.v1": command_pb2.CommandState,
    "feed-events.v1": feed_event_pb2.FeedEvent,
    "dead-letters.tasks.v1": dead_letter_pb2.DeadLetter,
    "dead-letter-decisions.v1": dead_letter_pb2.DeadLetterDecision,
}
_STATS = {name: stat for stat, name in STAT_NAMES.items()}
_PERIODS = {name: period for period, name in PERIOD_NAMES.items()}


def message(topic: str, name: str) -> Any:
    """One Protobuf example."""
    return Parse((EXAMPLES / topic / name).read_text(encoding="utf-8"), MESSAGES[topic]())


def frame(name: str) -> bytes:
    """One frame as a device sends it."""
    return (EXAMPLES / "raw-frames.v1" / name).read_bytes()


def columns(name: str, topic: str = "readings.v1") -> Columns:
    """One batch of readings from its rows."""
    rows = json.loads((EXAMPLES / topic / name).read_text(encoding="utf-8"))
    sources = sorted({row["source"] for row in rows})
    read: dict[str, list[float]] = {column: [] for column in DTYPES}
    for row in rows:
        factor = factors.by_code(row["factor"]) if row["factor"] else None
        read["source"].append(sources.index(row["source"]))
        read["factor"].append(factor.number if factor else 0)
        read["stat"].append(_STATS[row["stat"]])
        read["period"].append(_PERIODS[row["period"]])
        read["time"].append(row["time_ms"])
        read["value"].append(row["value"])
        read["flag"].append(ord(row["flag"]) if row["flag"] else 0)
        read["received"].append(row["received_ms"])
        read["edition"].append(row["edition"])
        read["seq"].append(pointer(row["partition"], row["offset"]))
    arrays: dict[str, Any] = {column: np.array(values, DTYPES[column]) for column, values in read.items()}
    return Columns(sources=sources, **arrays)
