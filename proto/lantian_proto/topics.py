"""The topics of the suite, read from topics.yaml beside this file."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import yaml

RAW_FRAMES = "raw-frames.v1"
READINGS = "readings.v1"
SITE_EVENTS = "site-events.v1"
EXTERNAL_READINGS = "external-readings.v1"
ALERTS_STATE = "alerts-state.v1"
SOURCE_HOURS = "source-hours.v1"
LEADS = "leads.v1"
ISSUE_EVENTS = "issue-events.v1"
TASK_EVENTS = "task-events.v1"
REGISTRY = "registry.v1"
RULES = "rules.v1"
LEDGER = "ledger.v1"
AUDIT = "audit.v1"
COMMANDS = "commands.v1"
COMMAND_STATES = "command-states.v1"
FEED_EVENTS = "feed-events.v1"
DEAD_LETTER_DECISIONS = "dead-letter-decisions.v1"

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One topic: `retention_ms` is None where the topic is compacted and kept for ever."""

    name: str
    about: str
    key: str
    partitions: int
    retention_ms: int | None
    cleanup: Literal["delete", "compact"]
    producer: str
    consumers: tuple[str, ...]
    contract: str
    examples: tuple[str, ...]

    def settings(self) -> dict[str, str]:
        """Topic settings for the broker."""
        if self.cleanup == "compact":
            # Small segments so that a restore reads little more than the live blocks (measured, ADR 2).
            return {
                "cleanup.policy": "compact",
                "segment.bytes": str(8 * 1024 * 1024),
                "min.cleanable.dirty.ratio": "0.2",
            }
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}


def load() -> dict[str, Topic]:
    """All topics by name, in the order of the flow."""
    rows = yaml.safe_load(files("lantian_proto").joinpath("topics.yaml").read_text(encoding="utf-8"))
    topics = {}
    for row in rows:
        days = row.pop("retention_days")
        fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        topics[row["name"]] = Topic(**fields, retention_ms=None if days is None else days * DAY_MS)
    return topics


TOPICS = load()


def dead_letters_of(group: str) -> str:
    """The topic of what a consumer group could not use."""
    return f"dead-letters.{group}.v1"


def dead_letters_by(service: str = "") -> list[str]:
    """Topics of the letters of a service's groups; without a service, of all."""
    letters = (topic for topic in TOPICS.values() if topic.contract == "lantian.v1.DeadLetter")
    return [topic.name for topic in letters if service in ("", topic.producer)]
