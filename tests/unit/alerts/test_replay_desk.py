"""Wishes for replays: answered once, in order, by the elected process alone; whatever goes wrong is an answer."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.guard import Failure, Failures
from lantian_alerts.core.registry import Registry
from lantian_alerts.replay import answer as answering
from lantian_alerts.replay.answer import answer, begun, done
from lantian_alerts.replay.compare import by_rule
from lantian_alerts.replay.desk import ReplayDesk, Wishes, beside, news_of
from lantian_alerts.replay.run import Replayed
from lantian_kit.clock import ManualClock
from lantian_proto.replays import digest_of, intact, listed, sealed, values_of
from lantian_proto.topics import RULES
from lantian_proto.v1.lead_pb2 import Lead, Text
from lantian_proto.v1.registry_pb2 import RegistryChange, RuleParameters, RuleReplay
from lantian_proto.v1.rule_pb2 import ReplayResult, RuleNews
from tests.support.bus import FakePublisher
from tests.unit.alerts.scenario import catalogue

NONE_FAILED = (Failures(Counter(), []), Failures(Counter(), []))

NOW_MS = 1_796_000_000_000
RULE = "hour-exceedance"
VERSION = catalogue().entries[RULE].version


def wish(id_: str, changed_ms: int = NOW_MS, values: dict[str, float] | None = None, **other: object) -> RegistryChange:
    """A wish as tasks publishes it."""
    entity = RuleReplay(rule_replay_id=id_, rule_id=RULE, base_version=VERSION, from_ms=0, to_ms=NOW_MS)
    entity.values.extend(listed(values or {"high_ratio": 1.5}))
    change = RegistryChange(kind="rule-replay", id=id_, revision=1, changed_ms=changed_ms, rule_replay=entity)
    change.voided = bool(other.get("voided"))
    return change


def taken(wishes: Wishes, change: RegistryChange) -> None:
    """The record comes in."""
    wishes.take_registry(f"{change.kind}/{change.id}", change.SerializeToString())


def test_wishes_are_answered_oldest_first_and_once() -> None:
    """A voided wish and one that has an answer are nobody's work; other kinds are passed over."""
    wishes = Wishes()
    taken(wishes, wish("b", 2))
    taken(wishes, wish("a", 1))
    wishes.take_registry("source/s", b"anything")
    first = wishes.next()
    assert first is not None
    assert first.id == "a"
    wishes.take_rules("replay/a", RuleNews(replay=ReplayResult(replay_id="a")).SerializeToString())
    wishes.take_rules("catalogue", b"")
    second = wishes.next()
    assert second is not None
    assert second.id == "b"
    taken(wishes, wish("b", 2, voided=True))
    assert wishes.next() is None


def test_the_digest_covers_everything() -> None:
    """Any change of the result is seen, the order of offsets does not matter."""
    result = sealed(begun(wish("a").rule_replay, "a", 1))
    assert intact(result)
    assert digest_of(result) == result.sha256
    for name, value in (("number", 2), ("records", 5), ("state", "done"), ("from_ms", 7)):
        other = ReplayResult.FromString(result.SerializeToString())
        setattr(other, name, value)
        assert not intact(other)
    assert not intact(ReplayResult())


def test_the_difference_as_a_message() -> None:
    """Counts by rule, the gravest leads first, with what they were before."""

    def lead(id_: str, rule: str, severity: int) -> Lead:
        return Lead(lead_id=id_, rule_id=rule, severity=severity, summary=Text(zh="超标", en="above"))

    before = [lead("a", RULE, 2), lead("b", RULE, 2), lead("x", "combined", 3)]
    after = [lead("a", RULE, 3), lead("c", RULE, 4), lead("x", "combined", 3)]
    found = done(wish("r").rule_replay, "r", 4, Replayed(by_rule(before, after), {1: 9, 0: 5}, 14, 1, [], NONE_FAILED))
    counts = {one.rule_id: (one.added, one.gone, one.changed, one.same) for one in found.counts}
    assert counts == {RULE: (1, 1, 1, 0), "combined": (0, 0, 0, 1)}
    told = [(one.outcome, one.lead_id, one.severity_before, one.severity) for one in found.leads]
    assert told == [("added", "c", 0, 4), ("changed", "a", 2, 3), ("gone", "b", 2, 2)]
    assert (found.state, found.number, dict(found.offsets), found.unreadable) == ("done", 4, {0: 5, 1: 9}, 1)


@pytest.mark.parametrize(
    ("values", "version", "why"), [({"high_ratio": 99.0}, VERSION, "须在"), ({"high_ratio": 1.5}, 99, "in force")]
)
async def test_what_can_not_be_replayed_is_said(values: dict[str, float], version: int, why: str) -> None:
    """Beyond the bounds, or of another version: no history is read for it."""
    asked = wish("r", values=values).rule_replay
    asked.base_version = version
    found = await answer("nowhere", catalogue(), asked, "r", 30_000, Registry())
    assert found.state == "failed"
    assert why in found.reason


async def test_the_candidate_holds_at_all_times_under_the_next_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Voided sets count: a number is never used again."""
    seen: list[Catalogue] = []

    async def replayed(bootstrap: str, in_force: Catalogue, other: Catalogue, *rest: object) -> Replayed:
        seen.append(other)
        return Replayed({}, {}, 1, 0, [], NONE_FAILED)

    monkeypatch.setattr(answering, "replay", replayed)
    held = Registry()
    entity = RuleParameters(rule_id=RULE, base_version=VERSION, number=3)
    held.take(RegistryChange(kind="rule-parameters", id="x", revision=1, voided=True, rule_parameters=entity))
    found = await answer("nowhere", catalogue(), wish("r").rule_replay, "r", 30_000, held)
    assert (found.state, found.number, values_of(found.values)) == ("done", 4, {"high_ratio": 1.5})
    assert seen[0].entries[RULE].version == VERSION * 1000 + 4


async def test_parameters_at_which_the_rule_fails_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The difference is not that of the parameters; what another rule raises does not stand against them."""
    failure = Failure(
        rule_id=RULE, rule_version=2001, source_id="s", factor="", asked="HourFact", start_ms=0, end_ms=0, found_ms=0,
        error="ZeroDivisionError: division by zero",
    )  # fmt: skip
    for rule, state in ((RULE, "failed"), ("data-dropout", "done")):
        raised = Failures(Counter([rule]), [msgspec.structs.replace(failure, rule_id=rule)])

        async def replayed(*_: object, raised: Failures = raised) -> Replayed:
            return Replayed({}, {}, 1, 0, [], (Failures(Counter(), []), raised))

        monkeypatch.setattr(answering, "replay", replayed)
        found = await answer("nowhere", catalogue(), wish("r").rule_replay, "r", 30_000, Registry())
        assert found.state == state
        assert ("division by zero" in found.reason) is (state == "failed")


def test_the_catalogue_as_others_need_it() -> None:
    """Every rule with the bounds of what may be changed."""
    rules = {one.rule_id: one for one in news_of(catalogue()).catalogue.rules}
    assert set(rules) == set(catalogue().entries)
    high = next(one for one in rules[RULE].parameters if one.path == "high_hours")
    assert (high.value, high.low, high.high, high.unit, high.whole) == (3, 1, 24, "h", True)


class Running:
    """A desk that answers as a test says."""

    def __init__(self, answered: Callable[[RegistryChange], Awaitable[ReplayResult]]) -> None:
        self.publisher, self.wishes = FakePublisher(), Wishes()
        self.epoch: int | None = None
        self.desk = ReplayDesk(
            catalogue(), self.wishes, answered, self.publisher, ManualClock(NOW_MS), lambda: self.epoch
        )

    def told(self) -> dict[str, RuleNews]:
        """What was published, by key."""
        return {
            (one.key or b"").decode(): RuleNews.FromString(one.value or b"") for one in self.publisher.records(RULES)
        }


async def test_only_the_elected_answers_and_tells_the_catalogue_first() -> None:
    """Nothing before the election; then the catalogue and the answer, sealed, once."""
    asked: list[str] = []

    async def answered(change: RegistryChange) -> ReplayResult:
        asked.append(change.id)
        return begun(change.rule_replay, change.id, 1)

    running = Running(answered)
    taken(running.wishes, wish("r"))
    await running.desk.start()
    try:
        await asyncio.sleep(0.05)
        assert running.told() == {}
        running.epoch = 7
        async with asyncio.timeout(10):
            while "replay/r" not in running.told():  # noqa: ASYNC110  # the fake publisher tells nobody
                await asyncio.sleep(0.05)
    finally:
        await running.desk.stop()
    told = running.told()
    assert list(told) == ["catalogue", "replay/r"]
    assert intact(told["replay/r"].replay)
    assert (asked, told["replay/r"].replay.finished_ms) == (["r"], NOW_MS)


async def test_a_process_that_ends_badly_is_an_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its last words are the reason; one that takes too long is ended."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert (await beside("nowhere", 30_000)(wish("r"))).reason == "status 1"
    slow_one = tmp_path / "slow"
    slow_one.write_text("#!/bin/sh\nexec sleep 30\n")
    slow_one.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow_one))
    slow = await beside("nowhere", 30_000, longest_seconds=0.2)(wish("r"))
    assert (slow.state, slow.reason) == ("failed", "it took longer than 0.2 s")
