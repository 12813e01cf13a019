"""/v1/sources/{source_id}: what a source has sent, as curves and as rates by month."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_proto.readings import STAT_NAMES, Period, Stat
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.compliance.hours import stated_stops
from lantian_tasks.ports import HourStore, RegistryStore
from lantian_tasks.problems import ProblemError, described, not_found
from lantian_tasks.registry.entities import ID_PATTERN
from lantian_tasks.registry.record import Kind, key_of
from lantian_tasks.series.rates import rates

LONGEST_MS = {Period.MINUTE: 7 * DAY_MS, Period.HOUR: 92 * DAY_MS, Period.DAY: 1100 * DAY_MS}
PERIODS = {"minute": Period.MINUTE, "hour": Period.HOUR, "day": Period.DAY}
MONTHS_MS = 400 * DAY_MS
SourceId = Annotated[str, Path(pattern=ID_PATTERN, description="Id of the source in the registry")]
Ms = Annotated[int, Query(ge=0, le=4_102_444_800_000, description="ms since 1970 UTC")]


class PointOut(BaseModel):
    """A mean."""

    time_ms: int = Field(description="Begin of its period, ms since 1970 UTC")
    value: float = Field(description="In the unit of the factor")
    flag: str = Field(description="Data mark as sent, e.g. N, F, M, C, D; empty: none was sent")


class CurveOut(BaseModel):
    """A factor's means in order of time."""

    factor: str = Field(description="HJ 212 code")
    stat: str = Field(description="avg as measured, zs-avg converted to the reference oxygen")
    points: list[PointOut]


class SeriesOut(BaseModel):
    """The curves of a source. Means are kept from when the source was first watched, see LANTIAN_HISTORY."""

    source_id: str
    period: Literal["minute", "hour", "day"]
    from_ms: int
    to_ms: int
    curves: list[CurveOut]


class MonthOut(BaseModel):
    """Rates of a month in the authority's zone; shares from 0 to 1, null without a base."""

    month: str = Field(description="YYYY-MM", examples=["2026-11"])
    since_ms: int = Field(description="The first hour counted; earlier ones of the month were not kept")
    expected: int = Field(description="Hours that should have come")
    received: int = Field(description="Hours that came")
    stopped: int = Field(description="Of them in a stop, by data mark F or by a mark of the enterprise")
    invalid: int = Field(description="Of those in work with a data mark other than N for every factor")
    transmission: float | None = Field(description="received / expected")
    valid: float | None = Field(description="(received - stopped - invalid) / (received - stopped)")
    whole: float | None = Field(description="数据传输有效率, the product of both; 0.9 is asked for")


class MonthsOut(BaseModel):
    """The last thirteen months at most, the latest first; those without a kept hour are not there."""

    source_id: str
    months: list[MonthOut]


def series_routes(hours: HourStore, registry: RegistryStore, clock: Clock) -> APIRouter:
    """The routes; a source outside of the caller's divisions is answered like one that does not exist."""
    routes = APIRouter(prefix="/v1/sources", tags=["sources"])

    async def seen(principal: Principal, source_id: str) -> None:
        key = key_of(Kind.SOURCE, source_id)
        if key not in await registry.records([key], principal.scope):
            raise not_found()

    @routes.get("/{source_id}/series", operation_id="get_series", responses=described(400, 404))
    async def get_series(
        principal: Calling,
        source_id: SourceId,
        from_ms: Ms,
        to_ms: Ms,
        period: Annotated[Literal["minute", "hour", "day"], Query(description="Which means")] = "hour",
    ) -> SeriesOut:
        """Means of one source in a span, end exclusive: at most 7 days of minutes, 92 of hours, 1100 of days."""
        await seen(principal, source_id)
        kind = PERIODS[period]
        if not 0 < to_ms - from_ms <= LONGEST_MS[kind]:
            raise ProblemError(
                400,
                Both(
                    f"ask for 1 to {LONGEST_MS[kind] // DAY_MS} days of {period} means",
                    f"一次最多查询{LONGEST_MS[kind] // DAY_MS}天",
                ),
            )
        found: dict[tuple[str, int], list[PointOut]] = {}
        for mean in sorted(await hours.hours(source_id, from_ms, to_ms, kind), key=lambda mean: mean.time_ms):
            flag = chr(mean.flag) if mean.flag else ""
            point = PointOut(time_ms=mean.time_ms, value=mean.value, flag=flag)
            found.setdefault((mean.factor, mean.stat), []).append(point)
        curves = [
            CurveOut(factor=factor, stat=STAT_NAMES[Stat(stat)], points=points)
            for (factor, stat), points in sorted(found.items())
        ]
        return SeriesOut(source_id=source_id, period=period, from_ms=from_ms, to_ms=to_ms, curves=curves)

    @routes.get("/{source_id}/months", operation_id="get_months", responses=described(404))
    async def get_months(principal: Calling, source_id: SourceId) -> MonthsOut:
        """Transmission and valid rates by month, from the hour means that are kept."""
        await seen(principal, source_id)
        now_ms = clock.now_ms()
        stops = await stated_stops(registry, principal.scope, source_id)
        kept = await hours.hours(source_id, now_ms - MONTHS_MS, now_ms + 1)
        months = [
            MonthOut(
                month=row.month,
                since_ms=row.since_ms,
                expected=row.expected,
                received=row.received,
                stopped=row.stopped,
                invalid=row.invalid,
                transmission=row.transmission,
                valid=row.valid,
                whole=row.whole,
            )
            for row in rates(kept, stops, now_ms)
        ]
        return MonthsOut(source_id=source_id, months=months)

    return routes
