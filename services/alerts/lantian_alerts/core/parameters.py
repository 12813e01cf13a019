"""Numbers of a rule that may be changed without a new catalogue: their paths, bounds and values. Pure."""

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec

from lantian_alerts.core.rule import RuleKind


class ParameterError(ValueError):
    """A parameter can not have the value; `zh` says why in Chinese, the text in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


class Bound(msgspec.Struct, frozen=True, array_like=True):
    """Lowest and highest value allowed, both inclusive, and the unit; empty for a plain number."""

    low: float
    high: float
    unit: str = ""


def numbers(rule: RuleKind) -> dict[str, float]:
    """The numbers of a rule by path: a field, or names with points between where fields lie in fields."""
    return dict(_numbers(msgspec.to_builtins(rule), ""))


def is_whole(rule: RuleKind, path: str) -> bool:
    """Whether a parameter counts something."""
    return isinstance(_place(msgspec.to_builtins(rule), path), int)


def changed(rule: RuleKind, bounds: Mapping[str, Bound], values: Mapping[str, float]) -> RuleKind:
    """The rule with other values. Raises ParameterError for a path without bounds, or a value beyond them."""
    content: dict[str, Any] = deepcopy(msgspec.to_builtins(rule))
    for path, value in values.items():
        bound = bounds.get(path)
        if bound is None:
            raise ParameterError(f"参数 {path} 不能修改", f"{path} is no parameter that may be changed")
        if not (math.isfinite(value) and bound.low <= value <= bound.high):
            span = f"{bound.low:g}–{bound.high:g} {bound.unit}".strip()
            raise ParameterError(f"参数 {path} 须在 {span} 之内", f"{path} has to lie within {span}")
        *folders, name = path.split(".")
        place = content
        for folder in folders:
            place = place[folder]
        if isinstance(place[name], int):
            if value != int(value):
                raise ParameterError(f"参数 {path} 须为整数", f"{path} has to be a whole number")
            place[name] = int(value)
        else:
            place[name] = float(value)
    return msgspec.convert(content, type(rule))


def _numbers(content: Mapping[str, Any], before: str) -> Iterator[tuple[str, float]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{before}{name}.")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"{before}{name}", value


def _place(content: Mapping[str, Any], path: str) -> Any:
    found: Any = content
    for name in path.split("."):
        found = found[name]
    return found
