"""The audit chains: every kind of tampering is found, at the right entry."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from lantian_tasks.audit.chain import SHA_256, SM3, Broken, Head, Link, Unaudited, digest, links_of, verify_chain
from lantian_tasks.ledger.history import Actor, Entry, SealedEntry, seal

OFFICE = Actor("office-1", "city-office", "石家庄市大气办")
COUNTY = "130102"
LENGTH = 30


def history(subject: str, length: int) -> tuple[SealedEntry, ...]:
    """Entries of a document."""
    entries: tuple[SealedEntry, ...] = ()
    for number in range(length):
        entry = Entry("moved", "a", "b", OFFICE, 1_000 + number, move=f"m{number}")
        entries = (*entries, seal(subject, entries, entry))
    return entries


def chain(length: int = LENGTH, algorithm: str = SHA_256) -> list[Link]:
    """A chain over three documents."""
    links: list[Link] = []
    for number in range(3):
        head = Head(links[-1]["sequence"], links[-1]["hash"]) if links else Head()
        waiting = Unaudited("issues", f"i{number}", 1, COUNTY, 0, history(f"i{number}", length // 3))
        links += links_of(head, waiting, frozenset(), algorithm)
    return links


def anchors(links: list[Link]) -> dict[int, str]:
    """What the topic has of a chain."""
    return {link["sequence"]: link["hash"] for link in links}


def resealed(links: list[Link], begin: int) -> list[Link]:
    """Somebody who knows how writes the chain anew from an index on, so that it holds in itself."""
    done = links[:begin]
    for link in links[begin:]:
        anew = {
            **link,
            "sequence": len(done) + 1,
            "previous_hash": done[-1]["hash"] if done else Head().hash,
        }
        done.append({**anew, "hash": digest(anew)})
    return done


@pytest.mark.parametrize("algorithm", [SHA_256, SM3])
def test_a_chain_holds(algorithm: str) -> None:
    """By the hash that its entries name; some may still wait for their anchor."""
    links = chain(algorithm=algorithm)
    assert {link["algorithm"] for link in links} == {algorithm}
    assert verify_chain(COUNTY, links, anchors(links[:20])) == Head(LENGTH, links[-1]["hash"])
    assert verify_chain(COUNTY, [], {}) == Head()


def test_the_hash_may_change_on_the_way() -> None:
    """Each entry names its own."""
    links = chain()
    more = links_of(
        Head(LENGTH, links[-1]["hash"]), Unaudited("issues", "x", 1, COUNTY, 0, history("x", 2)), frozenset(), SM3
    )
    assert isinstance(verify_chain(COUNTY, [*links, *more], {}), Head)
    unknown = {**links[-1], "algorithm": "md5"}
    assert isinstance(verify_chain(COUNTY, [*links[:-1], unknown], {}), Broken)


Tamper = Callable[[list[Link], int], list[Link]]


def change(links: list[Link], at: int) -> list[Link]:
    """One field of an entry is another."""
    return [*links[:at], {**links[at], "actor_id": "somebody"}, *links[at + 1 :]]


def delete(links: list[Link], at: int) -> list[Link]:
    """An entry is gone."""
    return links[:at] + links[at + 1 :]


def insert(links: list[Link], at: int) -> list[Link]:
    """An entry too many, sealed as it should be for its place."""
    before = Head(links[at - 1]["sequence"], links[at - 1]["hash"]) if at else Head()
    return [
        *links[:at],
        *links_of(before, Unaudited("issues", "z", 1, COUNTY, 0, history("z", 1)), frozenset(), SHA_256),
        *links[at:],
    ]


def swap(links: list[Link], at: int) -> list[Link]:
    """Two neighbours change places."""
    return [*links[:at], links[at + 1], links[at], *links[at + 2 :]]


def swap_whole(links: list[Link], at: int) -> list[Link]:
    """The same, sealed anew to the end."""
    return resealed(swap(links, at), at)


def truncate(links: list[Link], at: int) -> list[Link]:
    """The tail is gone."""
    return links[:at]


def rewrite(links: list[Link], at: int) -> list[Link]:
    """From an entry on everything is sealed anew: the chain holds in itself."""
    return resealed(change(links, at), at)


def delete_and_rewrite(links: list[Link], at: int) -> list[Link]:
    """An entry is gone and nobody sees it by the chain alone."""
    return resealed(delete(links, at), at)


def change_algorithm(links: list[Link], at: int) -> list[Link]:
    """The name of the hash is another."""
    return [*links[:at], {**links[at], "algorithm": SM3}, *links[at + 1 :]]


@pytest.mark.parametrize(
    "way", [change, delete, insert, swap, swap_whole, truncate, rewrite, delete_and_rewrite, change_algorithm]
)
@pytest.mark.parametrize("at", [0, 1, 13, LENGTH - 2])
def test_tampering_is_found_at_its_entry(way: Tamper, at: int) -> None:
    """The first entry that is not the one that was written."""
    links = chain()
    after = way(links, at)
    # An entry sealed for its place stands there rightly by the chain; the anchor knows the one that did.
    assert isinstance(broken := verify_chain(COUNTY, after, anchors(links)), Broken)
    assert broken.sequence == at + 1, broken


@pytest.mark.parametrize("way", [change, delete, swap])
@pytest.mark.parametrize("at", [0, 13, LENGTH - 2])
def test_most_is_found_without_an_anchor(way: Tamper, at: int) -> None:
    """By the chain alone."""
    broken = verify_chain(COUNTY, way(chain(), at), {})
    assert isinstance(broken, Broken)
    assert broken.sequence == at + 1


def test_a_thousand_random_changes() -> None:
    """Of any field, at any place, to anything."""
    links, told = chain(), random.Random(4)
    kept = anchors(links)
    for _ in range(1000):
        at, name = told.randrange(LENGTH), told.choice(list(links[0]))
        value: Any = told.choice([None, "", 0, -1, 1.5, "x" * 64, [], {"a": 1}, True, float("nan")])
        after = [*links[:at], {**links[at], name: value}, *links[at + 1 :]]
        if after[at] == links[at]:
            continue
        broken = verify_chain(COUNTY, after, kept)
        assert isinstance(broken, Broken)
        assert broken.sequence == at + 1


def test_entries_are_taken_once() -> None:
    """From behind what was audited, without what a faster appender has taken."""
    entries = history("i", 5)
    waiting = Unaudited("issues", "i", 5, "", 2, entries)
    links = links_of(Head(), waiting, frozenset({4}), SHA_256)
    assert [link["subject_sequence"] for link in links] == [3, 5]
    assert [link["subject_hash"] for link in links] == [entries[2]["hash"], entries[4]["hash"]]
    assert {link["chain"] for link in links} == {"000000"}
    assert Unaudited("access", "account/a", 1, "", 0, entries).chain == "access"
