"""/v1/issues: the ledger for people."""

from dataclasses import asdict, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.audit.examine import examine
from lantian_tasks.audit.schemas import entry_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.action import KeyReused
from lantian_tasks.ledger.clock_schemas import ClocksOut, clocks_of
from lantian_tasks.ledger.filters import Filtered, page_of
from lantian_tasks.ledger.issue import Issue, State
from lantian_tasks.ledger.moves import MOVES, Refused
from lantian_tasks.ledger.offer_schemas import OffersOut, offered
from lantian_tasks.ledger.offers import offers
from lantian_tasks.ledger.peers import peers_of
from lantian_tasks.ledger.schemas import (
    AuditOut,
    CountOut,
    CountsOut,
    IssueOut,
    IssuePage,
    MoveIn,
    MoveOut,
    PeerOut,
    PeersOut,
    audit_of,
    row,
    whole,
)
from lantian_tasks.ledger.service import Absent, Ledger, Stale
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import SEARCHED_MOST, Store
from lantian_tasks.preconditions import etag, moved_on, revision_of
from lantian_tasks.problems import described, not_found
from lantian_tasks.replies import IdempotencyKey, IfMatch, key_reused, refusal, required

IssueId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of the issue")]

CountedBy = Literal["state", "severity", "category", "channel", "urgency", "division_code", "rule_id"]


def issue_routes(store: Store, ledger: Ledger, clock: Clock, facts: Facts) -> APIRouter:
    """The routes of issues."""
    routes = APIRouter(prefix="/v1", tags=["issues"], route_class=TasksRoute)

    async def one(principal: Principal, issue_id: str) -> Issue:
        found = await store.issue(issue_id, principal.scope)
        if found is None:
            raise not_found()
        return found

    @routes.get("/issues", operation_id="list_issues", responses=described(400))
    async def list_issues(query: Filtered) -> IssuePage:
        """Issues in your divisions, newest first."""
        found, more = page_of(query, await store.heads(query), lambda head: head)
        return IssuePage(items=[row(head) for head in found], next_cursor=more)

    @routes.get("/issue-counts", operation_id="count_issues", responses=described(400))
    async def count_issues(
        query: Filtered,
        by: Annotated[list[CountedBy], Query(max_length=2, description="One number for each value of these")] = [],  # noqa: B006
    ) -> CountsOut:
        """How many issues the filters of the list leave; pages and order play no part."""
        query = replace(query, after=None, order="newest")
        found = await store.count_issues(query, tuple(by))
        among = await store.count_issues(replace(query, text=""), ()) if query.text else {}
        rows = [CountOut(values=dict(zip(by, key, strict=True)), count=count) for key, count in sorted(found.items())]
        at_least = sum(among.values()) > SEARCHED_MOST
        return CountsOut(total=sum(found.values()), rows=rows, at_least=at_least)

    @routes.get("/issues/{issue_id}", operation_id="get_issue", responses=described(404))
    async def get_issue(response: Response, principal: Calling, issue_id: IssueId) -> IssueOut:
        """One issue with evidence and history; ETag is its revision."""
        issue = await one(principal, issue_id)
        response.headers["ETag"] = etag(issue.head.rev)
        return whole(issue)

    @routes.get(
        "/issues/{issue_id}/frames/{index}",
        operation_id="get_frame",
        response_class=Response,
        responses={
            200: {"content": {"application/octet-stream": {}}, "description": "The bytes as received"},
            **described(404),
        },
    )
    async def get_frame(principal: Calling, issue_id: IssueId, index: Annotated[int, Path(ge=0, le=1000)]) -> Response:
        """A frame of the evidence, bytes unchanged."""
        issue = await one(principal, issue_id)
        if index >= len(issue.frames) or not issue.frames[index].found:
            raise not_found()
        frame = issue.frames[index]
        name = f"{issue.head.number}-{index}.frame"
        return Response(
            frame.data,
            media_type="application/octet-stream",
            headers={
                "ETag": f'"{frame.sha256}"',
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    @routes.get("/issues/{issue_id}/clocks", operation_id="get_clocks", responses=described(404))
    async def get_clocks(principal: Calling, issue_id: IssueId) -> ClocksOut:
        """When each step is due and why, and what happens by itself if it is not done."""
        return clocks_of(await one(principal, issue_id), facts.policy.clocks, facts)

    @routes.get("/issues/{issue_id}/peers", operation_id="find_peers", responses=described(404))
    async def find_peers(principal: Calling, issue_id: IssueId) -> PeersOut:
        """Who in your divisions shares sector, park or vendor with the enterprise of the issue (举一反三)."""
        issue = await one(principal, issue_id)
        return PeersOut(peers=[PeerOut(**asdict(peer)) for peer in await peers_of(store, issue, principal.scope)])

    @routes.get("/issues/{issue_id}/audit", operation_id="audit_issue", responses=described(404), tags=["audit"])
    async def audit_issue(principal: Calling, issue_id: IssueId) -> AuditOut:
        """Verifies the hash chain, and that state, lead and frames are the sealed ones."""
        issue = await one(principal, issue_id)
        return audit_of(issue, examine(issue))

    @routes.get("/issues/{issue_id}/moves", operation_id="offer_issue_moves", responses=described(404))
    async def offer_issue_moves(principal: Calling, issue_id: IssueId) -> OffersOut:
        """What you may do with the issue now, with the inputs of each move, and what its closing dossier holds."""
        issue = await one(principal, issue_id)
        closing = facts.policy.closing_of(issue.category)
        return OffersOut(
            revision=issue.head.rev,
            moves=offered(offers(MOVES, issue, principal.actor, clock.now_ms(), facts), issue.state),
            dossier=list(closing.evidence),
            data_needed=closing.data.kind if closing.data else "",
        )

    @routes.post(
        "/issues/{issue_id}/moves",
        operation_id="move_issue",
        responses=described(400, 403, 404, 409, 412, 428),
    )
    async def move_issue(
        response: Response,
        principal: Calling,
        issue_id: IssueId,
        body: MoveIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> MoveOut:
        """Moves the issue along its life cycle. 409: the state or a guard (four eyes) forbids it."""
        answer = await ledger.move(
            principal,
            issue_id,
            move=body.move,
            reason=body.reason,
            fields=body.fields(),
            device=body.device(),
            rev=revision_of(if_match),
            key=required(idempotency_key),
        )
        if isinstance(answer, Absent):
            raise not_found()
        if isinstance(answer, Stale):
            raise moved_on(answer.rev)
        if isinstance(answer, KeyReused):
            raise key_reused()
        if isinstance(answer, Refused):
            raise refusal(answer)
        response.headers["ETag"] = etag(answer.rev)
        return MoveOut(
            issue_id=answer.issue_id,
            number=answer.number,
            state=State(answer.entry["to_state"]),
            revision=answer.rev,
            entry=entry_of(answer.entry),
        )

    return routes
