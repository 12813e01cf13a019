"""Answers to who does not read personal data in full: phone numbers and plates are masked in whatever is sent.

One place for all operations: JSON, tables and office documents are masked as they leave. `Gate` says who reads in full;
where it said nothing, nobody does. The rule is personal.yaml of kit.
"""

import io
import json
import re
import zipfile
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lantian_kit.access.personal import holds, masked, shown

IN_FULL = "personal_in_full"
"""In the state of a request: whether its caller reads in full."""
JSON = ("application/json", "application/problem+json")
OFFICE = "application/vnd.openxmlformats-officedocument"
TEXT = "text/csv"
REFERENCE = re.compile(r"&#([1-9]\d{2,6});")
"""A character beyond ASCII as workbooks write it."""


def reads_in_full(request: Request) -> bool:
    """Whether the caller of an admitted request reads phone numbers and plates in full."""
    return bool(request.scope["state"].get(IN_FULL))


class PersonalData:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        begun: Message | None = None
        parts: list[bytes] = []

        async def passed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                if state.get(IN_FULL) or not _kind(message):
                    await send(message)
                else:
                    begun = message
                return
            if begun is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = without_numbers(b"".join(parts), _kind(begun))
                length = (b"content-length", str(len(body)).encode())
                kept = [row for row in begun["headers"] if row[0].lower() != b"content-length"]
                await send({**begun, "headers": [*kept, length]})
                await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, passed)


def _kind(start: Message) -> str:
    """json, text or office; empty: bytes that are given as they are."""
    media = next((value for name, value in start["headers"] if name.lower() == b"content-type"), b"").decode("latin-1")
    if media.startswith(JSON):
        return "json"
    if media.startswith(TEXT):
        return "text"
    return "office" if media.startswith(OFFICE) else ""


def without_numbers(body: bytes, kind: str) -> bytes:
    """A body with its phone numbers and plates masked; the same bytes when it holds none. Pure."""
    if kind == "office":
        return _office(body)
    text = body.decode("utf-8", "replace")
    if kind == "text":
        return masked(text).encode() if holds(text) else body
    try:
        value: Any = json.loads(text)
    except ValueError:
        return masked(text).encode() if holds(text) else body
    cleared = shown(value)
    return body if cleared == value else json.dumps(cleared, ensure_ascii=False, separators=(",", ":")).encode()


def _part(data: bytes) -> bytes:
    """A part of an office document, in ASCII with references, which is right under any encoding that it declares."""
    text = REFERENCE.sub(lambda found: chr(int(found[1])), data.decode("utf-8"))
    return masked(text).encode("ascii", "xmlcharrefreplace") if holds(text) else data


def _office(body: bytes) -> bytes:
    """A workbook or document with the texts of its parts masked."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as found, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as cleared:
        for info in found.infolist():
            data = found.read(info)
            if info.filename.endswith(".xml"):
                data = _part(data)
            cleared.writestr(info, data)
    return out.getvalue()
