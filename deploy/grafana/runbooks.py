"""处置: what to do when an alert fires, as docs/operating.md says it, where the operator looks."""

from grafana_foundation_sdk.builders import text
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.models.text import TextMode

from deploy.grafana.panels import RUNBOOKS, Panel, board
from deploy.grafana.sections import sections

UID = RUNBOOKS


def section(alert: str, words: str) -> Panel:
    """One alert."""
    panel = text.Panel().title(f"{alert} 处置").description(f"What to do when {alert} fires.")
    return panel.mode(TextMode.MARKDOWN).content(words).span(12).height(8)


def runbooks() -> Dashboard:
    """The whole dashboard."""
    about = "What to do when an alert fires; written from docs/operating.md."
    return board(UID, "处置", about, [section(alert, words) for alert, words in sections().items()])
