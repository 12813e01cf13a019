"""A sentence in both languages of the suite: English for who reads logs and codes, Chinese for who works with it."""

from typing import Self


class Both(str):
    """The English sentence; `zh` is the Chinese one. Wherever a text is taken it may stand, and keeps its other half.

    Putting it into another string, or a database, leaves the English half alone.
    """

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Both say the same."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made


def chinese(text: str) -> str:
    """The Chinese of a sentence; empty where there is none."""
    return text.zh if isinstance(text, Both) else ""


def said(error: Exception) -> str:
    """The sentence an exception was raised with, its Chinese half kept: `str` of an exception loses that."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, str) else str(error)
