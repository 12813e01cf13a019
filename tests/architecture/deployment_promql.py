"""Names in PromQL held against the metrics of the code: series, labels, and the label values a selector asks for."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

# Series that Prometheus itself makes for every target, and labels that the scrape configuration adds.
FOREIGN = {"up": frozenset({"job", "instance", "service"})}
TARGET_LABELS = frozenset({"job", "instance", "service"})
KEYWORDS = {"and", "or", "unless", "bool", "inf", "nan", "by", "without", "on", "ignoring", "group_left", "group_right"}

STRING = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", re.IGNORECASE)
SELECTOR = re.compile(r"([A-Za-z_:][A-Za-z0-9_:]*)\s*(\{(?:[^}\"']|" + STRING + r")*\})?(\s*\()?")
MATCHER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(" + STRING + ")")


@dataclass(frozen=True)
class Asked:
    """One selector of an expression: the series and its label matchers (label, operator, value)."""

    series: str
    matchers: tuple[tuple[str, str, str], ...]


def asked(expression: str) -> list[Asked]:
    """Selectors of an expression, in order."""
    text = GROUPING.sub(" ", _without_ranges(expression))
    found = []
    for name, braces, opening in SELECTOR.findall(text):
        if opening or name.lower() in KEYWORDS:
            continue  # a function or an operator
        matchers = tuple((label, how, value[1:-1]) for label, how, value in MATCHER.findall(braces))
        found.append(Asked(name, matchers))
    return found


def grouped(expression: str) -> set[str]:
    """Labels that an expression groups or joins by."""
    lists = GROUPING.findall(_without_ranges(expression))
    return {label.strip() for text in lists for label in text.split(",") if label.strip()}


def problems(expression: str, series: Mapping[str, Collection[str]], words: Collection[str]) -> Iterator[str]:
    """What an expression names that the code does not have."""
    selectors = asked(expression)
    if not selectors:
        yield f"asks for no series: {expression}"
    labels: set[str] = {"le"}
    for one in selectors:
        known = series.get(one.series, FOREIGN.get(one.series))
        if known is None:
            yield f"no metric {one.series}, or none that is ever set"
            continue
        labels |= set(known) | TARGET_LABELS
        for label, how, value in one.matchers:
            if label not in known and label not in TARGET_LABELS:
                yield f"{one.series} has no label {label}"
            elif label not in TARGET_LABELS:
                wanted = value.split("|") if how in {"=~", "!~"} else [value]
                yield from (f"{one.series}: {label} is never {text!r}" for text in wanted if text not in words)
    yield from (f"groups by {label}, which no series here has" for label in grouped(expression) - labels)


def _without_ranges(expression: str) -> str:
    """Ranges, offsets and Grafana's variables name no series."""
    text = re.sub(r"\[[^\]]*\]", " ", expression)
    text = re.sub(r"\boffset\s+-?\w+", " ", text)
    return re.sub(r"(?<![A-Za-z_:])\d[\w.]*", " 1 ", text)
