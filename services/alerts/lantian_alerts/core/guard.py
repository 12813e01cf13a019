"""A rule that raises costs its own finding and nothing else: asked here, counted here, told with what it was asked.

What a rule raises is no bug of the engine: parameters are dated and set by people, and a catalogue has dozens of rules.
The period counts with the outcome `failed` and is unjudged for its episode: state follows from the readings alone.
"""

import traceback
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

import msgspec

from lantian_alerts.core.catalogue import Entry, severity
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.leads import lead_of
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Episode, Fact, Finding, Rule, Verdict
from lantian_alerts.core.rulebook import Rules
from lantian_alerts.core.together import ComparingRule, TogetherFact
from lantian_alerts.core.window import Window
from lantian_alerts.core.wording import local
from lantian_proto.v1.lead_pb2 import Lead

FAILED: Final = "failed"
KEPT_AT_MOST: Final = 1000
"""Failures kept between two calls of `take`; more are counted only."""
TRACED_AT_MOST: Final = 10_000


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A period of a source that a rule could not judge, or a lead that could not be written.

    `source_id` is empty where the rule compares sources. `asked`: the fact or step it was asked; `trace` only with the
    first of a rule in an hour of the stream.
    """

    rule_id: str
    rule_version: int
    source_id: str
    factor: str
    asked: str
    start_ms: int
    end_ms: int
    found_ms: int
    error: str
    trace: str = ""


class Failures(NamedTuple):
    """What rules raised: how often, by rule, and where, in order; not all where there are many."""

    counts: Counter[str]
    kept: list[Failure]

    def lines(self) -> list[str]:
        """One for each rule, as commands say it."""
        first = {failure.rule_id: failure for failure in reversed(self.kept)}
        return [_line(number, first[rule_id]) for rule_id, number in sorted(self.counts.items())]


def _line(number: int, first: Failure) -> str:
    times = "once" if number == 1 else f"{number} times, first"
    where = f"{first.source_id or 'several sources'} {first.factor}".rstrip()
    return (
        f"rule {first.rule_id} v{first.rule_version} failed {times} at {where}, {local(first.start_ms)} "
        f"({first.asked}): {first.error}; its findings of these periods are missing"
    )


class Guard:
    """Asks rules, for one or several engines of a process. Not thread-safe."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._kept: list[Failure] = []
        self._traced: set[tuple[str, int]] = set()

    def take(self) -> Failures:
        """Failures since the last call."""
        found = Failures(self._counts, self._kept)
        self._counts, self._kept = Counter(), []
        return found

    def judge(self, entry: Entry, fact: Fact, site: Site) -> Finding | None:
        """What the rule says; UNJUDGED with the reason `failed` when it raises."""
        try:
            return cast(Rule, entry.rule).judge(fact, site)
        except Exception as error:  # noqa: BLE001  # whatever it is: one rule must not end the judging of all others
            start_ms, end_ms = _period(fact)
            factor = getattr(fact, "factor", "")
            self._note(entry, fact.source_id, factor, type(fact).__name__, (start_ms, end_ms, _found(fact)), error)
            return Finding(
                source_id=fact.source_id,
                factor=factor,
                verdict=Verdict.UNJUDGED,
                reason=FAILED,
                start_ms=start_ms,
                end_ms=end_ms,
                found_ms=_found(fact),
            )

    def screen(self, entry: Entry, factor: str, window: Window, has: Array, span: tuple[int, int, int]) -> Array:
        """The sources of a block that `judge` has to see: all that have data when the screen itself raises."""
        screen: Any = getattr(entry.rule, "screen", None)
        if screen is None:
            return has
        try:
            chosen: Array = has & screen(window, factor)
        except Exception as error:  # noqa: BLE001  # the same; each source is then judged by itself, and nothing is missing
            self._note(entry, "", factor, "screen", span, error)
            return has
        return chosen

    def compare(self, entry: Entry, fact: TogetherFact) -> Iterator[Finding | None]:
        """Findings of a rule that compares sources, up to where it raises."""
        try:
            yield from cast(ComparingRule, entry.rule).compare(fact)
        except Exception as error:  # noqa: BLE001  # the same; what it had found before stands
            self._note(entry, "", "", type(fact).__name__, (fact.start_ms, fact.end_ms, fact.found_ms), error)

    def severity(self, entry: Entry, episode: Episode, found_ms: int) -> int | None:
        """The severity of an episode, None when its rule can not say."""
        try:
            return severity(entry, episode)
        except Exception as error:  # noqa: BLE001  # the same
            self._note_episode(entry, episode, "severity", found_ms, error)
            return None

    def lead(self, change: Change, rules: Rules) -> Lead | None:
        """The message that tells a change, None when its rule can not put it into words."""
        try:
            return lead_of(change, rules)
        except Exception as error:  # noqa: BLE001  # the same
            self._note_episode(rules.of(change.episode), change.episode, "lead", change.found_ms, error)
            return None

    def _note_episode(self, entry: Entry, episode: Episode, asked: str, found_ms: int, error: Exception) -> None:
        span = (episode.start_ms, episode.end_ms, found_ms)
        self._note(entry, episode.source_id, episode.factor, asked, span, error)

    def _note(
        self, entry: Entry, source_id: str, factor: str, asked: str, span: tuple[int, int, int], error: Exception
    ) -> None:
        self._counts[entry.id] += 1
        hour = (entry.id, span[2] // HOUR_MS)
        first = hour not in self._traced
        if first:
            if len(self._traced) >= TRACED_AT_MOST:
                self._traced.clear()
            self._traced.add(hour)
        if len(self._kept) < KEPT_AT_MOST or self._counts[entry.id] == 1:
            failure = Failure(
                rule_id=entry.id,
                rule_version=entry.version,
                source_id=source_id,
                factor=factor,
                asked=asked,
                start_ms=span[0],
                end_ms=span[1],
                found_ms=span[2],
                error=f"{type(error).__name__}: {error}"[:500],
                trace="".join(traceback.format_exception(error)) if first else "",
            )
            self._kept.append(failure)


def _period(fact: Fact) -> tuple[int, int]:
    """What the fact is about; the instant it came for a fact about no period."""
    at_ms = _found(fact)
    for begin, end in (("start_ms", "end_ms"), ("time_ms", "time_ms"), ("at_ms", "at_ms"), ("since_ms", "found_ms")):
        if hasattr(fact, begin):
            return int(getattr(fact, begin)), int(getattr(fact, end))
    return at_ms, at_ms


def _found(fact: Fact) -> int:
    return int(fact.found_ms)
