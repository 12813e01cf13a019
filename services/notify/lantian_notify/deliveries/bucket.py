"""A token bucket, so that a robot is not blocked for sending too much. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` messages in any span of `seconds` after a rest, in wall time: the vendor counts real minutes."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens as they were at a wall time; None was never touched and is full."""

    tokens: float | None = None
    at_wall_ms: int = 0

    def take(self, rate: Rate, wall_ms: int) -> tuple["Bucket", int]:
        """The bucket afterwards and 0, or the bucket as it is and the wall milliseconds until a token is there.

        The burst is half the rate: a full bucket and its refill together stay within `count` in any `seconds`.
        """
        burst = max(1.0, rate.count / 2)
        per_ms = burst / (rate.seconds * 1000)
        passed = max(0, wall_ms - self.at_wall_ms)
        tokens = burst if self.tokens is None else min(burst, self.tokens + passed * per_ms)
        if tokens >= 1.0:
            return Bucket(tokens - 1.0, wall_ms), 0
        return Bucket(tokens, wall_ms), int((1.0 - tokens) / per_ms) + 1
