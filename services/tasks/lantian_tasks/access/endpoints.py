"""/v1/me: who the caller is, so that a console shows each role what is its own."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Calling
from lantian_tasks.ledger.moves import Role
from lantian_tasks.problems import described


class MeOut(BaseModel):
    """The caller, and the time by which the ledger judges."""

    id: str = Field(description="Account; stands in the history of what it does")
    role: Role
    organisation: str
    divisions: list[str] = Field(description="Divisions it sees; 000000 is the whole country", examples=[["130100"]])
    enterprise_id: str = Field(description="Enterprise it belongs to; empty: none")
    now_ms: int = Field(description="The suite's clock, ms since 1970 UTC: due dates are counted by it")
    rate: float = Field(description="Suite seconds in one wall second; 1 outside of demonstrations")


def me_routes(clock: Clock) -> APIRouter:
    """The route of the caller itself."""
    routes = APIRouter(prefix="/v1", tags=["access"])

    @routes.get("/me", operation_id="get_me", responses=described(422))
    async def get_me(principal: Calling) -> MeOut:
        """Who you are to the ledger, what you see, and its clock."""
        scope = principal.scope
        return MeOut(
            id=principal.id,
            role=principal.role,
            organisation=principal.actor.organisation,
            divisions=[prefix.ljust(6, "0") for prefix in scope.prefixes],
            enterprise_id=scope.enterprise_id or "",
            now_ms=clock.now_ms(),
            rate=clock.rate,
        )

    return routes
