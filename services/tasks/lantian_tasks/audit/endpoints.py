"""/v1/audit: the chains for auditors, each within its divisions; `lantian audit verify` is who judges them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.audit.appender import Chains
from lantian_tasks.audit.chain import ACCESS
from lantian_tasks.problems import described, not_found


class ChainOut(BaseModel):
    """A chain and its end."""

    chain: str = Field(description="Code of the county; 000000 what has none; access: accounts, sessions, keys")
    entries: int
    head_hash: str


class ChainPage(BaseModel):
    """By name."""

    items: list[ChainOut]


class LinkOut(BaseModel):
    """An entry; recompute `hash` over the RFC 8785 form of everything else."""

    chain: str
    sequence: int
    subject: str = Field(description="Collection and id of the document")
    subject_sequence: int = Field(description="Position in the document's own history")
    subject_hash: str
    kind: str
    move: str
    actor_id: str
    role: str
    division_code: str
    at_ms: int = Field(description="ms since 1970 UTC")
    algorithm: str
    previous_hash: str
    hash: str


class LinkPage(BaseModel):
    """In order; go on with `after` of the last sequence."""

    items: list[LinkOut]


def audit_routes(store: Chains) -> APIRouter:
    """The routes of the chains."""
    routes = APIRouter(prefix="/v1/audit", tags=["audit"])

    @routes.get("/chains", operation_id="list_chains", responses=described(403))
    async def list_chains(principal: Calling) -> ChainPage:
        """The chains of your divisions."""
        rows = [
            ChainOut(chain=name, entries=head.sequence, head_hash=head.hash)
            for name, head in await store.chains()
            if _sees(principal, name)
        ]
        return ChainPage(items=rows)

    @routes.get("/entries", operation_id="list_chain_entries", responses=described(403, 404))
    async def list_entries(
        principal: Calling,
        chain: Annotated[str, Query(pattern=r"^(\d{6}|access)$", description="Name of the chain")],
        after: Annotated[int, Query(ge=0, le=2**53, description="From behind this sequence")] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> LinkPage:
        """Entries of a chain, oldest first."""
        if not _sees(principal, chain):
            raise not_found()
        found: list[dict[str, Any]] = await store.links(chain, after, limit)
        return LinkPage(items=[LinkOut(**link) for link in found])

    return routes


def _sees(principal: Principal, chain: str) -> bool:
    """What has no division, and access, are for those of the whole country."""
    return principal.scope.is_country if chain in (ACCESS, "000000") else principal.scope.covers_division(chain)
