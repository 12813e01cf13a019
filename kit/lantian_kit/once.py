"""Idempotency-Key: a write of an API is done once for each key, and whoever asks again is given the first answer.

One rule for every service (draft-ietf-httpapi-idempotency-key-header, section 2): the key is required; it stands for
one content of one principal at one path of one operation; a refused request leaves its key free. The request is written
down before it is carried out, its answer after. What ends in between is carried out again by the next request with the
same key and content: most writes know themselves what they did; those named in `alone` do not, and wait LOST_MS.
"""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

HEADER = "Idempotency-Key"
LONGEST = 200
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LOST_MS = 60_000
"""A request that has had no answer for so long died on the way: the next one with its key is the first."""
LARGEST_ANSWER, LARGEST_ALONE = 64 * 1024, 4 * 1024 * 1024
"""Bytes of an answer that are kept; after a larger one the write is asked what it did, where it can say so."""
KEPT_HEADERS = ("content-type", "etag")
Code = Literal["key-needed", "key-reused", "under-way", "shown-once"]
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class Refusal(NamedTuple):
    """A status, what kind of problem it is, and what is said, in both languages."""

    status: int
    title: str
    title_zh: str
    detail: str
    detail_zh: str


REFUSALS: Mapping[Code, Refusal] = {
    "key-needed": Refusal(
        400,
        "An Idempotency-Key is needed",
        "缺少幂等键（Idempotency-Key）",
        "send an Idempotency-Key",
        "请求须带幂等键（Idempotency-Key），重试时不变",
    ),
    "key-reused": Refusal(
        422,
        "The Idempotency-Key was used for another request",
        "幂等键已用于另一个请求",
        "the key came with another request before",
        "此前已用这个幂等键提交过不同的内容，请换一个再提交",
    ),
    "under-way": Refusal(
        409,
        "The same request is under way",
        "同一请求正在处理",
        "the first request with this key has no answer yet",
        "同一请求还在处理，请稍候再试",
    ),
    "shown-once": Refusal(
        409,
        "It was shown once",
        "只显示一次，不再显示",
        "this was done; what it showed once is not kept",
        "已经办理；当时只显示一次的内容没有保留",
    ),
}


class KeyRefused(Exception):
    """A request that its key forbids; the service makes a problem of it."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code: Code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made. `answer` is empty until it is done, and stays so when it is not kept."""

    name: str
    rev: int
    state: Literal["begun", "refused", "done"]
    content: str
    changed_wall_ms: int
    answer: str = ""


class Requests(Protocol):
    """Where requests are kept for a day; the same for every replica."""

    async def asked(self, name: str) -> Asked | None:
        """The request of this name."""

    async def keep_asked(self, asked: Asked) -> bool:
        """Writes a revision on the one before. False: somebody was faster."""


class Sealing(Protocol):
    """Keeps answers that show a secret once out of sight."""

    @property
    def possible(self) -> bool:
        """Whether it can."""

    def shut(self, secret: str) -> str:
        """As it is kept."""

    def open(self, kept: str) -> str:
        """As it was."""


class Once:
    """What stands before the writes of an app, as `app.state.once`."""

    def __init__(
        self,
        requests: Requests | None,
        wall_ms: Callable[[], int],
        who: Callable[[Request], Awaitable[str | None]],
        *,
        alone: Collection[str] = (),
        secret: Collection[str] = (),
        sealing: Sealing | None = None,
        passing: Collection[str] = (),
    ) -> None:
        """`who` names whoever calls, None for a caller that the operation itself will refuse. `alone` are operations
        that must not be carried out twice at once, `secret` those whose answer is kept sealed or not at all, `passing`
        inputs (of query, or of the body's first level) that say nothing but the moment of a try. Without
        `requests` keys are asked for, and nothing is remembered.
        """
        self._requests = requests
        self._wall_ms = wall_ms
        self._who = who
        self._alone = frozenset(alone)
        self._secret = frozenset(secret)
        self._sealing = sealing
        self._passing = frozenset(passing)

    async def answer(self, operation: str, request: Request, handle: Handle) -> Response:
        """The answer of `handle`, or the first one. Raises KeyRefused, and whatever `handle` and the store raise."""
        who, key = await self._who(request), request.headers.get(HEADER)
        if who is None:
            return await handle(request)
        if key is None:
            raise KeyRefused("key-needed")
        if self._requests is None or not 1 <= len(key) <= LONGEST:
            return await handle(request)  # a key of a wrong length is refused as any other input
        name = _digest([operation, request.url.path, who, key])
        begun, mine = await self._begin(self._requests, operation, name, await _content(request, self._passing))
        if begun.state == "done" and (first := self._again(operation, begun)) is not None:
            return first
        try:
            response = await handle(request)
        except Exception as error:
            if mine and _is_refusal(error):
                await self._requests.keep_asked(self._next(begun, "refused"))
            raise
        if begun.state == "begun":
            done = replace(self._next(begun, "done"), answer=self._shut(operation, response))
            await self._requests.keep_asked(done)  # False: the same request in another try was faster
        return response

    async def _begin(self, requests: Requests, operation: str, name: str, content: str) -> tuple[Asked, bool]:
        """The request as it is written down, and whether this one wrote it. Raises KeyRefused."""
        while True:
            before = await requests.asked(name)
            if before is not None and before.state != "refused":
                if before.content != content:
                    raise KeyRefused("key-reused")
                if before.state == "done" or operation not in self._alone:
                    return before, False
                if self._wall_ms() - before.changed_wall_ms < LOST_MS:
                    raise KeyRefused("under-way")
            rev = before.rev + 1 if before is not None else 1
            begun = Asked(name, rev, "begun", content, self._wall_ms())
            if await requests.keep_asked(begun):
                return begun, True

    def _next(self, begun: Asked, state: Literal["refused", "done"]) -> Asked:
        return replace(begun, rev=begun.rev + 1, state=state, changed_wall_ms=self._wall_ms())

    def _shut(self, operation: str, response: Response) -> str:
        body = getattr(response, "body", None)
        largest = LARGEST_ALONE if operation in self._alone else LARGEST_ANSWER
        if not isinstance(body, bytes) or len(body) > largest:
            return ""
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        plain = {"status": response.status_code, "headers": headers, "body": base64.b64encode(body).decode()}
        text = json.dumps(plain, separators=(",", ":"))
        if operation not in self._secret:
            return text
        return self._sealing.shut(text) if self._sealing is not None and self._sealing.possible else ""

    def _again(self, operation: str, done: Asked) -> Response | None:
        """The answer that was kept. None: it is asked for anew. Raises KeyRefused when that can not be."""
        text = done.answer
        if text and operation in self._secret and self._sealing is not None:
            text = self._sealing.open(text)
        if not text:
            if operation in self._alone:
                raise KeyRefused("shown-once")
            return None
        plain = json.loads(text)
        return Response(base64.b64decode(plain["body"]), plain["status"], plain["headers"])


async def stated(
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=LONGEST,
            description="Made by the caller, new for each act; a retry repeats it with the same content",
        ),
    ] = None,
) -> None:
    """Declares the header; `Once.answer` has looked at it."""


class OnceRoute(APIRoute):
    """Routes whose writes are done once for each key: `APIRouter(route_class=…)` of a class that names its `free`."""

    free: ClassVar[Mapping[str, str]] = {}
    """Operations that need no key, and why."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:
        self.held = bool(WRITING & set(said.get("methods") or ())) and said.get("operation_id") not in self.free
        if self.held:
            dependencies: Sequence[Any] = said.get("dependencies") or ()
            said = {**said, "dependencies": [*dependencies, Depends(stated)]}
        super().__init__(path, endpoint, **said)

    def get_route_handler(self) -> Handle:
        """FastAPI's own, behind the key."""
        handle = super().get_route_handler()
        if not self.held:
            return handle
        operation = str(self.operation_id)

        async def once(request: Request) -> Response:
            found: Once = request.app.state.once
            return await found.answer(operation, request, handle)

        return once


def declare_required(document: dict[str, Any]) -> None:
    """Says in an OpenAPI document that the key is required: without it 400, which no validation of FastAPI answers."""
    for item in document.get("paths", {}).values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "header" and parameter["name"] == HEADER.lower():
                    parameter |= {"required": True, "schema": _plain(parameter["schema"])}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without the null that stands for a missing header."""
    kept = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kept, **next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), {})}


def _is_refusal(error: Exception) -> bool:
    """Whether nothing was done; after anything else nobody knows."""
    status = getattr(error, "status", getattr(error, "status_code", 500))
    return isinstance(error, RequestValidationError) or (isinstance(status, int) and status < 500)


async def _content(request: Request, passing: Collection[str]) -> str:
    """What makes two requests the same: query and body. JSON is compared as values, anything else byte by byte."""
    body = await request.body()
    query = sorted(item for item in request.query_params.multi_items() if item[0] not in passing)
    if "json" in request.headers.get("content-type", ""):
        try:
            said = json.loads(body)
            if isinstance(said, dict):
                said = {name: value for name, value in said.items() if name not in passing}
            return _digest([query, said])
        except (ValueError, RecursionError):
            pass  # no JSON: the operation will say so
    return _digest([query, hashlib.sha256(body).hexdigest()])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
