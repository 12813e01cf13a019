"""Reads the knowledge files and refuses what contradicts itself; an error names file, row and reason."""

import csv
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from lantian_alerts.knowledge.rows import (
    CONFIDENCE_OF_MARK,
    Ambient,
    Breakpoints,
    Citation,
    Duty,
    Exemption,
    Gap,
    Limit,
    Membership,
    Process,
    Sourced,
    WarningClause,
)
from lantian_proto import factors

OPEN: Final = date.max


class KnowledgeError(ValueError):
    """A knowledge file can not be used: `file:row: reason`."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


class File(NamedTuple):
    """How one kind of file is read.

    `row`: type of its rows. `lists`: columns that may name several values with `|`, one row each. `key`: rows with the
    same key follow each other in time without overlap or gap; None for rows that stand alone.
    """

    row: type[Any]
    key: Callable[[Any], Hashable] | None
    lists: tuple[str, ...] = ()


def limit_key(row: Limit) -> Hashable:
    """A limit replaces the one before of the same basis, plant, condition, region, factor and average."""
    return (row.basis, row.scope, row.industry, row.process, row.condition, row.unless, row.region, row.factor,
            row.averaging)  # fmt: skip


LIMITS: Final = File(Limit, limit_key, ("industry", "process"))

# One line a file. A new file of limits needs no other change.
FILES: Final[Mapping[str, File]] = {
    "processes.csv": File(Process, None),
    "limits_combustion.csv": LIMITS,
    "limits_steel.csv": LIMITS,
    "limits_coking.csv": LIMITS,
    "limits_minerals.csv": LIMITS,
    "limits_campaign.csv": LIMITS,
    "limits_ultra_low.csv": LIMITS,
    "ambient.csv": File(Ambient, lambda row: (row.factor, row.averaging, row.grade)),
    "iaqi.csv": File(Breakpoints, lambda row: (row.factor, row.averaging)),
    "warnings.csv": File(WarningClause, lambda row: (row.level, row.alternative, row.clause)),
    "regions.csv": File(Membership, lambda row: (row.kind, row.city_code)),
    "legal.csv": File(Citation, lambda row: (row.conduct, row.slot)),
    "exemptions.csv": File(Exemption, lambda row: row.exemption),
    "duties.csv": File(Duty, lambda row: row.rule),
    "gaps.csv": File(Gap, None),
}

Row = TypeVar("Row")


class Tables(NamedTuple):
    """All rows, by kind; `outlets` finds limits by (industry, process) and factor, for every process."""

    limits: tuple[Limit, ...]
    processes: tuple[Process, ...]
    ambient: tuple[Ambient, ...]
    breakpoints: tuple[Breakpoints, ...]
    warnings: tuple[WarningClause, ...]
    memberships: tuple[Membership, ...]
    citations: tuple[Citation, ...]
    exemptions: tuple[Exemption, ...]
    duties: tuple[Duty, ...]
    gaps: tuple[Gap, ...]
    outlets: Mapping[tuple[str, str], Mapping[str, tuple[Limit, ...]]]
    conditions: frozenset[str]


def load(texts: Mapping[str, str]) -> Tables:
    """All tables from the texts of the registered files. Raises KnowledgeError."""
    for name in sorted(texts.keys() ^ FILES.keys()):
        raise KnowledgeError(name, 0, "not registered" if name in texts else "registered but missing")
    read = {name: parse(name, texts[name], file) for name, file in FILES.items()}

    def of(kind: type[Row]) -> tuple[Row, ...]:
        return tuple(row for name, file in FILES.items() if file.row is kind for row in read[name])

    kinds = {id(file.row): file for file in FILES.values()}
    for file in kinds.values():
        if file.key is not None:
            check_chains(of(file.row), file.key)
    tables = Tables(
        of(Limit), of(Process), of(Ambient), of(Breakpoints), of(WarningClause),
        of(Membership), of(Citation), of(Exemption), of(Duty), of(Gap),
        _by_outlet(of(Process), of(Limit)),
        frozenset(word for row in of(Limit) for word in (row.condition, row.unless) if word),
    )  # fmt: skip
    _check_processes(tables)
    _check_breakpoints(tables.breakpoints)
    _check_regions(tables)
    return tables


def parse(name: str, text: str, file: File) -> list[Any]:
    """The rows of one file; lines that start with # are comments. Raises KnowledgeError."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip() and line[0] != "#"]
    if not lines:
        raise KnowledgeError(name, 0, "no header")
    cells = csv.reader(line for _, line in lines)  # no cell of ours holds a line break
    header = next(cells)
    if len(set(header)) != len(header):
        raise KnowledgeError(name, lines[0][0], "a column stands twice in the header")
    rows: list[Any] = []
    for (number, _), row in zip(lines[1:], cells, strict=True):
        if len(row) != len(header):
            raise KnowledgeError(name, number, f"{len(row)} cells, the header has {len(header)}")
        given = {column: cell for column, cell in zip(header, row, strict=True) if cell != ""}
        rows += [_convert(name, number, one, file) for one in _each(given, file.lists)]
    return rows


def _each(given: dict[str, str], lists: tuple[str, ...]) -> Iterable[dict[str, str]]:
    several = [given]
    for column in lists:
        several = [{**one, column: value} for one in several for value in one.get(column, "").split("|")]
    return several


def _convert(name: str, number: int, given: dict[str, str], file: File) -> Any:
    place: dict[str, object] = {"line": number} if file.row is Gap else {"line": number, "file": name}
    if clash := given.keys() & place.keys():
        raise KnowledgeError(name, number, f"column {min(clash)} is not for files to fill")
    try:
        row = msgspec.convert({**given, **place}, file.row, strict=False)
    except msgspec.ValidationError as error:
        raise KnowledgeError(name, number, str(error)) from error
    if isinstance(row, Sourced):
        _check_sourced(row)
    code = getattr(row, "factor", "")
    if code and factors.by_code(code) is None:
        raise KnowledgeError(name, number, f"unknown factor code {code}")
    if isinstance(row, Limit):
        _check_limit(row)
    return row


def _check_sourced(row: Sourced) -> None:
    def refuse(reason: str) -> KnowledgeError:
        return KnowledgeError(row.file, row.line, reason)

    if not row.source.strip():
        raise refuse("no source")
    marks = row.mark.split(";")
    for mark in [*marks, *filter(None, row.dates_mark.split(";"))]:
        if mark not in CONFIDENCE_OF_MARK:
            raise refuse(f"unknown mark {mark!r}")
    weakest = max((CONFIDENCE_OF_MARK[mark] for mark in marks), key="HML".index)
    if row.confidence != weakest:
        raise refuse(f"mark {row.mark} means confidence {weakest}, not {row.confidence}")
    if row.enabled and "K?" in marks:
        raise refuse("a row marked K? may not be enabled")
    if isinstance(row, Exemption) and row.enabled:
        raise refuse("exemptions ship disabled: a deployer confirms them")
    if row.enabled and row.valid_from is None:
        raise refuse("an enabled row needs valid_from")
    if row.valid_from is not None and not row.dates_mark:
        raise refuse("valid_from needs a dates_mark")
    if row.valid_to is not None and (row.valid_from is None or row.valid_to <= row.valid_from):
        raise refuse("valid_to must come after valid_from")


def _check_limit(row: Limit) -> None:
    def refuse(reason: str) -> KnowledgeError:
        return KnowledgeError(row.file, row.line, reason)

    factor = factors.by_code(row.factor) if row.factor else None
    if factor is None:
        if row.enabled:
            raise refuse("an enabled limit needs a factor code")
    elif factor.unit != row.unit:
        raise refuse(f"{row.factor} is in {factor.unit!r}, not {row.unit!r}")
    if not 0 < row.value < 1e6:
        raise refuse(f"{row.value} is no limit")
    if row.reference_o2 is not None and (not 0 < row.reference_o2 < 21 or not row.o2_mark):
        raise refuse("a reference oxygen lies between 0 and 21 and has a mark")
    if row.o2_mark and row.o2_mark not in CONFIDENCE_OF_MARK.keys() - ({"K?"} if row.enabled else set()):
        raise refuse(f"an oxygen may not be marked {row.o2_mark!r} here")


def check_chains(rows: Iterable[Any], key: Callable[[Any], Hashable]) -> None:
    """Rows of one key must touch: the next begins where the one before ends, the last may be open.

    Rows that are not enabled are checked among themselves and may stand beside enabled ones.
    """
    chains: dict[Hashable, list[Any]] = {}
    for row in rows:
        chains.setdefault((key(row), row.enabled), []).append(row)
    for chain in chains.values():
        for row in chain:
            if row.valid_from is None and len(chain) > 1:
                raise KnowledgeError(row.file, row.line, "a row without dates beside others of its key")
        dated = sorted((row for row in chain if row.valid_from is not None), key=lambda row: row.valid_from)
        for before, after in pairwise(dated):
            place = f"{before.file}:{before.line}"
            ends = before.valid_to or OPEN
            if after.valid_from < ends:
                raise KnowledgeError(
                    after.file, after.line, f"overlaps {place}, which ends {before.valid_to or 'never'}"
                )
            if after.valid_from > ends:
                raise KnowledgeError(after.file, after.line, f"gap after {place}, which ends {before.valid_to}")


def _by_outlet(
    processes: Iterable[Process], limits: Iterable[Limit]
) -> dict[tuple[str, str], dict[str, tuple[Limit, ...]]]:
    found: dict[tuple[str, str], dict[str, tuple[Limit, ...]]] = {
        (process.industry, process.process): {} for process in processes
    }
    for row in limits:
        factors_of = found.setdefault((row.industry, row.process), {})
        factors_of[row.factor] = (*factors_of.get(row.factor, ()), row)
    return found


def _check_processes(tables: Tables) -> None:
    known: dict[tuple[str, str], Process] = {}
    for process in tables.processes:
        if known.setdefault((process.industry, process.process), process) is not process:
            raise KnowledgeError(process.file, process.line, f"{process.industry} {process.process} stands twice")
    named: tuple[Limit | Exemption, ...] = (*tables.limits, *tables.exemptions)
    for row in named:
        if (row.industry, row.process) not in known:
            raise KnowledgeError(row.file, row.line, f"unknown process {row.industry} {row.process}")


def _check_breakpoints(rows: Iterable[Breakpoints]) -> None:
    for row in rows:
        values = [concentration for _, concentration in row.nodes()]
        if values[0] != 0 or any(low >= high for low, high in pairwise(values)):
            raise KnowledgeError(row.file, row.line, "breakpoints must rise from 0")


def _check_regions(tables: Tables) -> None:
    known = {row.region for row in tables.memberships} | {row.city_code for row in tables.memberships}
    placed: tuple[Limit | Duty, ...] = (*tables.limits, *tables.duties)
    for row in placed:
        if row.region and row.region not in known:
            raise KnowledgeError(row.file, row.line, f"unknown region {row.region}")
