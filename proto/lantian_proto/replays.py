"""Parameters in messages, and the digest that names what a replay found; whoever sets parameters quotes it."""

import hashlib
from collections.abc import Iterable, Mapping

from lantian_proto.v1.registry_pb2 import ParameterValue
from lantian_proto.v1.rule_pb2 import ReplayResult


def values_of(listed: Iterable[ParameterValue]) -> dict[str, float]:
    """By path."""
    return {one.path: one.value for one in listed}


def listed(values: Mapping[str, float]) -> list[ParameterValue]:
    """In the order of their paths."""
    return [ParameterValue(path=path, value=values[path]) for path in sorted(values)]


def digest_of(result: ReplayResult) -> str:
    """SHA-256 (hex) over the result without its own digest."""
    bare = ReplayResult.FromString(result.SerializeToString())
    bare.sha256 = ""
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()


def sealed(result: ReplayResult) -> ReplayResult:
    """The result with its digest."""
    found = ReplayResult.FromString(result.SerializeToString())
    found.sha256 = digest_of(result)
    return found


def intact(result: ReplayResult) -> bool:
    """Whether the digest is that of the result."""
    return bool(result.sha256) and result.sha256 == digest_of(result)
