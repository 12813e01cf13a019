"""How long to wait before a part that died is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Pauses that double from `first` to `longest`; a run of at least `calm` seconds makes the next pause short again.

    All in wall seconds. Pure: the caller measures how long the part ran.
    """

    first: float = 0.5
    longest: float = 15.0
    calm: float = 60.0
    _next: float = 0.0

    def after(self, ran: float) -> float:
        """The pause before the next start, of a part that was healthy for `ran` seconds and then died."""
        pause = self.first if ran >= self.calm or self._next == 0.0 else self._next
        self._next = min(pause * 2, self.longest)
        return pause
