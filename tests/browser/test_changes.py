"""Changes that take a second person, in the console: seen, barred for who proposed them, confirmed, refused."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.browsers import PHONE, settled, too_wide, violations
from tests.browser.stage import PLANT, Stage

pytestmark = pytest.mark.timeout(600)


def test_a_grade_by_two_persons(stage: Stage, page_of: Any) -> None:
    """Proposed in the form of the entry, not in force; who proposed may only withdraw it; another confirms."""
    first = page_of("admin-1", f"/registry/enterprise/{PLANT.enterprise_id}")
    first.get_by_role("button", name="修改", exact=True).click()
    first.get_by_label("绩效等级").select_option("A")
    first.get_by_label("修改说明").fill("复核结果")
    first.get_by_role("button", name="保存", exact=True).click()
    expect(first.get_by_role("status")).to_contain_text("须由另一人")
    settled(first)
    first.get_by_role("link", name="变更待批").click()
    own = first.locator("article", has_text="复核结果")
    expect(own).to_contain_text("B → A")
    expect(own.get_by_role("button", name="确认", exact=True)).to_have_count(0)
    expect(own.get_by_role("button", name="撤回", exact=True)).to_be_visible()

    second = page_of("ministry-1", "/changes", PHONE)
    waiting = second.locator("article", has_text="复核结果")
    expect(waiting).to_contain_text("admin-1")
    assert too_wide(second) == 0
    assert violations(second) == []
    waiting.get_by_role("button", name="确认", exact=True).click()
    expect(second.get_by_role("status")).to_contain_text("确认：1 项")
    expect(waiting).to_have_count(0)
    entity = stage.call("ministry-1", "GET", f"/v1/registry/enterprise/{PLANT.enterprise_id}").json()
    assert (entity["entity"]["grade"], entity["changed_by"]) == ("A", "ministry-1")


def test_the_duties_of_a_warning_are_confirmed_together(stage: Stage, page_of: Any) -> None:
    """Or one is refused with a reason; hostile words stay words."""
    page = page_of("ministry-1", "/changes")
    warning = page.locator("section", has_text="2026-11-27-orange")
    expect(warning.locator("article")).to_have_count(3)
    refused = warning.locator("article").first
    refused.get_by_role("button", name="不同意", exact=True).click()
    refused.get_by_label("不同意的理由").fill("该厂属保障类")
    refused.get_by_role("button", name="提交", exact=True).click()
    expect(warning.locator("article")).to_have_count(2)
    warning.get_by_role("button", name="确认全部 2 项").click()
    expect(page.locator("section", has_text="2026-11-27-orange").locator("article")).to_have_count(0)
    page.get_by_label("状态").select_option("in-force")
    settled(page)
    expect(page.locator("article").first).to_contain_text("已生效")
    assert violations(page) == []
