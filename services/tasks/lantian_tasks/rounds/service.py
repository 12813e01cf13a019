"""Rounds against the store: built from what is screened, started by pushing, closed when every lead has its result.

A round is started by a person, or at its time by the timekeeper; either way by one write on the revision that was read.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from lantian_kit.clock import Clock
from lantian_kit.worker import Unavailable
from lantian_proto.both import Both
from lantian_tasks.access.scope import EVERYTHING, Scope, prefix_of
from lantian_tasks.case_writer import CaseWriter
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.moves import LEAD, Stage
from lantian_tasks.ledger.case import Case, CaseStep, act, write
from lantian_tasks.ledger.history import Actor, is_long
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.machine import Command, ProblemCode, Refused
from lantian_tasks.pages import pages, place_by_score, place_of_case
from lantian_tasks.ports import CaseQuery, RecordQuery, Store
from lantian_tasks.registry.record import Kind as RecordKind
from lantian_tasks.rounds.build import Preview, Progress, preview, progress
from lantian_tasks.rounds.duty import NOBODY, Recipients, recipients
from lantian_tasks.rounds.moves import ROUND, RoundState, first_entry, must_follow
from lantian_tasks.rounds.start import FAILED, NOT_BUILT, TOO_LATE, again_ms, cause_of, failure, is_too_late

A_PAGE = 1000
"""Rows read at once; there may be more pages."""
READ_AT_ONCE = 20
ATTEMPTS = 20
REPEATABLE = frozenset({"build", "note"})
"""Moves that people may repeat without end: each takes room in the document, a build up to 40 KB of it."""


class Rounds:
    """`written` is called after each write."""

    def __init__(self, store: Store, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._written = written
        self._writer = CaseWriter(store, written)

    async def create(self, case: Case, actor: Actor) -> CaseStep | None:
        """A new round; None: its id exists. Raises Unavailable."""
        step = write(case, first_entry(case, actor, self._clock.now_ms()), ROUND, self._facts)
        return await self._writer.opened(step)

    async def preview(self, case: Case) -> Preview:
        """What a build would take now."""
        wanted = CaseQuery(
            EVERYTHING,
            "lead",
            A_PAGE,
            states=(Stage.SCREENED,),
            division_prefix=prefix_of(str(case.keys["division_code"])),
            order="score",
        )
        leads = await self._pages(wanted)
        return preview(leads, quota=int(case.data["quota"]), score_cut=float(case.data["score_cut"]))

    async def leads(self, round_id: str) -> list[Case]:
        """The leads of a round, whole."""
        found = await self._pages(CaseQuery(EVERYTHING, "lead", A_PAGE, keys={"round_id": round_id}))
        whole: list[Case | None] = []
        for at in range(0, len(found), READ_AT_ONCE):
            some = found[at : at + READ_AT_ONCE]
            whole += await asyncio.gather(*(self._store.case(case.case_id, EVERYTHING) for case in some))
        return [case for case in whole if case is not None]

    async def _pages(self, query: CaseQuery) -> list[Case]:
        """All cases of a query, page by page."""
        place = place_by_score if query.order == "score" else place_of_case
        read = pages(lambda after: self._store.cases(replace(query, after=after)), query.limit, place)
        return [case async for page in read for case in page]

    async def progress(self, round_id: str) -> Progress:
        """How far a round is."""
        return progress(await self.leads(round_id))

    async def recipients(self, division_code: str) -> Recipients:
        """Teams of the city and its counties, by id; a round without one on duty can not start (T3)."""
        now_ms, city = self._clock.now_ms(), prefix_of(division_code)
        teams = await self._store.page(RecordQuery(EVERYTHING, RecordKind.TEAM, A_PAGE, division_prefix=city))
        rosters = await self._store.page(RecordQuery(EVERYTHING, RecordKind.DUTY_ROSTER, A_PAGE, division_prefix=city))
        return recipients(teams, rosters, city, now_ms)

    async def move(self, scope: Scope, round_id: str, command: Command, rev: int, key: str) -> CaseStep | Refused | int:
        """As for leads. `build` takes what the preview shows, `start` the teams of the city, `close` what waits.

        Raises LookupError when there is no such round in the scope, Unavailable.
        """
        case = await self._writer.seen(scope, f"round/{round_id}", rev)
        if isinstance(case, int):
            return case
        if command.move in REPEATABLE and is_long(case.history, self._facts.policy.issue.most_entries):
            return Refused(
                ProblemCode.TOO_LONG,
                Both(f"the history has {len(case.history)} entries; plan another round", "记录已满，请另建轮次"),
            )
        filled = await self._filled(case, command)
        if command.move == "build" and not filled.fields["leads"]:
            return Refused(
                ProblemCode.GUARD,
                Both(
                    "there is nothing to take: no screened lead of the city has the score",
                    "该城市没有达到分数的已筛查线索",
                ),
            )
        answer = await self._writer.advanced(act(case, filled, key, ROUND, self._facts, asked=command))
        if isinstance(answer, CaseStep):
            await self.carry_out(answer.case)
        return answer

    async def _filled(self, case: Case, command: Command) -> Command:
        fields = dict(command.fields)
        if command.move == "build":
            # Leads of an earlier build of the same round are in it already.
            mine = [lead.id for lead in await self.leads(case.id) if lead.state == Stage.IN_ROUND]
            found = (await self.preview(case)).chosen
            room = max(0, int(case.data["quota"]) - len(mine))
            fields["leads"] = mine + [lead.id for lead in found[:room]]
        elif command.move == "start":
            teams = await self.recipients(str(case.keys["division_code"]))
            fields |= {"recipients": list(teams.on_duty) or [NOBODY], "off_duty": list(teams.off_duty) or [NOBODY]}
            fields["ready"] = await self._ready(case)
        elif command.move == "close":
            fields["waiting"] = (await self.progress(case.id)).waiting
        return replace(command, fields=fields)

    async def _ready(self, case: Case) -> int:
        """Leads that a start would push: some may have been voided or merged since it was built."""
        if must_follow(case):
            return len(case.data["leads"])
        wanted = CaseQuery(EVERYTHING, "lead", 0, states=(Stage.IN_ROUND,), keys={"round_id": case.id})
        return sum((await self._store.count_cases(wanted, ())).values())

    async def by_itself(self, case: Case, fence: int) -> str:
        """What a round has left to do at its time, as one write; empty: somebody was faster, nothing was written.

        followed: its leads are where it is; start; start-failed: sealed that it can not; put-off: said already, it is
        tried again later. Raises Unavailable.
        """
        if must_follow(case):
            await self.carry_out(case)
            return "followed"
        now_ms, rules = self._clock.now_ms(), self._facts.policy.rounds.start
        start = await self._filled(case, Command("start", SYSTEM, now_ms))
        if case.state == RoundState.DRAFT:
            cause, next_ms = NOT_BUILT, 0
        elif is_too_late(case, now_ms, rules):
            cause, next_ms = TOO_LATE, 0
        else:
            cause, next_ms = cause_of(start.fields, NOBODY), again_ms(case, now_ms, rules)
        command = failure(case, cause, now_ms, next_ms) if cause else start
        if command is None:
            return "put-off" if await self._store.postpone_case(case.case_id, case.rev, next_ms, fence) else ""
        step = act(case, command, "", ROUND, self._facts)
        assert isinstance(step, CaseStep), step  # a built one starts unless there is a cause
        if not await self._store.advance_case(step, fence):
            return ""
        self._written()
        return FAILED if cause else command.move

    async def carry_out(self, case: Case) -> int:
        """Brings the leads to where the round is; the number that moved. Doing it again changes nothing."""
        moved = 0
        if case.state == RoundState.BUILT:
            moved = await self._each(case, case.data["leads"], "take", "")
        elif case.state == RoundState.STARTED:
            moved = await self._each(case, case.data["leads"], "push", "")
        elif case.state == RoundState.CANCELLED:
            moved = await self._each(case, case.data["leads"], "drop", "轮次取消")
        for _ in range(ATTEMPTS):
            current = await self._store.case(case.case_id, EVERYTHING)
            if current is None or current.state != case.state or not must_follow(current):
                return moved
            command = Command("carry-out", SYSTEM, self._clock.now_ms(), "", {"moved": moved})
            step = act(current, command, "", ROUND, self._facts)
            assert isinstance(step, CaseStep), step
            if await self._store.advance_case(step):
                self._written()
                return moved
        raise Unavailable(f"{case.case_id} moved on {ATTEMPTS} times while it was carried out")

    async def _each(self, case: Case, lead_ids: Sequence[str], move: str, reason: str) -> int:
        moved = 0
        fields: dict[str, object] = {"round_id": case.id}
        if move == "push":
            fields["recipients"] = case.data["recipients"]
        for lead_id in lead_ids:
            for _ in range(ATTEMPTS):
                lead = await self._store.case(f"lead/{lead_id}", EVERYTHING)
                mine = lead is not None and lead.keys["round_id"] in ("", case.id)
                if lead is None or not mine:
                    break
                if move == "push" and case.by_ministry and not lead.by_ministry:
                    lead = _ministrys(lead)
                step = act(lead, Command(move, SYSTEM, self._clock.now_ms(), reason, fields), "", LEAD, self._facts)
                if isinstance(step, Refused):
                    break  # it is there already, or has gone another way meanwhile
                if await self._store.advance_case(step):
                    moved += 1
                    break
        if moved:
            self._written()
        return moved


def _ministrys(lead: Case) -> Case:
    return replace(lead, data={**lead.data, "by_ministry": True})
