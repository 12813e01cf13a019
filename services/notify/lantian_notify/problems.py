"""Problems of RFC 9457, and the cursors of pages."""

import base64
import binascii
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from lantian_kit.mistakes import mistake
from lantian_kit.once import REFUSALS, KeyRefused
from lantian_notify.deliveries.delivery import StoreAway
from lantian_proto.both import Both, chinese

PROBLEM = "application/problem+json"
LONGEST_CURSOR = 300


TITLES_ZH = {
    400: "请求无法识别",
    401: "需要登录或密钥",
    403: "没有权限",
    404: "没有找到，或不在您的辖区",
    405: "此处不支持这种方法",
    409: "与当前情况不符",
    413: "内容过大",
    422: "填写有误",
    429: "操作过于频繁",
    503: "数据库暂时不可用",
}


def problem(status: int, detail: str, **more: Any) -> JSONResponse:
    """RFC 9457; `title` is the phrase of the status code, as its type about:blank asks; `…_zh` is Chinese (ADR 19)."""
    title_zh = TITLES_ZH.get(status, "服务出错")
    titles = {"title": HTTPStatus(status).phrase, "title_zh": title_zh}
    said_zh = chinese(detail) or title_zh
    body = {"type": "about:blank", **titles, "status": status, "detail": detail, "detail_zh": said_zh, **more}
    return JSONResponse(body, status_code=status, media_type=PROBLEM)


def install(app: FastAPI) -> None:
    """Every error of a request becomes a problem."""
    app.add_exception_handler(StarletteHTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(StoreAway, _store_problem)
    app.add_exception_handler(KeyRefused, _key_problem)


def cursor_of(created_ms: int, id_: str) -> str:
    """Where the next page begins."""
    return base64.urlsafe_b64encode(f"{created_ms}.{id_}".encode()).decode()


def read_cursor(text: str | None) -> tuple[int, str] | None:
    """What `cursor_of` wrote. Raises HTTPException 400."""
    if text is None:
        return None
    try:
        created, _, id_ = base64.urlsafe_b64decode(text).decode().partition(".")
        created_ms = int(created)
        if not 0 <= created_ms < 1 << 53:
            raise ValueError(created_ms)
        return created_ms, id_
    except (binascii.Error, ValueError):
        raise HTTPException(400, Both("the cursor is not one of ours", "翻页位置无效")) from None


async def _key_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, KeyRefused)
    said = REFUSALS[error.code]
    titles = {"title": said.title, "title_zh": said.title_zh}
    response = problem(
        said.status, Both(said.detail, said.detail_zh), type=f"urn:lantian:problem:{error.code}", **titles
    )
    if error.code == "under-way":
        response.headers["Retry-After"] = "5"
    return response


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    response = problem(error.status_code, error.detail if isinstance(error.detail, str) else str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _validation_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    rows = [
        {"location": list(row["loc"]), "detail": said, "detail_zh": said.zh}
        for row, said in ((row, mistake(row)) for row in error.errors())
    ]
    return problem(422, Both("the request is not valid", "请检查标出的内容"), errors=rows)


async def _store_problem(request: Request, error: Exception) -> Response:
    response = problem(503, Both("the store does not answer", "数据库没有应答，请稍后再试"))
    response.headers["Retry-After"] = "5"
    return response
