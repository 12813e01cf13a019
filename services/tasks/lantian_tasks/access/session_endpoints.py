"""/v1/session: signing in and out with a cookie, for people in a browser. Systems use keys."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from lantian_kit.access.ticket import Ticket, Tickets
from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.gate import Gate
from lantian_tasks.access.principals import Calling
from lantian_tasks.access.sessions import Sessions, Signed
from lantian_tasks.problems import ProblemError, described

TICKET_SECONDS = 300


class SignIn(BaseModel):
    """A name, a password and, where the account has a second factor, its code."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"account": "wang.gong", "password": "Kx7-tannenbaum", "code": "123456"}]},
    )

    account: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=128)]
    code: str = Field(default="", pattern=r"^(\d{6})?$", description="Six digits; empty: none is known yet")


class SessionOut(BaseModel):
    """Who is signed in, and what it must still do before anything else is open to it."""

    account: str
    role: str
    organisation: str
    csrf_token: str = Field(description="Send it as X-CSRF-Token with whatever is not GET")
    ends_ms: int = Field(description="Wall time, ms since 1970 UTC")
    duties: list[str] = Field(description="change-password, set-up-second-factor", examples=[[]])
    has_second_factor: bool


class NewPassword(BaseModel):
    """The present one and the next."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"old": "Kx7-tannenbaum", "new": "Zw9-birkenwald"}]}
    )

    old: Annotated[str, Field(min_length=1, max_length=128)]
    new: Annotated[str, Field(min_length=1, max_length=128)]


class SecondFactor(BaseModel):
    """A secret that is not in force yet."""

    secret: str
    address: str = Field(description="otpauth:// address, for a QR code")


class Proof(BaseModel):
    """The secret that was offered, and a code of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "code": "123456"}]},
    )

    secret: Annotated[str, Field(pattern=r"^[A-Z2-7]{32}$")]
    code: Annotated[str, Field(pattern=r"^\d{6}$")]


class TicketOut(BaseModel):
    """A token for notify."""

    ticket: str = Field(description="Send it to notify as Authorization: Bearer")
    ends_ms: int = Field(description="Wall time, ms since 1970 UTC")


def shown(signed: Signed) -> SessionOut:
    """A session as its owner sees it."""
    return SessionOut(
        account=signed.principal.id,
        role=signed.principal.role,
        organisation=signed.principal.organisation,
        csrf_token=signed.csrf,
        ends_ms=signed.ends_wall_ms,
        duties=list(signed.duties),
        has_second_factor=bool(signed.account and signed.account.data["totp"]),
    )


def session_routes(sessions: Sessions, gate: Gate, tickets: Tickets, clock: Clock) -> APIRouter:
    """The routes of sessions."""
    routes = APIRouter(prefix="/v1", tags=["session"])

    @routes.post("/session", operation_id="sign_in", responses=described(400, 403, 429))
    async def sign_in(request: Request, response: Response, body: SignIn) -> SessionOut:
        """Signs in and sets the cookie. 401 says code-needed when only the second factor is missing; 429 to wait."""
        gate.refuse_foreign(request)
        token, signed = await sessions.sign_in(body.account, body.password, body.code)
        gate.set_cookie(response, token, signed.ends_wall_ms)
        return shown(signed)

    @routes.get("/session", operation_id="get_session", responses=described(403))
    async def get_session(request: Request, principal: Calling) -> SessionOut:
        """Who is signed in; a page that was loaded anew gets its X-CSRF-Token here."""
        return shown(_signed(request))

    @routes.delete("/session", operation_id="sign_out", status_code=204, responses=described(403))
    async def sign_out(request: Request, response: Response, principal: Calling) -> None:
        """Ends the session."""
        await sessions.end(_signed(request))
        gate.clear_cookie(response)

    @routes.post("/session/password", operation_id="change_password", responses=described(400, 403, 409, 429))
    async def change_password(
        request: Request, response: Response, principal: Calling, body: NewPassword
    ) -> SessionOut:
        """Another password; other sessions of the account end, this one goes on under a new cookie."""
        token, signed = await sessions.change_password(_signed(request), body.old, body.new)
        gate.set_cookie(response, token, signed.ends_wall_ms)
        return shown(signed)

    @routes.post("/session/second-factor", operation_id="offer_second_factor", responses=described(403, 409))
    async def offer_second_factor(request: Request, principal: Calling) -> SecondFactor:
        """A secret for an authenticator (TOTP, RFC 6238); in force once a code proves it."""
        secret, address = sessions.offer_second_factor(_signed(request))
        return SecondFactor(secret=secret, address=address)

    @routes.put(
        "/session/second-factor",
        operation_id="confirm_second_factor",
        status_code=204,
        responses=described(400, 403, 409),
    )
    async def confirm_second_factor(request: Request, principal: Calling, body: Proof) -> None:
        """Puts the secret in force."""
        await sessions.set_up_second_factor(_signed(request), body.secret, body.code)

    @routes.post("/session/ticket", operation_id="draw_ticket", responses=described(403, 404))
    async def draw_ticket(principal: Calling) -> TicketOut:
        """A ticket of five minutes by which notify knows you."""
        if not tickets.possible:
            raise ProblemError(404, Both("this suite gives no tickets", "本系统未启用票据"))
        ends_s = clock.wall_ms() // 1000 + TICKET_SECONDS
        scope = principal.scope
        token = tickets.write(Ticket(principal.id, principal.role, principal.actor.organisation, scope, ends_s))
        return TicketOut(ticket=token, ends_ms=ends_s * 1000)

    return routes


def _signed(request: Request) -> Signed:
    """The session of a request. Raises ProblemError 403 for a caller with a key."""
    signed: Signed | None = getattr(request.state, "signed", None)
    if signed is None:
        raise ProblemError(
            403, Both("this is for people who signed in, not for keys", "须由本人登录后操作，接口密钥不能代替")
        )
    return signed
