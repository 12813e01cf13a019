"""The console's client still fits the API: what it was generated from is still said, whatever was added since."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.tasks_api import Api

FILE = Path(__file__).parents[3] / "web" / "openapi.json"
WORDS = {"description", "title", "examples", "example", "summary", "default"}


def differences(kept: Any, said: Any, path: str = "") -> Iterator[str]:
    """Where `said` no longer says what `kept` does. New keys and list entries are no difference, but for `required`
    of what is sent: a new duty there breaks who does not know of it.
    """
    if isinstance(kept, dict) and isinstance(said, dict):
        for name, value in kept.items():
            if name in WORDS and not isinstance(value, dict):
                continue
            if name not in said:
                yield f"{path}/{name} is gone"
                continue
            sent = name == "required" and path.endswith(("In", "Put"))
            if sent and sorted(value) != sorted(said[name]):
                yield f"{path}/{name} was {value}, is {said[name]}"
            yield from differences(value, said[name], f"{path}/{name}")
    elif isinstance(kept, list) and isinstance(said, list):
        gone = [one for one in kept if not any(not list(differences(one, other)) for other in said)]
        if gone:
            yield f"{path} lost {gone}"
    elif kept != said:
        yield f"{path} was {kept!r}, is {said!r}"


async def test_the_client_fits_the_api() -> None:
    """When this fails: `make web-api`, `make web-test`, and mend what of the console no longer fits."""
    said = (await Api().client.get("/openapi.json")).json()
    assert list(differences(json.loads(FILE.read_text(encoding="utf-8")), said)) == []


def test_what_counts_as_a_difference() -> None:
    """Lost fields, other types and new duties count, additions and words do not."""
    kept = {"PlanIn": {"required": ["a"], "properties": {"a": {"type": "string", "description": "x"}}}}
    added = {"PlanIn": {"required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}}
    assert list(differences(kept, added)) == []
    for broken in (
        {"PlanIn": {"required": ["a"], "properties": {}}},
        {"PlanIn": {"required": ["a"], "properties": {"a": {"type": "integer"}}}},
        {"PlanIn": {"required": ["a", "b"], "properties": {"a": {"type": "string"}}}},
    ):
        assert list(differences(kept, broken))
