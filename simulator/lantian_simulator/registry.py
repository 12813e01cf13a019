"""The demo registry: invented enterprises, marked 演示, in real cities, with real standards.

Everything is a function of seed and count. The names are put together from neutral words; an enterprise that happens
to bear such a name is not meant.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lantian_simulator.cities import CENTRES, CITIES
from lantian_simulator.industries import INDUSTRIES, Industry

_WORDS = (
    "青禾", "云岭", "恒川", "远山", "长风", "晨光", "东篱", "北辰", "松涛", "润泽",
    "金穗", "瑞麟", "鸿图", "正和", "启明", "宏岳", "安澜", "博远", "凌云", "星河",
    "百川", "苍原", "方正", "嘉禾", "丰泽", "天合", "永固", "景行", "盛源", "江畔",
)  # fmt: skip
PASSWORD = "123456"
"""Password of every simulated logger, as most of the field has it."""


@dataclass(frozen=True)
class Outlet:
    """One simulated outlet with everything the registry knows about it."""

    number: int
    industry: Industry
    division_code: str
    city: str
    enterprise_id: str
    enterprise_name: str
    source_id: str
    source_name: str
    feed_id: str

    @property
    def place(self) -> tuple[float, float]:
        """Degrees east and north of its enterprise: around the city's centre, never twice the same."""
        plant = self.number // 2
        east, north = CENTRES[self.division_code]
        angle, reach = plant * 2.399963, 0.04 + 0.16 * ((plant * 0.618034) % 1)
        return round(east + reach * math.cos(angle), 5), round(north + 0.8 * reach * math.sin(angle), 5)


def outlets(count: int, seed: int) -> list[Outlet]:
    """Return `count` outlets, two to an enterprise, spread over the cities of the campaign."""
    draw = np.random.default_rng((seed, 3))
    offset = int(draw.integers(len(CITIES)))
    result = []
    for number in range(count):
        plant, second = divmod(number, 2)
        code, city = CITIES[(offset + 7 * plant) % len(CITIES)]
        industry = INDUSTRIES[plant % len(INDUSTRIES)]
        word = _WORDS[(plant * 11 + plant // len(CITIES)) % len(_WORDS)]
        result.append(
            Outlet(
                number=number,
                industry=industry,
                division_code=code,
                city=city,
                enterprise_id=f"demo-{code}-{plant + 1:04d}",
                enterprise_name=f"{city}{word}{industry.plant}有限公司（演示）",
                source_id=f"demo-{code}-{plant + 1:04d}-{second + 1}",
                source_name=f"{second + 1}号{industry.outlet}",
                feed_id=f"DE{code}{number + 1:016X}",
            )
        )
    return result


@dataclass(frozen=True)
class TeamAddress:
    """Where the teams' webhooks go: `url` with the division code in place of `{division}`, and the secret's name."""

    url: str
    secret_name: str


def changes(all_outlets: Sequence[Outlet], address: TeamAddress) -> list[dict[str, object]]:
    """Return the registry as entries `{"kind", "id", "entity"}`, each after those it refers to."""
    entities: dict[tuple[str, str], dict[str, object]] = {}
    for outlet in all_outlets:
        team = f"team-{outlet.division_code}"
        entities["team", team] = {
            "name": f"{outlet.city}监督帮扶组（演示）",
            "division_code": outlet.division_code,
            "webhook_url": address.url.format(division=outlet.division_code),
            "webhook_secret_name": address.secret_name,
            "event_kinds": [],
        }
    for outlet in all_outlets:
        entities["enterprise", outlet.enterprise_id] = {
            "name": outlet.enterprise_name,
            "division_code": outlet.division_code,
            "industry": outlet.industry.name,
            "longitude": outlet.place[0],
            "latitude": outlet.place[1],
        }
    for outlet in all_outlets:
        entities["source", outlet.source_id] = {
            "enterprise_id": outlet.enterprise_id,
            "name": outlet.source_name,
            "kind": "outlet",
        }
    for outlet in all_outlets:
        entities["feed", outlet.feed_id] = {
            "source_id": outlet.source_id,
            "protocol": "hj212",
            "password": PASSWORD,
            "real_time_interval_seconds": 600,
            "minute_interval_minutes": 0,
            "sends_hours": True,
            "period_labelled_by_end": False,
        }
        for factor, value in outlet.industry.limits.items():
            limit = f"{outlet.source_id}-{factor}"
            entities["limit", limit] = {
                "source_id": outlet.source_id,
                "factor": factor,
                "value": float(value),
                "reference_oxygen_percent": float(outlet.industry.reference_oxygen),
                "basis": outlet.industry.standard.basis,
                "clause": outlet.industry.standard.clause,
            }
    return [{"kind": kind, "id": identifier, "entity": entity} for (kind, identifier), entity in entities.items()]
