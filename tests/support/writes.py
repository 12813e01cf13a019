"""Which operations of an OpenAPI document write, and whether they ask for an Idempotency-Key."""

from collections.abc import Iterator, Mapping
from typing import Any

HEADER = "idempotency-key"


def writes(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Method, path, name and description of every operation that is not a GET."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method.upper() not in ("GET", "HEAD", "OPTIONS"):
                yield method.upper(), path, operation["operationId"], operation


def unkeyed(document: Mapping[str, Any]) -> set[str]:
    """The writes that do not declare the key as a required header."""
    return {
        name
        for _, _, name, operation in writes(document)
        if not any(
            one["in"] == "header" and one["name"] == HEADER and one["required"] and one["schema"]["maxLength"] == 200
            for one in operation.get("parameters", ())
        )
    }
