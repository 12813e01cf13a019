"""What was sent and has not arrived. Pure: wall times come from the caller."""

from dataclasses import dataclass, field

from lantian_probe.rounds import Round

Key = tuple[str, str, int]
GIVEN_UP_SECONDS = 3600.0


def key_of(round_: Round) -> Key:
    """What the webhook about a round names: source, factor and begin of the hour."""
    return round_.source_id, round_.factor, round_.hour_ms


@dataclass
class Book:
    """Rounds under way, by key, with the wall second each was sent at."""

    waiting: dict[Key, float] = field(default_factory=dict)

    def sent(self, round_: Round, at: float) -> None:
        """The frame is on its way."""
        self.waiting[key_of(round_)] = at

    def arrived(self, key: Key, at: float) -> float | None:
        """Seconds it took; None for what was not waited for, a repeat for example."""
        began = self.waiting.pop(key, None)
        return None if began is None else max(0.0, at - began)

    def oldest(self, at: float) -> float:
        """Seconds the oldest has waited, 0 when none waits."""
        return max((at - began for began in self.waiting.values()), default=0.0)

    def given_up(self, at: float) -> int:
        """Forgets what has waited for an hour; how many."""
        lost = [key for key, began in self.waiting.items() if at - began > GIVEN_UP_SECONDS]
        for key in lost:
            del self.waiting[key]
        return len(lost)
