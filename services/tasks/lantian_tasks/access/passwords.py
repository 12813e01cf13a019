"""Passwords: the rules, and argon2id. Hashing takes 64 MB and a tenth of a second by design, so few run at once."""

import asyncio
import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from lantian_proto.both import Both

SHORTEST, LONGEST = 10, 128
LONG_ENOUGH = 16
"""From this length on a password may be of one kind of characters: a sentence is better than `Aa1!`."""
CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^a-zA-Z\d]")
KNOWN = re.compile(
    r"(password|passw0rd|p@ssw[o0]rd|admin|root|qwerty|asdf|zxcv|1q2w3e|abc123|123456|654321|111111|000000|888888|"
    r"lantian|woaini|huanbao|iloveyou|letmein|welcome)",
    re.IGNORECASE,
)
AT_ONCE = 2
REMEMBERED = 5
"""Hashes of earlier passwords that may not come back."""


def weakness(password: str, account: str) -> str | None:
    """Why a password is not good enough, or None."""
    text = unicodedata.normalize("NFC", password)
    if not SHORTEST <= len(text) <= LONGEST:
        return Both(f"a password has {SHORTEST} to {LONGEST} characters", f"密码须为{SHORTEST}至{LONGEST}个字符")
    if len(account) >= 3 and account.casefold() in text.casefold():
        return Both("a password does not hold the name of its account", "密码不能包含账号名")
    rest = KNOWN.sub("", text)
    if len(rest) < SHORTEST - 2 and rest != text:
        return Both("the password stands in every list of passwords", "这是常见密码，请另设")
    if len(set(text)) < 6:
        return Both("a password has at least six different characters", "密码至少含六个不同的字符")
    if len(text) < LONG_ENOUGH and sum(bool(re.search(one, text)) for one in CLASSES) < 3:
        return Both(
            f"below {LONG_ENOUGH} characters, three of small, capital, digit and other are needed",
            f"少于{LONG_ENOUGH}个字符时，须含小写、大写、数字、其他符号中的三类",
        )
    return None


class Hashing:
    """argon2id with the library's present defaults; a hash of older ones is made anew at the next sign-in."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """A new hash."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def fits(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password; without a hash the same time passes, and the answer is no."""
        async with self._turn:
            right = await asyncio.to_thread(self._check, hashed or self._nobody, _normal(password))
        return right and hashed is not None

    def is_old(self, hashed: str) -> bool:
        """Whether it was made with weaker parameters than now."""
        return self._hasher.check_needs_rehash(hashed)

    def _check(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (Argon2Error, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """The same characters however a keyboard composed them."""
    return unicodedata.normalize("NFC", password)
