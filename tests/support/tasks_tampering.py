"""What somebody with the keys of the store may do to a chain of the audit, entry by entry; places count from 0."""

from collections.abc import Callable
from typing import Any

from lantian_tasks.audit.chain import Head, digest

Row = dict[str, Any]
Tamper = Callable[[list[Row], int], list[Row]]


def resealed(rows: list[Row], begin: int) -> list[Row]:
    """Written anew from a place on, by somebody who knows how: the chain holds in itself."""
    done = rows[:begin]
    for row in rows[begin:]:
        anew = {**row, "sequence": len(done) + 1, "previous_hash": done[-1]["hash"] if done else Head().hash}
        del anew["hash"]
        done.append({**anew, "hash": digest(anew)})
    return done


def changed(rows: list[Row], at: int) -> list[Row]:
    """One field of an entry is another."""
    return [*rows[:at], {**rows[at], "actor_id": "somebody"}, *rows[at + 1 :]]


def deleted(rows: list[Row], at: int) -> list[Row]:
    """An entry is gone."""
    return rows[:at] + rows[at + 1 :]


def inserted(rows: list[Row], at: int) -> list[Row]:
    """An entry too many, which the store's own unique indexes let in, and all after it sealed anew."""
    return resealed([*rows[:at], {**rows[at], "subject_sequence": 999}, *rows[at:]], at)


def swapped(rows: list[Row], at: int) -> list[Row]:
    """Two neighbours have each other's place."""
    one, other = rows[at], rows[at + 1]
    places = ({**other, "sequence": one["sequence"]}, {**one, "sequence": other["sequence"]})
    return [*rows[:at], *places, *rows[at + 2 :]]


def cut_off(rows: list[Row], at: int) -> list[Row]:
    """The tail is gone."""
    return rows[:at]


def rewritten(rows: list[Row], at: int) -> list[Row]:
    """An entry is another, and all after it sealed anew."""
    return resealed(changed(rows, at), at)


WAYS: dict[str, Tamper] = {
    "change": changed,
    "deletion": deleted,
    "insertion": inserted,
    "swap": swapped,
    "truncation": cut_off,
    "rewriting": rewritten,
}
