"""When a person acted by the clock of the phone, beside when the ledger heard of it. Pure.

Basis: reference 4.5, clock skew and back-dating are flagged. Clocks of the closed loop go on by the ledger's time; what
is sealed here says what a phone without a network says of itself, and what speaks against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.clocks.policy import DeviceTimeRules
from lantian_tasks.clocks.sla import HOUR_MS, MINUTE_MS
from lantian_tasks.ledger.history import SealedDeviceTime, SealedEntry

CLOCK_AHEAD = "clock-ahead"
CLOCK_BEHIND = "clock-behind"
SENT_LATER = "sent-later"
BACK_DATED = "back-dated"
FLAGS = (CLOCK_AHEAD, CLOCK_BEHIND, SENT_LATER, BACK_DATED)
"""What is said of a device's time; the last takes a reason."""


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """What a device says by its own clock, ms since 1970 UTC: when the person acted, and its now when it sent that
    (0: unsaid).
    """

    happened_ms: int
    sent_ms: int = 0


@dataclass(frozen=True, slots=True)
class JudgedTime:
    """As it is sealed, and why it takes a reason; empty: it does not."""

    sealed: SealedDeviceTime
    objection: str = ""


def device_time(happened_ms: int | None, sent_ms: int | None) -> DeviceTime | None:
    """Of a request; None: the device said nothing."""
    return DeviceTime(happened_ms, sent_ms or 0) if happened_ms else None


def judged(
    said: DeviceTime,
    at_ms: int,
    history: Sequence[SealedEntry | Mapping[str, Any]],
    rules: DeviceTimeRules,
    *,
    follows: bool = True,
) -> JudgedTime:
    """`at_ms` is the ledger's now. A wrong clock is corrected by what it shows at sending, and flagged all the same.

    `follows` False: a photo or file, which may well be older than where its subject stands.
    """
    skew_ms = rules.skew_minutes * MINUTE_MS
    correction_ms = at_ms - said.sent_ms if said.sent_ms else 0
    happened_ms = said.happened_ms + correction_ms
    delay_ms = max(0, at_ms - happened_ms)
    followed_ms = followed(history)
    objection: str = ""
    if not follows:
        pass  # evidence/piece.py has flags of its own for it
    elif delay_ms > rules.longest_offline_hours * HOUR_MS:
        hours = delay_ms // HOUR_MS
        most = rules.longest_offline_hours
        objection = Both(
            f"it was done {hours} h before it came, more than {most} h: say why",
            f"办理{hours}小时后才送达，超过{most}小时，请说明原因",
        )
    elif followed_ms and happened_ms < followed_ms - skew_ms:
        objection = Both(
            f"by the phone it was done at {happened_ms}, before what it follows ({followed_ms}): say why",
            "手机记录的办理时间早于上一步，请说明原因",
        )
    found = {
        CLOCK_AHEAD: correction_ms < -skew_ms or happened_ms > at_ms + skew_ms,
        CLOCK_BEHIND: correction_ms > skew_ms,
        SENT_LATER: delay_ms > rules.sent_later_minutes * MINUTE_MS,
        BACK_DATED: bool(objection),
    }
    sealed: SealedDeviceTime = {
        "happened_ms": happened_ms,
        "stated_ms": said.happened_ms,
        "correction_ms": correction_ms,
        "delay_ms": delay_ms,
        "flags": [flag for flag, holds in found.items() if holds],
    }
    return JudgedTime(sealed, objection)


def followed(history: Sequence[SealedEntry | Mapping[str, Any]]) -> int:
    """When the subject came to where it stands, by the device where one spoke; 0: nothing has happened.

    Reminders, notes and photos in between are followed by nothing: they say nothing of what could be done when.
    """
    entry = next((entry for entry in reversed(history) if entry["from_state"] != entry["to_state"]), None)
    return happened_of(entry) if entry is not None else 0


def happened_of(entry: SealedEntry | Mapping[str, Any]) -> int:
    """When it was done: by the device, corrected, where one spoke, else by the ledger; never later than that."""
    device = entry.get("device")
    return min(int(entry["at_ms"]), int(device["happened_ms"])) if device else int(entry["at_ms"])
