"""Signing in at an OpenID provider: the whole way, and every way it must not go."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yaml
from joserfc.jwk import RSAKey
from prometheus_client import CollectorRegistry

from lantian_kit.access.key_file import AccessError
from lantian_kit.clock import ManualClock
from lantian_tasks.access.oidc import Provider
from lantian_tasks.access.people import Options
from lantian_tasks.access.principals import Access
from lantian_tasks.api import create_app
from lantian_tasks.metrics import TasksMetrics
from tests.support.oidc_provider import ISSUER, FakeProvider, at_provider
from tests.support.tasks_access import FakeAccess, options
from tests.support.tasks_api import assert_problem
from tests.support.tasks_store import FakeStore

FILE: dict[str, Any] = {
    "issuer": ISSUER,
    "client_id": "lantian",
    "redirect_url": "http://tasks/v1/login/oidc/callback",
    "roles": [
        {"claim": "groups", "holds": "office", "role": "city-office", "divisions": ["130100"]},
        {"claim": "title", "holds": "处长", "role": "province", "divisions": ["130000"]},
    ],
}
WANG = {"preferred_username": "wang", "organisation": "石家庄市大气办", "groups": ["x", "office"]}


class Site:
    """Tasks, its provider and a browser."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.provider = FakeProvider(WANG, self.clock.wall_ms() // 1000)
        plain = options(FakeAccess())
        wired = Options(
            store=plain.store,
            hashing=plain.hashing,
            cookie=plain.cookie,
            provider=Provider.model_validate(FILE),
            client=lambda: self.provider.client(),
        )
        app = create_app(FakeStore(), Access(), self.clock, TasksMetrics(CollectorRegistry()), options=wired)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.browser = httpx.AsyncClient(transport=transport, base_url="http://tasks")

    async def begin(self, then: str = "/console/issues") -> dict[str, str]:
        """To the provider and back to the door."""
        answer = await self.browser.get("/v1/login/oidc", params={"then": then})
        assert answer.status_code == 303, answer.text
        return await at_provider(self.provider, answer.headers["location"])

    async def finish(self, brought: dict[str, str]) -> httpx.Response:
        """Through the door."""
        return await self.browser.get("/v1/login/oidc/callback", params=brought)


@pytest.fixture
def site() -> Site:
    """Nobody is signed in."""
    return Site()


async def test_the_whole_way(site: Site) -> None:
    """Code, PKCE, claims to role; the session is one like any other."""
    assert (await site.browser.get("/v1/login")).json() == {"password": True, "oidc": True}
    answer = await site.finish(await site.begin())
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/issues")
    me = (await site.browser.get("/v1/me")).json()
    assert (me["id"], me["role"], me["divisions"]) == ("wang", "city-office", ["130100"])
    session = (await site.browser.get("/v1/session")).json()
    assert session["duties"] == []
    own = {"old": "x", "new": "y"}
    changed = await site.browser.post("/v1/session/password", json=own, headers={"X-CSRF-Token": session["csrf_token"]})
    assert_problem(changed, 409, "conflict")


async def test_what_leaves_for_the_provider(site: Site) -> None:
    """A challenge, never the verifier; state and nonce of each sign-in are their own."""
    first, second = [(await site.browser.get("/v1/login/oidc")).headers["location"] for _ in range(2)]
    asked = parse_qs(urlsplit(first).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert "code_verifier" not in asked
    for name in ("state", "nonce", "code_challenge"):
        assert asked[name] != parse_qs(urlsplit(second).query)[name]


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_elsewhere(site: Site, then: str) -> None:
    """Only paths of this host."""
    answer = await site.finish(await site.begin(then))
    assert answer.headers["location"] == "/console/"


def other_key(provider: FakeProvider) -> None:
    """Signs with a key that is not published."""
    provider.key = RSAKey.generate_key(2048, {"kid": "a"}, private=True)


BAD: dict[str, Callable[[FakeProvider], object]] = {
    "for somebody else": lambda provider: provider.token.update(aud="other"),
    "of another issuer": lambda provider: provider.token.update(iss="https://evil.example"),
    "too old": lambda provider: provider.token.update(exp=provider.wall_s - 3600),
    "of another sign-in": lambda provider: provider.token.update(nonce="other"),
    "of another key": other_key,
}


@pytest.mark.parametrize("name", BAD)
async def test_a_token_that_is_not_right(site: Site, name: str) -> None:
    """401, and no session."""
    brought = await site.begin()
    BAD[name](site.provider)
    assert_problem(await site.finish(brought), 401, "no-key")
    assert (await site.browser.get("/v1/me")).status_code == 401


async def test_a_new_key_is_fetched(site: Site) -> None:
    """The provider has rotated its keys since."""
    await site.finish(await site.begin())
    site.provider.key = site.provider.published = RSAKey.generate_key(2048, {"kid": "b"}, private=True)
    assert (await site.finish(await site.begin())).status_code == 303


async def test_ways_back_that_nobody_began(site: Site) -> None:
    """Another browser, a second time, too late, a refusal, a code of somebody else."""
    brought = await site.begin()
    assert_problem(await Site().finish(brought), 401, "no-key")
    assert_problem(await site.finish({**brought, "state": "x"}), 401, "no-key")
    assert_problem(await site.finish({"state": brought["state"], "error": "access_denied"}), 401, "no-key")
    assert_problem(await site.finish({**brought, "code": "guess"}), 401, "no-key")
    assert_problem(await site.finish(brought), 401, "no-key")
    late = await site.begin()
    site.clock.advance(11 * 60)
    assert_problem(await site.finish(late), 401, "no-key")


async def test_people_without_a_role(site: Site) -> None:
    """Known to the provider, nobody here."""
    site.provider.claims = {"preferred_username": "li", "groups": ["office-cleaning"]}
    assert_problem(await site.finish(await site.begin()), 403, "forbidden")
    site.provider.claims = {"preferred_username": "li", "title": "处长"}
    assert (await site.finish(await site.begin())).status_code == 303
    assert (await site.browser.get("/v1/me")).json()["role"] == "province"


async def test_the_provider_is_away(site: Site) -> None:
    """503, and passwords still work."""
    site.provider.away = True
    answer = await site.browser.get("/v1/login/oidc")
    assert_problem(answer, 503, "unavailable")


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://id.example"},
        {"roles": []},
        {"colour": 1},
        {"roles": [{**FILE["roles"][0], "role": "enterprise"}]},
    ],
)
def test_a_wrong_file_stops_the_start(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Whole."""
    path = tmp_path / "oidc.yaml"
    path.write_text(yaml.safe_dump(FILE, allow_unicode=True), encoding="utf-8")
    assert Provider.load(path) is not None
    path.write_text(yaml.safe_dump({**FILE, **wrong}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(AccessError):
        Provider.load(path)
    assert Provider.load(None) is None
