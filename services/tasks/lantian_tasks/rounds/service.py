"""Rounds against the store: built from what is screened, started by pushing, closed when every lead has its result."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from lantian_kit.clock import Clock
from lantian_kit.worker import Unavailable
from lantian_tasks.access.scope import EVERYTHING, Scope, prefix_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.moves import LEAD, Stage
from lantian_tasks.ledger.case import Case, CaseStep, act, write
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.machine import Command, Refused
from lantian_tasks.ports import CaseQuery, RecordQuery, Store
from lantian_tasks.registry.record import Kind as RecordKind
from lantian_tasks.rounds.build import Preview, Progress, preview, progress
from lantian_tasks.rounds.duty import NOBODY, Recipients, recipients
from lantian_tasks.rounds.moves import ROUND, RoundState, first_entry

MOST_LEADS = 1000
ATTEMPTS = 20


class Rounds:
    """`written` is called after each write."""

    def __init__(self, store: Store, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._written = written

    async def create(self, case: Case, actor: Actor) -> CaseStep | None:
        """A new round; None: its id exists. Raises Unavailable."""
        step = write(case, first_entry(case, actor, self._clock.now_ms()), ROUND, self._facts)
        if not await self._store.open_case(step):
            return None
        self._written()
        return step

    async def preview(self, case: Case) -> Preview:
        """What a build would take now."""
        wanted = CaseQuery(
            EVERYTHING,
            "lead",
            MOST_LEADS,
            states=(Stage.SCREENED,),
            division_prefix=prefix_of(str(case.keys["division_code"])),
            order="score",
        )
        leads = await self._store.cases(wanted)
        return preview(leads, quota=int(case.data["quota"]), score_cut=float(case.data["score_cut"]))

    async def leads(self, round_id: str) -> list[Case]:
        """The leads of a round, whole."""
        found = await self._store.cases(CaseQuery(EVERYTHING, "lead", MOST_LEADS, keys={"round_id": round_id}))
        whole = [await self._store.case(case.case_id, EVERYTHING) for case in found]
        return [case for case in whole if case is not None]

    async def progress(self, round_id: str) -> Progress:
        """How far a round is."""
        return progress(await self.leads(round_id))

    async def recipients(self, division_code: str) -> Recipients:
        """Teams of the city and its counties, by id; a round without one on duty can not start (T3)."""
        now_ms, city = self._clock.now_ms(), prefix_of(division_code)
        teams = await self._store.page(RecordQuery(EVERYTHING, RecordKind.TEAM, MOST_LEADS))
        rosters = await self._store.page(RecordQuery(EVERYTHING, RecordKind.DUTY_ROSTER, MOST_LEADS))
        return recipients(teams, rosters, city, now_ms)

    async def move(self, scope: Scope, round_id: str, command: Command, rev: int, key: str) -> CaseStep | Refused | int:
        """As for leads. `build` takes what the preview shows, `start` the teams of the city, `close` what waits.

        Raises LookupError when there is no such round in the scope, Unavailable.
        """
        case = await self._store.case(f"round/{round_id}", scope)
        if case is None:
            raise LookupError(round_id)
        if case.rev != rev:
            return case.rev
        step = act(case, await self._filled(case, command), key, ROUND, self._facts, asked=command)
        if isinstance(step, Refused):
            return step
        if not await self._store.advance_case(step):
            return rev + 1
        self._written()
        await self.carry_out(step.case)
        return step

    async def _filled(self, case: Case, command: Command) -> Command:
        fields = dict(command.fields)
        if command.move == "build":
            # Leads of an earlier build of the same round are in it already.
            mine = [lead.id for lead in await self.leads(case.id) if lead.state == Stage.IN_ROUND]
            found = (await self.preview(case)).chosen
            room = max(0, int(case.data["quota"]) - len(mine))
            fields["leads"] = (mine + [lead.id for lead in found[:room]])[:50]
        elif command.move == "start":
            teams = await self.recipients(str(case.keys["division_code"]))
            fields |= {"recipients": list(teams.on_duty) or [NOBODY], "off_duty": list(teams.off_duty) or [NOBODY]}
        elif command.move == "close":
            fields["waiting"] = (await self.progress(case.id)).waiting
        return Command(command.move, command.actor, command.at_ms, command.reason, fields)

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
            if current is None or current.state != case.state or not current.timer_ms:
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
