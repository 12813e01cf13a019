"""How long a name must wait after wrong passwords. Pure.

Counted by the name that was typed, whether there is such an account or not: the answer says nothing about that.
"""

import hashlib
from typing import Any

from lantian_tasks.access.kept import ATTEMPT, Kept, write

FREE = 3
"""Attempts that cost nothing."""
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 5_000, 15 * 60_000
FORGOTTEN_MS = 24 * 3_600_000
"""After a day without an attempt the count begins anew."""
LOCKED_FROM = 8
"""Failures in a row from which the audit knows: the pause is then at its longest, or close to it."""


def attempts_key(name: str) -> str:
    """Key of the document; a name may be anything that was typed."""
    return f"{ATTEMPT}/{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()}"


def pause_ms(failures: int) -> int:
    """The pause after so many failures in a row: it doubles."""
    return 0 if failures < FREE else min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << min(failures - FREE, 20))


def waits_ms(attempts: Kept | None, wall_ms: int) -> int:
    """How long the next attempt must still wait; 0: not at all."""
    return max(0, int(attempts.data["until_wall_ms"]) - wall_ms) if attempts else 0


def failed(attempts: Kept | None, name: str, wall_ms: int) -> Kept:
    """One more. The pause begins before the password is looked at, so that parallel attempts gain nothing."""
    old = attempts is not None and int(attempts.data["last_wall_ms"]) + FORGOTTEN_MS < wall_ms
    failures = 1 if attempts is None or old else int(attempts.data["failures"]) + 1
    data: dict[str, Any] = {
        "failures": failures,
        "last_wall_ms": wall_ms,
        "until_wall_ms": wall_ms + pause_ms(failures),
    }
    return write(attempts, attempts_key(name), data, wall_ms, ends_wall_ms=wall_ms + 2 * FORGOTTEN_MS)


def succeeded(attempts: Kept, wall_ms: int) -> Kept:
    """The count is gone."""
    data = {"failures": 0, "last_wall_ms": wall_ms, "until_wall_ms": 0}
    return write(attempts, attempts.key, data, wall_ms, ends_wall_ms=wall_ms + FORGOTTEN_MS)
