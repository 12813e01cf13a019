"""Parameters of rules, and the replays that a change of them needs. What is refused is decided here; pure."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from lantian_proto.both import Both
from lantian_proto.replays import intact, values_of
from lantian_proto.v1.rule_pb2 import ReplayResult, RuleCatalogue, RuleInForce
from lantian_tasks.registry.entities import Entity, Id, Time
from lantian_tasks.registry.record import Record, Validity

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
AHEAD_MS = 10 * 60_000
"""A set is written so long before it holds, so that every worker knows it when its time comes."""
REPLAY_AGE_MS = 30 * DAY_MS
LONGEST_SPAN_MS = 92 * DAY_MS
SHORTEST_SPAN_MS = DAY_MS

Path = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+){0,3}$", max_length=80)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ParameterValue(Entity):
    """One parameter of a rule."""

    path: Path = Field(description="Path in the rule, as in its `changeable`", examples=["high_ratio"])
    value: float = Field(description="Value, within the bounds of the catalogue")


class RuleChange(Entity):
    """What a set and a replay have in common."""

    rule_id: Id = Field(description="Rule of the catalogue", examples=["hour-exceedance"])
    base_version: int = Field(ge=1, le=1000, description="Version of the rule in the catalogue")
    values: list[ParameterValue] = Field(
        max_length=100, description="All that differs from the catalogue; none: back to the catalogue"
    )

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len(self.by_path) != len(self.values):
            raise ValueError(Both("a parameter stands twice", "参数重复"))
        return self

    @property
    def by_path(self) -> dict[str, float]:
        """The values by path."""
        return {one.path: one.value for one in self.values}

    def content(self) -> dict[str, Any]:
        """In the order of the paths, so that the same parameters are the same content."""
        content = super().content()
        return content | {"values": sorted(content["values"], key=lambda one: str(one["path"]))}


class RuleReplay(RuleChange):
    """A wish to see what other parameters would have told; alerts answers, see /v1/rule-replays."""

    from_ms: Time = Field(description="Start of the span; ms since 1970 UTC")
    to_ms: Time = Field(description="Its end, exclusive; at least a day, at most 92 days later; ms since 1970 UTC")

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if not SHORTEST_SPAN_MS <= self.to_ms - self.from_ms <= LONGEST_SPAN_MS:
            raise ValueError(Both("a replay is of 1 to 92 days", "回放时段为1至92天"))
        return self


class RuleParameters(RuleChange):
    """Parameters of a rule from a time on; id: rule, base version and number with points between."""

    number: int = Field(ge=1, lt=1000, description="Counts the sets of this rule and version from 1")
    reason: Reason = Field(description="Why they are changed")
    replay_id: Id = Field(description="Replay of exactly these parameters")
    replay_sha256: Digest = Field(description="Digest of its result, as it was looked at")


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is known: the catalogue as alerts told it, results of replays by id, and the sets there are."""

    catalogue: RuleCatalogue | None = None
    results: Mapping[str, ReplayResult] = field(default_factory=dict)
    sets: Collection[Record] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Why not, in Chinese and English; `field` is the input to blame."""

    status: int
    zh: str
    en: str
    field: str = ""

    @property
    def detail(self) -> Both:
        """Both."""
        return Both(self.en, self.zh)


def refused(
    id_: str, wish: RuleReplay | RuleParameters, validity: Validity, facts: RuleFacts, at_ms: int
) -> Said | None:
    """Why a new set or replay is not taken, None when it is."""
    found = _of_catalogue(wish, facts.catalogue)
    if isinstance(wish, RuleReplay):
        if found is None and (validity.from_ms or validity.to_ms):
            return Said(422, "回放没有生效时间", "a replay holds at no time", "valid_from_ms")
        return found
    return found or _numbered(id_, wish, facts) or _dated(validity, facts, wish, at_ms) or _replayed(wish, facts, at_ms)


def _of_catalogue(wish: RuleChange, catalogue: RuleCatalogue | None) -> Said | None:
    if catalogue is None:
        return Said(409, "检测服务尚未公布规则目录", "alerts has not told its catalogue yet")
    rule = next((one for one in catalogue.rules if one.rule_id == wish.rule_id), None)
    if rule is None:
        return Said(422, f"没有在用的规则 {wish.rule_id}", f"no rule {wish.rule_id} is in force", "rule_id")
    if rule.version != wish.base_version:
        return Said(
            409,
            f"规则目录已是第{rule.version}版",
            f"the catalogue has {wish.rule_id} in version {rule.version}",
            "base_version",
        )
    return _within(wish, rule)


def _within(wish: RuleChange, rule: RuleInForce) -> Said | None:
    bounds = {one.path: one for one in rule.parameters}
    for path, value in wish.by_path.items():
        bound = bounds.get(path)
        if bound is None:
            return Said(422, f"参数 {path} 不能修改", f"{path} is no parameter that may be changed", "values")
        if not (math.isfinite(value) and bound.low <= value <= bound.high):
            span = f"{bound.low:g}–{bound.high:g} {bound.unit}".strip()
            return Said(422, f"参数 {path} 须在 {span} 之内", f"{path} has to lie within {span}", "values")
        if bound.whole and value != int(value):
            return Said(422, f"参数 {path} 须为整数", f"{path} has to be a whole number", "values")
    return None


def _numbered(id_: str, wish: RuleParameters, facts: RuleFacts) -> Said | None:
    name = f"{wish.rule_id}.{wish.base_version}.{wish.number}"
    if id_ != name:
        return Said(422, f"编号应为 {name}", f"the id of this set is {name}", "number")
    made = [one.entity["number"] for one in facts.sets if one.entity["base_version"] == wish.base_version]
    due = max(made, default=0) + 1
    if wish.number != due:
        return Said(409, f"下一组参数的序号是 {due}", f"the next set has number {due}", "number")
    return None


def _dated(validity: Validity, facts: RuleFacts, wish: RuleParameters, at_ms: int) -> Said | None:
    if validity.to_ms:
        return Said(422, "一组参数有效至下一组生效", "a set holds until the next one does", "valid_to_ms")
    if validity.from_ms % HOUR_MS:
        return Said(422, "参数从整点起生效", "a set holds from a full hour on", "valid_from_ms")
    if validity.from_ms < at_ms + AHEAD_MS:
        return Said(
            422, "生效时间须在10分钟以后", "a set is written at least 10 minutes before it holds", "valid_from_ms"
        )
    held = [one for one in facts.sets if not one.voided and one.entity["base_version"] == wish.base_version]
    if any(one.validity.from_ms >= validity.from_ms for one in held):
        return Said(409, "已有同时或更晚生效的参数", "another set holds from then or later on", "valid_from_ms")
    return None


def _replayed(wish: RuleParameters, facts: RuleFacts, at_ms: int) -> Said | None:
    result = facts.results.get(wish.replay_id)
    if result is None or result.state != "done" or not intact(result):
        return Said(409, f"回放 {wish.replay_id} 没有结果", f"replay {wish.replay_id} has no result", "replay_id")
    if result.sha256 != wish.replay_sha256:
        return Said(409, "回放结果与摘要不符", "this is not the digest of the replay's result", "replay_sha256")
    if (result.rule_id, result.base_version) != (wish.rule_id, wish.base_version):
        return Said(409, "回放的是另一条规则或版本", "the replay is of another rule or version", "replay_id")
    if values_of(result.values) != wish.by_path:
        return Said(409, "回放的是另一组参数", "the replay is of other parameters", "replay_id")
    if result.number != wish.number:
        return Said(409, "回放之后参数已有变更，请重新回放", "parameters were set since: replay again", "replay_id")
    if not result.records:
        return Said(409, "回放没有读到历史数据", "the replay read no history", "replay_id")
    if at_ms - result.finished_ms > REPLAY_AGE_MS:
        return Said(409, "回放已超过30天，请重新回放", "the replay is older than 30 days: replay again", "replay_id")
    return None
