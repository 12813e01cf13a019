"""POST /v1/readings: batches of records over HTTP, acknowledged when Kafka, or the spool, has them."""

import hashlib
import time
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from lantian_ingest.decoders.records.documents import Media
from lantian_ingest.decoders.records.rows import problems
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import Outcome
from lantian_ingest.publishers.access import Publisher, Publishers
from lantian_ingest.publishers.allowance import Allowance, Repeats, Seen
from lantian_ingest.publishers.desk import Desk, Report, Sender
from lantian_ingest.publishers.problems import Refused, RowProblem, described, response

PROTOCOL: Final = "http"
ERRORS_SHOWN: Final = 1000
KEY_LENGTH: Final = 200
RETRY_SECONDS: Final = 5
SAFE: Final = (Outcome.ACCEPTED, Outcome.DUPLICATE)


class Taken(BaseModel):
    """What became of a batch. Whoever reads this may forget the accepted records: they are safe."""

    evidence: str = Field(description="Id (ce_id) of the body in raw-frames.v1; empty after a dry run")
    dry_run: bool = Field(description="True: nothing was kept, this is what would have become of it")
    rows: int = Field(description="Records in the batch")
    accepted: int = Field(description="Records taken")
    refused: int = Field(description="Records refused; with on_error=refuse none is taken when one is refused")
    readings: int = Field(description="Values handed on")
    errors: list[RowProblem] = Field(description="Mistakes, the first of them when many")
    errors_left_out: int = Field(description="Mistakes that are not listed")


def _shown(report: Report) -> dict[str, Any]:
    refused = len({error.row for error in report.errors})
    listed = list(problems(report.errors, ERRORS_SHOWN))
    return {
        "rows": report.rows,
        "refused": refused,
        "errors": listed,
        "errors_left_out": len(report.errors) - len(listed),
    }


class Readings:
    """The endpoint's work; routes are in `readings_routes`."""

    def __init__(
        self,
        desk: Desk,
        publishers: Publishers,
        metrics: IngestMetrics,
        *,
        body_bytes: int,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._publishers = publishers
        self._metrics = metrics
        self._body_bytes = body_bytes
        self._now = now
        self._allowance = Allowance()
        self._repeats = Repeats()

    def refuse(self, status: int, slug: str, detail: str, **more: Any) -> Refused:
        """A request that is refused before it is a unit: counted, and not kept."""
        self._metrics.requests.labels(slug).inc()
        return Refused(status, slug, detail, **more)

    def publisher(self, authorization: str | None) -> Publisher:
        """Whose request it is. Raises Refused 401."""
        scheme, _, key = (authorization or "").partition(" ")
        found = self._publishers.of_key(key.strip()) if scheme.casefold() == "bearer" else None
        if found is None:
            again = {"WWW-Authenticate": "Bearer"}
            raise self.refuse(401, "no-key", "send Authorization: Bearer <API key>", headers=again)
        return found

    def media(self, request: Request) -> tuple[Media, str]:
        """Form and charset of the body. Raises Refused 415."""
        text = request.headers.get("content-type", "")
        name, _, rest = text.partition(";")
        charset = rest.strip()[8:] if rest.strip().casefold().startswith("charset=") else ""
        try:
            media = Media(name.strip().casefold())
        except ValueError:
            forms = ", ".join(media.value for media in Media)
            raise self.refuse(415, "media-type", f"one of {forms}", headers={"Accept": forms}) from None
        if request.headers.get("content-encoding", "identity") != "identity":
            raise self.refuse(415, "content-encoding", "send the body as it is, not compressed")
        return media, charset

    async def body(self, request: Request) -> tuple[bytes, bool]:
        """The body, and whether it was too large; then only its beginning was read."""
        parts = bytearray()
        async for chunk in request.stream():
            parts += chunk
            if len(parts) > self._body_bytes:
                return bytes(parts[: self._body_bytes]), True
        return bytes(parts), False

    async def post(
        self, request: Request, authorization: str | None, key: str | None, partly: bool, dry_run: bool
    ) -> tuple[int, bytes]:
        """One request to its answer. Raises Refused."""
        publisher = self.publisher(authorization)
        media, charset = self.media(request)
        if self._desk.intake.full:
            again = {"Retry-After": str(RETRY_SECONDS)}
            raise self.refuse(503, "busy", "too much is on its way", headers=again)
        peer = f"{request.client.host}:{request.client.port}" if request.client else ""
        sender = Sender(PROTOCOL, publisher.id, peer, publisher.may)
        body, large = await self.body(request)
        if large:
            await self._hand_over(self._desk.too_large(body, sender, f"at most {self._body_bytes} bytes"))
        if key is None or dry_run:
            return await self._judged(body, media, charset, sender, publisher, partly, dry_run)
        fingerprint = hashlib.sha256(b"%d|%s|" % (partly, media.encode()) + body).hexdigest()
        seen, answer = self._repeats.begin(publisher.id, key, fingerprint, self._now())
        if seen is Seen.DONE and answer is not None:
            self._metrics.requests.labels("repeated").inc()
            return answer
        if seen is Seen.UNDER_WAY:
            again = {"Retry-After": str(RETRY_SECONDS)}
            raise self.refuse(409, "under-way", "the first request with this key has no answer yet", headers=again)
        if seen is Seen.OTHER_BODY:
            raise self.refuse(422, "key-reused", "this key came with another body before")
        done: tuple[int, bytes] | None = None
        try:
            done = await self._judged(body, media, charset, sender, publisher, partly, dry_run)
        finally:
            self._repeats.end(publisher.id, key, done)
        return done

    async def _judged(
        self,
        body: bytes,
        media: Media,
        charset: str,
        sender: Sender,
        publisher: Publisher,
        partly: bool,
        dry_run: bool,
    ) -> tuple[int, bytes]:
        report = await self._desk.judge(body, media, sender, charset=charset, partly=partly)
        if not dry_run:
            wait = self._allowance.wait_seconds(publisher.id, publisher.rows_per_minute, report.rows, self._now())
            if wait:
                again = {"Retry-After": str(max(1, round(wait + 0.5)))}
                raise self.refuse(429, "rate", f"at most {publisher.rows_per_minute} records a minute", headers=again)
            await self._hand_over(report)
        elif report.outcome is not Outcome.ACCEPTED:
            self._metrics.requests.labels("dry-run").inc()
            raise self._refused(report, "")
        self._metrics.requests.labels("dry-run" if dry_run else "taken").inc()
        shown = Taken(
            evidence="" if dry_run else report.id,
            dry_run=dry_run,
            accepted=report.accepted,
            readings=report.readings,
            **_shown(report),
        )
        return (200 if dry_run else 202), shown.model_dump_json().encode()

    async def _hand_over(self, report: Report) -> None:
        outcome = await self._desk.take(report)
        if outcome in SAFE:
            return
        if outcome is Outcome.UNDELIVERED:
            again = {"Retry-After": str(RETRY_SECONDS)}
            raise self.refuse(503, "undelivered", "Kafka has not acknowledged them: send again", headers=again)
        raise self._refused(report, report.id)

    def _refused(self, report: Report, evidence: str) -> Refused:
        status = 413 if report.outcome is Outcome.TOO_LARGE else 400
        refused = len({error.row for error in report.errors})
        detail = report.detail or f"{refused} of {report.rows} records have mistakes; none was taken"
        return Refused(status, report.reason, detail, evidence=evidence, **_shown(report))


def readings_routes(readings: Readings) -> APIRouter:
    """The route; its refusals are problems when `install` was called on the app."""
    routes = APIRouter(prefix="/v1", tags=["readings"])

    @routes.post(
        "/readings",
        operation_id="post_readings",
        status_code=202,
        responses={
            200: {"model": Taken, "description": "Dry run: nothing was kept"},
            202: {"model": Taken, "description": "The accepted records are safe"},
            **described((400, 401, 409, 413, 415, 422, 429, 503)),
        },
        openapi_extra={"requestBody": {"required": True, "content": {media.value: {} for media in Media}}},
    )
    async def post_readings(
        request: Request,
        authorization: Annotated[str | None, Header(description="Bearer and the publisher's API key")] = None,
        idempotency_key: Annotated[
            str | None,
            Header(max_length=KEY_LENGTH, description="The same key and body within a day get the same answer"),
        ] = None,
        on_error: Annotated[
            str, Query(pattern="^(refuse|skip)$", description="refuse: all or nothing; skip: take the good records")
        ] = "refuse",
        dry_run: Annotated[bool, Query(description="Judge and report, keep nothing")] = False,
    ) -> Response:
        """Takes a batch of records as JSON, CSV or Arrow. docs/feeding.md has examples of each."""
        status, body = await readings.post(request, authorization, idempotency_key, on_error == "skip", dry_run)
        return Response(body, status_code=status, media_type="application/json")

    return routes


def install(app: FastAPI) -> None:
    """Makes the endpoint's refusals problems."""

    @app.exception_handler(Refused)
    async def on_refused(request: Request, refused: Refused) -> JSONResponse:
        return response(request, refused)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return response(request, Refused(400, "bad-request", found[:500]))
