"""The hash chain: what it finds, and what it can not find."""

import copy
import hashlib
from typing import Any

import pytest

from lantian_tasks.ledger.history import GENESIS, Actor, Entry, SealedEntry, digest, seal, verify

ACTOR = Actor("office-1", "city-office", "石家庄市大气办")


def a_chain(length: int = 5, chain: str = "iss-1") -> list[SealedEntry]:
    """A history of notes."""
    history: list[SealedEntry] = []
    for number in range(length):
        entry = Entry(
            "noted", "registered", "registered", ACTOR, 1000 + number, f"note {number}", "note", {"n": number}
        )
        history.append(seal(chain, history, entry))
    return history


def test_a_sealed_entry_is_pinned() -> None:
    """The bytes that are hashed never change between releases."""
    first = a_chain(1)[0]
    canonical = (
        '{"actor":{"actor_id":"office-1","organisation":"石家庄市大气办","role":"city-office"},'
        '"algorithm":"sha-256 rfc8785","at_ms":1000,"chain":"iss-1","fields":{"n":0},"from_state":"registered",'
        '"kind":"noted","move":"note","previous_hash":"' + GENESIS + '","reason":"note 0","sequence":1,'
        '"to_state":"registered"}'
    )
    assert first["hash"] == hashlib.sha256(canonical.encode()).hexdigest()


def test_a_whole_chain_holds() -> None:
    """Also the empty one."""
    assert verify([]) is None
    assert verify(a_chain()) is None
    assert verify(a_chain(), "iss-1") is None


@pytest.mark.parametrize("index", range(5))
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reason", "another"),
        ("at_ms", 999),
        ("to_state", "closed"),
        ("actor", {"actor_id": "x", "role": "city-office", "organisation": ""}),
        ("fields", {"n": 99}),
        ("sequence", 77),
        ("algorithm", "none"),
        ("previous_hash", "f" * 64),
        ("hash", "f" * 64),
        ("chain", "iss-2"),
        ("added", "unseen"),
    ],
)
def test_a_changed_entry_is_found_where_it_is(index: int, key: str, value: Any) -> None:
    """Every key of every entry is under the hash."""
    history: list[dict[str, Any]] = copy.deepcopy(a_chain())  # type: ignore[arg-type]
    history[index][key] = value
    assert verify(history) == index


@pytest.mark.parametrize("index", range(5))
def test_a_missing_key_is_found(index: int) -> None:
    """Removing is changing."""
    history: list[dict[str, Any]] = copy.deepcopy(a_chain())  # type: ignore[arg-type]
    del history[index]["reason"]
    assert verify(history) == index


@pytest.mark.parametrize("index", range(4))
def test_a_deleted_entry_is_found(index: int) -> None:
    """The entry behind the gap does not fit."""
    history = a_chain()
    del history[index]
    assert verify(history) == index


@pytest.mark.parametrize("index", range(4))
def test_swapped_entries_are_found(index: int) -> None:
    """Order is under the hash."""
    history = a_chain()
    history[index], history[index + 1] = history[index + 1], history[index]
    assert verify(history) == index


@pytest.mark.parametrize("index", range(5))
def test_a_resealed_entry_breaks_the_next(index: int) -> None:
    """Who recomputes one hash must recompute all that follow."""
    history: list[dict[str, Any]] = a_chain()  # type: ignore[assignment]
    body = {key: value for key, value in history[index].items() if key != "hash"} | {"reason": "forged"}
    history[index] = {**body, "hash": digest(body)}
    assert verify(history) == (index + 1 if index < 4 else None)


def test_another_subjects_history_does_not_serve() -> None:
    """A good chain of another issue is broken from its first entry; spliced in, from the splice."""
    assert verify(a_chain(chain="iss-2"), "iss-1") == 0
    assert verify([*a_chain(2), *a_chain(chain="iss-2")[2:]]) == 2


def test_what_needs_an_anchor() -> None:
    """A cut tail passes: only an anchor outside of the store can show it. Stated, so that nobody believes otherwise."""
    assert verify(a_chain()[:3]) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_json_can_not_hold_is_not_sealed(value: Any) -> None:
    """Raises at once, and an entry that holds it is a broken one."""
    with pytest.raises(ValueError, match=r"."):
        seal("iss-1", [], Entry("noted", "", "", ACTOR, 1, fields={"x": value}))
    history: list[dict[str, Any]] = copy.deepcopy(a_chain())  # type: ignore[arg-type]
    history[1]["fields"] = {"x": value}
    assert verify(history) == 1


@pytest.mark.parametrize("rubbish", [{}, {"hash": None}, {"sequence": 1, "previous_hash": GENESIS, "hash": 3}])
def test_rubbish_is_a_broken_entry(rubbish: dict[str, Any]) -> None:
    """Verification never raises for content."""
    assert verify([rubbish]) == 0
