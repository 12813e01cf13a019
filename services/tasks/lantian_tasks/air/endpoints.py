"""/v1/air: what the stations of a city measure now."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Calling
from lantian_tasks.air.means import LATEST_MS, city_hours, city_of
from lantian_tasks.air.stations import stations
from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.ports import HourStore, RegistryStore
from lantian_tasks.problems import described


class CityHourOut(BaseModel):
    """The mean of a city's stations in one hour."""

    division_code: str = Field(description="The city, GB/T 2260", examples=["130100"])
    hour_ms: int = Field(description="Begin of the hour, ms since 1970 UTC")
    stations: int = Field(description="Stations with a valid mean of it")
    means: dict[str, float] = Field(
        description="By HJ 212 code, µg/m³; carbon monoxide (a21005) mg/m³", examples=[{"a34004": 75.0}]
    )


class CityHoursOut(BaseModel):
    """By division; cities without a valid mean of the last three hours are not there."""

    items: list[CityHourOut]


def air_routes(hours: HourStore, registry: RegistryStore, clock: Clock) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1/air", tags=["air"])

    @routes.get("/cities", operation_id="list_city_air", responses=described())
    async def list_city_air(principal: Calling) -> CityHoursOut:
        """The newest hour of each city in your divisions, from the stations that the registry has there.

        A station lies where the enterprise that runs it lies; its means are kept whatever LANTIAN_HISTORY says.
        """
        now_ms = clock.now_ms()
        cities = {id_: city_of(division) for id_, division in await stations(registry, principal.scope)}
        known = {id_: city for id_, city in cities.items() if city}
        kept = {id_: await hours.hours(id_, now_ms - LATEST_MS - HOUR_MS, now_ms) for id_ in known}
        found = city_hours(known, kept, now_ms)
        return CityHoursOut(
            items=[
                CityHourOut(
                    division_code=row.division_code, hour_ms=row.hour_ms, stations=row.stations, means=dict(row.means)
                )
                for row in found
            ]
        )

    return routes
