"""The scorecard of cities as a table. Pure."""

from collections.abc import Sequence

from lantian_tasks.reports.schemas import CityFigures
from lantian_tasks.reports.sheets import Cell, Column

PERCENT, HOURS = "0.0%", "0.0"
CITY_COLUMNS = (
    Column("序号", 6),
    Column("城市代码", 10),
    Column("城市", 12),
    Column("问题总数", 9),
    Column("未销号", 9),
    Column("已销号", 9),
    Column("销号率", 9, PERCENT),
    Column("逾期督办", 9),
    Column("逾期率", 9, PERCENT),
    Column("延期次数", 9),
    Column("交办中位小时", 12, HOURS),
    Column("整改中位小时", 12, HOURS),
    Column("核查中位小时", 12, HOURS),
    Column("全程中位小时", 12, HOURS),
    Column("抽查复核", 9),
    Column("复核不通过", 11),
    Column("不通过率", 9, PERCENT),
    Column("反弹", 8),
    Column("严重问题", 9),
    Column("弄虚作假", 9),
    Column("举一反三发现", 12),
    Column("线索属实", 9),
    Column("线索不属实", 11),
    Column("线索准确率", 11, PERCENT),
    Column("考核认定", 24),
)


def city_rows(cities: Sequence[CityFigures]) -> list[list[Cell]]:
    """One row a city."""
    return [_row(number, city) for number, city in enumerate(cities, 1)]


def _row(number: int, city: CityFigures) -> list[Cell]:
    hours, leads = city.median_hours, city.leads
    return [
        number,
        city.city,
        city.name,
        city.issues,
        city.open,
        city.closed,
        city.closed_share,
        city.overdue,
        city.overdue_share,
        city.extensions,
        hours["assign"],
        hours["rectify"],
        hours["verify"],
        hours["whole"],
        city.rechecked,
        city.recheck_failed,
        city.recheck_failed_share,
        city.relapsed,
        city.grave,
        city.fraud,
        city.peers,
        leads.confirmed + leads.partly,
        leads.unfounded,
        leads.precision,
        city.assessment,
    ]
