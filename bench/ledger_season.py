"""A season's ledger for benches: issues and leads drawn from real documents in several states, written in bulk."""

import random
import time
from typing import Any

import bson
from pymongo import MongoClient

from lantian_tasks.ledger.case import case_document
from lantian_tasks.ledger.document import issue_document
from lantian_tasks.ledger.issue import State
from lantian_tasks.registry.divisions import campaign
from tests.support.tasks_api import a_case_of
from tests.support.tasks_issues import NOW_MS, an_issue

BATCH = 1000
APART_MS = 150_000
"""Between two issues: half a year for 100,000."""
DATABASE = "lantian"
RULES = ("hour-exceedance", "data-dropout", "frozen-value", "treatment-idle", "false-mark")
CATEGORIES = ("exceedance", "dropout", "data-quality", "treatment-off", "fraud")
LEAD_STATES = ("candidate", "screened", "pushed", "confirmed", "unfounded")
STATES = (State.REGISTERED, State.ASSIGNED, State.RECTIFYING, State.CLOSE_REQUESTED, State.CLOSED, State.ARCHIVED)


def drawn(number: int, rng: random.Random, models: list[dict[str, Any]]) -> dict[str, Any]:
    """An issue of a season: a real document under another name, place and time."""
    city = str(rng.choice(campaign())["code"])
    plant, rule = rng.randrange(40), rng.randrange(len(RULES))
    enterprise = f"{city}-e{plant}"
    registered = NOW_MS + number * APART_MS
    return {
        **rng.choice(models),
        "_id": f"iss-{number:032x}",
        "number": f"LT-{number:08d}",
        "source_id": f"{enterprise}-s{rng.randrange(6)}",
        "rule_id": RULES[rule],
        "category": CATEGORIES[rule],
        "episode": f"a21026@{number}",
        "lead_id": f"{number:032x}",
        "severity": rng.choices((1, 2, 3, 4), (2, 5, 4, 1))[0],
        "enterprise_id": enterprise,
        "enterprise_name": f"{city}第{plant}{rng.choice(['钢铁', '焦化', '水泥', '玻璃'])}有限公司",
        "source_name": f"{plant}号排口",
        "division_code": city[:4] + f"{rng.randrange(1, 20):02d}",
        "unit": f"单位{plant}",
        "person": f"责任人{rng.randrange(300)}",
        "round_id": f"{number // 40:032x}" if rng.random() < 0.3 else "",
        "registered_ms": registered,
        "changed_ms": registered + rng.randrange(10**9),
        "due_ms": registered + rng.randrange(30) * 86_400_000 if rng.random() < 0.5 else 0,
        "flags": ["escalated"] if rng.random() < 0.1 else [],
        "outbox": [],
        "requests": [],
    }


def drawn_lead(number: int, rng: random.Random, model: dict[str, Any]) -> dict[str, Any]:
    """A lead of a season, from a real document."""
    city = str(rng.choice(campaign())["code"])
    plant, rule = rng.randrange(40), rng.randrange(len(RULES))
    enterprise = f"{city}-e{plant}"
    keys = {
        **model["keys"],
        "division_code": city[:4] + f"{rng.randrange(1, 20):02d}",
        "enterprise_id": enterprise,
        "enterprise_name": f"{city}第{plant}{rng.choice(['钢铁', '焦化', '水泥', '玻璃'])}有限公司",
        "source_id": f"{enterprise}-s{rng.randrange(6)}",
        "rule_id": RULES[rule],
        "category": CATEGORIES[rule],
        "severity": rng.choices((1, 2, 3, 4), (2, 5, 4, 1))[0],
        "score": round(rng.random() * 5, 3),
        "dedupe": f"{enterprise}/{number}",
    }
    at_ms = NOW_MS + number * APART_MS
    state = rng.choices(LEAD_STATES, (1, 2, 2, 4, 3))[0]
    times = {"created_ms": at_ms, "changed_ms": at_ms + rng.randrange(10**9)}
    return {**model, "_id": f"lead/{number:032x}", "keys": keys, "state": state, **times}


def filled(url: str, issues: int, leads: int, database: str = DATABASE) -> tuple[float, int]:
    """Writes issues and leads; seconds and the mean size of an issue's document in bytes."""
    rng = random.Random(2026)
    models = []
    for state in STATES:
        document = issue_document(an_issue(state))
        models.append({**document, "outbox": []})
    began, sizes = time.monotonic(), 0
    with MongoClient[dict[str, Any]](url) as client:
        for begin in range(0, issues, BATCH):
            batch = [drawn(number, rng, models) for number in range(begin, min(begin + BATCH, issues))]
            sizes += len(bson.encode(batch[0]))
            client[database]["issues"].insert_many(batch, ordered=False)
            if begin % 10_000 == 0:
                print(f"{begin} issues, {time.monotonic() - began:.0f} s", flush=True)
        model = {**case_document(a_case_of(an_issue()).case), "outbox": [], "requests": []}
        for begin in range(0, leads, BATCH):
            more = [drawn_lead(number, rng, model) for number in range(begin, min(begin + BATCH, leads))]
            client[database]["cases"].insert_many(more, ordered=False)
            if begin % 10_000 == 0:
                print(f"{begin} leads, {time.monotonic() - began:.0f} s", flush=True)
    return time.monotonic() - began, sizes * BATCH // max(issues, 1)
