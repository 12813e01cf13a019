"""Orders that detection obeys: findings held back for a while, and duties under an emergency response."""

from typing import Literal, Self

from pydantic import Field, model_validator

from lantian_proto.both import Both
from lantian_proto.factors import by_code
from lantian_tasks.registry.entities import Entity, Id, Name, OptionalId, Time

LONGEST_DAYS = 90
"""alerts gives no effect to an order that lasts longer."""
DAY_MS = 86_400_000


class Suppression(Entity):
    """Findings of a source held back: somebody answers for it, it says why, and it expires."""

    source_id: Id = Field(description="Source it applies to")
    rule_id: OptionalId = Field(default="", description="Rule of the catalogue; empty: all rules")
    factor: str = Field(default="", max_length=16, description="HJ 212 factor code; empty: all factors")
    owner: Name = Field(description="Account of the person who answers for it")
    reason: Name = Field(description="Why findings are held back")
    start_ms: Time = Field(description="Start; ms since 1970 UTC")
    end_ms: Time = Field(description="Expiry, exclusive, at most 90 days after the start; ms since 1970 UTC")

    @model_validator(mode="after")
    def _expires(self) -> Self:
        if not self.start_ms < self.end_ms <= self.start_ms + LONGEST_DAYS * DAY_MS:
            raise ValueError(Both(f"an order lasts up to {LONGEST_DAYS} days", f"抑制令最长{LONGEST_DAYS}天"))
        if self.factor and by_code(self.factor) is None:
            raise ValueError(Both(f"no factor has the code {self.factor!r}", f"没有代码为 {self.factor} 的因子"))
        return self


class Response(Entity):
    """What a source has to do under an emergency response 应急响应."""

    source_id: Id = Field(description="Outlet or meter it applies to")
    measure: Literal["stop", "limit"] = Field(description="Stop, or run at a part of usual operation")
    allowed_share: float = Field(default=0.0, ge=0, lt=1, description="Part that may go on; 0 for stop")
    warning_id: Name = Field(description="Warning it follows from", examples=["130100-2026-11-orange"])
    level: Literal["yellow", "orange", "red"] = Field(description="Level of the warning")
    start_ms: Time = Field(description="From when it has to be in effect, lead time over; ms since 1970 UTC")
    end_ms: Time = Field(default=0, description="End, exclusive; 0 while it goes on; ms since 1970 UTC")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.end_ms and self.end_ms <= self.start_ms:
            raise ValueError(Both("a duty ends after it starts", "应急任务的结束须晚于开始"))
        if (self.measure == "stop") != (self.allowed_share == 0):
            raise ValueError(
                Both(
                    "allowed_share belongs to measure limit, and to it alone",
                    "allowed_share 只用于限产措施，且必须填写",
                )
            )
        return self
