"""Who acts in a season: teams that accept, forget, cheat and fix, and enterprises that relapse."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.checking import asked_of
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.issue import Issue, State
from tests.support.tasks_inspections import answers

KINDS = ("rectification-report", "photo-before", "photo-after", "monitoring-report")
RECORD = [{"kind": "record", "id": "ev-record"}]
"""What an inspection attaches."""
PLANT = (38.0, 114.5)
"""Where every enterprise lies that the registry has coordinates of."""
PLACES: Sequence[tuple[str, dict[str, float]]] = (
    ("no-position", {}),
    ("outside", {"latitude": 38.2, "longitude": 114.5, "accuracy_m": 20.0}),
    *[("inside", {"latitude": 38.001, "longitude": 114.5, "accuracy_m": 20.0})] * 6,
)
"""Where teams say to be when an inspection begins, and what that is at a place that is known."""


def position_of(case: Case) -> tuple[str, dict[str, float]]:
    """What the ledger has to say of the place, and what the team's phone says of it: by the lead's own id."""
    verdict, said = PLACES[int(case.id[:2], 16) % len(PLACES)]
    known = int(str(case.keys["enterprise_id"]).rpartition("-e")[2]) % 2
    return (verdict if known else "no-site"), said


def check_list_of(case: Case, facts: Facts, at_ms: int, *, problem: bool) -> dict[str, Any]:
    """The lead's check list, answered as the team wants it to be."""
    asked = asked_of(case, facts, at_ms)[0]
    items = [(item.id, item.when_problem) for item in asked.items]
    return answers(asked.id, asked.version, items, problem=problem, evidence=[RECORD[0]["id"]])


def dossier_of(issue: Issue) -> list[dict[str, str]]:
    """Evidence of the closing dossier: new after each reopening."""
    cycle = sum(entry["move"] in ("reopen", "fail-recheck") for entry in issue.history)
    return [{"kind": kind, "id": f"ev-{kind}-{cycle}"} for kind in KINDS]


@dataclass(frozen=True, slots=True)
class City:
    """`diligence`: share of duties done in a quarter of a day; `honesty`: share of fixes that are real."""

    code: str
    diligence: float
    honesty: float

    def actor(self, name: str, role: str) -> Actor:
        """Somebody of the city."""
        return Actor(f"{name}-{self.code}", role, f"{self.code}")

    @property
    def office(self) -> Actor:
        return self.actor("office", "city-office")

    @property
    def chief(self) -> Actor:
        return self.actor("chief", "city-office")

    @property
    def team(self) -> Actor:
        return self.actor("team", "city-team")

    @property
    def checker(self) -> Actor:
        return self.actor("checker", "city-team")

    @property
    def checkers(self) -> list[Actor]:
        """Who may verify: whose verification did not stand up does not verify the same again."""
        return [self.checker, *(self.actor(f"checker-{n}", "city-team") for n in range(2, 9))]

    @property
    def plant(self) -> Actor:
        return self.actor("plant", "enterprise")


PROVINCE = Actor("province-1", "province", "省厅")
SECOND_PROVINCE = Actor("province-2", "province", "省厅")
PROVINCES = [PROVINCE, *(Actor(f"province-{n}", "province", "省厅") for n in range(3, 10))]
MINISTRY = Actor("ministry-1", "ministry", "生态环境部")


def cities(number: int, rng: random.Random) -> list[City]:
    """The first cities of the campaign's 51, each with its ways."""
    return [City(code, rng.uniform(0.15, 0.7), rng.uniform(0.6, 0.98)) for code in CODES[:number]]


Wish = tuple[Actor, str, str, dict[str, Any]]


def next_wish(issue: Issue, city: City, now_ms: int, rng: random.Random) -> Wish | None:
    """What would bring the issue on, by whoever is to do it."""
    plan = {"measures": "整改", "milestones": [{"name": "更换", "due_ms": now_ms + DAY_MS}]}
    dossier: dict[str, Any] = {"measures": "已整改", "evidence": dossier_of(issue)}
    check: dict[str, Any] = {"conclusion": "属实", "site_visit": True}
    in_cycle = _since_cycle(issue)
    match issue.state:
        case State.REGISTERED:
            due = {"unit": "某公司", "person": "王工", "due_ms": now_ms + rng.choice([7, 14, 30]) * DAY_MS}
            return city.office, "assign", "", due
        case State.ASSIGNED:
            if issue.gravity >= 3:
                return city.plant, "submit-plan", "", plan
            return city.plant, "start", "", {}
        case State.PLAN_SUBMITTED:
            if rng.random() < 0.1:
                return city.chief, "reject-plan", "措施不具体", {}
            return city.chief, "approve-plan", "", {}
        case State.PLAN_APPROVED:
            return city.plant, "start", "", {}
        case State.RECTIFYING:
            if "approve-plan" in in_cycle and "complete-milestone" not in in_cycle:
                return city.plant, "complete-milestone", "", {"milestone": 0}
            return city.plant, "request-close", "", dossier
        case State.CLOSE_REQUESTED:
            if rng.random() < 0.1:
                return city.checker, "refuse", "仍有跑冒滴漏", {}
            return _unheld(issue, city.checkers), "verify", "", check
        case State.VERIFIED:
            if _province_waits(issue):
                return _unheld(issue, PROVINCES), "verify-province", "", {"conclusion": "属实"}
            return _end(issue, city)
        case State.VERIFIED_PROVINCE:
            return _end(issue, city)
        case State.PUBLICISED:
            return city.chief, "close", "整改到位", {}
        case _:
            return None


def _end(issue: Issue, city: City) -> Wish:
    if issue.gravity >= 3:
        return city.chief, "publicise", "", {"notice": "https://city.example"}
    return city.chief, "close", "整改到位", {}


def _unheld(issue: Issue, people: Sequence[Actor]) -> Actor:
    """The first whose earlier verification of this issue was not found wrong."""
    held = {one for entry in issue.history for one in entry["fields"].get("verifiers", ())}
    return next(one for one in people if one.actor_id not in held)


def _province_waits(issue: Issue) -> bool:
    return issue.gravity >= 4 or issue.category == "fraud" or issue.by_ministry


def _since_cycle(issue: Issue) -> Sequence[str]:
    moves = [entry["move"] for entry in issue.history]
    begins = [n for n, move in enumerate(moves) if move in ("assign", "reassign", "reopen", "fail-recheck")]
    return moves[begins[-1] :] if begins else moves


# GB/T 2260 codes of the 51 cities of the 2023-24 scope (domain reference 3.1).
CODES = (
    "110000",
    "120000",
    "130100",
    "130200",
    "130300",
    "130400",
    "130500",
    "130600",
    "130900",
    "131000",
    "131100",
    "140100",
    "140300",
    "140400",
    "140500",
    "140700",
    "140800",
    "141000",
    "141100",
    "370100",
    "370300",
    "370400",
    "370500",
    "370700",
    "370800",
    "370900",
    "371100",
    "371300",
    "371400",
    "371500",
    "371600",
    "371700",
    "410100",
    "410200",
    "410300",
    "410400",
    "410500",
    "410600",
    "410700",
    "410800",
    "410900",
    "411000",
    "411100",
    "411200",
    "411400",
    "411600",
    "610100",
    "610200",
    "610300",
    "610400",
    "610500",
)
