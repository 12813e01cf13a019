"""The part of the fake store that keeps what alerts says of its rules; and what alerts would say."""

from collections.abc import Collection

from lantian_proto.replays import listed, sealed
from lantian_proto.v1.lead_pb2 import Text
from lantian_proto.v1.rule_pb2 import ReplayCounts, ReplayedLead, ReplayResult, RuleCatalogue, RuleInForce, RuleNews
from lantian_proto.v1.rule_pb2 import RuleParameter as Parameter


class FakeRules:
    """RuleStore."""

    news: dict[str, bytes]

    def _reach(self) -> None:
        raise NotImplementedError

    async def keep_rule_news(self, key: str, data: bytes) -> None:
        self._reach()
        self.news[key] = data

    async def rule_news(self, keys: Collection[str]) -> dict[str, bytes]:
        self._reach()
        return {key: self.news[key] for key in keys if key in self.news}


def told_catalogue() -> bytes:
    """A catalogue with one rule of two numbers."""
    parameters = [
        Parameter(path="high_ratio", value=2.0, low=1.1, high=10.0),
        Parameter(path="high_hours", value=3.0, low=1.0, high=24.0, unit="h", whole=True),
    ]
    title = Text(zh="小时均值超标", en="Hour mean above the limit")
    rule = RuleInForce(rule_id="hour-exceedance", version=2, title=title, parameters=parameters)
    return RuleNews(catalogue=RuleCatalogue(rules=[rule])).SerializeToString()


def told_replay(
    replay_id: str, values: dict[str, float], now_ms: int, number: int = 1, state: str = "done", records: int = 100
) -> ReplayResult:
    """What alerts says of a replay: one lead more, one gone, two the same."""
    leads = [
        ReplayedLead(
            outcome=outcome,
            lead_id=f"{place:032x}",
            rule_id="hour-exceedance",
            source_id="s1",
            factor="a21026",
            severity=3,
            severity_before=before,
            start_ms=now_ms - 3_600_000,
            end_ms=now_ms,
            summary=Text(zh="二氧化硫小时均值超标 1 小时", en="SO2 hour mean above the limit for 1 h"),
        )
        for place, (outcome, before) in enumerate((("added", 0), ("gone", 3)))
    ]
    return sealed(
        ReplayResult(
            replay_id=replay_id,
            state=state,
            rule_id="hour-exceedance",
            base_version=2,
            number=number,
            values=listed(values),
            from_ms=now_ms - 7 * 86_400_000,
            to_ms=now_ms,
            finished_ms=now_ms,
            records=records,
            offsets={0: records},
            counts=[ReplayCounts(rule_id="hour-exceedance", added=1, gone=1, changed=0, same=2)],
            leads=leads,
        )
    )
