"""A small OpenID provider: discovery, authorization code with PKCE, RS256 tokens; and ways to be a bad one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import RedirectResponse

ISSUER = "https://id.example"


class FakeProvider:
    """Whoever comes is `claims`; `token` overrides claims of the ID token, `key` signs it."""

    def __init__(self, claims: dict[str, Any], wall_s: int) -> None:
        self.claims, self.wall_s = claims, wall_s
        self.token: dict[str, Any] = {}
        self.published = self.key = RSAKey.generate_key(2048, {"kid": "a"}, private=True)
        self.away = False
        self._codes: dict[str, dict[str, str]] = {}
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self._about)
        self.app.get("/keys")(self._keys)
        self.app.get("/authorize")(self._authorize)
        self.app.post("/token")(self._token)

    def client(self) -> httpx.AsyncClient:
        """As the service reaches it."""
        transport: httpx.AsyncBaseTransport = httpx.ASGITransport(self.app)
        if self.away:
            transport = httpx.MockTransport(lambda request: httpx.Response(502))
        return httpx.AsyncClient(transport=transport, base_url=ISSUER)

    async def _about(self) -> dict[str, str]:
        ends = {
            name: f"{ISSUER}/{path}"
            for name, path in (("authorization_endpoint", "authorize"), ("token_endpoint", "token"))
        }
        return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **ends}

    async def _keys(self) -> dict[str, Any]:
        return {"keys": [self.published.as_dict(private=False)]}

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", status_code=303)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form["code"], None)
        if asked is None or create_s256_code_challenge(form["code_verifier"]) != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        claims = {
            "iss": ISSUER,
            "aud": asked["client_id"],
            "sub": "1",
            "exp": self.wall_s + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.token,
        }
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return JSONResponse({"id_token": token, "access_token": "x", "token_type": "Bearer"})


async def at_provider(provider: FakeProvider, address: str) -> dict[str, str]:
    """What the browser brings back."""
    async with provider.client() as client:
        answer = await client.get(address)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
