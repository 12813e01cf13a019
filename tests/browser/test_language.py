"""The console in English: the switch, what it keeps, and that no word of the Chinese dictionary is left on a page."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.browsers import DESK, PHONE, opened, settled, too_wide
from tests.browser.screens import shots
from tests.browser.stage import Stage
from tests.browser.test_console import issues

pytestmark = pytest.mark.timeout(900)
ZH = Path(__file__).parents[2] / "web" / "src" / "words" / "zh"
HAN = re.compile(r"[\u4e00-\u9fff]")
# The organisation of an account and the title of a round in the campaign, which happen to be words too.
DATA = {"生态环境部", "第3轮次"}
# Told apart from data by being words of the dictionary: a name that somebody registered is not translated.
TEXTS = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { parentElement, textContent } = walk.currentNode;
    if (!parentElement.closest('.language')) found.push(textContent.trim());
  }
  for (const name of ['aria-label', 'placeholder', 'title'])
    for (const one of document.querySelectorAll(`[${name}]`)) found.push(one.getAttribute(name));
  return [...new Set(found.filter((text) => /\\p{Script=Han}/u.test(text)))];
}"""


def chinese_words() -> set[str]:
    """Every phrase and every word of the tables in Chinese, as the dictionaries have them."""
    files = [path for path in ZH.glob("*.ts") if path.stem not in {"said", "index"}]
    words = {word for path in files for word in re.findall(r': "([^"]+)"', path.read_text(encoding="utf-8"))}
    return {word for word in words if HAN.search(word) and "{" not in word}


def test_the_log_in_page_changes_by_keyboard_and_the_browser_remembers(stage: Stage, browser: Browser) -> None:
    """Chinese for whoever never chose; the document says which language it is in."""
    for size in (DESK, PHONE):
        context = opened(browser, stage.url, "", size)
        page = context.new_page()
        page.goto("/console/login")
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        switch = page.get_by_role("button", name="English")
        switch.focus()
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        assert page.title() == "Sign in · Lantian"
        page.reload()
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        page.get_by_role("button", name="中文").press("Enter")
        expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
        context.close()


def test_what_was_typed_outlives_the_switch(stage: Stage, page_of: Any) -> None:
    """A form half filled stays so in the other language."""
    issue = issues(stage, "registered", "province-1")[0]
    page = page_of("province-1", f"/issues/{issue['issue_id']}")
    page.get_by_role("button", name="交办", exact=True).click()
    page.get_by_label("责任人").fill("王工")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Assign", exact=True)).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_label("Person responsible")).to_have_value("王工")


def test_what_the_service_says_in_both_languages_is_shown_in_english(stage: Stage, browser: Browser) -> None:
    """Title, sentence, runbook and legal basis of a lead; its limit's clause has no English and stays."""
    shot = next(shot for shot in shots(stage) if shot.name == "lead")
    context = opened(browser, stage.url, shot.who, english=True)
    page = context.new_page()
    page.goto(f"/console{shot.path}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hourly mean above its limit")
    for text in ("above the limit of", "Check bypass dampers and seals", "Air Law, article 18", "附件2"):
        expect(page.get_by_text(text).first).to_be_visible()
    context.close()


def test_no_word_of_the_chinese_dictionary_is_left(stage: Stage, browser: Browser) -> None:
    """On every page, desk or phone; names and free text are the data's own and stay."""
    words = chinese_words()
    assert len(words) > 900
    left: list[str] = []
    for shot in shots(stage):
        context = opened(browser, stage.url, shot.who, PHONE if shot.phone_only else DESK, english=True)
        page = context.new_page()
        page.goto(f"/console{shot.path}")
        settled(page)
        left += [f"{shot.name}: {text}" for text in page.evaluate(TEXTS) if text in words - DATA]
        if too_wide(page):
            left.append(f"{shot.name}: {too_wide(page)} px too wide")
        context.close()
    assert not left, left
