"""Voiding an issue takes two persons: one proposes with a reason, another voids. Pure.

Basis: reference 4.5: no delete, only void with reason; four eyes for whatever ends a problem without solving it.
Histories from before this rule hold a `void` without a proposal; they are read as they are, never decided again.
"""

from collections.abc import Sequence

from lantian_proto.both import Both
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Situation

ANSWERS = ("void", "deny-void", "withdraw-void")


def proposed(history: Sequence[SealedEntry]) -> SealedEntry | None:
    """The proposal that waits for an answer, or None."""
    entry = next((e for e in reversed(history) if e["move"] in ("propose-void", *ANSWERS)), None)
    return entry if entry is not None and entry["move"] == "propose-void" else None


def none_proposed(situation: Situation) -> str | None:
    """One proposal at a time."""
    return Both("voiding is proposed already", "已有一项作废提议等待决定") if proposed(situation.history) else None


def by_another(situation: Situation) -> str | None:
    """There is a proposal, and somebody else answers it."""
    entry = proposed(situation.history)
    if entry is None:
        return Both("nobody has proposed to void it", "没有待决定的作废提议")
    same = entry["actor"]["actor_id"] == situation.command.actor.actor_id
    return (
        Both("who proposed to void it can not decide that", "提议人不能决定自己的作废提议，须由另一人决定")
        if same
        else None
    )


def by_proposer(situation: Situation) -> str | None:
    """There is a proposal, and who made it takes it back."""
    entry = proposed(situation.history)
    if entry is None:
        return Both("nobody has proposed to void it", "没有待决定的作废提议")
    same = entry["actor"]["actor_id"] == situation.command.actor.actor_id
    return None if same else Both("only who proposed to void it takes that back", "只有提议人可以撤回作废提议")
