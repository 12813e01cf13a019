"""Divisions that do not hang where their code says, dated: the table a scope is drawn from. Pure.

Rows come from the registry (kind division): 130181 with parent 130000 leaves its city; the counties of a new area get
the area as parent; a division that ended names its successor, who then answers for what still carries its code.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lantian_kit.access.scope import COUNTRY, Scope, prefix_of

DEEPEST = 8
"""Steps from a division to the country; rows that go in a circle end here."""


@dataclass(frozen=True, slots=True)
class Division:
    """One row. Times are ms since 1970 UTC, end exclusive, 0 always and open; empty codes: as the code itself says."""

    code: str
    parent_code: str = ""
    successor_code: str = ""
    from_ms: int = 0
    to_ms: int = 0

    def begun(self, at_ms: int) -> bool:
        """Whether it exists or existed."""
        return self.from_ms <= at_ms

    def ended(self, at_ms: int) -> bool:
        """Whether its time is over."""
        return bool(self.to_ms) and self.to_ms <= at_ms


@dataclass(frozen=True)
class Divisions:
    """The rows that differ from what the codes say; the others may be left out."""

    rows: tuple[Division, ...] = ()
    _by_code: dict[str, list[Division]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code: dict[str, list[Division]] = {}
        for row in sorted(self.rows, key=lambda row: row.from_ms):
            if row.parent_code or row.successor_code:
                by_code.setdefault(row.code, []).append(row)
        object.__setattr__(self, "_by_code", by_code)

    def superior(self, code: str, at_ms: int) -> str:
        """The division above one at a time; that of its code where the table says nothing. The country has none: ""."""
        for row in reversed(self._by_code.get(code, [])):
            if row.begun(at_ms):
                if row.ended(at_ms):
                    return row.successor_code or _natural(code)
                return row.parent_code or _natural(code)
        return _natural(code)

    def scope_of(self, codes: Iterable[str], enterprise_id: str | None = None, at_ms: int = 0) -> Scope:
        """What these divisions cover at a time. Raises ScopeError."""
        granted = set(codes)
        prefixes, excluded = {prefix_of(code) for code in granted}, set[str]()
        if COUNTRY not in granted:
            for code in self._by_code:
                inside = self._reaches(code, granted, at_ms)
                by_code = code.startswith(tuple(prefixes)) if prefixes else False
                if inside and not by_code:
                    prefixes.add(prefix_of(code))
                elif by_code and not inside:
                    excluded.add(prefix_of(code))
        return Scope(tuple(sorted(prefixes)), enterprise_id, tuple(sorted(excluded)))

    def _reaches(self, code: str, granted: set[str], at_ms: int) -> bool:
        for _ in range(DEEPEST):
            if code in granted:
                return True
            code = self.superior(code, at_ms)
            if not code:
                return False
        return False


def _natural(code: str) -> str:
    prefix = prefix_of(code)
    if not prefix:
        return ""
    keep = (len(prefix) - 1) // 2 * 2
    return prefix[:keep].ljust(6, "0") if keep else COUNTRY


AS_CODED = Divisions()
"""Every division hangs where its code says."""


def scope_of(codes: Iterable[str], enterprise_id: str | None = None) -> Scope:
    """What these divisions cover by their codes alone. Raises ScopeError."""
    return AS_CODED.scope_of(codes, enterprise_id)
