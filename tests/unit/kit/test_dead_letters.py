"""What may be put back, by whom, and as what."""

import pytest

from lantian_kit.dead_letters.letters import Refused, State, cases, decision, described, named, reinjection, written
from lantian_proto.events import ONLY_GROUP
from lantian_proto.v1.dead_letter_pb2 import DeadLetter, DeadLetterDecision
from lantian_proto.v1.lead_pb2 import Lead
from tests.support.examples import message
from tests.support.tasks_operations import a_letter

LEAD = message("leads.v1", "data-dropout.json").SerializeToString()
REPLAYED = DeadLetterDecision.ACTION_REPLAYED


def the_case(letter: DeadLetter, decided: DeadLetterDecision | None = None):  # type: ignore[no-untyped-def]
    """Its case."""
    known = {} if decided is None else {letter.dead_letter_id: decided}
    (found,) = cases([letter], known, wanted={})
    return found


def test_a_letter_written_twice_is_one_and_lists_are_narrowed() -> None:
    """By topic, group, reason and state; oldest first."""
    letters = [a_letter("b", failed_ms=9), a_letter("a"), a_letter("b", failed_ms=11), a_letter("c", group="notify")]
    decided = {"c": DeadLetterDecision(dead_letter_id="c", action=DeadLetterDecision.ACTION_DISCARDED)}
    found = cases(letters, decided, wanted={"topic": "leads.v1", "state": "open"})
    assert [case.letter.dead_letter_id for case in found] == ["a", "b"]
    assert [case.state for case in cases(letters, decided, wanted={"group": "notify"})] == [State.DISCARDED]


def test_an_id_may_be_cut_short_but_not_be_meant_twice() -> None:
    """Nobody puts back what he did not mean."""
    known = cases([a_letter("ab01"), a_letter("ab02"), a_letter("c3")], {}, wanted={})
    assert named(known, "c").letter.dead_letter_id == "c3"
    with pytest.raises(Refused, match="2 letters"):
        named(known, "ab")
    with pytest.raises(Refused, match="no such letter"):
        named(known, "x")


def test_what_goes_back_is_the_record_as_it_was() -> None:
    """Same partition, key, value and headers, and two more: whence it comes, and for whom it is."""
    back = reinjection(the_case(a_letter()), None, newer=False)
    assert (back.topic, back.partition, back.key, back.value) == ("leads.v1", 2, b"outlet-1", b"\xff\xfe")
    assert back.headers == (
        ("ce_type", b"cn.lantian.lead.v1"),
        ("dead_letter_id", b"ab01cd02"),
        (ONLY_GROUP, b"tasks"),
    )


def test_a_mended_value_must_be_readable() -> None:
    """One that the contract can not read would only come back as a letter."""
    assert reinjection(the_case(a_letter()), LEAD, newer=False).value == LEAD
    with pytest.raises(Refused, match="no lantian"):
        reinjection(the_case(a_letter()), b"\xff", newer=False)


def test_a_value_is_written_from_the_fields_that_are_shown() -> None:
    """What `described` shows makes the same value; what is no field of the contract is refused, as are mere bytes."""
    shown = described(the_case(a_letter(value=LEAD)))["value"]
    assert isinstance(shown, dict)
    # As messages: the bytes of a map have no order.
    assert Lead.FromString(written("leads.v1", shown)) == Lead.FromString(LEAD)
    with pytest.raises(Refused, match="no fields of lantian"):
        written("leads.v1", {"nonsense": 1})
    with pytest.raises(Refused, match="bytes without fields"):
        written("raw-frames.v1", shown)


@pytest.mark.parametrize(
    ("letter", "newer", "words"),
    [
        (a_letter(topic="gone.v1"), False, "no topic"),
        (a_letter(topic="registry.v1"), True, "newer record"),
        (a_letter(value=b""), False, "empty value"),
    ],
)
def test_what_would_do_harm_is_refused(letter: DeadLetter, newer: bool, words: str) -> None:
    """A topic that is gone, a change that was overtaken, a value that would remove the key."""
    with pytest.raises(Refused, match=words):
        reinjection(the_case(letter), None, newer=newer)


def test_every_letter_is_decided_once_by_somebody_for_a_reason() -> None:
    """The decision carries the hashes; a second one is refused, whatever it would be."""
    case = the_case(a_letter())
    decided = decision(case, REPLAYED, actor=" wang ", reason="mended", now_ms=7, sent=case.letter.value)
    assert (decided.actor, decided.decided_ms) == ("wang", 7)
    assert decided.value_sha256 == decided.sent_sha256
    again = the_case(case.letter, decided)
    with pytest.raises(Refused, match="replayed by wang"):
        reinjection(again, None, newer=False)
    with pytest.raises(Refused, match="replayed by wang"):
        decision(again, DeadLetterDecision.ACTION_DISCARDED, actor="li", reason="x", now_ms=8, sent=None)
    for actor, reason in (("", "x"), ("wang", " ")):
        with pytest.raises(Refused, match="a name and a reason"):
            decision(case, REPLAYED, actor=actor, reason=reason, now_ms=7, sent=None)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(LEAD, "outlet"), (b'{"a": 1}', {"a": 1}), (b"half a frame", "half a frame"), (b"\x00\x01", None)],
)
def test_the_value_is_shown_as_far_as_it_can_be_read(value: bytes, shown: object) -> None:
    """A message by its fields, JSON, text; else the hexadecimal digits alone."""
    found = described(the_case(a_letter(value=value)))
    if value == LEAD:
        assert isinstance(found["value"], dict)
        assert str(shown) in str(found["value"]["source_id"])
    else:
        assert found["value"] == shown
    assert found["value_hex"] == value[:512].hex()
