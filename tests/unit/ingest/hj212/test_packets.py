"""Sub-packets: complete in any order, incomplete after a while, bounded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212.decode import Decoded, decode
from lantian_ingest.decoders.hj212.packets import Joiner
from lantian_ingest.decoders.hj212.segment import parse
from tests.unit.ingest.frames import MN, segment

NOON_MS = 1_795_320_000_000


def part(number: int, total: int, *, mn: str = MN, time: str = "20261122120000") -> Decoded:
    """One sub-packet with one value, its number."""
    data = f"DataTime={time};a21026-Rtd={number},a21026-Flag=N"
    qn = f"20261122120000{number:03d}"  # each has its own (C.49)
    return decode(parse(segment(data, mn=mn, qn=qn, flag=7, packet=f"PNUM={total};PNO={number};")))


@settings(max_examples=50)
@given(st.permutations(range(1, 6)))
def test_any_order(order: list[int]) -> None:
    """Complete with the last one, values in the order of their numbers."""
    joiner = Joiner()
    found = [joiner.add(part(number, 5), NOON_MS + place) for place, number in enumerate(order)]
    assert [len(each) for each in found] == [0, 0, 0, 0, 1]
    (joined,) = found[-1]
    assert joined.complete
    assert joined.values == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert (joined.first_ms, joined.last_ms) == (NOON_MS, NOON_MS + 4)
    assert len(joiner) == 0


def test_incomplete_after_the_time_limit() -> None:
    """Said once, with what is missing; a late part begins a new set."""
    joiner = Joiner(wait_ms=1000)
    joiner.add(part(1, 3), NOON_MS)
    joiner.add(part(3, 3), NOON_MS + 500)
    assert joiner.expire(NOON_MS + 1499) == []
    (joined,) = joiner.expire(NOON_MS + 1500)
    assert (joined.complete, joined.missing, joined.values) == (False, (2,), (1.0, 3.0))
    assert joiner.expire(NOON_MS + 9999) == []
    assert joiner.add(part(2, 3), NOON_MS + 10_000) == []


def test_a_resend_changes_nothing() -> None:
    """The first version of a part counts; another DataTime is another set."""
    joiner = Joiner()
    joiner.add(part(1, 2), NOON_MS)
    joiner.add(part(1, 2), NOON_MS + 1)
    joiner.add(part(1, 2, time="20261122120100"), NOON_MS + 2)
    assert len(joiner) == 2
    (joined,) = joiner.add(part(2, 2), NOON_MS + 3)
    assert joined.values == (1.0, 2.0)


def test_a_packet_alone_is_complete_at_once() -> None:
    """With or without numbers."""
    alone = decode(parse(segment()))
    for packet in (alone, part(1, 1)):
        (joined,) = Joiner().add(packet, NOON_MS)
        assert joined.complete


def test_impossible_numbers_wait_for_nothing() -> None:
    """Number 5 of 3, number 0, a set of a thousand: never complete, never held."""
    joiner = Joiner()
    for packet in (part(5, 3), part(0, 3), part(1, 1000)):
        (joined,) = joiner.add(packet, NOON_MS)
        assert not joined.complete
    assert len(joiner) == 0


def test_memory_is_bounded() -> None:
    """The oldest set is given out as it is."""
    joiner = Joiner(sets=2)
    ended = [joiner.add(part(1, 2, mn=mn), NOON_MS) for mn in ("A", "B", "C")]
    assert [len(each) for each in ended] == [0, 0, 1]
    assert ended[2][0].key[0] == "A"
    assert not ended[2][0].complete
