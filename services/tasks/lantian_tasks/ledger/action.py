"""A person's move on an issue, from the decided command to the one write. Pure."""

from dataclasses import dataclass, replace

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Facts, shipped_facts
from lantian_tasks.ledger.history import digest, is_long
from lantian_tasks.ledger.intake import advance
from lantian_tasks.ledger.issue import Issue, Request, State, Step
from lantian_tasks.ledger.moves import Command, ProblemCode, Refused, decide

BOUNDED = frozenset(
    {
        *("note", "report", "record-peers", "suspend", "refuse", "reassign", "receive", "attach"),
        *("deny-void", "withdraw-void"),
    }
)
"""Moves that people may repeat without end. What leads out stays possible."""


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The same Idempotency-Key came with another request."""


def fingerprint(command: Command) -> str:
    """Of what makes two requests the same."""
    return digest(command.asked())


def earlier(issue: Issue, key: str, command: Command) -> Request | KeyReused | None:
    """The request that used this key before, by the same principal on this issue."""
    for request in issue.requests:
        if request.key == key and request.principal_id == command.actor.actor_id:
            return request if request.fingerprint == fingerprint(command) else KeyReused()
    return None


def act(issue: Issue, command: Command, key: str, facts: Facts | None = None) -> Step | Refused:
    """The write that a command leads to, remembered under its Idempotency-Key unless that is empty.

    `facts` are by default the shipped rules.
    """
    facts = facts or shipped_facts()
    if command.move in BOUNDED and is_long(issue.history, facts.policy.issue.most_entries):
        return Refused(
            ProblemCode.TOO_LONG,
            Both(f"the history has {len(issue.history)} entries; open a child issue", "记录已满，请另立子问题"),
        )
    entry = decide(issue, command, facts)
    if isinstance(entry, Refused):
        return entry
    rev = issue.head.rev + 1
    head = replace(issue.head, rev=rev, state=State(entry.to_state), changed_ms=command.at_ms)
    request = Request(key, command.actor.actor_id, fingerprint(command), len(issue.history) + 1, rev) if key else None
    return advance(replace(issue, head=head), entry, facts, outcome=entry.kind, request=request)
