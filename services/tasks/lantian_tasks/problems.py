"""Problem details (RFC 9457): every answer that is no success, also for what the framework refuses by itself.

Each text stands there in English and, beside it under `…_zh`, in Chinese: nobody has to negotiate (ADR 19).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from lantian_kit.mistakes import mistake
from lantian_kit.once import REFUSALS, Code, KeyRefused
from lantian_kit.worker import Unavailable
from lantian_proto.both import Both, chinese

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class FieldProblem(BaseModel):
    """What is wrong with one input."""

    field: str = Field(description="Where: body, path, query or header, then the names down to the value")
    detail: str = Field(description="What is wrong with it")
    detail_zh: str = Field(default="", description="The same in Chinese")

    @classmethod
    def of(cls, field: str, detail: str) -> Self:
        """With both halves of `detail`."""
        return cls(field=field, detail=detail, detail_zh=chinese(detail))


class Problem(BaseModel):
    """A problem (RFC 9457, section 3)."""

    type: str = Field(description="Stable name of the kind of problem", examples=["urn:lantian:problem:wrong-state"])
    title: str = Field(description="The kind of problem, for people", examples=["The move does not fit the state"])
    title_zh: str = Field(default="", description="The same in Chinese", examples=["当前状态不能这样做"])
    status: int = Field(description="HTTP status", examples=[409])
    detail: str = Field(default="", description="What happened this time")
    detail_zh: str = Field(default="", description="The same in Chinese", examples=["状态已经改变，请按最新状态操作"])
    instance: str = Field(default="", description="Path of the request")
    errors: list[FieldProblem] = Field(default_factory=list, description="Inputs to blame, if any")


TITLES: dict[str, tuple[str, str]] = {
    **{code: (refusal.title, refusal.title_zh) for code, refusal in REFUSALS.items()},
    "bad-request": ("The request can not be read", "请求无法识别"),
    "cursor": ("The cursor is not one of this list", "翻页位置已失效"),
    "no-key": ("A session or an API key is needed", "需要登录或密钥"),
    "forbidden": ("Not allowed", "没有权限"),
    "not-found": ("There is no such thing for you", "没有找到，或不在您的辖区"),
    "method": ("The method is not supported here", "此处不支持这种方法"),
    "conflict": ("The request does not fit what is there", "与当前情况不符"),
    "revision": ("The revision has moved on", "内容已被他人更新"),
    "too-large": ("The request is too large", "内容过大"),
    "invalid": ("The input is not valid", "填写有误"),
    "revision-needed": ("If-Match is needed", "缺少版本（If-Match）"),
    "too-many": ("Too many attempts", "操作过于频繁"),
    "code-needed": ("The code of the second factor is needed", "需要动态验证码"),
    "weak-password": ("The password is not good enough", "密码强度不足"),
    "csrf": ("The request was not meant", "请求来源不明"),
    "duty": ("Something must be done first", "须先完成其他事项"),
    "unavailable": ("The store can not be reached", "数据库暂时不可用"),
    "internal": ("The service failed", "服务出错"),
    "unknown-move": ("There is no such move", "没有这个操作"),
    "wrong-state": ("The move does not fit the state", "当前状态不能这样做"),
    "role-not-allowed": ("The role may not do this", "您的角色不能这样做"),
    "field-missing": ("An input is missing", "还有必填项没有填写"),
    "field-unexpected": ("An input is not expected", "多出了不需要的内容"),
    "field-invalid": ("An input is not valid", "填写有误"),
    "guard": ("A rule forbids it now", "按规定现在不能这样做"),
    "too-long": ("The history is too long", "记录过长"),
    "back-dated": ("The time lies too far back: a reason is needed", "办理时间过早，须说明原因"),
    "form": ("The form can not be filled", "表单模板无法填写"),
    "refused": ("The decision is refused", "这个决定不能作出"),
    "shut": ("Nobody may do this here", "没有运维用户"),
    "file-too-large": ("The file is too large", "文件过大"),
    "file-unknown-type": ("The file is of no type that is taken", "不支持的文件类型"),
    "file-disguised": ("The file is not what it says", "文件内容与其类型不符"),
    "file-bomb": ("The file unfolds to too much", "文件展开后过大"),
    "file-empty": ("The file is empty", "文件为空"),
}
"""Of each kind of problem, in English and Chinese."""
BY_STATUS = {
    400: "bad-request",
    401: "no-key",
    403: "forbidden",
    404: "not-found",
    405: "method",
    409: "conflict",
    412: "revision",
    413: "too-large",
    422: "invalid",
    428: "revision-needed",
    429: "too-many",
    503: "unavailable",
}


class ProblemError(Exception):
    """Raised by endpoints; becomes the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        slug: str | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.slug = slug or BY_STATUS[status]
        if self.slug not in TITLES:
            raise ValueError(f"a problem without a title: {self.slug}")
        self.errors = list(errors)
        self.headers = dict(headers or {})


def not_found() -> ProblemError:
    """The same answer for what does not exist and for what is not the caller's."""
    return ProblemError(404, Both("nothing lies at this path in your divisions", "没有这一项，或不在您的辖区"))


def key_refused(code: Code) -> ProblemError:
    """What an Idempotency-Key forbids."""
    found = REFUSALS[code]
    again = {"Retry-After": str(RETRY_SECONDS)} if code == "under-way" else None
    return ProblemError(found.status, Both(found.detail, found.detail_zh), slug=code, headers=again)


def problem_response(request: Request, error: ProblemError) -> JSONResponse:
    """The answer to a problem."""
    title, title_zh = TITLES[error.slug]
    body = Problem(
        type=f"urn:lantian:problem:{error.slug}",
        title=title,
        title_zh=title_zh,
        status=error.status,
        detail=error.detail,
        detail_zh=chinese(error.detail) or title_zh,
        instance=request.url.path,
        errors=error.errors,
    )
    return JSONResponse(
        body.model_dump(), status_code=error.status, media_type=MEDIA_TYPE, headers=error.headers or None
    )


def field_problems(errors: Sequence[Any], prefix: Sequence[str] = ()) -> list[FieldProblem]:
    """Validation errors of pydantic without the values, which may be secret."""
    return [FieldProblem.of(".".join(map(str, (*prefix, *error["loc"]))), mistake(error)) for error in errors]


def install(app: FastAPI) -> None:
    """Makes every refusal of the app a problem."""

    @app.exception_handler(ProblemError)
    async def on_problem(request: Request, error: ProblemError) -> JSONResponse:
        return problem_response(request, error)

    @app.exception_handler(KeyRefused)
    async def on_key(request: Request, error: KeyRefused) -> JSONResponse:
        return problem_response(request, key_refused(error.code))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        unreadable = any(found["type"] == "json_invalid" for found in error.errors())
        detail = (
            Both("the body is no JSON", "请求内容不是 JSON")
            if unreadable
            else Both("the input is not valid", "请检查标出的内容")
        )
        problems = field_problems(error.errors())
        return problem_response(request, ProblemError(400 if unreadable else 422, detail, errors=problems))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return problem_response(request, not_found())
        slug = BY_STATUS.get(error.status_code, "bad-request")
        detail = error.detail if isinstance(error.detail, str) else str(error.detail)
        problem = ProblemError(error.status_code, detail, slug=slug, headers=error.headers)
        return problem_response(request, problem)

    @app.exception_handler(Unavailable)
    async def on_unavailable(request: Request, error: Unavailable) -> JSONResponse:
        structlog.get_logger().warning("store away", path=request.url.path, reason=str(error))
        again = {"Retry-After": str(RETRY_SECONDS)}
        return problem_response(
            request,
            ProblemError(503, Both("try again in a moment", "请稍后重试，已填写的内容仍在页面上"), headers=again),
        )

    @app.exception_handler(Exception)
    async def on_failure(request: Request, error: Exception) -> JSONResponse:
        structlog.get_logger().error("request failed", path=request.url.path, exc_info=error)
        return problem_response(
            request,
            ProblemError(500, Both("the failure is in the log", "错误已记入日志，请联系运维人员"), slug="internal"),
        )


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problem answers of an operation, for OpenAPI."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        status: {"description": TITLES[BY_STATUS[status]][0], "content": {MEDIA_TYPE: schema}}
        for status in (*statuses, 401, 422, 503)
    }
