"""What the console's pages show and what they bear: curves, evidence, weak links, slow answers, hostile names."""

import gzip
import io
import random
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.browsers import PHONE, settled, too_wide, until
from tests.browser.screens import shots
from tests.browser.stage import PLANT, Stage
from tests.browser.test_console import issues, photo

pytestmark = pytest.mark.timeout(900)
FIRST_VIEW_BYTES = 200 * 1024


def test_the_first_view_is_small(stage: Stage, page_of: Any) -> None:
    """What the duty room loads from the build, packed as an ingress packs it."""
    page = page_of("office-1", "/team", PHONE)  # signed in, on a page that loads little
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/console/")
    settled(page)
    sizes = {one.url: len(gzip.compress(one.body(), 6)) for one in answers if "/console/" in one.url}
    assert any(url.endswith(".js") for url in sizes)
    assert sum(sizes.values()) <= FIRST_VIEW_BYTES, sizes
    assert not any("Source" in url for url in sizes), "the curves came though nobody asked"


def test_a_source_shows_its_curve(stage: Stage, page_of: Any) -> None:
    """Hours with the limit, days on request by the address, rates by month; the drawing is not empty."""
    page = page_of("admin-1", f"/registry/source/{PLANT.source_id}?days=30&factor=a21026.zs-avg")
    expect(page.get_by_role("img", name="二氧化硫 折算均值")).to_be_visible()
    until(page, INKED)
    expect(page.get_by_role("region", name="传输率与有效率").locator("tbody tr")).to_have_count(2)
    expect(page.get_by_text("补取小时数据")).to_be_visible()
    page.get_by_role("button", name="日", exact=True).click()
    expect(page.get_by_text("40 个数值")).to_be_visible()
    assert "period=day" in page.url


INKED = """(() => {
  const canvas = document.querySelector('.chart canvas');
  const data = canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data ?? [];
  return new Set(new Uint32Array(data.buffer ?? [])).size > 8;
})()"""


def test_before_and_after_stand_side_by_side(stage: Stage, page_of: Any) -> None:
    """Both move together when one is looked at closely."""
    issue = issues(stage, "registered", "province-1")[0]
    for kind in ("photo-before", "photo-after"):
        attached = stage.call(
            "ministry-1",
            "POST",
            f"/v1/issues/{issue['issue_id']}/evidence",
            params={"kind": kind, "name": f"{kind}.jpg"},
            content=photo(kind + "side"),
            headers={"Idempotency-Key": kind, "Content-Type": "application/octet-stream"},
        )
        assert attached.status_code == 201, attached.text
    page = page_of("province-1", f"/issues/{issue['issue_id']}")
    pair = page.locator(".compare img")
    expect(pair).to_have_count(2)
    page.get_by_role("group", name="放大", exact=True).get_by_role("button", name="4 倍").click()
    page.locator(".compare .frame").first.press("ArrowRight")
    for side in range(2):
        expect(pair.nth(side)).to_have_attribute("style", "transform: scale(4); transform-origin: 60% 50%;")


def test_an_enterprise_states_a_mark(stage: Stage, page_of: Any) -> None:
    """Kept over a reload while it is typed; then it stands in the registry under the enterprise's own account."""
    page = page_of("plant-1", "/enterprise", PHONE)
    page.get_by_role("button", name="申报标记…").click()
    page.get_by_label("情况").select_option("fault")
    page.get_by_label("理由").fill("引风机故障")
    page.reload()
    settled(page)
    page.get_by_role("button", name="申报标记…").click()
    expect(page.get_by_label("理由")).to_have_value("引风机故障")
    page.get_by_label("监测点").select_option(PLANT.source_id)
    page.get_by_label("开始").fill("2026-11-27T08:00")
    page.get_by_label("结束").fill("2026-11-27T07:00")
    page.get_by_role("button", name="申报标记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("结束时间必须晚于开始时间")
    page.get_by_label("结束").fill("2026-11-27T10:30")
    page.get_by_role("button", name="申报标记", exact=True).click()
    expect(page.get_by_text("故障　2026-11-27 08:00 至 2026-11-27 10:30　引风机故障")).to_be_visible()
    marks = stage.call("plant-1", "GET", "/v1/registry/mark", params={"source_id": PLANT.source_id}).json()["items"]
    assert [mark["changed_by"] for mark in marks if mark["entity"]["kind"] == "fault"] == ["plant-1"]


def test_a_service_that_takes_its_time(stage: Stage, page_of: Any) -> None:
    """The page says that it is reading, and what was typed meanwhile is kept."""
    page = page_of("province-1", "/issues?open=1")
    issue = issues(stage, "registered", "province-1")[0]
    stage.held = True
    try:
        page.goto(f"/console/issues/{issue['issue_id']}", wait_until="commit")
        expect(page.get_by_text("正在读取").first).to_be_visible()
    finally:
        stage.held = False
    settled(page)
    page.get_by_role("button", name="备注", exact=True).click()
    page.get_by_label("理由").fill("网速很慢")
    stage.held = True
    try:
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_role("button", name="正在提交…")).to_be_disabled()
        expect(page.get_by_label("理由")).to_have_value("网速很慢")
    finally:
        stage.held = False
    expect(page.get_by_role("status")).to_contain_text("已记入台账")


def test_a_huge_photo_on_a_weak_link(stage: Stage, page_of: Any, tmp_path: Path) -> None:
    """30 MB: made smaller on the phone, kept while the link breaks, in the ledger once."""
    leads = stage.call("team-1", "GET", "/v1/leads", params={"stage": "accepted"}).json()["items"]
    page = page_of("team-1", f"/team/{leads[0]['lead_id']}", PHONE)
    link(page, bytes_per_second=100_000)
    huge = noise(3120, 2500)
    assert len(huge) > 30_000_000
    (tmp_path / "huge.jpg").write_bytes(huge)
    page.locator("input[type=file]").set_input_files(tmp_path / "huge.jpg", timeout=120_000)
    photos = page.locator(".photos")
    expect(photos.get_by_text("压缩为")).to_be_visible(timeout=60_000)
    expect(photos.get_by_text("待发送", exact=True)).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("离线", exact=True)).to_be_visible()
    expect(photos.get_by_text("待发送", exact=True)).to_be_visible()
    link(page, bytes_per_second=-1)
    page.context.set_offline(False)
    expect(photos.get_by_text("已送达", exact=True)).to_be_visible(timeout=120_000)
    pieces = stage.call("team-1", "GET", f"/v1/leads/{leads[0]['lead_id']}/evidence").json()["items"]
    assert [piece["name"] for piece in pieces].count("huge.jpg") == 1


def test_hostile_names_are_text_on_every_page(stage: Stage, page_of: Any) -> None:
    """No script, no picture, no turned direction, nothing pushed off the screen; pages are listened to besides."""
    for shot in shots(stage):
        page = page_of(shot.who, shot.path, PHONE)
        assert page.evaluate("window.pwned") is None, shot.name
        assert page.locator("img[src=x], main script").count() == 0, shot.name
        assert too_wide(page) == 0, shot.name
        page.context.close()


def link(page: Page, bytes_per_second: int) -> None:
    """How fast the phone's link is; -1: as it is."""
    session = page.context.new_cdp_session(page)
    speed = {"downloadThroughput": bytes_per_second, "uploadThroughput": bytes_per_second}
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 300, **speed})


def noise(width: int, height: int) -> bytes:
    """A photo that nothing can pack."""
    out = io.BytesIO()
    dots = random.Random(width).randbytes(width * height * 3)
    Image.frombytes("RGB", (width, height), dots).save(out, "JPEG", quality=100, subsampling=0)
    return out.getvalue()


def test_whose_verifications_fell(page_of: Any) -> None:
    """The account, its unit and the issue; only those on request, kept in the address."""
    page = page_of("ministry-1", "/reports")
    table = page.get_by_role("region", name="核验人")
    row = table.get_by_role("row").filter(has_text="team-1")
    expect(row.get_by_text("石家庄市执法队")).to_be_visible()
    page.get_by_role("combobox", name="显示").select_option(label="只看有不属实的")
    assert "verifiers=failed" in page.url
    row.get_by_role("link", name="LT-", exact=False).click()
    expect(page.get_by_text("复核不通过").first).to_be_visible()


def test_a_notice_names_nobody(stage: Stage, page_of: Any) -> None:
    """It is drafted; what somebody adds of a person is refused, shown, masked on request, and then goes out."""
    offered = [
        issue
        for issue in issues(stage, "verified", "office-1")
        if any(
            offer["move"] == "publicise" and not offer["barred"]
            for offer in stage.call("office-1", "GET", f"/v1/issues/{issue['issue_id']}/moves").json()["moves"]
        )
    ]
    page = page_of("office-1", f"/issues/{offered[0]['issue_id']}")
    page.get_by_role("button", name="公示", exact=True).click()
    field = page.get_by_label("公示内容")
    expect(field).to_have_value(re.compile("整改情况公示"))
    field.fill(f"{field.input_value()}联系人王工 13800001234。")
    page.get_by_role("button", name="提交", exact=True).click()
    left = page.get_by_role("alert").filter(has_text="公示前须隐去")
    expect(left.get_by_text("姓名：王工 → 王*")).to_be_visible()
    expect(left.get_by_text("电话：13800001234 → 138****1234")).to_be_visible()
    left.get_by_role("button", name="隐去这些").click()
    expect(field).to_have_value(re.compile(r"联系人王\* 138\*{4}1234"))
    page.get_by_role("button", name="再次提交").click()
    expect(page.locator(".tag.brand", has_text="公示中")).to_be_visible()
