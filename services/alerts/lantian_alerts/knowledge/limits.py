"""Which emission limits bind an outlet on a day, and which of them is the strictest."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple

from lantian_alerts.knowledge.loader import Tables
from lantian_alerts.knowledge.regions import addressed
from lantian_alerts.knowledge.rows import Limit
from lantian_alerts.knowledge.shipped import shipped
from lantian_alerts.knowledge.validity import AIR_O2

CHINA: Final = timezone(timedelta(hours=8))

REGISTRY: Final = "registry"

Aside = Literal[
    "disabled",
    "dates-unknown",
    "not-in-force",
    "no-commitment",
    "not-special-region",
    "other-region",
    "new-plants-only",
    "existing-plants-only",
    "condition-missing",
    "condition-excludes",
    "replaced-by-condition",
]
Why = Literal["higher", "higher-at-same-oxygen", "equal", "not-comparable"]

Averaging = Literal["hour", "day", "spot"]

# Of equal limits the one that is easier to enforce is named first.
ENFORCED_FIRST: Final = ("permit", "local", "national", "plan", "ultra-low")


def day_of(at_ms: int) -> date:
    """The Beijing day of a time in ms UTC: law is dated by days there."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(CHINA).date()


class Outlet(NamedTuple):
    """What decides the limits of an outlet.

    `existing`: built before the standard came. `special_region`: special limits are in force where it stands (decided
    by announcement, so by the deployer). `ultra_low`: it has committed itself to ultra-low emission. `city`: division
    code; decides whether a plan speaks to the outlet, without it plans speak where `special_region` holds.
    `conditions`: facts that rows ask for, e.g. `65-tph-or-more`.
    """

    industry: str
    process: str
    existing: bool = False
    special_region: bool = False
    ultra_low: bool = False
    city: str | None = None
    conditions: frozenset[str] = frozenset()


class Sifted(NamedTuple):
    """A limit of the process and factor, and why it does not bind; None: it is a candidate."""

    limit: Limit
    aside: Aside | None


class Lost(NamedTuple):
    """A candidate that is not the effective one, and why.

    `higher`: higher value on the same terms. `higher-at-same-oxygen`: higher once both are converted to one reference
    oxygen. `equal`: the same demand. `not-comparable`: one is judged as measured, the other at a reference oxygen; by
    its printed value it is no lower, but an outlet has to meet both.
    """

    limit: Limit
    why: Why


class Effective(NamedTuple):
    """The strictest candidate. `exact`: no candidate lost only by its printed value."""

    limit: Limit
    lost: tuple[Lost, ...]
    exact: bool


def trouble(outlet: Outlet, tables: Tables | None = None) -> str | None:
    """Why no shipped limit can be found for an outlet, or None."""
    tables = tables or shipped()
    if (outlet.industry, outlet.process) not in tables.outlets:
        return f"no process {outlet.industry} {outlet.process} is held"
    if unknown := outlet.conditions - tables.conditions:
        return f"no limit knows the condition {min(unknown)!r}"
    if outlet.city is not None and not (len(outlet.city) == 6 and outlet.city.isascii() and outlet.city.isdecimal()):
        return f"{outlet.city!r} is no division code of six digits"
    return None


def sift(
    outlet: Outlet, factor: str, at: date, *, averaging: Averaging | None = None, tables: Tables | None = None
) -> tuple[Sifted, ...]:
    """Every shipped limit of an outlet and factor, each with the reason why it does not bind on a day, if any.

    Raises ValueError for an outlet with a `trouble`.
    """
    tables = tables or shipped()
    if (wrong := trouble(outlet, tables)) is not None:
        raise ValueError(wrong)
    found = []
    for row in tables.outlets[outlet.industry, outlet.process].get(factor, ()):
        if averaging is not None and row.averaging != averaging:
            continue
        aside = _dated(row, at) or _placed(row, outlet, tables)
        found.append(Sifted(row, aside or personal(row, outlet)))
    special = {_family(row) for row, aside in found if aside is None and row.condition}
    return tuple(
        Sifted(row, "replaced-by-condition")
        if aside is None and not row.condition and _family(row) in special
        else Sifted(row, aside)
        for row, aside in found
    )


def limits_for(
    outlet: Outlet, factor: str, at: date, *, averaging: Averaging | None = None, tables: Tables | None = None
) -> tuple[Limit, ...]:
    """The shipped limits that bind an outlet on a day; errors as of `sift`.

    Local and permit limits come with the registry: add them (`stated`) before asking for the effective one. Limits of
    several averages may come back, they are judged apart.
    """
    return tuple(row for row, aside in sift(outlet, factor, at, averaging=averaging, tables=tables) if aside is None)


def stated(
    basis: Literal["local", "permit"],
    like: tuple[str, str, str],
    value: float,
    clause: str,
    *,
    reference_o2: float | None = None,
    averaging: Averaging = "hour",
) -> Limit:
    """A local or permit limit as a candidate; `like` is (industry, process, factor). The deployer vouches for it.

    Raises ValueError for a value that is not above 0 or a reference oxygen outside 0 to 21.
    """
    if not 0 < value < float("inf") or (reference_o2 is not None and not 0 <= reference_o2 < AIR_O2):
        raise ValueError(f"{value} at {reference_o2} % oxygen is no limit")
    industry, process, factor = like
    return Limit(
        rule=basis.upper(), basis=basis, scope="any", industry=industry, process=process, factor=factor, value=value,
        reference_o2=reference_o2, averaging=averaging, clause=clause, source=REGISTRY, mark="P", confidence="L",
        enabled=True,
    )  # fmt: skip


def _dated(row: Limit, at: date) -> Aside | None:
    if not row.enabled:
        return "disabled"
    if row.valid_from is None:
        return "dates-unknown"
    return None if row.dated(at) else "not-in-force"


def _placed(row: Limit, outlet: Outlet, tables: Tables) -> Aside | None:
    if row.scope == "special" and not outlet.special_region:
        return "not-special-region"
    if not row.region:
        return None
    if outlet.city is None:
        # A city's own limit needs the city; a plan for a whole region is taken to speak to the special region.
        return None if outlet.special_region and not row.region.isdecimal() else "other-region"
    assert row.valid_from is not None  # _dated came first
    return None if addressed(row.region, outlet.city, row.valid_from, tables=tables) else "other-region"


def personal(row: Limit, outlet: Outlet) -> Aside | None:
    """Why a limit does not bind an outlet of this kind, or None."""
    if row.basis == "ultra-low" and not outlet.ultra_low:
        return "no-commitment"
    if row.scope == "new" and outlet.existing:
        return "new-plants-only"
    if row.scope == "existing" and not outlet.existing:
        return "existing-plants-only"
    if row.condition and row.condition not in outlet.conditions:
        return "condition-missing"
    return "condition-excludes" if row.unless and row.unless in outlet.conditions else None


def _family(row: Limit) -> tuple[str, bool, str]:
    """Rows that a conditioned row replaces: the same basis and average, special ones apart from general ones."""
    return (row.basis, row.scope == "special", row.averaging)


def strictness(limit: Limit) -> float:
    """A limit brought to 0 % oxygen, to compare limits of different reference oxygen; as printed where it has none."""
    if limit.reference_o2 is None:
        return limit.value
    return limit.value / (AIR_O2 - limit.reference_o2)


def effective(candidates: Iterable[Limit]) -> Effective:
    """The strictest of the candidates, and why each other one lost.

    Limits with a reference oxygen are compared at the same oxygen, limits without by their values; the strictest of the
    one kind meets the strictest of the other by printed value, which `exact` and the reason then say. Raises ValueError
    for no candidate and for candidates of different factors or averages: these are judged apart.
    """
    rows = list(candidates)
    if not rows:
        raise ValueError("no candidate")
    if len({(row.factor, row.averaging) for row in rows}) > 1:
        raise ValueError("candidates of different factors or averages are judged apart")
    referenced = sorted((row for row in rows if row.reference_o2 is not None), key=_order)
    plain = sorted((row for row in rows if row.reference_o2 is None), key=_order)
    heads = [kind[0] for kind in (referenced, plain) if kind]
    winner = min(heads, key=lambda row: (row.value, ENFORCED_FIRST.index(row.basis)))
    seen = False
    lost = []
    for row in (*referenced, *plain):
        if row is winner and not seen:  # the same row twice is one winner and one equal
            seen = True
            continue
        lost.append(Lost(row, _why(row, winner)))
    return Effective(winner, tuple(lost), all(one.why != "not-comparable" for one in lost))


def _order(row: Limit) -> tuple[float, int]:
    # Rounding makes 10 at 16 % and 26 at 8 % equal demands.
    return (round(strictness(row), 9), ENFORCED_FIRST.index(row.basis))


def _why(row: Limit, winner: Limit) -> Why:
    if (row.reference_o2 is None) != (winner.reference_o2 is None):
        return "not-comparable"
    if _order(row)[0] == _order(winner)[0]:
        return "equal"
    return "higher" if row.reference_o2 == winner.reference_o2 else "higher-at-same-oxygen"


def by_averaging(candidates: Sequence[Limit]) -> dict[str, list[Limit]]:
    """Candidates apart by average, in the order hour, day, spot."""
    order = ("hour", "day", "spot")
    return {name: found for name in order if (found := [row for row in candidates if row.averaging == name])}
