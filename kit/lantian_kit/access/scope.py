"""What somebody may see: by administrative division, and for an enterprise by its own id. Pure.

The one place where the rule is written. Divisions are GB/T 2260 codes of six digits, a code covers all codes below it
(130100 covers 130102), unless the dated table of divisions says otherwise (`divisions.py`): 130181 hangs on its
province and not on 130100, a new area covers counties with codes of another city.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

CODE = re.compile(r"\d{6}")
COUNTRY = "000000"
BEYOND_DIGITS = ":"
"""Sorts after every digit: the end of a range of division codes."""


class ScopeError(ValueError):
    """A division code is not six digits."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Denies by default. `prefixes` of division codes; "" is the whole country, and what has no division yet.

    What begins with one of `excluded` is not in it, though a prefix covers it.
    """

    prefixes: tuple[str, ...] = ()
    enterprise_id: str | None = None
    excluded: tuple[str, ...] = ()

    def covers(self, division_code: str, enterprise_id: str) -> bool:
        """Whether something of this division and enterprise may be seen."""
        if self.enterprise_id is not None and (not self.enterprise_id or enterprise_id != self.enterprise_id):
            return False
        return self.covers_division(division_code)

    def covers_division(self, code: str) -> bool:
        """Whether a division lies in it, whoever the enterprise is."""
        return code.startswith(self.prefixes) and not code.startswith(self.excluded)

    @property
    def is_country(self) -> bool:
        """Whether no division is left out."""
        return "" in self.prefixes

    @property
    def sees_nothing(self) -> bool:
        """Whether nothing can lie in it."""
        return not self.prefixes or self.enterprise_id == ""

    def ranges(self) -> Iterator[tuple[str, str]]:
        """The division codes it covers as ranges of text, end exclusive; none for the country, which needs no limit."""
        for prefix in self.prefixes:
            if not prefix:
                continue
            begin = prefix
            for gone in sorted(self.excluded):
                if gone.startswith(prefix) and gone >= begin:
                    if begin < gone:
                        yield begin, gone
                    begin = gone + BEYOND_DIGITS
            yield begin, prefix + BEYOND_DIGITS


EVERYTHING = Scope(prefixes=("",))
"""For a service itself."""


def prefix_of(code: str) -> str:
    """The common beginning of a division and those below it: 000000 → "", 130000 → 13, 130100 → 1301.

    Raises ScopeError.
    """
    if not CODE.fullmatch(code):
        raise ScopeError(f"a division code has six digits, not {code!r}")
    return re.sub(r"(00){1,3}$", "", code)
