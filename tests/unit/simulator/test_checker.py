"""The checker finds each way a promise can be broken."""

from dataclasses import replace

from lantian_simulator.checker import IssueSeen, RawSeen, WebhookSeen, conserve, judge
from lantian_simulator.plant import HOUR_MS
from lantian_simulator.truth import DROPOUT, EXCEEDANCE, Episode

START = 1_768_474_800_000
TRUTH = [
    Episode("s1", "f1", "a21026", EXCEEDANCE, START, START + 3 * HOUR_MS, 1.5),
    Episode("s2", "f2", "", DROPOUT, START, START + 3 * HOUR_MS),
]
ISSUES = [
    IssueSeen("i1", "s1", EXCEEDANCE, "a21026", START, START + 3 * HOUR_MS),
    IssueSeen("i2", "s2", DROPOUT, "", START - HOUR_MS // 6, START + 3 * HOUR_MS),
]
WEBHOOKS = [WebhookSeen("w1", "i1"), WebhookSeen("w2", "i2")]
SOURCES = {"s1", "s2", "s3"}


def test_all_is_well() -> None:
    """One issue and one webhook id for each episode; a second delivery under the same id is no fault."""
    verdict = judge(TRUTH, ISSUES, [*WEBHOOKS, WEBHOOKS[0]], sources=SOURCES)
    assert verdict.problems == []
    assert [(score.injected, score.found, score.missed, score.doubled, score.false) for score in verdict.scores] == [
        (1, 1, 0, 0, 0),
        (1, 1, 0, 0, 0),
        (0, 0, 0, 0, 0),
    ]


def test_a_missed_episode() -> None:
    """No issue for the dropout."""
    verdict = judge(TRUTH, ISSUES[:1], WEBHOOKS, sources=SOURCES)
    assert not verdict.right
    assert verdict.scores[1].missed == 1


def test_an_issue_of_the_wrong_factor_is_false_and_the_episode_missed() -> None:
    """The factor counts."""
    verdict = judge(TRUTH, [replace(ISSUES[0], factor="a21002"), ISSUES[1]], WEBHOOKS, sources=SOURCES)
    assert (verdict.scores[0].missed, verdict.scores[0].false) == (1, 1)


def test_an_issue_at_another_time_is_false() -> None:
    """The time counts."""
    late = replace(ISSUES[0], issue_id="i3", start_ms=START + 6 * HOUR_MS, end_ms=START + 7 * HOUR_MS)
    verdict = judge(TRUTH, [*ISSUES, late], WEBHOOKS, sources=SOURCES)
    assert verdict.scores[0].false == 1


def test_two_issues_for_one_episode() -> None:
    """Promise 3."""
    verdict = judge(TRUTH, [*ISSUES, replace(ISSUES[0], issue_id="i3")], WEBHOOKS, sources=SOURCES)
    assert verdict.scores[0].doubled == 1
    assert not verdict.right


def test_no_webhook_and_two_webhook_ids() -> None:
    """Promise 4."""
    assert not judge(TRUTH, ISSUES, WEBHOOKS[:1], sources=SOURCES).right
    assert not judge(TRUTH, ISSUES, [*WEBHOOKS, WebhookSeen("w3", "i1")], sources=SOURCES).right


def test_issues_of_other_sources_are_passed_over() -> None:
    """The captured frames are not the simulator's."""
    assert judge(TRUTH, [*ISSUES, replace(ISSUES[0], source="other")], WEBHOOKS, sources=SOURCES).right


def test_issues_of_unknown_rules_are_false() -> None:
    """A rule that injects nothing may find nothing."""
    verdict = judge(TRUTH, [*ISSUES, replace(ISSUES[0], rule="clone")], WEBHOOKS, sources=SOURCES)
    assert (verdict.scores[-1].rule, verdict.scores[-1].false) == ("clone", 1)


SENT = [("m1", "2011", "1"), ("m1", "2061", "2"), ("m2", "2011", "3")]
RAW = [RawSeen(key, "accepted") for key in SENT]


def test_frames_are_conserved() -> None:
    """Repeats and strangers' frames are counted and do no harm."""
    raw = [*RAW, RawSeen(SENT[0], "duplicate"), RawSeen(("x", "2011", "9"), "unknown-feed")]
    result = conserve(SENT, raw)
    assert result.problems == []
    assert result.by_outcome == {"accepted": 3, "duplicate": 1, "unknown-feed": 1}


def test_an_acknowledged_frame_is_missing() -> None:
    """Promise 1."""
    assert conserve(SENT, RAW[1:]).problems


def test_a_frame_is_there_but_was_never_accepted() -> None:
    """Acknowledged and rejected do not go together."""
    assert conserve(SENT, [*RAW[1:], RawSeen(SENT[0], "malformed")]).problems


def test_an_accepted_frame_that_nobody_sent() -> None:
    """Accepted distinct = sent distinct, but for what was left in a logger."""
    raw = [*RAW, RawSeen(("m1", "2011", "4"), "accepted")]
    assert conserve(SENT, raw).problems
    assert not conserve(SENT, raw, left=1).problems


def test_a_record_without_outcome() -> None:
    """Promise 2."""
    assert conserve(SENT, [*RAW, RawSeen(("x", "", ""), "")]).problems
