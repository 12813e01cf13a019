"""Timers: each step once, in order, late if need be, and never after what stops them."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.audit.examine import examine
from lantian_tasks.clocks.keeper import IssueKeeper, next_step
from lantian_tasks.clocks.timers import pending
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.ledger.moves import MOVES, Role
from lantian_tasks.metrics import TasksMetrics
from tests.support.tasks_issues import (
    ASSIGN,
    COMPLETE,
    DAY_MS,
    ENTERPRISE,
    FACTS,
    NOW_MS,
    PATHS,
    REQUEST,
    an_issue,
    command,
)
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_store import FakeStore
from tests.unit.tasks.test_moves import BY_KIND


class Bench:
    """A keeper over a store in memory."""

    def __init__(self) -> None:
        self.store, self.clock = FakeStore(), ManualClock(NOW_MS)
        self.metrics = TasksMetrics(CollectorRegistry())
        self.keeper = self.another()

    def another(self) -> IssueKeeper:
        """Another keeper over the same store."""
        return IssueKeeper(self.store, self.clock, self.metrics, FACTS, lambda: None)

    async def holding(self, issue: Issue) -> Issue:
        """An issue in the store."""
        assert await self.store.open(Step(issue, "registered", (), ()))
        return issue

    async def now(self, issue: Issue) -> Issue:
        """The issue as it is."""
        found = await self.store.issue(issue.issue_id, EVERYTHING)
        assert found is not None
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


def steps(issue: Issue) -> list[str]:
    """Steps that happened by themselves, in order."""
    return [
        f"{e['fields']['clock'].partition('@')[0]} {e['fields']['step']}"
        for e in issue.history
        if "step" in e["fields"]
    ]


LADDER = ["assign 50%", "assign 75%", "assign 100%", "assign urge", "assign supervise", "assign listed-supervision"]


async def test_an_issue_nobody_assigns_climbs_the_ladder(bench: Bench) -> None:
    """Reminders, 催办, 督办, 挂牌督办, the summons list; each once, each an event with its clock."""
    issue = await bench.holding(an_issue())
    for _ in range(60):
        bench.clock.advance(86_400)
        await bench.keeper.look()
        await bench.keeper.look()
    done = await bench.now(issue)
    assert steps(done) == [*LADDER, "assign summons-list"]
    assert done.state == State.REGISTERED
    assert done.head.standing.timer_ms == 0
    assert "escalated" in done.head.standing.flags
    assert examine(done).intact
    event = IssueEvent.FromString(done.outbox[-1].event)
    assert (event.kind, event.step.step, event.step.to, event.step.cc) == (
        "escalated",
        "summons-list",
        "ministry",
        "province",
    )


async def test_a_step_goes_to_whose_turn_it_is(bench: Bench) -> None:
    """The city office is reminded to assign; the unit, and then its city, of what was assigned to the unit."""
    issue = await bench.holding(an_issue())
    bench.clock.advance(10 * 86_400)
    await bench.keeper.look()
    done = await bench.now(issue)
    assert {entry["fields"]["to"] for entry in done.history if "step" in entry["fields"]} == {"city"}
    assert [entry["fields"].get("cc") for entry in done.history if entry["move"] == "escalate"] == [None, None]
    done = await bench.holding(an_issue(State.RECTIFYING, a_lead(start_ms=START_MS + 3_600_000)))
    bench.clock.advance(20 * 86_400)
    await bench.keeper.look()
    done = await bench.now(done)
    told = [
        (e["fields"]["step"], e["fields"]["to"], e["fields"].get("cc")) for e in done.history if "step" in e["fields"]
    ]
    assert told[0][1:] == ("unit", None)
    assert ("urge", "unit", "city") in told
    assert ("supervise", "city", None) in told


async def test_after_downtime_every_step_comes_in_order(bench: Bench) -> None:
    """Forty days away: the same steps in the same order, each saying when it should have been."""
    issue = await bench.holding(an_issue())
    bench.clock.advance(40 * 86_400)
    assert await bench.keeper.look() == 7
    done = await bench.now(issue)
    assert steps(done) == [*LADDER, "assign summons-list"]
    entries = [entry for entry in done.history if "step" in entry["fields"]]
    due = [entry["fields"]["for_ms"] for entry in entries]
    assert due == sorted(due)
    assert {entry["at_ms"] for entry in entries} == {bench.clock.now_ms()}


async def test_what_is_done_in_time_is_not_escalated(bench: Bench) -> None:
    """The clock of assigning stops with the assignment; that of the receipt with the acknowledgement."""
    issue = await bench.holding(an_issue(State.ASSIGNED))
    bench.clock.advance(3 * 3600)
    await bench.keeper.look()
    reminded = await bench.now(issue)
    assert steps(reminded) == ["receipt 50%", "receipt 75%"]
    assert await bench.store.advance(moved(reminded, "acknowledge"))
    bench.clock.advance(86_400)
    await bench.keeper.look()
    assert steps(await bench.now(issue)) == ["receipt 50%", "receipt 75%"]


def moved(issue: Issue, move: str) -> Step:
    """A move of the enterprise."""
    step = act(issue, command(move, ENTERPRISE), f"k{issue.head.rev}", FACTS)
    assert isinstance(step, Step), step
    return step


async def test_two_keepers_write_nothing_twice(bench: Bench) -> None:
    """The lease keeps the second away; the fence stops one whose lease ran out."""
    issue = await bench.holding(an_issue())
    bench.clock.advance(40 * 86_400)
    await asyncio.gather(bench.keeper.look(), bench.another().look())
    assert steps(await bench.now(issue)) == [*LADDER, "assign summons-list"]


async def test_a_lease_that_ran_out_writes_nothing(bench: Bench) -> None:
    """Fencing: the step of the old holder is refused after another took the lease."""
    issue = await bench.holding(an_issue())
    bench.clock.advance(40 * 86_400)
    now = bench.clock.wall_ms()
    old = await bench.store.lease_issue(issue.issue_id, now, now + 10)
    assert await bench.store.lease_issue(issue.issue_id, now, now + 10) is None
    new = await bench.store.lease_issue(issue.issue_id, now + 20, now + 30)
    assert old is not None
    assert new == old + 1
    step = next_step(issue, bench.clock.now_ms(), FACTS)
    assert step is not None
    assert not await bench.store.advance(step, old)
    await bench.store.release_issue(issue.issue_id, old)
    assert await bench.store.lease_issue(issue.issue_id, now + 25, now + 40) is None
    assert await bench.store.advance(step, new)


class Register:
    """Compare-and-set on a revision, and nothing else: what is left of a store when it is only the race."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue

    def write(self, step: Step) -> bool:
        """Whether the step was decided on what is there."""
        if step.issue.head.rev != self.issue.head.rev + 1:
            return False
        self.issue = step.issue
        return True


ONLY_RECEIPT = replace(
    FACTS,
    policy=FACTS.policy.model_copy(update={"clocks": tuple(c for c in FACTS.policy.clocks if c.name == "receipt")}),
)
"""One clock, so that what is sent after its stop is plain."""


def racing(register: Register, decide: Callable[[Issue], Step | None]) -> Iterator[None]:
    """Reads, decides, writes, and begins again when somebody was faster; anybody may come between."""
    while True:
        seen = register.issue
        yield
        step = decide(seen)
        yield
        if step is None or register.write(step):
            return
        yield


def test_an_acknowledgement_is_never_overtaken() -> None:
    """10,000 races between a receipt and two keepers in any order: nothing is written after the receipt."""
    ready = an_issue(State.ASSIGNED)
    at_ms = ready.history[-1]["at_ms"] + 5 * HOUR_MS
    decided: dict[tuple[str, str], Step | None] = {}

    def once(name: str, decide: Callable[[Issue], Step | None]) -> Callable[[Issue], Step | None]:
        def remembered(issue: Issue) -> Step | None:
            key = (name, issue.history[-1]["hash"])
            if key not in decided:
                decided[key] = decide(issue)
            return decided[key]

        return remembered

    keeper = once("keeper", lambda issue: next_step(issue, at_ms, ONLY_RECEIPT))
    person = once("person", lambda issue: moved(issue, "acknowledge"))
    rng = random.Random(7)
    ends: Counter[int] = Counter()
    for _ in range(10_000):
        register = Register(ready)
        parties = [racing(register, person), *(racing(register, keeper) for _ in range(8))]
        while parties:
            party = rng.choice(parties)
            if next(party, "over") == "over":
                parties.remove(party)
        moves = [entry["move"] for entry in register.issue.history]
        sent = [entry["fields"]["step"] for entry in register.issue.history if entry["move"] in ("remind", "escalate")]
        assert moves.count("acknowledge") == 1
        assert moves[-1] == "acknowledge"
        assert sent == ["50%", "75%", "100%", "not-received"][: len(sent)]
        ends[len(sent)] += 1
    assert set(ends) == {0, 1, 2, 3, 4}  # every order was there


async def test_an_acknowledgement_races_in_a_store(bench: Bench) -> None:
    """The same through keepers and a store."""
    for number in range(10):
        issue = await bench.holding(an_issue(State.ASSIGNED, a_lead(source=f"s{number}")))
        bench.clock.advance(5 * 3600)

        async def acknowledge(issue: Issue = issue) -> None:
            seen = await bench.now(issue)
            while not await bench.store.advance(moved(seen, "acknowledge")):
                await asyncio.sleep(0)
                seen = await bench.now(issue)

        await asyncio.gather(bench.keeper.look(), acknowledge(), bench.another().look())
        await bench.keeper.look()
        done = await bench.now(issue)
        place = [entry["move"] for entry in done.history].index("acknowledge")
        assert not [e for e in done.history[place:] if e["fields"].get("clock", "").startswith("receipt")]


PEOPLE = [Actor(f"p{number}", role, "x") for number in range(3) for role in Role]


class AnyPath(RuleBasedStateMachine):
    """People of every role do anything, time passes, timers fire: no path leaves the machine."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW_MS
        self.issue = an_issue(lead=a_lead(severity=2))
        self.path = [State.REGISTERED]

    def _try(self, move: str, actor: Actor, fields: dict[str, object]) -> None:
        step = act(self.issue, command(move, actor, "因为", self.now, **fields), f"k{self.issue.head.rev}", FACTS)
        if isinstance(step, Step):
            begin, end = self.issue.state, step.issue.state
            assert begin in MOVES[move].from_states
            assert end == (MOVES[move].to_state or begin)
            assert actor.role in MOVES[move].roles
            self.issue = step.issue
            self.path.append(end)

    @rule(name=st.sampled_from(sorted(MOVES)), actor=st.sampled_from(PEOPLE))
    def act(self, name: str, actor: Actor) -> None:
        """Any move by anybody."""
        fields = {row.name: BY_KIND[row.kind] for row in MOVES[name].fields}
        if "due_ms" in fields:
            fields["due_ms"] = self.now + 7 * DAY_MS
        self._try(name, actor, fields)

    @rule(number=st.integers(0, len(PATHS[State.CLOSED]) - 1))
    def go_on(self, number: int) -> None:
        """A step of the ordinary way, so that its end is reached too."""
        wish = [ASSIGN, *PATHS[State.CLOSED], COMPLETE, REQUEST][number]
        fields = dict(wish.fields)
        if "due_ms" in fields:
            fields["due_ms"] = self.now + 7 * DAY_MS
        self._try(wish.move, wish.actor, fields)

    @rule(hours=st.integers(1, 400))
    def wait(self, hours: int) -> None:
        """Time passes and the keeper does what is due."""
        self.now += hours * HOUR_MS
        while (step := next_step(self.issue, self.now, FACTS)) is not None:
            assert step.issue.state == self.issue.state
            self.issue = step.issue

    @invariant()
    def holds(self) -> None:
        """Its states are the machine's, its chain holds, its times do not run back, no step came twice."""
        history = self.issue.history
        assert self.issue.state in set(State)
        for before, entry in pairwise(history):
            assert entry["from_state"] == before["to_state"]
            assert entry["at_ms"] >= before["at_ms"]
        fired = [(e["fields"]["clock"], e["fields"]["step"]) for e in history if e["move"] in ("remind", "escalate")]
        assert len(fired) == len(set(fired))
        assert examine(self.issue).intact
        assert all(timer.at_ms > 0 for timer in pending(self.issue, FACTS.policy.clocks, FACTS))


AnyPath.TestCase.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, derandomize=True, database=None
)
TestAnyPath = AnyPath.TestCase


async def test_issues_of_the_first_schema_get_their_timers(bench: Bench) -> None:
    """A document without standing is read, adopted once, and then reminded like the others."""
    issue = await bench.holding(an_issue())
    document = bench.store.issues.get(issue.issue_id)
    assert document is not None
    new: tuple[str, ...] = ("schema", "category", "channel", "parent_id", "round_id", "by_ministry", "unit", "person")
    new += ("due_ms", "timer_ms", "flags", "fence", "lease_ms")
    bench.store.issues.put({name: value for name, value in document.items() if name not in new})
    old = await bench.now(issue)
    assert old.head.standing.timer_ms == 0
    bench.clock.advance(40 * 86_400)
    assert await bench.keeper.look() == 0
    assert await bench.keeper.adopt() == 1
    assert (await bench.now(issue)).head.standing == issue.head.standing
    assert await bench.keeper.adopt() == 0
    assert await bench.keeper.look() == 7
