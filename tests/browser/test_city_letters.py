"""A letter to a city in the console: drafted, barred for its author, approved, sent, received, and on paper."""

import io
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Page, expect

from tests.browser.browsers import PHONE, settled, too_wide, violations
from tests.browser.stage import Stage

pytestmark = pytest.mark.timeout(600)
REASON = "11月以来逾期未整改问题较多，请书面报告整改情况。"


def moved(page: Page, move: str) -> None:
    """Makes a move that the page offers."""
    page.get_by_role("button", name=move, exact=True).click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"{move}：已记入台账")
    settled(page)


def test_from_the_draft_to_the_receipt(stage: Stage, page_of: Any) -> None:
    """By three people; what was typed survives a reload, and the city sees nothing before it is sent."""
    ministry = page_of("ministry-1", "/letters")
    ministry.get_by_role("button", name="起草函件").click()
    form = ministry.locator("form")
    form.get_by_label("城市").select_option("130100")
    form.get_by_label("情形").select_option("final-missed")
    form.get_by_label("事由").fill(REASON)
    ministry.reload()
    settled(ministry)
    ministry.get_by_role("button", name="起草函件").click()
    expect(form.get_by_label("事由")).to_have_value(REASON)
    form.get_by_role("button", name="起草", exact=True).click()
    expect(ministry.get_by_role("heading", name="石家庄市预警通知函")).to_be_visible()
    settled(ministry)
    path = ministry.url.partition("/console")[2]
    expect(ministry.get_by_role("button", name="批准", exact=True)).to_be_disabled()
    expect(ministry.get_by_text("起草人不能批准自己起草的函，须由另一人批准")).to_be_visible()
    expect(ministry.get_by_text("本攻坚季方案未收录")).to_be_visible()

    early = page_of("office-1", path)
    expect(early.get_by_role("alert")).to_contain_text("没有找到")

    moved(page_of("province-1", path), "批准")
    ministry.reload()
    settled(ministry)
    moved(ministry, "发送")
    expect(ministry.locator("[aria-current=step]")).to_have_text("已发送")

    office = page_of("office-1", "/letters", PHONE)
    row = office.locator("tbody tr", has_text=REASON)
    expect(row).to_contain_text("已发送")
    row.get_by_role("link").click()
    settled(office)
    moved(office, "签收")
    expect(office.locator("[aria-current=step]")).to_have_text("已签收")
    expect(office.locator("li[data-kind]")).to_have_count(4)
    expect(office.locator("li[data-kind]").first).to_contain_text("已发送 → 已签收")
    assert too_wide(office) == 0
    assert violations(office) == []


def test_the_word_file_comes_with_its_name(stage: Stage, page_of: Any) -> None:
    """And holds the reason."""
    sent = stage.call("office-1", "GET", "/v1/city-letters", params={"state": "received"}).json()["items"][0]
    page = page_of("office-1", f"/letters/{sent['letter_id']}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载 Word").click()
    assert waiting.value.suggested_filename == "石家庄市预警通知函.docx"
    document = Document(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert sent["reason"] in "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_who_has_letters_at_hand(stage: Stage, page_of: Any) -> None:
    """The way there is shown to who may read them, drafting to province and ministry; a filter is an address."""
    plant = page_of("plant-1", "/enterprise")
    expect(plant.get_by_role("link", name="预警通知函")).to_have_count(0)
    office = page_of("office-1", "/issues")
    office.get_by_role("link", name="预警通知函").click()
    settled(office)
    expect(office.get_by_role("button", name="起草函件")).to_have_count(0)
    ministry = page_of("ministry-1", "/letters?state=draft")
    expect(ministry.locator("tbody tr")).to_have_count(1)
    ministry.get_by_role("button", name="清除筛选").click()
    settled(ministry)
    expect(ministry.locator("tbody tr").first).to_be_visible()
    assert ministry.locator("tbody tr").count() >= 5
    assert violations(ministry) == []
