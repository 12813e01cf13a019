"""What the console's pages are served with."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from lantian_tasks.console import ConsoleError, add_console


@pytest.fixture
async def browser(tmp_path: Path):  # type: ignore[no-untyped-def]  # an asynchronous generator
    """A client of an app that serves a small build, beside a file that it must not serve."""
    build = tmp_path / "dist"
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text("<title>蓝天</title>", encoding="utf-8")
    (build / "assets" / "index-1a2b.js").write_text("1", encoding="utf-8")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    app = FastAPI()
    add_console(app, build)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tasks") as client:
        yield client


@pytest.mark.parametrize("path", ["/console/", "/console/issues/iss-1", "/console/leads?stage=pushed"])
async def test_every_address_is_the_one_page(browser: httpx.AsyncClient, path: str) -> None:
    """A link that somebody sent opens, with a policy that lets no foreign or inline script run."""
    answer = await browser.get(path)
    assert (answer.status_code, "蓝天" in answer.text) == (200, True)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_assets_are_kept_and_missing_ones_are_missing(browser: httpx.AsyncClient) -> None:
    """A page instead of a script would be run as one."""
    found = await browser.get("/console/assets/index-1a2b.js")
    assert "immutable" in found.headers["cache-control"]
    assert (await browser.get("/console/assets/gone.js")).status_code == 404


async def test_nothing_beside_the_build_is_served(browser: httpx.AsyncClient) -> None:
    """Whatever the path says."""
    for path in ("/console/../secret", "/console/%2e%2e/secret", "/console/assets/..%2f..%2fsecret"):
        answer = await browser.get(path)
        assert answer.text != "x"


async def test_the_root_leads_to_it(browser: httpx.AsyncClient) -> None:
    """Nobody must know the path."""
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/console/")


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    """At start, with what to do."""
    with pytest.raises(ConsoleError, match="make web"):
        add_console(FastAPI(), tmp_path)
