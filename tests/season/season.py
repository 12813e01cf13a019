"""A season in minutes: leads, rounds, inspections, rectification, spot checks and relapses of many cities, by seed.

The suite's own services and keepers run on a store in memory and a clock that is moved by hand, a quarter of a day at
a time: first what is due by itself, then what people do.
"""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.scope import EVERYTHING, prefix_of
from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.case_keeper import CaseKeeper
from lantian_tasks.clocks.facts import Facts, Verdict, shipped_facts
from lantian_tasks.clocks.keeper import IssueKeeper
from lantian_tasks.leads.bring import bring, manual_lead
from lantian_tasks.leads.moves import Stage
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.case import Case, CaseStep
from lantian_tasks.ledger.issue import OPEN_STATES, Issue, Place, State, Step
from lantian_tasks.ledger.machine import Command, Role
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.recheck.service import Rechecks
from lantian_tasks.registry.record import Belongs, Kind, Record, Validity, change
from lantian_tasks.rounds.moves import draft
from lantian_tasks.rounds.service import Rounds
from tests.season.memory import SeasonStore
from tests.season.people import (
    MINISTRY,
    PLANT,
    RECORD,
    SECOND_PROVINCE,
    City,
    check_list_of,
    cities,
    next_wish,
    position_of,
)
from tests.support.tasks_changes import changes_over
from tests.support.tasks_issues import a_piece
from tests.support.tasks_leads import a_lead

TICK_S = 6 * 3600
BEGIN_MS = int(datetime(2026, 9, 30, 16, tzinfo=UTC).timestamp() * 1000)  # 2026-10-01 00:00 +08:00
RULES = {"hour-exceedance": 3, "data-dropout": 2, "frozen-value": 2, "treatment-idle": 3, "false-mark": 4}
CHANNELS = ("complaint", "satellite", "patrol")


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a season is."""

    cities: int
    days: int
    leads_per_city_day: float
    seed: int = 2026
    quiet_days: int = 60
    relapse_days: tuple[int, int] = (5, 60)


@dataclass
class Truth:
    """What really was, and what was done: counted by the simulation itself, beside the ledger."""

    real: dict[str, bool] = field(default_factory=dict)
    fixed: dict[str, bool] = field(default_factory=dict)
    relapse_at: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    by_city: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, city: City, what: str) -> None:
        """One more of a city."""
        self.counts[what] += 1
        self.by_city.setdefault(city.code, Counter())[what] += 1


class Season:
    """Run it, then let check.py look at it."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.rng = plan, random.Random(plan.seed)
        self.cities = cities(plan.cities, self.rng)
        self.facts: Facts = shipped_facts()
        self.store = SeasonStore(record for city in self.cities for record in (_team(city), *_plants(city)))
        store: Any = self.store  # it has what a season asks for, not all of a store
        self.clock = ManualClock(BEGIN_MS)
        self.truth = Truth()
        metrics = TasksMetrics(CollectorRegistry())
        self.leads = Leads(store, self.clock, self.facts, "full", _nothing)
        self.rounds = Rounds(store, self.clock, self.facts, _nothing)
        self.rechecks = Rechecks(store, self.clock, self.facts, _nothing)
        self.issue_keeper = IssueKeeper(store, self.clock, metrics, self.facts, _nothing)
        changes = changes_over(store, self.clock)
        self.case_keeper = CaseKeeper(
            store, self.clock, metrics, self.facts, self.leads, self.rounds, changes, _nothing
        )
        self._number = 0
        self._live_leads: dict[str, City] = {}
        self._live_issues: dict[str, City] = {}
        self._rounds: dict[str, str] = {}

    @property
    def now(self) -> int:
        """Suite time."""
        return self.clock.now_ms()

    async def run(self) -> None:
        """The season, and then as long as it takes until everything is closed."""
        ticks = self.plan.days * 4
        for tick in range(ticks + self.plan.quiet_days * 4):
            self.clock.advance(TICK_S)
            await self._by_itself()
            for city in self.cities:
                if tick < ticks:
                    await self._new_leads(city)
                if tick % 28 == 3:
                    await self._new_round(city, tick)
                if tick % 120 == 119:
                    await self._recheck(city, tick)
            await self._leads_go_on()
            await self._issues_go_on(hurry=tick >= ticks)
        await self._by_itself()

    async def _by_itself(self) -> None:
        while await self.issue_keeper.look() + await self.case_keeper.look():
            pass

    async def _new_leads(self, city: City) -> None:
        for _ in range(4):
            if self.rng.random() < self.plan.leads_per_city_day / 16:
                await self._new_lead(city)

    async def _new_lead(self, city: City, source: str = "", rule: str = "") -> None:
        self._number += 1
        back = bool(source)
        plant = self.rng.randrange(40)
        place = Place(f"{city.code}-e{plant}", f"企业{plant}", f"排口{plant}", city.code)
        if not back and self.rng.random() < 0.3:
            lead = manual_lead(
                channel=self.rng.choice(CHANNELS),  # type: ignore[arg-type]  # a tuple of them
                reference=f"r{self._number}",
                category=self.rng.choice(["dust", "fire", "bypass"]),
                severity=self.rng.randint(1, 3),
                source_id="",
                enterprise_id=place.enterprise_id,
                place=place.source_name,
                text="举报",
                found_ms=self.now,
            )
            channel = lead.rule_id.removeprefix("manual-")
            category = lead.episode.partition("@")[0]
            data = lead.SerializeToString(deterministic=True)
            step = bring(lead, data, [], place, self.facts, city.office, self.now, channel=channel, category=category)
            await self.leads.receive(step)
        else:
            rule = rule or self.rng.choice(list(RULES))
            source = source or f"{city.code}-s{plant}"
            start = self.now - 3_600_000
            lead = a_lead(source=source, rule=rule, severity=RULES[rule], start_ms=start, offsets=())
            again = self.rng.random() < 0.1
            for _ in range(2 if again else 1):  # messages come again, and must change nothing
                await self.leads.take(lead, lead.SerializeToString(), [], place)
        self.truth.note(city, "leads")
        self.truth.real[lead.lead_id] = back or self.rng.random() < 0.6
        self._live_leads[f"lead/{lead.lead_id}"] = city

    async def _new_round(self, city: City, tick: int) -> None:
        old = self._rounds.pop(city.code, None)
        if old is not None:
            await self._move_round(city, old, "close")
        round_id = f"{tick:04d}{city.code}"
        fields: dict[str, Any] = {"division_code": city.code, "task_kind": "key-enterprises", "quota": 50}
        case = draft(
            round_id,
            **fields,
            score_cut=0.5,
            starts_ms=self.now,
            title=round_id,
            by_ministry=False,
            at_ms=self.now,
        )
        assert await self.rounds.create(case, city.office) is not None
        self.truth.note(city, "rounds")
        await self._move_round(city, round_id, "build")
        if await self._move_round(city, round_id, "start"):
            self._rounds[city.code] = round_id
        else:
            await self._move_round(city, round_id, "cancel")

    async def _move_round(self, city: City, round_id: str, move: str) -> bool:
        case = await self.store.case(f"round/{round_id}", EVERYTHING)
        assert case is not None
        command = Command(move, city.office, self.now, "按计划")
        answer = await self.rounds.move(EVERYTHING, round_id, command, case.rev, f"{round_id}-{move}")
        return isinstance(answer, CaseStep)

    async def _leads_go_on(self) -> None:
        for case_id, city in list(self._live_leads.items()):
            case: Case = self.store.shelf.rows[case_id]
            if case.state in (Stage.PUSHED, Stage.ACCEPTED, Stage.INSPECTING):
                if self.rng.random() < city.diligence:
                    await self._lead_move(case, city)
            elif case.state not in (Stage.CANDIDATE, Stage.SCREENED, Stage.IN_ROUND):
                self._live_leads.pop(case_id)
                if case.data.get("issue_id"):
                    self._live_issues[str(case.data["issue_id"])] = city

    async def _lead_move(self, case: Case, city: City) -> None:
        real = self.truth.real[case.id]
        proposed = case.history[-1]["move"] == "propose-unfounded"
        evidence: dict[str, Any] = {"evidence": RECORD}
        moves: list[tuple[Any, str, dict[str, Any]]]
        if case.state == Stage.PUSHED:
            moves = [(city.team, "accept", {})]
        elif case.state == Stage.ACCEPTED:
            verdict, said = position_of(case)
            self.truth.note(city, f"inspect-{verdict}")
            moves = [(city.team, "inspect", {"officers": [f"o1-{city.code}", f"o2-{city.code}"], **said})]
        elif proposed:
            moves = [(city.team, "call-unfounded", {}), (city.chief, "call-unfounded", {})]
        elif real and self.rng.random() < city.honesty:
            found = check_list_of(case, self.facts, self.now, problem=True)
            moves = [(city.team, "confirm", {"conclusion": "属实", "check_list": found, **evidence})]
        else:
            found = check_list_of(case, self.facts, self.now, problem=False)
            moves = [(city.team, "propose-unfounded", {"code": "no-trace", "check_list": found, **evidence})]
        if "evidence" in moves[0][2] and not any(entry["move"] == "attach" for entry in case.history):
            piece = {"piece": a_piece("record", subject=f"lead/{case.id}")}
            command = Command("attach", city.team, self.now, "", piece)
            step = await self.leads.move(EVERYTHING, case.id, command, case.rev, "")
            assert isinstance(step, CaseStep), step
            case = step.case
        for actor, move, fields in moves:  # the first of two is the person who may not decide
            command = Command(move, actor, self.now, "现场检查", fields)
            answer = await self.leads.move(
                EVERYTHING, case.id, command, case.rev, f"{case.id}-{case.rev}-{actor.actor_id}"
            )
            if isinstance(answer, CaseStep):
                self.truth.note(city, move)
                if move == "call-unfounded" and real:
                    self.truth.note(city, "falsely-unfounded")
                return
            self.truth.note(city, "refused")

    async def _issues_go_on(self, *, hurry: bool) -> None:
        for issue_id, city in list(self._live_issues.items()):
            issue: Issue = self.store.issues.rows[issue_id]
            if issue.state in (State.CLOSED, State.ARCHIVED, State.VOIDED):
                await self._perhaps_back(issue, city)
            elif issue.state == State.SPOT_CHECK:
                self._look_again(issue, city)
            elif self.rng.random() < (0.9 if hurry else city.diligence * 0.4):
                self._issue_move(issue, city)

    def _issue_move(self, issue: Issue, city: City) -> None:
        wish = next_wish(issue, city, self.now, self.rng)
        if wish is None:
            return
        actor, move, reason, fields = wish
        facts = self.facts
        if move == "request-close":
            # Three days after the start the data are good, whether the fix is real or staged.
            waited = self.now - max(e["at_ms"] for e in issue.history if e["to_state"] == State.RECTIFYING)
            good = waited >= 3 * DAY_MS
            facts = replace(facts, compliance=Verdict(good, 72, 72 if good else 10, 1.0, "10 of 72 valid hours"))
            issue = self._with_evidence(issue, city, fields["evidence"])
        step = act(issue, Command(move, actor, self.now, reason, fields), f"{issue.head.rev}", facts)
        if not isinstance(step, Step):
            self.truth.note(city, "refused")
            return
        self._keep(step)
        self.truth.note(city, move)
        if move == "close":
            honest = self.rng.random() < city.honesty
            self.truth.fixed[issue.issue_id] = honest
            if not honest or self.rng.random() < 0.05:
                self.truth.relapse_at[issue.issue_id] = self.now + self.rng.randint(*self.plan.relapse_days) * DAY_MS

    def _with_evidence(self, issue: Issue, city: City, evidence: list[dict[str, str]]) -> Issue:
        """The issue with everything attached that the dossier will name."""
        there = {entry["fields"]["piece"]["evidence_id"] for entry in issue.history if entry["move"] == "attach"}
        for row in evidence:
            if row["id"] not in there:
                piece = {"piece": a_piece(row["kind"], row["id"], f"issue/{issue.issue_id}")}
                step = act(issue, Command("attach", city.plant, self.now, "", piece), "", self.facts)
                assert isinstance(step, Step), step
                self._keep(step)
                issue = step.issue
        return issue

    def _keep(self, step: Step) -> None:
        assert step.issue.head.rev == self.store.issues.rows[step.issue.issue_id].head.rev + 1
        self.store.events += len(step.outgoing)
        self.store.issues.put(step.issue.issue_id, replace(step.issue, outbox=(), requests=()))

    async def _perhaps_back(self, issue: Issue, city: City) -> None:
        at_ms = self.truth.relapse_at.get(issue.issue_id)
        season_ends = BEGIN_MS + self.plan.days * DAY_MS
        if at_ms is None or self.now < at_ms or self.now >= season_ends:
            return
        del self.truth.relapse_at[issue.issue_id]
        if issue.head.rule_id in RULES:
            self.truth.note(city, "came-back")
            await self._new_lead(city, issue.head.source_id, issue.head.rule_id)

    async def _recheck(self, city: City, tick: int) -> None:
        principal = Principal(MINISTRY, Role.MINISTRY, EVERYTHING)
        drawn = await self.rechecks.draw(principal, city.code, f"draw-{tick}")
        self.truth.counts["eligible"] += drawn.eligible
        for _ in drawn.issues:
            self.truth.note(city, "draw")

    def _look_again(self, issue: Issue, city: City) -> None:
        if self.rng.random() < 0.7:
            return
        fixed = self.truth.fixed[issue.issue_id]
        move = "pass-recheck" if fixed else "fail-recheck"
        step = act(issue, Command(move, SECOND_PROVINCE, self.now, "", {"conclusion": move}), "", self.facts)
        assert isinstance(step, Step), step
        self._keep(step)
        self.truth.note(city, move)

    def state_counts(self) -> dict[str, int]:
        """Issues by state."""
        return dict(Counter(str(issue.state) for issue in self.store.issues.rows.values()))

    def open_issues(self) -> int:
        """Issues not ended."""
        return sum(issue.state in OPEN_STATES for issue in self.store.issues.rows.values())

    def of_city(self, city: City) -> list[Issue]:
        """Issues of a city."""
        prefix = prefix_of(city.code)
        return [i for i in self.store.issues.rows.values() if i.head.place.division_code.startswith(prefix)]


def _team(city: City) -> Record:
    return _record(city, Kind.TEAM, f"team-{city.code}", {"name": city.code, "division_code": prefix_of(city.code)})


def _plants(city: City) -> list[Record]:
    """Every other enterprise of a city, with its coordinates; of the others the registry has none."""
    entity = {"name": "企业", "division_code": city.code, "latitude": PLANT[0], "longitude": PLANT[1]}
    return [_record(city, Kind.ENTERPRISE, f"{city.code}-e{plant}", entity) for plant in range(1, 40, 2)]


def _record(city: City, kind: Kind, id_: str, entity: dict[str, Any]) -> Record:
    made = change(
        None,
        kind,
        id_,
        entity,
        Validity(),
        Belongs("", "", city.code),
        actor=city.office,
        at_ms=BEGIN_MS,
    )
    assert made is not None
    return made


def _nothing() -> None:
    """Nobody waits for the outbox."""
