"""From lead messages to issues: whatever the order and the repetition, one issue that says the same."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_tasks.audit.examine import examine
from lantian_tasks.leads.message import LeadError, plain, read
from lantian_tasks.ledger.events import event_headers
from lantian_tasks.ledger.intake import FIRST_FRAMES, LAST_FRAMES, Repeated, bounded, fold, number_of, wanted
from lantian_tasks.ledger.issue import Issue, Place, Pointer, State, Step, Urgency
from tests.support.tasks_issues import NOW_MS, PLACE, VERIFY, a_frame, an_issue, take
from tests.support.tasks_leads import START_MS, a_lead

LAST = 6
MESSAGES = [a_lead(revision=number, state="closed" if number == LAST else "") for number in range(1, LAST + 1)]


def taken(revisions: list[int]) -> Issue:
    """The issue after these messages."""
    issue: Issue | None = None
    for revision in revisions:
        issue = take(issue, MESSAGES[revision - 1])
    assert issue is not None
    return issue


@settings(deadline=None)  # a loaded machine proves nothing
@given(st.permutations(range(1, LAST + 1)), st.lists(st.integers(1, LAST), max_size=10))
def test_any_order_and_repetition_gives_the_same_issue(order: list[int], repeats: list[int]) -> None:
    """Same id, number, lead, state and head; only how many entries it took depends on the order."""
    expected, issue = taken([*range(1, LAST + 1)]), taken([*order, *repeats])
    assert replace(issue.head, rev=0) == replace(expected.head, rev=0)
    assert issue.lead == expected.lead
    assert examine(issue).intact
    assert [event.sequence for event in issue.outbox] == list(range(1, len(issue.history) + 1))


@settings(deadline=None)  # a loaded machine proves nothing
@given(st.lists(st.integers(0, LAST), min_size=LAST, max_size=LAST))
def test_a_replay_from_anywhere_changes_nothing(falls_back: list[int]) -> None:
    """Kafka's repetition: the consumer falls back to an earlier offset, any number of times. Byte for byte the same."""
    seen: list[int] = []
    for newest, back in enumerate(falls_back, start=1):
        seen += range(max(1, newest - back), newest + 1)
    assert taken(seen) == taken([*range(1, LAST + 1)])


def test_the_first_message_registers() -> None:
    """Open, numbered, with its frames, one sealed entry and one event."""
    issue = an_issue()
    assert issue.state == State.REGISTERED
    assert (issue.head.rev, issue.head.registered_ms, issue.head.place) == (1, NOW_MS, PLACE)
    assert issue.head.number == f"LT-20261122-{issue.head.lead_id[:8].upper()}"
    assert issue.issue_id == f"iss-{issue.head.lead_id}"
    assert [entry["kind"] for entry in issue.history] == ["registered"]
    assert [frame.pointer.offset for frame in issue.frames] == [100]


def test_the_date_of_a_number_is_local() -> None:
    """An episode that starts at 00:30 Beijing time belongs to that day, not to the UTC day before."""
    half_past_midnight = START_MS - 27_000_000
    assert number_of(a_lead(start_ms=half_past_midnight))[:11] == "LT-20261122"
    assert number_of(a_lead(start_ms=half_past_midnight - 1_800_001))[:11] == "LT-20261121"


def test_a_source_never_seen_has_a_number() -> None:
    """Its episode has no start; the number carries the day it was found."""
    lead = a_lead(factor="", start_ms=0, rule="data-dropout")
    lead.end_ms = lead.detected_ms = START_MS
    assert read(lead.SerializeToString()) == lead
    assert number_of(lead)[:11] == "LT-20261122"
    assert examine(an_issue(lead=lead)).intact


def test_extension_and_end_are_entries() -> None:
    """The episode's growth is history; the state belongs to people."""
    issue = taken([1, 2, LAST])
    assert [entry["kind"] for entry in issue.history] == ["registered", "episode-extended", "episode-closed"]
    assert issue.state == State.REGISTERED
    assert issue.head.lead_state == "closed"


@pytest.mark.parametrize("state", list(State))
def test_an_extension_leaves_the_state(state: State) -> None:
    """Whatever people did, a later message is recorded and moves nothing."""
    issue = an_issue(state)
    extended = take(issue, a_lead(revision=2))
    assert extended is not None
    assert extended.state == state
    assert extended.history[-1]["kind"] == "episode-extended"
    assert extended.head.rev == issue.head.rev + 1
    assert examine(extended).intact


def test_moves_survive_extensions() -> None:
    """Requests, assignment and reports stay when the lead grows."""
    issue = take(an_issue(State.RECTIFYING), a_lead(revision=3))
    assert issue is not None
    assert [entry["move"] for entry in issue.history if entry["move"]] == [
        "assign",
        "submit-plan",
        "approve-plan",
        "start",
    ]
    assert len(issue.requests) == 4


@pytest.mark.parametrize(("revision", "outcome"), [(3, "repeated"), (2, "older"), (1, "older")])
def test_what_is_known_is_not_written(revision: int, outcome: str) -> None:
    """A counted outcome, no write."""
    lead = MESSAGES[revision - 1]
    assert fold(taken([1, 3]), lead, lead.SerializeToString(), [], PLACE, NOW_MS) == Repeated(outcome)


def test_late_data_is_retrospective() -> None:
    """It is kept as an issue, and not as an urgent one (promise 5)."""
    assert an_issue(lead=a_lead(retrospective=True)).head.urgency == Urgency.RETROSPECTIVE
    assert an_issue().head.urgency == Urgency.CURRENT


def test_the_registry_may_learn_and_forget_names() -> None:
    """A name that comes later is taken, one that is gone is not lost."""
    unknown = an_issue(place=Place())
    assert unknown.head.place == Place()
    named = take(unknown, a_lead(revision=2))
    assert named is not None
    assert named.head.place == PLACE
    forgotten = take(named, a_lead(revision=3), place=Place())
    assert forgotten is not None
    assert forgotten.head.place == PLACE


def test_what_the_registry_said_before_a_move_does_not_bring_an_issue_back() -> None:
    """An issue stays where it happened; the move of its enterprise is the only thing that takes it along."""
    moved = an_issue(place=replace(PLACE, division_code="130202"))
    extended = take(moved, a_lead(revision=2), place=PLACE)
    assert extended is not None
    assert extended.head.place == moved.head.place
    sold = Place("e-9", "新业主", "3号排口", "610100")
    extended = take(moved, a_lead(revision=2), place=sold)
    assert extended is not None
    assert extended.head.place == replace(moved.head.place, source_name="3号排口")


def test_only_missing_frames_are_fetched() -> None:
    """What is kept is not asked for again, and never twice."""
    assert [p.offset for p in wanted(None, a_lead(offsets=(7, 7, 8)))] == [7, 8]
    assert [p.offset for p in wanted(an_issue(), a_lead(revision=3))] == [101, 102]


def test_a_long_episode_keeps_its_beginning_and_its_end() -> None:
    """The evidence is bounded, and the audit knows what belongs to it."""
    issue: Issue | None = None
    for revision in range(1, 201):
        issue = take(issue, a_lead(revision=revision))
    assert issue is not None
    offsets = [frame.pointer.offset for frame in issue.frames]
    assert offsets == [*range(100, 100 + FIRST_FRAMES), *range(300 - LAST_FRAMES, 300)]
    assert examine(issue).intact


@settings(deadline=None)  # a loaded machine proves nothing
@given(st.lists(st.integers(0, 400), max_size=200))
def test_bounding_does_not_depend_on_the_steps(offsets: list[int]) -> None:
    """Bounded one by one or at once, the same frames stay."""
    pointers = [Pointer("t", 0, offset) for offset in offsets]
    kept: list[Pointer] = []
    for pointer in pointers:
        kept = bounded([*kept, pointer])
    assert kept == bounded(pointers)


def test_events_say_what_the_entry_says() -> None:
    """One event an entry, its id from issue and sequence, the lead as it stood then."""
    issue = an_issue(State.RECTIFYING)
    events = [IssueEvent.FromString(waiting.event) for waiting in issue.outbox]
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    for event, entry in zip(events, issue.history, strict=True):
        assert (event.kind, event.to_state, event.hash) == (entry["kind"], entry["to_state"], entry["hash"])
        assert event.previous_hash == entry["previous_hash"]
        assert event.number == issue.head.number
        assert event.path == f"/v1/issues/{issue.issue_id}"
        assert event.lead == a_lead()
        assert event.enterprise_name == PLACE.enterprise_name
    assert len({event.event_id for event in events}) == 5
    headers = dict(event_headers(issue.outbox[0]))
    assert headers["ce_id"].decode() == events[0].event_id
    assert headers["ce_type"] == b"cn.lantian.issue-event.v1"


def broken(issue: Issue) -> tuple[int | None, int]:
    """What an examination finds: the broken entry and the number of other objections."""
    found = examine(issue)
    assert found.intact == (found.broken_entry is None and not found.objections)
    return found.broken_entry, len(found.objections)


def test_what_hangs_on_the_chain_is_examined() -> None:
    """State, revision, lead, promoted facts and frames must be the sealed ones."""
    issue = an_issue(State.VERIFIED, a_lead(revision=3))
    assert broken(issue) == (None, 0)
    head, frame = issue.head, issue.frames[0]
    assert broken(replace(issue, head=replace(head, state=State.CLOSED))) == (None, 1)
    assert broken(replace(issue, head=replace(head, rev=9))) == (None, 1)
    assert broken(replace(issue, head=replace(head, severity=1))) == (None, 1)
    assert broken(replace(issue, lead=a_lead(severity=1, revision=3).SerializeToString())) == (None, 1)
    assert broken(replace(issue, frames=issue.frames[1:])) == (None, 1)
    assert broken(replace(issue, frames=(replace(frame, data=b"forged"), *issue.frames[1:]))) == (None, 1)
    forged = replace(frame, data=b"forged", sha256=hashlib.sha256(b"forged").hexdigest())
    assert broken(replace(issue, frames=(forged, *issue.frames[1:]))) == (None, 1)
    assert broken(replace(issue, frames=(*issue.frames, a_frame(Pointer("raw-frames.v1", 2, 999))))) == (None, 1)
    assert broken(replace(issue, history=issue.history[:-1])) == (None, 2)
    assert broken(replace(issue, history=issue.history[1:])) == (0, 0)
    assert broken(replace(issue, history=())) == (None, 1)
    assert issue.history[-1]["move"] == VERIFY.move


def test_a_good_lead_is_read() -> None:
    """All of it comes back."""
    assert read(a_lead().SerializeToString()) == a_lead()


def test_a_chart_with_gaps_is_read() -> None:
    """NaN in a row of numbers is a value that is not there: JSON gets null; what is infinite is refused."""
    lead = a_lead()
    chart = lead.evidence.charts.add(factor="a21026", unit="mg/m3", start_ms=START_MS, step_ms=3_600_000)
    chart.values.extend([float("nan"), 1.5])
    assert plain(read(lead.SerializeToString()))["evidence"]["charts"][0]["values"] == [None, 1.5]
    chart.values.append(float("inf"))
    with pytest.raises(LeadError, match="charts"):
        read(lead.SerializeToString())


def bad_leads() -> dict[str, tuple[bytes | None, str]]:
    """Bytes that are no lead the ledger could stand by, and the reason of their dead letter."""
    found: dict[str, tuple[bytes | None, str]] = {
        "nothing": (None, "undecodable"),
        "empty": (b"", "undecodable"),
        "rubbish": (b"\xff\xfe##0101QN", "undecodable"),
        "cut": (a_lead().SerializeToString()[:-7], "undecodable"),
    }
    for name, value in {
        "lead_id": "0" * 32,
        "source_id": "",
        "rule_id": "other",
        "state": 0,
        "revision": 0,
        "severity": 5,
        "start_ms": -1,
        "end_ms": START_MS - 1,
        "detected_ms": 10**18,
        "score": float("nan"),
    }.items():
        lead = a_lead()
        setattr(lead, name, value)
        found[name] = (lead.SerializeToString(), "invalid")
    lead = a_lead()
    lead.evidence.inputs["share"] = float("inf")
    found["inputs"] = (lead.SerializeToString(), "invalid")
    lead = a_lead()
    lead.evidence.frames[0].topic = "leads.v1"
    found["frame"] = (lead.SerializeToString(), "invalid")
    return found


@pytest.mark.parametrize("name", list(bad_leads()))
def test_a_bad_lead_has_its_reason(name: str) -> None:
    """Never anything but LeadError."""
    value, reason = bad_leads()[name]
    with pytest.raises(LeadError) as caught:
        read(value)
    assert caught.value.reason == reason


@settings(deadline=None)  # a loaded machine proves nothing
@given(st.binary(max_size=200))
def test_random_bytes_are_lead_errors(value: bytes) -> None:
    """Whatever the record holds."""
    with pytest.raises(LeadError):
        read(value)


def test_large_values_are_read() -> None:
    """1e308 is a number."""
    lead = a_lead()
    lead.evidence.readings[0].value = 1e308
    assert read(lead.SerializeToString()).evidence.readings[0].value == 1e308


def test_the_step_says_what_is_new() -> None:
    """The store writes exactly the new entries, events and frames."""
    issue = an_issue(State.ASSIGNED)
    lead = a_lead(revision=2)
    step = fold(issue, lead, lead.SerializeToString(), [], PLACE, NOW_MS)
    assert isinstance(step, Step)
    assert step.outcome == "episode-extended"
    assert step.evidence_changed
    assert tuple(step.entries) == step.issue.history[len(issue.history) :]
    assert tuple(step.outgoing) == step.issue.outbox[len(issue.outbox) :]
