"""/v1/login: the ways to sign in, and the way by an OpenID provider."""

import hmac
import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from lantian_proto.both import Both
from lantian_tasks.access.gate import Gate
from lantian_tasks.access.oidc import LOGIN_MS, Oidc
from lantian_tasks.access.sessions import Sessions
from lantian_tasks.problems import ProblemError, described, not_found

CONSOLE = "/console/"
OWN_PATH = re.compile(r"/(?![/\\])[\w\-./~%?=&#:+,]*")
"""A path of this host; `//elsewhere` is none."""
COOKIE, COOKIE_PATH = "lantian-login", "/v1/login"


class Ways(BaseModel):
    """How people may sign in."""

    password: bool
    oidc: bool = Field(description="Whether /v1/login/oidc leads to a provider")


def login_routes(sessions: Sessions, gate: Gate, oidc: Oidc | None, secure: bool) -> APIRouter:
    """The routes of signing in."""
    routes = APIRouter(prefix="/v1/login", tags=["session"])

    @routes.get("", operation_id="get_login_ways", responses=described())
    async def get_login_ways() -> Ways:
        """What a page offers to who comes."""
        return Ways(password=True, oidc=oidc is not None)

    @routes.get(
        "/oidc",
        operation_id="begin_login",
        response_class=Response,
        status_code=303,
        responses={303: {"description": "To the provider"}, **described(404)},
    )
    async def begin_login(
        then: Annotated[str, Query(max_length=300, description="Path to go to")] = CONSOLE,
    ) -> Response:
        """Goes to the OpenID provider."""
        if oidc is None:
            raise not_found()
        begun = await oidc.begin(then if OWN_PATH.fullmatch(then) else CONSOLE)
        response = RedirectResponse(begun.address, status_code=303, headers={"Cache-Control": "no-store"})
        # Lax: the way back begins at the provider.
        response.set_cookie(
            COOKIE,
            begun.state,
            max_age=LOGIN_MS // 1000,
            path=COOKIE_PATH,
            secure=secure,
            httponly=True,
            samesite="lax",
        )
        return response

    @routes.get(
        "/oidc/callback",
        operation_id="finish_login",
        response_class=Response,
        status_code=303,
        responses={303: {"description": "To the page that was wanted, signed in"}, **described(403, 404)},
    )
    async def finish_login(
        request: Request,
        state: Annotated[str, Query(min_length=1, max_length=200)],
        code: Annotated[str, Query(max_length=4000)] = "",
        error: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        """Comes back from the provider."""
        if oidc is None:
            raise not_found()
        brought = request.cookies.get(COOKIE, "")
        if not hmac.compare_digest(brought.encode(errors="replace"), state.encode(errors="replace")):
            raise ProblemError(
                401,
                Both("the sign-in was begun in another browser; begin anew", "登录是在另一浏览器中开始的，请重新登录"),
            )
        if error or not code:
            raise ProblemError(401, Both("the provider refused to sign in", "身份提供方拒绝登录"))
        principal, then = await oidc.finish(state, code)
        token, signed = await sessions.begin(principal, "oidc")
        response = RedirectResponse(then, status_code=303)
        gate.set_cookie(response, token, signed.ends_wall_ms)
        response.delete_cookie(COOKIE, path=COOKIE_PATH)
        return response

    return routes
