"""Signing in at an OpenID provider: discovery, authorization code with PKCE, claims to roles by a file.

issuer: https://id.hebei.example/realms/air      # its discovery document must name the same issuer
client_id: lantian
client_secret_file: /run/secrets/oidc_secret     # absent: a public client, PKCE alone
redirect_url: https://lantian.hebei.example/v1/login/oidc/callback
account_claim: preferred_username                # stands in the history of what the person does
organisation_claim: organisation
roles:                                           # the first row that fits decides; none: not let in
  - {claim: groups, holds: sjz-air-office, role: city-office, divisions: ["130100"]}
  - {claim: groups, holds: plant-91130100MA07T6XX00, role: enterprise, divisions: ["130100"], enterprise_id: e1}
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from lantian_kit.access.key_file import AccessError, read_key_file
from lantian_kit.access.principals import GrantRow, Principal, dated
from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.kept import LOGIN, AccessStore, write
from lantian_tasks.ledger.machine import Role
from lantian_tasks.problems import ProblemError

LOGIN_MS = 10 * 60_000
KNOWN_MS = 3_600_000
LEEWAY_SECONDS = 60
ALGORITHMS = ["RS256", "PS256", "ES256"]
PATIENCE_SECONDS = 10.0
LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
Client = Callable[[], httpx.AsyncClient]


class RoleRow(BaseModel):
    """Who holds a value in a claim has this role."""

    model_config = ConfigDict(extra="forbid")

    claim: str
    holds: str
    role: Role
    divisions: list[Annotated[GrantRow, BeforeValidator(dated)]] = Field(min_length=1)
    enterprise_id: str | None = None


class Provider(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")

    issuer: str
    client_id: str
    client_secret_file: Path | None = None
    redirect_url: str
    scope: str = "openid profile"
    account_claim: str = "preferred_username"
    organisation_claim: str = "organisation"
    roles: list[RoleRow] = Field(min_length=1)

    @classmethod
    def load(cls, path: Path | None) -> "Provider | None":
        """None without a file. Raises AccessError."""
        if path is None:
            return None
        found = read_key_file(path, cls, "file of the OpenID provider")
        if not found.issuer.startswith(("https://", *LOOPBACK)):
            raise AccessError("the issuer of the OpenID provider is an https address")
        if any((row.role == Role.ENTERPRISE) != bool(row.enterprise_id) for row in found.roles):
            raise AccessError("enterprise_id belongs to role enterprise, and to it alone")
        return found

    def principal(self, claims: Mapping[str, Any]) -> Principal | None:
        """Whom the claims make of somebody; None: nobody here."""
        account = claims.get(self.account_claim)
        if not isinstance(account, str) or not account:
            return None
        for row in self.roles:
            held = claims.get(row.claim)
            if row.holds == held or (isinstance(held, list) and row.holds in held):
                organisation = claims.get(self.organisation_claim)
                return Principal(
                    id=account[:200],
                    role=row.role,
                    organisation=organisation[:200] if isinstance(organisation, str) else "",
                    grants=tuple(grant.grant() for grant in row.divisions),
                    enterprise_id=row.enterprise_id,
                )
        return None


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the state that it must bring back in a cookie too."""

    address: str
    state: str


class Oidc:
    """One provider. What it says of itself is known for an hour."""

    def __init__(self, provider: Provider, store: AccessStore, clock: Clock, client: Client | None = None) -> None:
        self._provider = provider
        self._store = store
        self._clock = clock
        self._client = client or (lambda: httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False))
        self._known: tuple[int, dict[str, Any], KeySet] | None = None

    async def begin(self, then: str) -> Begun:
        """Raises ProblemError 503 while the provider is away, and Unavailable."""
        about, _ = await self._about()
        state, nonce, verifier = generate_token(32), generate_token(32), generate_token(64)
        wall_ms = self._clock.wall_ms()
        data = {"nonce": nonce, "verifier": verifier, "then": then, "used": False}
        await self._store.keep(write(None, _key(state), data, wall_ms, ends_wall_ms=wall_ms + LOGIN_MS))
        address: str = prepare_grant_uri(
            about["authorization_endpoint"],
            client_id=self._provider.client_id,
            response_type="code",
            redirect_uri=self._provider.redirect_url,
            scope=self._provider.scope,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Begun(address, state)

    async def finish(self, state: str, code: str) -> tuple[Principal, str]:
        """Who it is, and where it wanted to go. Raises ProblemError 401, 403, 503, and Unavailable."""
        login = await self._store.kept(_key(state))
        wall_ms = self._clock.wall_ms()
        if login is None or login.data["used"] or login.ends_wall_ms <= wall_ms:
            raise ProblemError(
                401,
                Both("the sign-in took too long, or was finished before; begin anew", "登录超时或已完成，请重新登录"),
            )
        if not await self._store.keep(write(login, login.key, {**login.data, "used": True}, wall_ms)):
            raise ProblemError(401, Both("the sign-in was finished at the same moment", "登录已在另一处完成"))
        claims = await self._claims(await self._exchange(code, login.data["verifier"]), login.data["nonce"])
        principal = self._provider.principal(claims)
        if principal is None:
            raise ProblemError(
                403, Both("your account at the provider has no role here", "您在身份提供方的账号在本系统没有角色")
            )
        return principal, str(login.data["then"])

    async def _exchange(self, code: str, verifier: str) -> str:
        about, _ = await self._about()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._provider.redirect_url,
            "client_id": self._provider.client_id,
            "code_verifier": verifier,
        }
        secret_file = self._provider.client_secret_file
        auth = (self._provider.client_id, secret_file.read_text().strip()) if secret_file else None
        async with self._client() as client:
            try:
                answer = await client.post(about["token_endpoint"], data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
            except httpx.HTTPError as error:
                raise _away(error) from error
        if answer.status_code != 200:
            raise ProblemError(401, Both("the provider did not take the code", "身份提供方不接受登录码"))
        token = answer.json().get("id_token")
        if not isinstance(token, str):
            raise ProblemError(401, Both("the provider gave no ID token", "身份提供方没有给出身份令牌"))
        return token

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of a token that is the provider's, for us, for this sign-in. Raises ProblemError 401."""
        checks = jwt.JWTClaimsRegistry(
            now=self._clock.wall_ms() // 1000,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        for again in (False, True):
            _, keys = await self._about(again=again)  # an unknown key may be new
            try:
                found = jwt.decode(token, keys, algorithms=ALGORITHMS)
                checks.validate(found.claims)
            except (JoseError, ValueError) as error:
                if again:
                    raise ProblemError(401, Both("the ID token is not valid", "身份令牌无效")) from error
                continue
            return dict(found.claims)
        raise ProblemError(401, Both("the ID token is not valid", "身份令牌无效"))

    async def _about(self, *, again: bool = False) -> tuple[dict[str, Any], KeySet]:
        wall_ms = self._clock.wall_ms()
        if self._known is None or again or wall_ms - self._known[0] > KNOWN_MS:
            async with self._client() as client:
                try:
                    where = f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                    about = (await client.get(where)).raise_for_status().json()
                    if about.get("issuer") != self._provider.issuer:
                        raise ProblemError(
                            503, Both("the provider names another issuer", "身份提供方的签发者与配置不符")
                        )
                    keys = KeySet.import_key_set((await client.get(about["jwks_uri"])).raise_for_status().json())
                except (httpx.HTTPError, ValueError, KeyError, JoseError) as error:
                    raise _away(error) from error
            self._known = (wall_ms, about, keys)
        return self._known[1], self._known[2]


def _key(state: str) -> str:
    return f"{LOGIN}/{hashlib.sha256(state.encode(errors='surrogateescape')).hexdigest()}"


def _away(error: Exception) -> ProblemError:
    return ProblemError(
        503,
        Both(f"the OpenID provider does not answer: {type(error).__name__}", "身份提供方没有应答，请稍后再试"),
        headers={"Retry-After": "5"},
    )
