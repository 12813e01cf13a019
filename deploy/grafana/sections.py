"""The sections of docs/operating.md about alerts, in the order of the page."""

import re
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
_SECTION = re.compile(r"^### (Lantian\w+)\n\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@cache
def sections() -> dict[str, str]:
    """Markdown by alert; links within the page are plain words, for the board holds the alerts' part alone."""
    alerts = PAGE.read_text(encoding="utf-8").partition("\n## Alerts\n")[2]
    return {name: _ANCHOR.sub(r"\1", body.strip()) for name, body in _SECTION.findall(alerts)}


def place_of(alert: str) -> int:
    """Id of its panel on the board 处置. Raises KeyError for an alert without a section."""
    return {name: number for number, name in enumerate(sections(), start=1)}[alert]
