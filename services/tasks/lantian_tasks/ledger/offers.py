"""What somebody may do with an issue or a lead at this moment, so that a form can be made of it. Pure.

The machine decides anew when the move is made: an offer promises nothing, it only spares a person the vain try.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger import cases as c
from lantian_tasks.ledger import guards as g
from lantian_tasks.ledger import stop_orders as o
from lantian_tasks.ledger import voiding as v
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Command, Guard, Move, Situation, Subject

WITHOUT_INPUT: frozenset[Guard] = frozenset(
    {
        g.planned,
        g.instant,
        g.is_asked,
        g.not_rectifier,
        g.not_planner,
        g.not_assigner,
        g.not_finder,
        g.not_fixer,
        g.not_verifier,
        g.not_failed,
        g.province_wanted,
        g.province_done,
        g.publicised,
        c.case_open,
        c.case_decided,
        c.not_suspended,
        c.is_suspended,
        c.case_suspends,
        g.acknowledged_once,
        c.is_fraud,
        v.none_proposed,
        v.by_another,
        v.by_proposer,
        o.some_in_force,
        o.all_lifted,
    }
)
"""Guards that judge persons and state alone; the others need what will be typed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that state and role allow. `barred`: why a guard would refuse it all the same; empty: nothing known."""

    move: Move
    barred: str


def offers(
    moves: Mapping[str, Move],
    subject: Subject,
    actor: Actor,
    at_ms: int,
    facts: Facts,
    judged: frozenset[Guard] = WITHOUT_INPUT,
) -> list[Offer]:
    """The moves of a table that `actor` may ask for now, in the table's order; `judged` are asked for objections."""
    found = []
    for move in moves.values():
        if actor.role not in move.roles or subject.state not in move.from_states:
            continue
        if any(row.kind == "piece" for row in move.fields):
            continue  # no form makes it: it follows from sending a file
        situation = Situation(subject, Command(move.name, actor, at_ms), facts)
        objections = (guard(situation) for guard in move.guards if guard in judged)
        found.append(Offer(move, next((text for text in objections if text is not None), "")))
    return found
