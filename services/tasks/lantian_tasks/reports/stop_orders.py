"""Orders to stop, limit or seal production, and those that were given wholesale 一刀切 (reference 4.5, D29). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.policy import IssueRules
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Head
from lantian_tasks.reports.figures import city_of


@dataclass(frozen=True, slots=True)
class StopOrder:
    """One order; times in ms since 1970 UTC, 0: not lifted. `sequence`: its entry in the history of the issue."""

    issue_id: str
    number: str
    sequence: int
    enterprise_id: str
    enterprise_name: str
    division_code: str
    measure: str
    line: str
    legal_basis: str
    end_condition: str
    reason: str
    account: str
    organisation: str
    ordered_ms: int
    until_ms: int
    lifted_ms: int


@dataclass(frozen=True, slots=True)
class Wholesale:
    """The same order to many enterprises of a city within days: measure, law and end condition alike."""

    city: str
    measure: str
    legal_basis: str
    end_condition: str
    enterprises: int
    first_ms: int
    last_ms: int
    numbers: tuple[str, ...]


def stop_orders(stories: Iterable[tuple[Head, Sequence[SealedEntry]]]) -> list[StopOrder]:
    """All orders of these issues, newest first."""
    found = [order for head, history in stories for order in _of(head, history)]
    return sorted(found, key=lambda order: (-order.ordered_ms, order.issue_id, order.sequence))


def _of(head: Head, history: Sequence[SealedEntry]) -> Iterable[StopOrder]:
    lifted = {entry["fields"]["order"]: entry["at_ms"] for entry in history if entry["move"] == "lift-order"}
    for entry in history:
        if entry["move"] != "order-stop":
            continue
        fields = entry["fields"]
        yield StopOrder(
            issue_id=head.issue_id,
            number=head.number,
            sequence=entry["sequence"],
            enterprise_id=head.place.enterprise_id,
            enterprise_name=head.place.enterprise_name,
            division_code=head.place.division_code,
            measure=fields["measure"],
            line=fields["line"],
            legal_basis=fields["legal_basis"],
            end_condition=fields["end_condition"],
            reason=entry["reason"],
            account=entry["actor"]["actor_id"],
            organisation=entry["actor"]["organisation"],
            ordered_ms=entry["at_ms"],
            until_ms=int(fields.get("until_ms", 0)),
            lifted_ms=lifted.get(entry["sequence"], 0),
        )


def wholesale(orders: Iterable[StopOrder], rules: IssueRules) -> list[Wholesale]:
    """Runs of alike orders that reach `bulk_orders` enterprises within `bulk_days`, the largest first.

    An order belongs to a run while it was given within `bulk_days` of the run's first; the line may differ, an
    enterprise counts once.
    """
    alike: dict[tuple[str, str, str, str], list[StopOrder]] = {}
    for order in orders:
        key = (city_of(order.division_code), order.measure, _plain(order.legal_basis), _plain(order.end_condition))
        alike.setdefault(key, []).append(order)
    found = [run for rows in alike.values() for run in _runs(rows, rules.bulk_days * DAY_MS)]
    return sorted(
        (_told(run) for run in found if _enterprises(run) >= rules.bulk_orders),
        key=lambda row: (-row.enterprises, row.city, row.first_ms),
    )


def _runs(rows: list[StopOrder], within_ms: int) -> list[list[StopOrder]]:
    runs: list[list[StopOrder]] = []
    for order in sorted(rows, key=lambda row: row.ordered_ms):
        if runs and order.ordered_ms < runs[-1][0].ordered_ms + within_ms:
            runs[-1].append(order)
        else:
            runs.append([order])
    return runs


def _enterprises(run: list[StopOrder]) -> int:
    return len({order.enterprise_id or order.issue_id for order in run})


def _told(run: list[StopOrder]) -> Wholesale:
    first = run[0]
    numbers = tuple(dict.fromkeys(order.number for order in run))
    return Wholesale(
        city_of(first.division_code),
        first.measure,
        first.legal_basis,
        first.end_condition,
        _enterprises(run),
        first.ordered_ms,
        run[-1].ordered_ms,
        numbers,
    )


def _plain(text: str) -> str:
    """Without blanks and punctuation: a copied text stays the same text."""
    return "".join(letter for letter in text if letter.isalnum())
