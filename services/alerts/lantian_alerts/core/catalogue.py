"""The catalogue of rules: parsed from YAML text against the registered kinds, checked as a whole."""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from lantian_alerts.core.parameters import Bound, ParameterError, changed, numbers
from lantian_alerts.core.rule import PAST_FACTS, Demand, Episode, Fact, RuleKind
from lantian_alerts.core.together import TOGETHER_FACTS
from lantian_alerts.core.wording import factor_names, local_date, number, span, with_unit
from lantian_alerts.knowledge.law import CONDUCTS, cited_en, cited_zh, legal_basis
from lantian_alerts.knowledge.limits import day_of
from lantian_proto import factors


class CatalogueError(ValueError):
    """The catalogue can not be used; the text names the entry."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: str
    en: str


class LegalBasis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Law and clause for conduct before `until` (Beijing date, exclusive); `review`: not yet verified."""

    zh: str
    en: str
    review: bool
    until: str | None = None


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where logic and numbers come from, and how sure they are: high, medium, low, or proposal for our own."""

    source: str
    confidence: Literal["high", "medium", "low", "proposal"]


class Grades(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Severity `base`; `high` from a weight, a length in hours or a number of findings on."""

    base: int
    high: int = 0
    weight: float = math.inf
    hours: float = math.inf
    findings: float = math.inf

    def of(self, episode: Episode) -> int:
        """Severity of an episode."""
        hours = (episode.end_ms - episode.start_ms) / 3_600_000
        high = episode.weight >= self.weight or hours >= self.hours or episode.breaches >= self.findings
        return self.high if self.high and high else self.base


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    kind: str
    version: int
    title: Words
    domain: str
    examples: str
    legal_basis: list[LegalBasis]
    parameters: dict[str, object]
    runbook: Words
    conduct: str = ""
    reference: Reference = Reference("Lantian", "proposal")
    enabled: bool = True
    signal: bool = False
    inhibited_by: tuple[str, ...] = ()
    merge_hours: float = 0.0
    severity: Grades | None = None
    summary: Words | None = None
    changeable: dict[str, Bound] = {}


class Entry(msgspec.Struct, frozen=True):
    """One rule in force: its texts and the rule itself with its parameters.

    `signal`: its episodes are for other rules to combine, and become no leads. `inhibited_by`: rules whose episode at
    the same source explains this one's findings. `merge_hours`: an episode of another factor of the source that began
    at most so long before takes a new one in. `changeable`: bounds of parameters that the registry may set, by path.
    """

    id: str
    version: int
    title: Words
    domain: str
    examples: str
    legal_basis: tuple[LegalBasis, ...]
    runbook: Words
    rule: RuleKind
    conduct: str = ""
    reference: Reference = Reference("Lantian", "proposal")
    enabled: bool = True
    signal: bool = False
    inhibited_by: tuple[str, ...] = ()
    merge_hours: float = 0.0
    severity: Grades | None = None
    summary: Words | None = None
    changeable: dict[str, Bound] = {}

    def law(self, conduct_ms: int) -> LegalBasis:
        """The legal basis at the time of conduct: what knowledge cites for the conduct, then the entry's own text."""
        day = local_date(conduct_ms)
        own = next(basis for basis in self.legal_basis if basis.until is None or day < basis.until)
        cited = legal_basis(self.conduct, day_of(conduct_ms)) if self.conduct else ()
        if not cited:
            return own
        return LegalBasis(
            zh="；".join(cited_zh(row) for row in cited) + f"。{own.zh}",
            en="; ".join(cited_en(row) for row in cited) + f". {own.en}",
            review=own.review or any(row.review for row in cited),
        )


class Catalogue(msgspec.Struct, frozen=True):
    """All rules in force, by id; and those that are written down but not in force."""

    entries: dict[str, Entry]
    disabled: dict[str, Entry] = {}

    def reading(self, kind: type) -> list[Entry]:
        """Rules that read a kind of fact."""
        return [entry for entry in self.entries.values() if kind in entry.rule.facts]

    def concerned(self, fact: Fact) -> list[Entry]:
        """Rules that read this kind of fact."""
        return self.reading(type(fact))

    def of(self, episode: Episode) -> Entry:
        """The entry of an episode's rule, whatever its version. Raises KeyError."""
        return self.entries[episode.rule_id]

    def in_key_region(self, episode: Episode) -> bool:
        """A catalogue alone knows no places."""
        return False

    def combined_hours(self) -> dict[str, float]:
        """How long rules that combine look back at each rule."""
        found: dict[str, float] = {}
        for entry in self.entries.values():
            groups: dict[str, tuple[str, ...]] = getattr(entry.rule, "groups", {})
            for rule_id in (one for rules in groups.values() for one in rules):
                found[rule_id] = max(found.get(rule_id, 0.0), getattr(entry.rule, "within_hours", 0.0))
        return found

    def demand(self) -> Demand:
        """What the loop must notice."""
        return merged(entry.rule for entry in self.entries.values())


SHARED = ("history", "deep")


def merged(rules: Iterable[RuleKind]) -> Demand:
    """The demand of the rules that have one. Raises CatalogueError when two rules ask for the same thing."""
    found: dict[str, object] = {}
    shared: dict[str, dict[str, None]] = {name: {} for name in SHARED}
    for rule in rules:
        asked = getattr(rule, "demands", None)
        if asked is None:
            continue
        fields = {name: value for name, value in msgspec.structs.asdict(asked()).items() if value}
        for name in SHARED:
            shared[name] |= dict.fromkeys(fields.pop(name, ()))
        if twice := found.keys() & fields.keys():
            raise CatalogueError(f"two rules set {sorted(twice)} of the loop")
        found |= fields
    return msgspec.convert(found | {name: list(codes) for name, codes in shared.items()}, Demand)


def parse(text: str, kinds: Mapping[str, type[RuleKind]], *, with_disabled: bool = False) -> Catalogue:
    """The catalogue of a YAML text; `with_disabled` takes every entry into force. Raises CatalogueError."""
    try:
        rows = msgspec.yaml.decode(text, type=list[_Row])
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise CatalogueError(str(error)) from error
    entries: dict[str, Entry] = {}
    for row in rows:
        if row.id in entries:
            raise CatalogueError(f"{row.id} stands twice in the catalogue")
        entries[row.id] = _entry(row, kinds)
    for entry in entries.values():
        if missing := [rule_id for rule_id in entry.inhibited_by if rule_id not in entries]:
            raise CatalogueError(f"{entry.id}: inhibited by {missing}, which the catalogue does not have")
    catalogue = Catalogue(
        {id_: entry for id_, entry in entries.items() if entry.enabled or with_disabled},
        {id_: entry for id_, entry in entries.items() if not entry.enabled and not with_disabled},
    )
    demand = catalogue.demand()
    asked = [code for entry in entries.values() for code in getattr(entry.rule, "factors", ()) if code]
    for code in [*demand.run_floors, *demand.run_companions, *demand.history, *demand.deep, *asked]:
        if factors.by_code(code) is None:
            raise CatalogueError(f"unknown factor code {code}")
    return catalogue


def _entry(row: _Row, kinds: Mapping[str, type[RuleKind]]) -> Entry:
    kind = kinds.get(row.kind)
    if kind is None:
        raise CatalogueError(f"{row.id}: no rule of kind {row.kind}")
    try:
        rule = msgspec.convert(row.parameters, kind)
        untils = [basis.until for basis in row.legal_basis]
        dates = [date.fromisoformat(until) for until in untils[:-1] if until is not None]
    except (msgspec.ValidationError, ValueError) as error:
        raise CatalogueError(f"{row.id}: {error}") from error
    if not untils or untils[-1] is not None or len(dates) != len(untils) - 1 or dates != sorted(dates):
        raise CatalogueError(f"{row.id}: the legal basis must be in order of time, and the last row open")
    if row.version < 1:
        raise CatalogueError(f"{row.id}: versions count from 1")
    if row.conduct and row.conduct not in CONDUCTS:
        raise CatalogueError(f"{row.id}: no conduct {row.conduct!r} is held, one of {', '.join(sorted(CONDUCTS))}")
    for name in ("severity", "summary"):
        if getattr(row, name) is None and not hasattr(kind, name):
            raise CatalogueError(f"{row.id}: neither the entry nor its kind says the {name}")
    if set(kind.facts) & {*PAST_FACTS, *TOGETHER_FACTS} and not getattr(rule, "factors", ()):
        raise CatalogueError(f"{row.id}: it reads the past of no factor")
    return Entry(
        id=row.id,
        version=row.version,
        title=row.title,
        domain=row.domain,
        examples=row.examples,
        legal_basis=tuple(row.legal_basis),
        runbook=row.runbook,
        rule=rule,
        conduct=row.conduct,
        reference=row.reference,
        enabled=row.enabled,
        signal=row.signal,
        inhibited_by=row.inhibited_by,
        merge_hours=row.merge_hours,
        severity=row.severity,
        summary=row.summary,
        changeable=_bounded(row, rule),
    )


def _bounded(row: _Row, rule: RuleKind) -> dict[str, Bound]:
    """The bounds, checked against the parameters as they stand."""
    present = numbers(rule)
    for path, bound in row.changeable.items():
        if path not in present:
            raise CatalogueError(f"{row.id}: changeable: there is no number {path}")
        for value in (present[path], bound.low, bound.high):
            try:
                changed(rule, row.changeable, {path: value})
            except ParameterError as error:
                raise CatalogueError(f"{row.id}: changeable: {error}") from error
    return row.changeable


def severity(entry: Entry, episode: Episode) -> int:
    """Late findings change history and are never urgent (promise 5)."""
    if episode.retrospective:
        return 1
    if entry.severity is not None:
        return max(1, min(4, entry.severity.of(episode)))
    graded: int = entry.rule.severity(episode)  # type: ignore[attr-defined]  # the entry's kind was checked for it
    return max(1, min(4, graded))


def sentences(entry: Entry, episode: Episode) -> tuple[str, str]:
    """What was found, in Chinese and English: the entry's sentence, or that of its kind."""
    if entry.summary is not None:
        return said(episode, entry.summary.zh, entry.summary.en)
    told: tuple[str, str] = entry.rule.summary(episode)  # type: ignore[attr-defined]  # the same
    return told


def said(episode: Episode, zh: str, en: str) -> tuple[str, str]:
    """Sentences with {period} {name} {unit} {hours} {limit} {clause} {findings} {others} and the inputs filled in."""
    name_zh, name_en, unit = factor_names(episode.factor) if episode.factor else ("", "", "")
    limit = episode.limit
    words = _Filled({name: number(value) for name, value in episode.inputs.items()})
    words["period"] = span(episode.start_ms, episode.end_ms)
    words["unit"] = unit
    if limit is not None:
        words["limit"] = with_unit(limit.value, unit)
    words.setdefault("limit", "")  # a rule may say a limit as a number of its own
    words["clause"] = "" if limit is None else limit.clause or limit.basis
    words["hours"] = number((episode.end_ms - episode.start_ms) / 3_600_000)
    words["findings"] = str(episode.breaches)
    words["others"] = ", ".join(episode.others)
    return zh.format_map(_Filled(words, name=name_zh)), en.format_map(_Filled(words, name=name_en))


class _Filled(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"
