"""What the three chat robots share: 200 says nothing, a code in the body decides."""

import re
from collections.abc import Mapping, Sequence

from lantian_notify.channels.base import Answer, GiveUp, Retry, Sent
from lantian_notify.channels.post import Response, code_of, unless_2xx
from lantian_notify.sign import SecretError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,200}")

# Codes of a vendor by what they mean to us; every code that is not listed is tried again by the schedule.
Codes = Mapping[str, Sequence[int]]


def token_of(lines: Sequence[str], name: str) -> str:
    """The robot's key from the first line of its secret. Raises SecretError."""
    if not _TOKEN.fullmatch(lines[0]):
        raise SecretError(f"secret {name} does not begin with the key of a robot")
    return lines[0]


def judge_code(response: Response, names: Sequence[str], codes: Codes, *, pause_seconds: float) -> Answer:
    """The answer by the vendor's code: `throttled`, `gone` and `rejected` are the keys of `codes`.

    An answer without a code is no success: some proxy said 200, the robot said nothing.
    """
    refused = unless_2xx(response)
    if refused is not None:
        return refused
    reply = response.reply
    code = code_of(response, *names)
    if code is None:
        return Retry("errcode", "an answer without a code", reply)
    if code == 0:
        return Sent(reply)
    detail = f"{names[0]} {str(code)[:20]}"
    if code in codes["throttled"]:
        return Retry("throttled", detail, reply, response.after_seconds or pause_seconds, throttle=True)
    if code in codes["gone"]:
        return GiveUp("gone", detail, reply, disables=True)
    if code in codes["rejected"]:
        return GiveUp("rejected", detail, reply)
    return Retry("errcode", detail, reply)
