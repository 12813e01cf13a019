"""Whether an issue still says what was sealed. Pure.

Beyond the chain itself: the state, the lead and the frames of the document must be the ones its entries speak of. A
tail cut off together with its traces in the document passes; that needs an anchor outside of the store, which does
not exist yet.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.ledger.history import SealedEntry, verify
from lantian_tasks.ledger.intake import bounded, promoted
from lantian_tasks.ledger.issue import Issue, Pointer


@dataclass(frozen=True, slots=True)
class Examination:
    """`broken_entry` is the index (from 0) of the first entry that fails; `objections` say what else differs."""

    entries: int
    broken_entry: int | None
    objections: tuple[str, ...]
    head_hash: str

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return self.broken_entry is None and not self.objections


def examine(issue: Issue) -> Examination:
    """Checks the chain and what hangs on it."""
    broken = verify(issue.history, issue.issue_id)
    objections = () if broken is not None else tuple(_objections(issue))
    head_hash = issue.history[-1]["hash"] if issue.history and broken is None else ""
    return Examination(len(issue.history), broken, objections, head_hash)


def _objections(issue: Issue) -> list[str]:
    found: list[str] = []
    if not issue.history:
        return ["the history is empty"]
    if issue.head.rev != len(issue.history):
        found.append(f"revision {issue.head.rev} does not follow from {len(issue.history)} entries")
    if issue.history[-1]["to_state"] != issue.state:
        found.append(f"the state is {issue.state}, the last entry says {issue.history[-1]['to_state']}")
    leads = [entry for entry in issue.history if "lead_sha256" in entry["fields"]]
    if not leads or leads[-1]["fields"]["lead_sha256"] != hashlib.sha256(issue.lead).hexdigest():
        found.append("the lead is not the one that was sealed")
    else:
        said = promoted(Lead.FromString(issue.lead))
        found += [f"{name} is not what the lead says" for name in said if getattr(issue.head, name) != said[name]]
    return found + _frame_objections(issue, leads)


def _frame_objections(issue: Issue, leads: Sequence[SealedEntry]) -> list[str]:
    sealed = {row["pointer"]: row["sha256"] for entry in leads for row in entry["fields"]["frames"]}
    found = []
    for frame in issue.frames:
        if sealed.get(str(frame.pointer)) != frame.sha256:
            found.append(f"frame {frame.pointer} was never sealed")
        elif hashlib.sha256(frame.data).hexdigest() != frame.sha256:
            found.append(f"frame {frame.pointer} is not the one that was sealed")
    due = bounded(_pointer(text) for text in sealed)
    kept = {frame.pointer for frame in issue.frames}
    found += [f"frame {pointer} is missing" for pointer in due if pointer not in kept]
    return found


def _pointer(text: str) -> Pointer:
    topic, partition, offset = text.rsplit("/", 2)
    return Pointer(topic, int(partition), int(offset))
