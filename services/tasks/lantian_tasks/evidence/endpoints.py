"""/v1/issues/{id}/evidence and /v1/leads/{id}/evidence: photos and files, and the pack of everything."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from lantian_kit.access.personal import holds
from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.personal_data import reads_in_full
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.evidence.media import ENDINGS, Unacceptable
from lantian_tasks.evidence.pack import packed
from lantian_tasks.evidence.piece import Piece, Stated, attached
from lantian_tasks.evidence.schemas import AttachedOut, EvidenceList, Form, clean_name, shown
from lantian_tasks.evidence.service import Attached, EvidenceDesk, Sent
from lantian_tasks.leads.bring import case_id_of
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.ledger.machine import LATEST_MS, Refused
from lantian_tasks.ledger.schemas import whole
from lantian_tasks.once import TasksRoute, came_ms
from lantian_tasks.ports import Store
from lantian_tasks.preconditions import etag
from lantian_tasks.problems import ProblemError, described, not_found
from lantian_tasks.replies import refusal

SEALED = Both("the pack holds personal data in full", "证据包含个人信息，请由办理人员下载，或申请应急查看")

IssueId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of the issue")]
LeadId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the lead")]
EvidenceId = Annotated[str, Path(pattern=r"^evd-[0-9a-f]{32}$", description="Id of the piece")]
FileKind = Annotated[
    str,
    Query(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="What it is for: photo-before, photo-after, rectification-report, monitoring-report, record, …",
    ),
]
FileName = Annotated[str, Query(max_length=300, description="Name of the file; its ending must fit its content")]
TakenMs = Annotated[int, Query(ge=0, le=LATEST_MS, description="When the phone took it; ms since 1970 UTC; 0: unsaid")]
SentMs = Annotated[
    int,
    Query(ge=0, le=LATEST_MS, description="What the phone's clock shows while it sends this: a wrong one is corrected"),
]
Latitude = Annotated[float | None, Query(ge=-90, le=90, description="Where the phone was, WGS 84, degrees")]
Longitude = Annotated[float | None, Query(ge=-180, le=180, description="Where the phone was, WGS 84, degrees")]
Which = Annotated[Form, Query(description="shown: the clean copy of a photo; original: the bytes as sent")]
OCTETS = "application/octet-stream"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the file, at most 32 MiB",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in (OCTETS, "image/jpeg")},
    }
}
CONTENT: dict[int | str, Any] = {
    200: {"content": {OCTETS: {}, "image/jpeg": {}}, "description": "The bytes"},
    **described(404),
}
RECEIVED: dict[int | str, Any] = {
    200: {"model": AttachedOut, "description": "It was attached before"},
    **described(400, 403, 404, 409, 413),
}
STATUS_OF = {"too-large": 413, "empty": 422, "unknown-type": 422, "disguised": 422, "bomb": 422}


async def sent(
    request: Request,
    kind: FileKind,
    name: FileName = "",
    taken_ms: TakenMs = 0,
    sent_ms: SentMs = 0,
    latitude: Latitude = None,
    longitude: Longitude = None,
) -> Sent:
    """What a phone or desk sends: the bytes, and what it says of them. Raises ProblemError."""
    # By when the request began: its bytes may take minutes.
    lacks_ms = came_ms(request) - sent_ms if sent_ms else 0
    return Sent(kind, clean_name(name), await request.body(), Stated(taken_ms, latitude, longitude, lacks_ms))


Sending = Annotated[Sent, Depends(sent)]


def evidence_routes(store: Store, desk: EvidenceDesk, clock: Clock) -> APIRouter:
    """The routes of photos and files."""
    routes = APIRouter(prefix="/v1", tags=["evidence"], route_class=TasksRoute)

    async def subject(principal: Principal, name: str) -> Issue | Case:
        found = await desk.subject(principal, name)
        if found is None:
            raise not_found()
        return found

    async def all_of(issue: Issue, principal: Principal) -> list[Piece]:
        lead = await store.case(case_id_of(issue.head.lead_id), principal.scope)
        return [*(attached(lead.history) if lead is not None else []), *attached(issue.history)]

    async def content(found: list[Piece], evidence_id: str, form: Form) -> Response:
        piece = next((piece for piece in found if piece.evidence_id == evidence_id), None)
        if piece is None:
            raise not_found()
        clean = form == "shown" and piece.is_photo
        sha256 = piece.shown_sha256 if clean else piece.sha256
        data = await store.bytes_of(sha256)
        if data is None:
            raise not_found()
        ending = "jpg" if clean else ENDINGS[piece.media_type][0]
        headers = {
            "ETag": f'"{sha256}"',
            "Cache-Control": "private, max-age=31536000, immutable",
            "Content-Disposition": f'{"inline" if clean else "attachment"}; filename="{piece.evidence_id}.{ending}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(data, media_type="image/jpeg" if clean else OCTETS, headers=headers)

    @routes.get("/issues/{issue_id}/evidence", operation_id="list_issue_evidence", responses=described(404))
    async def list_issue_evidence(principal: Calling, issue_id: IssueId) -> EvidenceList:
        """Photos and files of an issue, those of its lead first."""
        issue = await subject(principal, f"issue/{issue_id}")
        assert isinstance(issue, Issue)
        return EvidenceList(items=[shown(piece) for piece in await all_of(issue, principal)])

    @routes.get("/leads/{lead_id}/evidence", operation_id="list_lead_evidence", responses=described(404))
    async def list_lead_evidence(principal: Calling, lead_id: LeadId) -> EvidenceList:
        """Photos and files of a lead."""
        lead = await subject(principal, f"lead/{lead_id}")
        return EvidenceList(items=[shown(piece) for piece in attached(lead.history)])

    @routes.post(
        "/issues/{issue_id}/evidence",
        operation_id="attach_to_issue",
        status_code=201,
        responses=RECEIVED,
        openapi_extra=BODY,
    )
    async def attach_to_issue(
        response: Response, principal: Calling, issue_id: IssueId, sending: Sending
    ) -> AttachedOut:
        """Attaches a photo or file, judged by its content. A photo's place and time are sealed, its pixels redrawn."""
        return _answer(await desk.to_issue(principal, issue_id, sending), response)

    @routes.post(
        "/leads/{lead_id}/evidence",
        operation_id="attach_to_lead",
        status_code=201,
        responses=RECEIVED,
        openapi_extra=BODY,
    )
    async def attach_to_lead(response: Response, principal: Calling, lead_id: LeadId, sending: Sending) -> AttachedOut:
        """Attaches a photo or file of an inspection; as for issues."""
        return _answer(await desk.to_lead(principal, lead_id, sending), response)

    @routes.get(
        "/issues/{issue_id}/evidence/{evidence_id}/content",
        operation_id="get_issue_evidence",
        response_class=Response,
        responses=CONTENT,
    )
    async def get_issue_evidence(
        principal: Calling, issue_id: IssueId, evidence_id: EvidenceId, form: Which = "shown"
    ) -> Response:
        """The bytes of a piece of the issue, or of the lead it came from."""
        issue = await subject(principal, f"issue/{issue_id}")
        assert isinstance(issue, Issue)
        return await content(await all_of(issue, principal), evidence_id, form)

    @routes.get(
        "/leads/{lead_id}/evidence/{evidence_id}/content",
        operation_id="get_lead_evidence",
        response_class=Response,
        responses=CONTENT,
    )
    async def get_lead_evidence(
        principal: Calling, lead_id: LeadId, evidence_id: EvidenceId, form: Which = "shown"
    ) -> Response:
        """The bytes of a piece of the lead."""
        lead = await subject(principal, f"lead/{lead_id}")
        return await content(attached(lead.history), evidence_id, form)

    @routes.get(
        "/issues/{issue_id}/pack",
        operation_id="get_pack",
        response_class=Response,
        responses={200: {"content": {"application/zip": {}}, "description": "The pack"}, **described(403, 404)},
    )
    async def get_pack(request: Request, principal: Calling, issue_id: IssueId) -> Response:
        """Everything of an issue in one archive: sheet (PDF), originals, frames, history, and a manifest of hashes."""
        issue = await subject(principal, f"issue/{issue_id}")
        assert isinstance(issue, Issue)
        if not reads_in_full(request) and holds(whole(issue).model_dump_json()):
            raise ProblemError(403, SEALED)
        pieces = await all_of(issue, principal)
        stream = packed(issue, pieces, store, made_ms=clock.now_ms(), made_by=principal.id)
        headers = {
            "Content-Disposition": f'attachment; filename="{issue.head.number}.zip"',
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(stream, media_type="application/zip", headers=headers)

    return routes


def _answer(answer: Attached | Refused | Unacceptable | None, response: Response) -> AttachedOut:
    if answer is None:
        raise not_found()
    if isinstance(answer, Unacceptable):
        raise unacceptable(answer)
    if isinstance(answer, Refused):
        raise refusal(answer)
    if not answer.new:
        response.status_code = 200
    response.headers["ETag"] = etag(answer.rev)
    return AttachedOut(**shown(answer.piece).model_dump(), revision=answer.rev)


def unacceptable(refused: Unacceptable) -> ProblemError:
    """Why a file is not taken."""
    return ProblemError(STATUS_OF[refused.code], refused.detail, slug=f"file-{refused.code}")
