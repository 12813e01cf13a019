"""The scorecard of cities as a table. Pure."""

from collections.abc import Sequence

from lantian_tasks.reports.schemas import CityFigures
from lantian_tasks.reports.sheets import Cell, Column

PERCENT, HOURS = "0.0%", "0.0"
CITY_COLUMNS = (
    Column("序号", 5),
    Column("城市代码", 8),
    Column("城市", 9),
    Column("问题总数", 7),
    Column("未销号", 7),
    Column("已销号", 7),
    Column("销号率", 8, PERCENT),
    Column("逾期督办", 7),
    Column("逾期督办率", 8, PERCENT),
    Column("延期次数", 7),
    Column("交办中位小时", 8, HOURS),
    Column("整改中位小时", 8, HOURS),
    Column("核验中位小时", 8, HOURS),
    Column("全程中位小时", 8, HOURS),
    Column("抽查复核", 7),
    Column("复核不通过", 7),
    Column("不通过率", 8, PERCENT),
    Column("反弹", 6),
    Column("较重以上问题", 8),
    Column("弄虚作假", 7),
    Column("举一反三发现", 8),
    Column("线索属实", 7),
    Column("线索不属实", 8),
    Column("线索属实率", 8, PERCENT),
    Column("考核认定", 18),
)


def city_rows(cities: Sequence[CityFigures]) -> list[list[Cell]]:
    """One row a city."""
    return [_row(number, city) for number, city in enumerate(cities, 1)]


def _row(number: int, city: CityFigures) -> list[Cell]:
    hours, leads = city.median_hours, city.leads
    return [
        number if city.city else None,
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
