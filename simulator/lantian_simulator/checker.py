"""The promises of the suite, checked against what was injected and what was sent; pure functions.

Promise 1: what was acknowledged is in the raw frames. Promise 2: every frame has one outcome.
Promise 3: one issue for one episode. Promise 4: one webhook id for one issue, however often it is delivered.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from lantian_simulator.plant import HOUR_MS
from lantian_simulator.truth import RULES, Episode

_SLACK_MS = HOUR_MS
"""A finding may begin or end one period beside the injected episode."""


@dataclass(frozen=True)
class IssueSeen:
    """An issue of the ledger, as far as it can be compared with the truth."""

    issue_id: str
    source: str
    rule: str
    factor: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class WebhookSeen:
    """One delivery that reached the receiver with a right signature."""

    webhook_id: str
    issue_id: str


@dataclass
class Score:
    """The result of one rule: episodes injected, found once, missed, found more than once; issues without episode."""

    rule: str
    injected: int = 0
    found: int = 0
    missed: int = 0
    doubled: int = 0
    false: int = 0


@dataclass
class Verdict:
    """The scores by rule and every deviation as a sentence; `right` when there is none."""

    scores: list[Score]
    problems: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether every episode gave exactly one issue and one webhook id and nothing false was found."""
        return not self.problems


def judge(
    truth: Sequence[Episode],
    issues: Iterable[IssueSeen],
    webhooks: Iterable[WebhookSeen],
    *,
    sources: Collection[str],
) -> Verdict:
    """Compare issues and webhooks with the truth; issues of other sources than `sources` are passed over."""
    scores = {rule: Score(rule) for rule in RULES}
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for webhook in webhooks:
        ids[webhook.issue_id].add(webhook.webhook_id)
    verdict = Verdict(list(scores.values()))
    mine = [issue for issue in issues if issue.source in sources]
    belonging: defaultdict[Episode, list[IssueSeen]] = defaultdict(list)
    for issue in mine:
        episode = next((episode for episode in truth if _belongs(issue, episode)), None)
        if episode is not None:
            belonging[episode].append(issue)
            continue
        score = scores.setdefault(issue.rule, Score(issue.rule))
        if score not in verdict.scores:
            verdict.scores.append(score)
        score.false += 1
        verdict.problems.append(f"false: issue {issue.issue_id} {issue.rule} {issue.factor} at {issue.source}")
    for episode in truth:
        score = scores[episode.rule]
        score.injected += 1
        name = f"{episode.rule} {episode.factor} at {episode.source}"
        found = belonging[episode]
        if not found:
            score.missed += 1
            verdict.problems.append(f"missed: {name} has no issue")
            continue
        if len(found) > 1:
            score.doubled += 1
            verdict.problems.append(f"doubled: {name} has {len(found)} issues")
            continue
        score.found += 1
        delivered = ids[found[0].issue_id]
        if len(delivered) != 1:
            verdict.problems.append(f"webhook: issue {found[0].issue_id} ({name}) has {len(delivered)} webhook ids")
    return verdict


def _belongs(issue: IssueSeen, episode: Episode) -> bool:
    return (
        issue.source == episode.source
        and issue.rule == episode.rule
        and (not episode.factor or issue.factor == episode.factor)
        and issue.start_ms < episode.end_ms + _SLACK_MS
        and episode.start_ms - _SLACK_MS < max(issue.end_ms, issue.start_ms + 1)
    )


FrameKey = tuple[str, str, str]
"""MN, CN and QN: names one upload of one logger."""


@dataclass(frozen=True)
class RawSeen:
    """A record of raw-frames.v1: whose upload it holds and with which outcome it was counted."""

    key: FrameKey
    outcome: str


@dataclass
class Conservation:
    """Frames on both sides of the gateway, and every deviation as a sentence."""

    acknowledged: int
    records: int
    by_outcome: dict[str, int]
    problems: list[str] = field(default_factory=list)


def conserve(acknowledged: Sequence[FrameKey], raw: Sequence[RawSeen], *, left: int = 0) -> Conservation:
    """Check that no acknowledged upload is missing and that the accepted ones are the ones sent.

    `left` is how many uploads were never acknowledged; they may or may not have arrived. Only uploads of loggers named
    in `acknowledged` are compared; the outcomes are counted over all records.
    """
    result = Conservation(len(acknowledged), len(raw), dict(Counter(record.outcome for record in raw)))
    sent = set(acknowledged)
    if len(sent) != len(acknowledged):
        result.problems.append(f"{len(acknowledged) - len(sent)} uploads were acknowledged twice")
    stations = {key[0] for key in sent}
    present = {record.key for record in raw}
    missing = sent - present
    if missing:
        result.problems.append(f"{len(missing)} acknowledged uploads are not in the raw frames, e.g. {min(missing)}")
    accepted = {record.key for record in raw if record.outcome == "accepted" and record.key[0] in stations}
    refused = sent - accepted - missing
    if refused:
        result.problems.append(f"{len(refused)} acknowledged uploads were never accepted, e.g. {min(refused)}")
    if len(accepted - sent) > left:
        result.problems.append(
            f"{len(accepted - sent)} accepted uploads were never acknowledged, {left} were left over"
        )
    nameless = sum(1 for record in raw if not record.outcome)
    if nameless:
        result.problems.append(f"{nameless} records have no outcome")
    return result
