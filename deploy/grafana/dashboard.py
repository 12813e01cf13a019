"""Writes the dashboards: python -m deploy.grafana.dashboard

A test keeps the committed files equal to this and holds every metric, label and label value in them against the code.
"""

import json
from collections.abc import Callable
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.business import business
from deploy.grafana.data_quality import data_quality
from deploy.grafana.operations import operations
from deploy.grafana.runbooks import runbooks

FOLDER = Path(__file__).parent / "dashboards"
BOARDS: dict[str, Callable[[], Dashboard]] = {
    "operations": operations,
    "business": business,
    "data-quality": data_quality,
    "runbooks": runbooks,
}


def text(name: str) -> str:
    """A file as committed."""
    made = json.loads(JSONEncoder(sort_keys=True).encode(BOARDS[name]().build()))
    return json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def main() -> None:
    """All files."""
    for name in BOARDS:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
