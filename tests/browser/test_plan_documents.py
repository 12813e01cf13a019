"""Plans in the console: uploaded by the enterprise, approved by the city, and beside the lead of an emergency order."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsers import PHONE, settled, too_wide, violations
from tests.browser.campaign import NOW_MS
from tests.browser.stage import PLANT, Stage

pytestmark = pytest.mark.timeout(600)
TITLE = "错峰生产方案（2号高炉）"


def filled(page: Page, folder: Path) -> None:
    """The form of a new plan, filled."""
    file = folder / "错峰方案.pdf"
    file.write_bytes(b"%PDF-1.7 1")
    page.get_by_label("方案类别").select_option("peak-staggering")
    page.get_by_label("方案名称").fill(TITLE)
    page.get_by_label("有效期自").fill("2026-11-01")
    page.get_by_label("有效期至").fill("2027-03-15")
    page.locator("input[type=file]").set_input_files(file)


def test_uploaded_by_the_enterprise_and_approved_by_the_city(stage: Stage, page_of: Any, tmp_path: Path) -> None:
    """On a phone as at the desk; it counts once it is approved, and its file comes back by its name."""
    plant = page_of("plant-1", "/enterprise", PHONE)
    expect(plant.get_by_text("有效：第1版，2026-10-01 至 2027-03-31")).to_be_visible()
    plant.get_by_role("button", name="上传方案").click()
    filled(plant, tmp_path)
    plant.get_by_role("button", name="提交审批").click()
    row = plant.locator("li", has_text=TITLE)
    expect(row).to_contain_text("待批准")
    assert too_wide(plant) == 0
    assert violations(plant) == []
    row.get_by_role("link").click()
    settled(plant)
    assert too_wide(plant) == 0
    path = plant.url.partition("/console")[2]

    office = page_of("ministry-1", "/plans?state=drafted")
    office.get_by_role("link", name=TITLE).click()
    settled(office)
    office.get_by_role("button", name="批准", exact=True).click()
    office.get_by_role("button", name="提交", exact=True).click()
    expect(office.get_by_text("今日有效")).to_be_visible()
    settled(office)
    assert violations(office) == []
    with office.expect_download() as waiting:
        office.get_by_role("button", name="下载").click()
    assert waiting.value.suggested_filename == f"{TITLE}-v1.pdf"
    assert Path(waiting.value.path()).read_bytes() == b"%PDF-1.7 1"
    plant.goto(f"/console{path}")
    settled(plant)
    expect(plant.get_by_role("button", name="撤回")).to_be_disabled()
    expect(plant.get_by_text("批准过的方案只能由上传单位的上一级撤回")).to_be_visible()


def test_the_plan_in_force_stands_beside_the_lead_of_an_emergency(stage: Stage, page_of: Any) -> None:
    """With the version of the day of the conduct; a lead of something else has none."""
    body = {
        "channel": "patrol",
        "reference": "巡查-应急-1",
        "category": "emergency",
        "severity": 3,
        "division_code": PLANT.division_code,
        "enterprise_id": PLANT.enterprise_id,
        "place": "厂区",
        "text": "橙色预警期间仍有重型货车出入",
        "found_ms": NOW_MS - 3_600_000,
    }
    made = stage.call("ministry-1", "POST", "/v1/leads", json=body)
    assert made.status_code == 201, made.text
    page = page_of("ministry-1", f"/leads/{made.json()['lead_id']}")
    beside = page.locator("section", has_text="核对一厂一策")
    expect(beside).to_contain_text("秋冬季一厂一策实施方案")
    expect(beside).to_contain_text("有效：第1版")
    expect(beside.get_by_role("button", name="上传方案")).to_have_count(0)
    assert violations(page) == []
    other = stage.call("office-1", "GET", "/v1/leads", params={"rule": "hour-exceedance"}).json()["items"][0]
    without = page_of("ministry-1", f"/leads/{other['lead_id']}")
    expect(without.locator("section", has_text="核对一厂一策")).to_have_count(0)


def test_the_city_finds_its_own(stage: Stage, page_of: Any) -> None:
    """In the list by day and kind, and on the page of its division."""
    office = page_of("office-1", "/plans?kind=city-policy&day=2026-12-01")
    expect(office.locator("tbody tr")).to_have_count(1)
    expect(office.locator("tbody tr")).to_contain_text("第1版")
    office.get_by_label("在此日有效").fill("2027-05-01")
    expect(office.get_by_text("没有方案")).to_be_visible()
    assert violations(office) == []
    expect(page_of("plant-1", "/enterprise").get_by_role("link", name="方案库")).to_have_count(0)
