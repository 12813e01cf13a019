"""Outcomes of inspection by lead, and the precision of a rule in a city with its interval; pure, built from events."""

from collections import Counter, defaultdict
from math import sqrt
from typing import Final, Literal, NamedTuple

from google.protobuf.message import DecodeError

from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.task_event_pb2 import TaskEvent

Verdict = Literal["confirmed", "partly", "unfounded"]
VERDICTS: Final[tuple[Verdict, ...]] = ("confirmed", "partly", "unfounded")

# Of a lead: the inspection's own words. Passing by policy (`pass`) is nobody's judgement.
LEAD_STATES: Final[dict[str, Verdict]] = {"confirmed": "confirmed", "partly": "partly", "unfounded": "unfounded"}
NOT_JUDGED: Final = ("pass", "register", "merge", "receive")
# Of an issue that came without an inspection: whoever approves its plan, checks or closes it has seen the problem.
ISSUE_CONFIRMING: Final = frozenset(
    ("plan-approved", "rectifying", "close-requested", "verified", "verified-province", "publicised", "closed")
)
ISSUE_UNFOUNDED: Final = frozenset(("voided", "unfounded"))
SYSTEM: Final = "system"
REASONS_AT_MOST: Final = 5
Z_95: Final = 1.959963984540054


class Outcome(NamedTuple):
    """The last word about one lead."""

    rule_id: str
    rule_version: int
    city: str
    verdict: Verdict
    reason: str
    at_ms: int
    inspected: bool


class Precision(NamedTuple):
    """Confirmed (wholly or partly) of those judged, with the Wilson interval of 95 %; None where nothing was judged."""

    judged: int
    confirmed: int
    partly: int
    unfounded: int
    share: float | None
    low: float | None
    high: float | None


def wilson(right: int, judged: int, z: float = Z_95) -> tuple[float, float] | None:
    """Interval of a share (Wilson 1927); None for no trial. Raises ValueError for impossible counts."""
    if not 0 <= right <= judged:
        raise ValueError(f"{right} of {judged}")
    if judged == 0:
        return None
    share, square = right / judged, z * z
    middle = (share + square / (2 * judged)) / (1 + square / judged)
    half = z / (1 + square / judged) * sqrt(share * (1 - share) / judged + square / (4 * judged * judged))
    return max(0.0, middle - half), min(1.0, middle + half)


def city_of(division_code: str) -> str:
    """The city of a division: its first four digits with 00; a municipality stands for its districts."""
    if division_code[:2] in ("11", "12", "31", "50"):
        return f"{division_code[:2]}0000"
    return f"{division_code[:4]}00" if len(division_code) >= 4 else division_code


class Outcomes:
    """Applies events in any order and with repeats; of a lead the latest word counts, an inspection before an issue."""

    def __init__(self) -> None:
        self._of_lead: dict[str, Outcome] = {}

    def take_task_event(self, key: str, value: bytes | None) -> None:
        """Takes a record of task-events.v1. Raises ValueError for bytes that are no event."""
        event = TaskEvent()
        _parse(event, value)
        verdict = LEAD_STATES.get(event.to_state)
        moved = event.subject_kind == "lead" and event.from_state != event.to_state
        if verdict is None or not moved or event.move in NOT_JUDGED or event.actor.role == SYSTEM:
            return
        self._take(event.lead, event.division_code, verdict, event.reason, event.at_ms, True)

    def take_issue_event(self, key: str, value: bytes | None) -> None:
        """Takes a record of issue-events.v1. Raises ValueError for bytes that are no event."""
        event = IssueEvent()
        _parse(event, value)
        if event.actor.role == SYSTEM or event.from_state == event.to_state:
            return
        if event.to_state in ISSUE_UNFOUNDED or event.kind == "voided":
            self._take(event.lead, event.division_code, "unfounded", event.reason, event.at_ms, False)
        elif event.to_state in ISSUE_CONFIRMING:
            self._take(event.lead, event.division_code, "confirmed", event.reason, event.at_ms, False)

    def _take(self, lead: Lead, division: str, verdict: Verdict, reason: str, at_ms: int, inspected: bool) -> None:
        if not lead.lead_id or not lead.rule_id:
            return  # an issue that people found
        known = self._of_lead.get(lead.lead_id)
        if known is not None and (known.inspected, known.at_ms) > (inspected, at_ms):
            return
        self._of_lead[lead.lead_id] = Outcome(
            lead.rule_id, lead.rule_version, city_of(division), verdict, reason, at_ms, inspected
        )

    def of_rule(self, rule_id: str, *, city: str | None = None, version: int | None = None) -> Precision:
        """Precision of a rule, of all cities or one, of all versions or one."""
        return _precision([one for one in self._all(rule_id, version) if city is None or one.city == city])

    def cities(self, rule_id: str) -> dict[str, Precision]:
        """Precision of a rule by city, by code."""
        by_city: dict[str, list[Outcome]] = defaultdict(list)
        for one in self._all(rule_id, None):
            by_city[one.city].append(one)
        return {city: _precision(ones) for city, ones in sorted(by_city.items())}

    def versions(self, rule_id: str) -> dict[int, Precision]:
        """Precision of a rule by version."""
        numbers = sorted({one.rule_version for one in self._all(rule_id, None)})
        return {number: _precision(self._all(rule_id, number)) for number in numbers}

    def unfounded_reasons(self, rule_id: str) -> list[tuple[str, int]]:
        """Why leads of a rule were called unfounded, the most frequent first."""
        found = Counter(one.reason for one in self._all(rule_id, None) if one.verdict == "unfounded" and one.reason)
        return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:REASONS_AT_MOST]

    def counts(self) -> Counter[tuple[str, str, str]]:
        """Leads judged, by rule, city and verdict."""
        return Counter((one.rule_id, one.city, one.verdict) for one in self._of_lead.values())

    def _all(self, rule_id: str, version: int | None) -> list[Outcome]:
        found = (one for one in self._of_lead.values() if one.rule_id == rule_id)
        return [one for one in found if version is None or one.rule_version == version]


def _parse(event: TaskEvent | IssueEvent, value: bytes | None) -> None:
    if value is None:
        raise ValueError("the record is empty")
    try:
        event.ParseFromString(value)
    except DecodeError as error:
        raise ValueError(f"no event: {error}") from error


def _precision(ones: list[Outcome]) -> Precision:
    number = Counter(one.verdict for one in ones)
    right = number["confirmed"] + number["partly"]
    interval = wilson(right, len(ones))
    return Precision(
        len(ones),
        number["confirmed"],
        number["partly"],
        number["unfounded"],
        right / len(ones) if ones else None,
        None if interval is None else interval[0],
        None if interval is None else interval[1],
    )
