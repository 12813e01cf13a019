"""Check lists answered, for the tests that make inspections."""

from collections.abc import Sequence
from typing import Any

from tests.support.tasks_api import Api


def answers(
    list_id: str, version: int, items: Sequence[tuple[str, str]], *, problem: bool, evidence: Sequence[str] = ()
) -> dict[str, Any]:
    """Every item (id, what a problem needs) answered; with a problem the first one names it and has what it needs."""
    rows = [{"item": name, "found": "none", "note": "", "evidence": []} for name, _ in items]
    if problem:
        rows[0] |= {"found": "problem", "note": "现场不符"}
        rows[0] |= {"evidence": list(evidence)} if items[0][1] == "evidence" else {}
    return {"list_id": list_id, "version": version, "answers": rows}


async def checked(
    api: Api, lead_id: str, evidence: Sequence[dict[str, str]] = (), *, problem: bool = True
) -> dict[str, Any]:
    """The list that the offers of a lead ask for, answered."""
    asked = (await api.get(f"/v1/leads/{lead_id}/moves", "ministry-1")).json()["check_list"]
    items = [(row["item"], row["when_problem"]) for row in asked["items"]]
    return answers(asked["list_id"], asked["version"], items, problem=problem, evidence=[row["id"] for row in evidence])
