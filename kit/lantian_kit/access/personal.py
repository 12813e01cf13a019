"""Phone numbers and plates: what of them is shown, and who reads them in full; the rule itself is personal.yaml. Pure.

Masked is the default: of any text, whatever field it stands in. Fields that are a phone number or a plate by their name
are masked in whatever form they hold.
"""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from lantian_proto.personal_numbers import LANDLINE, MOBILE, PLATE, PROVINCES

_RULES = ((MOBILE, r"\1****\2"), (LANDLINE, r"\1*****\2"), (PLATE, r"\1***\2"))
STARS = "***"
_HIDDEN = re.compile(rf"\d[- ]?\*{{4,5}}[- ]?\d{{2}}|[{PROVINCES}][A-HJ-NP-Z][·•・ ]?\*{{3}}[A-HJ-NP-Z0-9]{{2}}")
NUMBERS = frozenset({"phone", "plate"})
"""Names of fields that are a number whatever their form."""
NAMES_NOTHING = frozenset({"id", "hash", "previous_hash", "next_cursor", "chain", "sha256", "csrf_token", "password"})
"""Fields that are names of things, not of people: ids, hashes, cursors. So is whatever ends in _id."""


def masked(text: str) -> str:
    """The text with its phone numbers and plates masked: 138****1234, 冀A·***12."""
    for pattern, mask in _RULES:
        text = pattern.sub(mask, text)
    return text


def holds(text: str) -> bool:
    """Whether a phone number or a plate stands in it, in full."""
    return masked(text) != text


def shown(value: Any, name: str = "") -> Any:
    """A plain value (JSON) with everything masked that `name`, the field it stands in, does not exempt."""
    if isinstance(value, str):
        if name in NUMBERS:
            return _number(value)
        return value if name in NAMES_NOTHING or name.endswith("_id") else masked(value)
    if isinstance(value, Mapping):
        by_phone = value.get("channel") == "sms"
        return {
            key: _number(one) if by_phone and key == "address" and isinstance(one, str) else shown(one, key)
            for key, one in value.items()
        }
    return [shown(one, name) for one in value] if isinstance(value, list | tuple) else value


def restored(value: Any, before: Any) -> Any:
    """What somebody who reads masked has written, with the numbers in full that were shown masked before.

    Raises ValueError for a masked number that was none of those.
    """
    known = {shown(text, name): text for text, name in _texts(before, "")}
    return _restored(value, known)


def in_full(role: str, operation: str) -> bool:
    """Whether a role reads phone numbers and plates in full where it calls an operation; no by default."""
    rule = _rule()
    granted = rule["roles"].get(role)
    acts = granted == "acting" and any(fnmatchcase(operation, name) for name in rule["acting"])
    return granted == "always" or acts


def is_original(operation: str) -> bool:
    """Whether an operation gives bytes under their hash, which no mask may change."""
    return operation in _rule()["originals"]


def named() -> tuple[str, ...]:
    """Names of operations that the rule speaks of."""
    return (*_rule()["acting"], *_rule()["originals"])


def _number(text: str) -> str:
    found = masked(text)
    if found != text or STARS in text or not text:
        return found
    kept = 3 if len(text) > 7 else 1
    return f"{text[:kept]}****{text[-2:] if len(text) > 4 else ''}"


def _texts(value: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(value, name)]
    if isinstance(value, Mapping):
        by_phone = value.get("channel") == "sms"
        pairs = ((one, "phone" if by_phone and key == "address" else str(key)) for key, one in value.items())
        return [row for one, key in pairs for row in _texts(one, key)]
    return [row for one in value for row in _texts(one, name)] if isinstance(value, list | tuple) else []


def _restored(value: Any, known: Mapping[Any, str]) -> Any:
    if isinstance(value, str) and STARS in value:
        if value not in known and _HIDDEN.search(value):
            raise ValueError("a masked number is none: write it in full")
        return known.get(value, value)
    if isinstance(value, Mapping):
        return {key: _restored(one, known) for key, one in value.items()}
    return [_restored(one, known) for one in value] if isinstance(value, list | tuple) else value


@cache
def _rule() -> dict[str, Any]:
    text = files("lantian_kit.access").joinpath("personal.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
