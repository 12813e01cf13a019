"""Who decides about issues in end-to-end tests."""

import hashlib
from pathlib import Path

import aiohttp
import yaml

from lantian_local import keys
from lantian_local.demo.stage import Stage

OFFICE_KEY = "the office of Zhengzhou in end-to-end tests"
"""Key of a city office: an administrator decides nothing about issues."""
SECOND_KEY = "its second person in end-to-end tests"
"""Voiding takes two."""


def employ(home: Path) -> None:
    """Adds the office to the access file, as an operator does."""
    home.mkdir(parents=True, exist_ok=True)
    keys.provide(home)
    file = home / keys.ACCESS
    access = yaml.safe_load(file.read_text(encoding="utf-8"))
    office = {"role": "city-office", "organisation": "office", "divisions": ["410100"]}
    for id_, key in (("office", OFFICE_KEY), ("office-2", SECOND_KEY)):
        access["principals"].append({**office, "id": id_, "key_sha256": [hashlib.sha256(key.encode()).hexdigest()]})
    file.write_text(yaml.safe_dump(access), encoding="utf-8")


async def void(stage: Stage, issue_id: str) -> None:
    """Moves of the office: one proposes, another voids."""
    for key, move in ((OFFICE_KEY, "propose-void"), (SECOND_KEY, "void")):
        headers = {"Authorization": f"Bearer {key}"}
        async with aiohttp.ClientSession(stage.suite.tasks_url, headers=headers) as session:
            async with session.get(f"/v1/issues/{issue_id}") as found:
                asked_for = {"If-Match": found.headers["ETag"], "Idempotency-Key": f"{move}-{issue_id}"}
            body = {"move": move, "reason": "端到端测试"}
            async with session.post(f"/v1/issues/{issue_id}/moves", json=body, headers=asked_for) as done:
                assert done.status < 300, await done.text()
