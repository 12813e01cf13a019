"""One campaign and one browser for the tests of a file, and pages that are listened to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.browsers import DESK, chromium, listen, opened, settled

if TYPE_CHECKING:
    from tests.browser.stage import Stage


@pytest.fixture(scope="module")
def stage() -> "Iterator[Stage]":
    """One campaign for all tests; each takes its own issue."""
    # not above: what it brings along warns on import, which the settings forgive only once tests are collected
    from tests.browser.stage import Stage

    with Stage() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser."""
    with chromium() as found:
        yield found


@pytest.fixture
def page_of(stage: "Stage", browser: Browser) -> Iterator[Any]:
    """Opens pages as somebody; at the end nothing may have been objected to."""
    contexts, heard = [], []

    def make(who: str, path: str, size: tuple[int, int] = DESK, *, keeps_files: bool = False) -> Page:
        context = opened(browser, stage.url, who, size, keeps_files=keeps_files)
        contexts.append(context)
        page = context.new_page()
        heard.append(listen(page))
        page.goto(f"/console{path}")
        settled(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert [said for objections in heard for said in objections] == []
