"""Panels of the dashboards, by Grafana's own builders, in one look: one data source, both languages, one size."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common, prometheus, stat, text, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, Row, ThresholdsConfig
from grafana_foundation_sdk.models.common import StackingMode, VisibilityMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)

from deploy.grafana.sections import place_of

Query = tuple[str, str]
"""PromQL and its legend; {{label}} stands for a label's value."""
Panel = timeseries.Panel | stat.Panel | text.Panel | Row

SOURCE = DataSourceRef(type_val="prometheus", uid="lantian-prometheus")
RATE = "$__rate_interval"
RUNBOOKS = "lantian-runbooks"


def _target(number: int, query: Query, instant: bool) -> prometheus.Dataquery:
    expression, legend = query
    target = prometheus.Dataquery().expr(expression).legend_format(legend or "__auto")
    target = target.ref_id(chr(ord("A") + number)).datasource(SOURCE)
    return target.instant() if instant else target.range()


def to_runbook(alert: str) -> DashboardLink:
    """The section that says what to do; the board 处置 has them all."""
    link = DashboardLink(f"处置 {alert}").type(DashboardLinkType.LINK).target_blank(True)
    return link.url(f"/d/{RUNBOOKS}?viewPanel={place_of(alert)}")


def chart(
    title: str,
    about: str,
    *queries: Query,
    unit: str = "short",
    stacked: bool = False,
    width: int = 8,
    alerts: Sequence[str] = (),
) -> Panel:
    """Lines over time; linked to what to do about `alerts`."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .line_width(1)
        .fill_opacity(30 if stacked else 5)
        .show_points(VisibilityMode.NEVER)
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL if stacked else StackingMode.NONE))
        .span(width)
        .height(8)
        .links([to_runbook(alert) for alert in alerts])
    )
    for number, query in enumerate(queries):
        panel = panel.with_target(_target(number, query, instant=False))
    return panel


def figure(
    title: str,
    about: str,
    expression: str,
    *,
    unit: str = "short",
    bad_above: float | None = None,
    bad_below: float | None = None,
    width: int = 4,
) -> Panel:
    """The last value as a figure; red from `bad_above` on, or under `bad_below`; of no colour without either."""
    steps = [Threshold(color="text", value=None)]
    if bad_above is not None:
        steps = [Threshold(color="green", value=None), Threshold(color="red", value=bad_above)]
    if bad_below is not None:
        steps = [Threshold(color="red", value=None), Threshold(color="green", value=bad_below)]
    return (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .decimals(0)
        .thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
        .with_target(_target(0, (expression, ""), instant=True))
        .span(width)
        .height(4)
    )


def row(title: str) -> Panel:
    """A heading over the panels that follow."""
    return Row(title)


def board(uid: str, title: str, about: str, panels: Sequence[Panel], *, hours: int = 1) -> Dashboard:
    """A read-only dashboard; the builder lays the panels out from left to right."""
    made = (
        Dashboard(title)
        .uid(uid)
        .description(about)
        .tags(["lantian"])
        .timezone("browser")
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(DashboardLink("处置手册 Runbooks").type(DashboardLinkType.LINK).url(f"/d/{RUNBOOKS}"))
        .refresh("10s")
        .time(f"now-{hours}h", "now")
    )
    for number, panel in enumerate(panels, start=1):
        made = made.with_row(panel.id(number)) if isinstance(panel, Row) else made.with_panel(panel.id(number))
    return made


def age(quantile: float) -> Query:
    """A quantile of the age of events by stage."""
    share = f"sum by (le, stage) (rate(lantian_event_age_seconds_bucket[{RATE}]))"
    return f"histogram_quantile({quantile}, {share})", f"{{{{stage}}}} p{quantile * 100:g}"


def per_second(counter: str, *labels: str) -> str:
    """The rate of a counter, summed by labels over all replicas."""
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} (rate({counter}[{RATE}]))"


def in_a_day(counter: str, *labels: str) -> str:
    """What a counter grew by in a day, summed by labels over all replicas."""
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} (increase({counter}[24h]))"
