"""Which closed issues are looked at again 抽查复核: a seeded draw, weighted by city. Pure.

Duty: S3 （八）, harder for cities with 现场检查应付、问题排查不实、整改落实不力. Rates: reference 4.5,
from policy.yaml. Anybody who knows the seed and the rate can draw the sample again.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lantian_tasks.clocks.policy import Recheck
from lantian_tasks.ledger.issue import Head


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a city has done so far; shares from 0 to 1."""

    perfunctory: float = 0.0
    false_unfounded: float = 0.0
    failed_recheck: float = 0.0
    overdue_share: float = 0.0


def rate(conduct: Conduct, rules: Recheck) -> float:
    """The share of a city's closed issues that is drawn."""
    weights = rules.weights
    grown = rules.base_rate * (
        1
        + weights["perfunctory"] * conduct.perfunctory
        + weights["false_unfounded"] * conduct.false_unfounded
        + weights["failed_recheck"] * conduct.failed_recheck
        + weights["overdue_share"] * conduct.overdue_share
    )
    return min(rules.highest_rate, max(rules.base_rate, grown))


def place_of(seed: str, id_: str) -> float:
    """Where an issue lies between 0 and 1 in the draw of a seed."""
    digest = hashlib.sha256(f"{seed}|{id_}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def draw(ids: Iterable[str], share: float, seed: str) -> list[str]:
    """The sample, in the order of the draw. A higher rate draws the same ones and more."""
    placed = sorted((place_of(seed, id_), id_) for id_ in ids)
    return [id_ for place, id_ in placed if place < share]


def conduct_of(heads: Sequence[Head], unfounded: int = 0, overturned: int = 0, hasty: int = 0) -> Conduct:
    """The conduct of a city from its issues, and from its leads called unfounded.

    `overturned` of `unfounded` were found wrong, `hasty` were judged within minutes of receipt.
    """
    rechecked = sum("rechecked" in head.standing.flags for head in heads)
    failed = sum("false-rectification" in head.standing.flags for head in heads)
    overdue = sum("escalated" in head.standing.flags for head in heads)
    return Conduct(
        perfunctory=_share(hasty, unfounded),
        false_unfounded=_share(overturned, unfounded),
        failed_recheck=_share(failed, rechecked),
        overdue_share=_share(overdue, len(heads)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
