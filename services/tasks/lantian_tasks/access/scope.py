"""What of the ledger a principal may see: by administrative division, and for an enterprise by its own id. Pure.

The one place where the rule is written; every read of the store takes a scope. Divisions are GB/T 2260 codes of six
digits, a code covers all codes below it (130100 covers 130102). Codes that merge, split or move between superiors need
the dated division table, which does not exist yet.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

CODE = re.compile(r"\d{6}")


class ScopeError(ValueError):
    """A division code is not six digits."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Denies by default. `prefixes` of division codes; "" is the whole country, and what has no division yet."""

    prefixes: tuple[str, ...] = ()
    enterprise_id: str | None = None

    def covers(self, division_code: str, enterprise_id: str) -> bool:
        """Whether something of this division and enterprise may be seen."""
        if self.enterprise_id is not None and (not self.enterprise_id or enterprise_id != self.enterprise_id):
            return False
        return any(division_code.startswith(prefix) for prefix in self.prefixes)


EVERYTHING = Scope(prefixes=("",))
"""For the service itself."""


def prefix_of(code: str) -> str:
    """The common beginning of a division and those below it: 000000 → "", 130000 → 13, 130100 → 1301.

    Raises ScopeError.
    """
    if not CODE.fullmatch(code):
        raise ScopeError(f"a division code has six digits, not {code!r}")
    return re.sub(r"(00){1,3}$", "", code)


def scope_of(codes: Iterable[str], enterprise_id: str | None = None) -> Scope:
    """The scope of these divisions. Raises ScopeError."""
    return Scope(tuple(sorted({prefix_of(code) for code in codes})), enterprise_id)
