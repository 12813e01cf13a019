"""Leads against the store: taken in, screened, moved by people, turned into issues.

Each step is one write of one document. What concerns a second document (the issue of a confirmed lead, the parent of
a relapse) has an id that follows from the first, so doing it again changes nothing, and a timer of the first document
stands until it was done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lantian_kit.clock import Clock
from lantian_kit.worker import Unavailable
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.scope import EVERYTHING, Scope
from lantian_tasks.case_writer import CaseWriter
from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.evidence.site import site_of
from lantian_tasks.leads.bring import bring, case_id_of, manual_lead, update
from lantian_tasks.leads.inspection import inspection_of
from lantian_tasks.leads.moves import ANSWERS_AGAIN, BECOMES_ISSUE, LEAD, Stage
from lantian_tasks.leads.screening import Listed, Mode, not_the_same, screen
from lantian_tasks.ledger.action import act as act_on_issue
from lantian_tasks.ledger.case import Case, CaseStep, act, joined
from lantian_tasks.ledger.intake import EACH_UPDATE, LATER_EVERY_MS, SYSTEM, Repeated, bounded, fold, issue_id_of
from lantian_tasks.ledger.issue import GRAVEST, Frame, Issue, Origin, Place, State
from lantian_tasks.ledger.machine import Command, ProblemCode, Refused
from lantian_tasks.ports import CaseQuery, IssueQuery, Store
from lantian_tasks.registry.homes import Homes
from lantian_tasks.registry.lists import lists_of
from lantian_tasks.registry.record import Belongs

ATTEMPTS = 20
"""Writes of one document before it goes back to the queue: others keep moving it."""
VERDICTS = {"pass": "pass", "screen": "screen", "remind": "remind-online", "duplicate": "mark-duplicate"}
"""The move that a verdict of screening leads to."""
RELAPSING = (State.CLOSED, State.SPOT_CHECK, State.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Brought:
    """A lead as it is now, and what became of the message: candidate, updated, repeated, older, condensed, merged."""

    case: Case
    outcome: str


class Leads:
    """`mode` says which leads of detectors pass by themselves; `written` is called after each write."""

    def __init__(self, store: Store, clock: Clock, facts: Facts, mode: Mode, written: Callable[[], None]) -> None:
        self._store = store
        self._homes = Homes(store)
        self._clock = clock
        self._facts = facts
        self._mode = mode
        self._written = written
        self._writer = CaseWriter(store, written)

    async def take(self, lead: Lead, value: bytes, frames: Sequence[Frame], place: Place) -> Brought:
        """A message of a detector. Raises Unavailable."""
        case_id = case_id_of(lead.lead_id)
        for _ in range(ATTEMPTS):
            case = await self._store.case(case_id, EVERYTHING)
            if case is None:
                step = bring(lead, value, frames, place, self._facts, SYSTEM, self._clock.now_ms())
                case = await self.receive(step)
                if case is not None:
                    return Brought(case, "candidate")
                continue
            known = int(case.data["lead_revision"])
            if case.state in BECOMES_ISSUE or lead.revision <= known:
                await self.at_home(str(case.keys["enterprise_id"]), str(case.keys["division_code"]))
                return Brought(case, "repeated" if lead.revision == known else "older")
            if known >= EACH_UPDATE and lead.end_ms < int(case.keys["end_ms"]) + LATER_EVERY_MS:
                return Brought(case, "condensed")
            kept = {frame.pointer: frame for frame in (*case.frames, *frames)}
            bounded_frames = [kept[pointer] for pointer in bounded(kept)]
            step = update(case, lead, value, bounded_frames, self._facts, self._clock.now_ms(), SYSTEM)
            if await self._store.advance_case(step):
                self._written()
                return Brought(step.case, "updated")
        raise Unavailable(f"{case_id} moved on {ATTEMPTS} times while a lead was written")

    async def receive(self, step: CaseStep) -> Case | None:
        """Screens a new candidate and writes both as one; None: it exists already. Raises Unavailable."""
        step = await self._screened(step)
        opened = await self._store.open_case(step)
        if opened:
            self._written()
        await self.at_home(str(step.case.keys["enterprise_id"]), str(step.case.keys["division_code"]))
        return step.case if opened else None

    async def at_home(self, enterprise_id: str, division_code: str) -> None:
        """A lead or an issue was written as lying there: if its enterprise has moved meanwhile it is brought along.

        Also asked when a message comes again: the process that wrote may have ended before. Raises Unavailable.
        """
        await self._homes.settle([Belongs("", enterprise_id, division_code)])

    async def _screened(self, step: CaseStep) -> CaseStep:
        case, at_ms = step.case, self._clock.now_ms()
        passes = self._facts.policy.passing(self._mode, case.category, case.gravity)
        similar: list[Case] = []
        listed = Listed()
        if not (case.keys["channel"] == "detector" and passes):  # what passes is not held up by two look-ups
            since_ms = at_ms - self._facts.policy.screening.dedupe_hours * HOUR_MS
            same = {"dedupe": str(case.keys["dedupe"])}
            similar = list(
                await self._store.cases(
                    CaseQuery(EVERYTHING, "lead", 10, states=ANSWERS_AGAIN, keys=same, since_ms=since_ms)
                )
            )
            listed = await self._listed(str(case.keys["enterprise_id"]), at_ms)
        verdict = screen(case, similar, listed=listed, mode=self._mode, facts=self._facts)
        if verdict is None:
            return step
        move = VERDICTS[verdict.verdict]
        fields = {"of": verdict.of} if verdict.of else {}
        suppressed = {"suppressed": verdict.suppressed} if verdict.suppressed else {}
        case = replace(case, data={**case.data, **suppressed})
        done = act(case, Command(move, SYSTEM, at_ms, verdict.reason, fields), "", LEAD, self._facts)
        assert isinstance(done, CaseStep), done  # the table lets a candidate do each of the three
        if verdict.verdict == "pass":
            # The message of the detector comes again until the issue is there, so nothing else has to remember it.
            fields = {"issue_id": issue_id_of(case.id)}
            noted = act(done.case, Command("register", SYSTEM, at_ms, "", fields), "", LEAD, self._facts)
            assert isinstance(noted, CaseStep), noted
            done = joined(done, noted)
        if verdict.of:
            await self._merge(verdict.of, case)
        return joined(step, done)

    async def _merge(self, lead_id: str, case: Case) -> None:
        """Tells the lead that was there first; told twice it says so twice, which does no harm."""
        other = await self._store.case(case_id_of(lead_id), EVERYTHING)
        text = Lead.FromString(case.blob).summary.zh or case.id
        if other is None:
            return
        fields = {"channel": str(case.keys["channel"]), "text": text[:4000]}
        step = act(other, Command("merge", SYSTEM, self._clock.now_ms(), "", fields), "", LEAD, self._facts)
        if isinstance(step, CaseStep):
            await self._store.advance_case(step)  # somebody was faster: the duplicate names it all the same

    async def _listed(self, enterprise_id: str, at_ms: int) -> Listed:
        """A grave issue ends the entry whatever the list still says: lists are imported again, issues stay (4.5)."""
        if "positive" not in await lists_of(self._store, enterprise_id):
            return Listed()
        rules = self._facts.policy.screening
        grave = IssueQuery(
            EVERYTHING,
            1,
            states=tuple(state for state in State if state is not State.VOIDED),
            severities=tuple(range(rules.positive_list_severity, GRAVEST + 1)),
            enterprise_id=enterprise_id,
            since_ms=at_ms - rules.positive_list_days * DAY_MS,
        )
        heads = await self._store.heads(grave)
        return Listed(True, heads[0].number if heads else "")

    async def move(self, scope: Scope, lead_id: str, command: Command, rev: int, key: str) -> CaseStep | Refused | int:
        """A move of a person on the revision they saw; an int is the revision that is there now. Raises Unavailable.

        Raises LookupError when there is no such lead in the scope.
        """
        case = await self._writer.seen(scope, case_id_of(lead_id), rev)
        if isinstance(case, int):
            return case
        facts = self._facts
        if command.move == "inspect":
            keys = case.keys
            site = await site_of(self._store, str(keys["source_id"]), str(keys["enterprise_id"]))
            facts = replace(facts, site=site)
        step = act(case, command, key, LEAD, facts)
        if isinstance(step, Refused):
            return step
        if command.move == "mark-duplicate":
            first = await self._store.case(case_id_of(command.fields["of"]), scope)
            objection = not_the_same(case, first, command.actor.role)
            if objection:
                return Refused(ProblemCode.FIELD_INVALID, objection, "of")
        answer = await self._writer.advanced(step)
        if not isinstance(answer, CaseStep):
            return answer
        if command.move == "mark-duplicate":
            await self._merge(command.fields["of"], case)
        await self.settle(answer.case)
        return answer

    async def settle(self, case: Case) -> str:
        """What a move leaves to do: the issue of a confirmed lead, the same lead for another city.

        Returns the outcome of the issue, else the state. Doing it again changes nothing. Raises Unavailable.
        """
        if case.state == Stage.TRANSFERRED:
            await self._note(case, "hand-over", "handed_to", lead_id=await self._hand_over(case))
        if case.state not in BECOMES_ISSUE:
            return case.state
        lead = Lead.FromString(case.blob)
        place = Place(
            *(str(case.keys[n]) for n in ("enterprise_id", "enterprise_name", "source_name", "division_code"))
        )
        outcome = await self.into_issue(case, lead, case.blob, case.frames, place)
        await self._note(case, "register", "issue_id", issue_id=issue_id_of(lead.lead_id))
        return outcome

    async def _note(self, case: Case, move: str, known_by: str, **fields: str) -> None:
        """Says in the lead that what it left to do is done."""
        for _ in range(ATTEMPTS):
            current = await self._store.case(case.case_id, EVERYTHING)
            if current is None or current.data.get(known_by):
                return
            command = Command(move, SYSTEM, self._clock.now_ms(), "", fields)
            step = act(current, command, "", LEAD, self._facts)
            assert isinstance(step, CaseStep), step
            if await self._store.advance_case(step):
                self._written()
                return
        raise Unavailable(f"{case.case_id} moved on {ATTEMPTS} times while {move} was written")

    async def _hand_over(self, case: Case) -> str:
        """The lead for the other city; its id."""
        before = Lead.FromString(case.blob)
        lead = manual_lead(
            channel="transfer",
            reference=case.id,
            category=case.category,
            severity=case.gravity,
            source_id=str(case.keys["source_id"]),
            enterprise_id=str(case.keys["enterprise_id"]),
            place=str(case.keys["source_name"]),
            text=before.summary.zh or before.title.zh,
            found_ms=before.end_ms,
        )
        place = Place("", "", str(case.keys["source_name"]), str(case.data["to_division"]))
        value = lead.SerializeToString(deterministic=True)
        category, now_ms = case.category, self._clock.now_ms()
        await self.receive(
            bring(
                lead,
                value,
                case.frames,
                place,
                self._facts,
                SYSTEM,
                now_ms,
                channel="transfer",
                category=category,
                by_ministry=case.by_ministry,
            )
        )
        return lead.lead_id

    async def into_issue(
        self, case: Case | None, lead: Lead, value: bytes, frames: Sequence[Frame], place: Place
    ) -> str:
        """A lead message into the issue of its lead: registered, episode-extended, …, repeated. Raises Unavailable.

        `case` None: the issue is there already.
        """
        for _ in range(ATTEMPTS):
            issue = await self._store.issue(issue_id_of(lead.lead_id), EVERYTHING)
            origin = await self._origin(case, lead) if issue is None and case is not None else None
            now_ms = self._clock.now_ms()
            step = fold(issue, lead, value, frames, place, now_ms, origin=origin, facts=self._facts)
            if isinstance(step, Repeated):
                return step.outcome
            if await (self._store.open(step) if issue is None else self._store.advance(step)):
                self._written()
                home = step.issue.head.place
                if issue is None or step.division_code != home.division_code:
                    await self.at_home(home.enterprise_id, home.division_code)
                return step.outcome
        raise Unavailable(f"issue of {lead.lead_id} moved on {ATTEMPTS} times while a lead was written")

    async def _origin(self, case: Case, lead: Lead) -> Origin:
        parent = await self._parent(case, lead)
        before = int(parent.history[0]["fields"].get("origin", {}).get("generation", 0)) if parent else -1
        return Origin(
            channel=str(case.keys["channel"]),
            category=case.category,
            parent_id=parent.issue_id if parent else "",
            generation=before + 1,
            round_id=str(case.keys["round_id"]),
            by_ministry=case.by_ministry,
            finders=tuple(case.data.get("finders", ())),
            inspection=inspection_of(case.history),
        )

    async def _parent(self, case: Case, lead: Lead) -> Issue | None:
        """The issue that has come back (T18): same source and rule, closed within the policy's days. What people report
        has no source of its own: there it is the same enterprise and category, whoever found it before.

        It is told before its child is there: told twice it stays as it is.
        """
        query = IssueQuery(EVERYTHING, 1, states=RELAPSING, source_id=lead.source_id, rule_id=lead.rule_id)
        if case.keys["channel"] != "detector" and case.keys["enterprise_id"]:
            enterprise = str(case.keys["enterprise_id"])
            query = IssueQuery(EVERYTHING, 1, states=RELAPSING, enterprise_id=enterprise, category=case.category)
        found: list[Any] = await self._store.heads(query)
        parent = await self._store.issue(found[0].issue_id, EVERYTHING) if found else None
        closed = next((e["at_ms"] for e in reversed(parent.history) if e["move"] == "close"), None) if parent else None
        since_ms = self._clock.now_ms() - self._facts.policy.issue.relapse_days * DAY_MS
        if parent is None or closed is None or closed < since_ms or lead.end_ms < closed:
            return None
        child = issue_id_of(lead.lead_id)
        if not any(e["move"] == "relapse" and e["fields"]["child"] == child for e in parent.history):
            command = Command("relapse", SYSTEM, self._clock.now_ms(), "", {"child": child})
            step = act_on_issue(parent, command, "", self._facts)
            if isinstance(step, Refused) or not await self._store.advance(step):
                raise Unavailable(f"{parent.issue_id} moved on while its relapse was written")
            self._written()
        return parent
