"""What of a person must not stand in public: names, numbers, mailboxes, plates. Pure.

Basis: 个人信息保护法 (in force 2021-11-01) art. 6 and 25: no more than the purpose needs, and not in public without
consent; 政府信息公开条例 (2019) art. 15. Names of enterprises and their credit codes are no personal data and stay.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from lantian_proto.personal_numbers import EDGE, END, LANDLINE, MOBILE, PLATE
from lantian_tasks.registry.codes import is_credit_code

Cut = Callable[[re.Match[str]], str]

PERSONAL: Mapping[str, str] = {
    "name": "姓名",
    "phone number": "电话",
    "identity number": "身份证号",
    "plate": "车牌",
    "mailbox": "邮箱",
}
"""Kinds of personal data in Chinese."""
_IDENTITY = re.compile(rf"{EDGE}[1-9]\d{{16}}[0-9Xx]{END}")
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def _middle(first: int, last: int) -> Cut:
    def cut(found: re.Match[str]) -> str:
        text = found[0]
        return f"{text[:first]}{'*' * (len(text) - first - last)}{text[len(text) - last :]}"

    return cut


def _identity(found: re.Match[str]) -> str:
    return found[0] if is_credit_code(found[0]) else _middle(6, 2)(found)


def _mobile(found: re.Match[str]) -> str:
    return f"{found[1]}****{found[2]}"


def _mailbox(found: re.Match[str]) -> str:
    name, _, host = found[0].partition("@")
    return f"{name[0]}***@{host}"


_RULES: tuple[tuple[str, re.Pattern[str], Cut], ...] = (
    ("identity number", _IDENTITY, _identity),
    ("phone number", MOBILE, _mobile),
    ("phone number", LANDLINE, _middle(4, 2)),
    ("mailbox", _MAILBOX, _mailbox),
    ("plate", PLATE, _middle(2, 2)),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """One personal datum of a text: its kind, as it stood there, and as it may stand in public."""

    kind: str
    original: str
    shown: str


def masked(text: str, people: Iterable[str] = ()) -> str:
    """The text as it may stand in public; `people` are names that occur in it."""
    return masking(text, people)[0]


def masking(text: str, people: Iterable[str] = ()) -> tuple[str, list[Masked]]:
    """The text as it may stand in public, and each different thing that was masked in it."""
    found: dict[Masked, None] = {}
    for name in sorted({name.strip() for name in people if len(name.strip()) > 1}, key=len, reverse=True):
        if name in text:
            found[Masked("name", name, masked_name(name))] = None
            text = text.replace(name, masked_name(name))
    for kind, pattern, cut in _RULES:

        def shown(one: re.Match[str], kind: str = kind, cut: Cut = cut) -> str:
            if cut(one) != one[0]:
                found[Masked(kind, one[0], cut(one))] = None
            return cut(one)

        text = pattern.sub(shown, text)
    return text, list(found)


def masked_name(name: str) -> str:
    """A person's name with its first character alone."""
    name = name.strip()
    return f"{name[0]}{'*' * (len(name) - 1)}" if name else ""


def personal(text: str, people: Iterable[str] = ()) -> list[str]:
    """Kinds of personal data that stand in a text: identity number, phone number, mailbox, plate, name."""
    found = [kind for kind, pattern, cut in _RULES if any(cut(one) != one[0] for one in pattern.finditer(text))]
    named = any(len(name.strip()) > 1 and name.strip() in text for name in people)
    return list(dict.fromkeys([*found, *(["name"] if named else [])]))
