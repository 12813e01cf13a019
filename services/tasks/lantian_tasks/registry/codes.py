"""Codes that prove themselves: the unified social credit code of GB 32100-2015. Pure."""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and letters without I, O, S, V, Z (GB 32100-2015, table 2)."""
WEIGHTS = tuple(3**place % 31 for place in range(17))
CREDIT_CODE = re.compile(rf"[{ALPHABET}]{{18}}")


def check_character(first: str) -> str:
    """The 18th character to 17 others (GB 32100-2015, annex A)."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(first, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_credit_code(code: str) -> bool:
    """Whether the code has its form and its check character."""
    return CREDIT_CODE.fullmatch(code) is not None and check_character(code[:17]) == code[17]
