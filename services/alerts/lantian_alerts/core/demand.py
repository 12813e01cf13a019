"""What rules need to be noticed and remembered."""

import msgspec


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule needs the loop to notice.

    `history`: factor codes whose hours are kept for a day; `deep`: whose days are kept for a month, and hours for a
    week of days. All rules' codes are kept; of the other fields, only one rule can ask for each.
    """

    silence_intervals: float = 0.0
    silence_least_ms: int = 0
    silence_unseen_ms: int = 0
    silence_tiers_ms: tuple[int, ...] = ()
    run_ms: int = 0
    run_values: int = 0
    run_hours: int = 0
    run_gap_ms: int = 0
    run_moves: int = 0
    run_floors: dict[str, float] = {}
    run_companions: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    deep: tuple[str, ...] = ()
