"""/v1/rechecks: draws of closed issues that are looked at again."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.clocks.policy import Recheck
from lantian_tasks.ledger.machine import Role
from lantian_tasks.once import TasksRoute
from lantian_tasks.problems import ProblemError, described
from lantian_tasks.recheck.sample import Conduct, rate
from lantian_tasks.recheck.service import Rechecks

DRAWERS = frozenset({Role.PROVINCE, Role.MINISTRY})
City = Annotated[str, Field(pattern=r"^\d{4}00$", description="The city", examples=["130100"])]


class DrawIn(BaseModel):
    """A draw of one city."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"division_code": "130100", "seed": "2026-12 部级第1次"}]}
    )

    division_code: City
    seed: str = Field(
        min_length=1, max_length=200, description="Stated before the draw; whoever knows it draws the same"
    )


class ConductOut(BaseModel):
    """How a city has done; shares from 0 to 1."""

    perfunctory: float = Field(description="Leads called unfounded within minutes of receipt")
    false_unfounded: float = Field(description="Leads called unfounded that were overturned")
    failed_recheck: float = Field(description="Drawn issues that had not been solved")
    overdue_share: float = Field(description="Issues that were escalated")


class RateOut(BaseModel):
    """The rate of a city, and why."""

    division_code: str
    rate: float
    conduct: ConductOut


class DrawOut(RateOut):
    """A draw and what it moved."""

    seed: str
    eligible: int = Field(description="Closed issues that were not drawn since they closed")
    issues: list[str] = Field(description="Moved to spot-check by this request")
    leads_eligible: int = Field(description="Leads called unfounded that were never drawn")
    leads_rate: float = Field(description="Share of those that is drawn; higher than that of issues")
    leads: list[str] = Field(description="Drawn by this request: to be upheld or overturned")


def recheck_routes(rechecks: Rechecks, rules: Recheck) -> APIRouter:
    """The routes of rechecks."""
    routes = APIRouter(prefix="/v1", tags=["rechecks"], route_class=TasksRoute)

    def mine(principal: Principal, division_code: str) -> None:
        if not principal.scope.covers(division_code, principal.scope.enterprise_id or ""):
            raise ProblemError(403, Both("this does not lie in your divisions", "不在您的辖区"))

    @routes.get("/rechecks/rate", operation_id="get_recheck_rate", responses=described(403))
    async def get_rate(
        principal: Calling, division: Annotated[str, Query(pattern=r"^\d{4}00$", description="The city")]
    ) -> RateOut:
        """How many of a city's closed issues are drawn, and why."""
        mine(principal, division)
        conduct = await rechecks.conduct(principal.scope, division)
        return RateOut(division_code=division, rate=rate(conduct, rules), conduct=_shown(conduct))

    @routes.post("/rechecks", operation_id="draw_rechecks", responses=described(400, 403))
    async def draw_rechecks(principal: Calling, body: DrawIn) -> DrawOut:
        """Draws closed issues of a city, and leads called unfounded, by a seed; a repeat gets the same answer."""
        if principal.role not in DRAWERS:
            raise ProblemError(403, Both(f"role {principal.role} may not draw", "您的角色不能抽取复核"))
        mine(principal, body.division_code)
        drawn = await rechecks.draw(principal, body.division_code, body.seed)
        return DrawOut(
            division_code=drawn.division_code,
            rate=drawn.rate,
            conduct=_shown(drawn.conduct),
            seed=drawn.seed,
            eligible=drawn.eligible,
            issues=list(drawn.issues),
            leads_eligible=drawn.leads_eligible,
            leads_rate=drawn.leads_rate,
            leads=list(drawn.leads),
        )

    return routes


def _shown(conduct: Conduct) -> ConductOut:
    return ConductOut(**asdict(conduct))
