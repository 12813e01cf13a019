"""Problem details (RFC 9457) of the readings endpoint; rows that are wrong stand in `errors`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

MEDIA_TYPE: Final = "application/problem+json"
TITLES: Final = {
    400: "The batch is not valid",
    401: "An API key is needed",
    409: "The same request is under way",
    413: "The body is too large",
    415: "The form of the body is not supported",
    422: "The Idempotency-Key was used for another body",
    429: "Too many records in a short time",
    503: "The records can not be kept safe at this moment",
}


class RowProblem(BaseModel):
    """What is wrong with one record."""

    row: int = Field(description="Number of the record, from 1")
    field: str = Field(description="Name of the field, as sent")
    reason: str = Field(description="Stable name of the mistake", examples=["range", "unit", "future", "unknown-feed"])
    detail: str = Field(description="In words")


class Problem(BaseModel):
    """A problem (RFC 9457, section 3), with what is wrong row by row."""

    type: str = Field(examples=["urn:lantian:problem:range"])
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    rows: int = Field(default=0, description="Records in the batch")
    refused: int = Field(default=0, description="Records with a mistake")
    errors: list[RowProblem] = Field(default_factory=list, description="Mistakes, the first of them when many")
    errors_left_out: int = Field(default=0, description="Mistakes that are not listed")
    evidence: str = Field(default="", description="Id of what was kept in raw-frames.v1; empty when nothing was")


class Refused(Exception):
    """Raised by the endpoint; becomes the answer."""

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def response(request: Request, refused: Refused) -> JSONResponse:
    """The answer."""
    body = Problem(
        type=f"urn:lantian:problem:{refused.slug}",
        title=TITLES[refused.status],
        status=refused.status,
        detail=refused.detail,
        instance=request.url.path,
        **refused.more,
    )
    return JSONResponse(
        body.model_dump(), status_code=refused.status, media_type=MEDIA_TYPE, headers=refused.headers or None
    )


def described(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Problem answers of an operation, for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    return {status: {"description": TITLES[status], "content": content} for status in statuses}
