"""A problem's whole way in a real browser over the running suite, each role at its own screen.

A frame exceeds its limit and the lead arrives live; it is screened, put into a round and pushed; the team accepts,
inspects and photographs it on the phone without a network and synchronises; the office assigns, the enterprise plans
and rectifies. Three days of data in the limit later the enterprise asks for closing, another person of the office
verifies, it is made public, closed and drawn for a recheck. Then it comes back, and the new issue knows the old one.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from lantian_local.demo import captured
from tests.browser.browsers import DESK, PHONE, chromium, listen, opened, settled, until
from tests.browser.test_console import photo
from tests.browser.visiting import answer_all
from tests.browser.world import FEED, PATIENCE, World, an_hour, key_of, let_in
from tests.e2e.conftest import EPOCH_MS
from tests.e2e.wire import HOUR_MS, local_ms

SOON = 60_000
FIXED_MS = local_ms(2021, 7, 22, 15)
PROVEN_MS = local_ms(2021, 7, 25, 16)
"""73 hours after the fix: 72 of them in the limit are asked for."""
PUBLISHED_MS = local_ms(2021, 8, 3, 9)
"""A notice runs for five working days."""
BACK_MS = local_ms(2021, 8, 3, 11)
"""An hour that began after the closing: what was over before it is no relapse."""


@pytest.mark.timeout(2400)
async def test_the_story(tmp_path: Path) -> None:
    """From the frame to the relapse."""
    home = tmp_path / "suite"
    frame = next(
        row.frame for row in captured.load() if f"MN={FEED};".encode() in row.frame and b"CN=2061" in row.frame
    )
    let_in(home, f"e-{FEED.lower()}")
    world = World(home)
    try:
        await world.begin(EPOCH_MS)
        await world.register()
        await asyncio.to_thread(told, world, frame)
    finally:
        await world.end()


def told(world: World, frame: bytes) -> None:
    """Everything, in order."""
    with chromium() as browser:
        story = Story(world, browser)
        lead = story.arrives(frame)
        story.pushed(lead)
        issue = story.inspected(lead)
        story.rectified(issue)
        world.later(PROVEN_MS)
        story.verified(issue)
        world.later(PUBLISHED_MS)
        story.closed(issue)
        world.later(BACK_MS)
        story.relapses(issue, lead)
        assert [said for heard in story.heard for said in heard] == []


@dataclass
class Story:
    """The screens of all roles."""

    world: World
    browser: Browser

    def __post_init__(self) -> None:
        self.heard: list[list[str]] = []

    def arrives(self, frame: bytes) -> str:
        """The lead stands in the duty room without anybody asking; another city never sees it."""
        office = self._screen("office", "/")
        expect(office.get_by_text("实时", exact=False).first).to_be_visible(timeout=SOON)
        self.world.send([frame + b"\r\n"])
        lead = self._exceedance()
        expect(office.locator(f'section.live a[href="/console/leads/{lead}"]')).to_be_visible(timeout=2 * SOON)
        expect(self._screen("stranger", f"/leads/{lead}").get_by_role("alert")).to_contain_text("没有找到")
        return lead

    def pushed(self, lead: str) -> None:
        """Screened by itself, taken into a round, pushed to the team."""
        self.world.until("screening", lambda: self._lead(lead)["stage"] == "screened")
        office = self._screen("office", f"/leads/{lead}")
        expect(office.get_by_text("已筛查").first).to_be_visible()  # the data are valid, nothing is alike
        self._goto(office, "/rounds")
        office.get_by_role("button", name="新建轮次").click()
        office.get_by_label("名称").fill("第1轮次")
        form = office.locator("form").first
        form.get_by_label("城市").select_option("410100")
        form.get_by_label("最低评分").fill("0")
        form.get_by_label("计划开始").fill("2021-07-23T09:00")
        office.get_by_role("button", name="建立").click()
        expect(office.get_by_role("heading", name="第1轮次")).to_be_visible(timeout=SOON)
        self._move(office, "编组", {})
        self._move(office, "推送给队伍", {})
        expect(office.get_by_text("已推送").first).to_be_visible(timeout=SOON)

    def inspected(self, lead: str) -> str:
        """Everything on site without a network; the result is an issue."""
        phone = self._screen("team", "/team", PHONE)
        expect(phone.locator(f'a[href="/console/team/{lead}"]')).to_be_visible(timeout=SOON)
        until(phone, "navigator.serviceWorker.controller !== null")
        phone.context.set_offline(True)
        phone.goto(f"{self.world.url}/console/team/{lead}")
        phone.get_by_role("button", name="接收任务").click()
        phone.get_by_label("账号，一行一人").fill("team\nteam-b")
        phone.get_by_role("radio", name="属实", exact=True).check()
        phone.get_by_label("现场情况").fill("活性炭箱饱和，未更换。")
        for kind in ("整改前照片", "现场照片"):
            phone.get_by_label("种类").select_option(label=kind)
            phone.locator("input[type=file]").set_input_files(a_file("site.jpg", kind))
        expect(phone.locator(".photos").get_by_text("待发送", exact=True)).to_have_count(2)
        items = answer_all(phone, a_file("item.jpg", "检查项目"))
        assert items >= 4
        phone.get_by_label("理由（照片有疑点时填写）").fill("现场无卫星定位")
        phone.get_by_role("button", name="提交核查结果").click()
        expect(phone.get_by_text("6 项待发送")).to_be_visible()
        assert self._lead(lead)["stage"] == "pushed"
        phone.context.set_offline(False)
        phone.goto(f"{self.world.url}/console/team/queue")
        expect(phone.get_by_text("已送达", exact=True)).to_have_count(6, timeout=2 * SOON)
        issue = str(self.world.until("the issue", lambda: self._lead(lead)["issue_id"]))
        self._goto(phone, f"/leads/{lead}")
        expect(phone.locator(f'a[href="/console/issues/{issue}"]')).to_be_visible()
        return issue

    def rectified(self, issue: str) -> None:
        """Assigned, planned, approved, done; the data decide when closing may be asked for."""
        office = self._screen("office", f"/issues/{issue}")
        self._move(office, "交办", {"责任人": "张工", "完成期限": "2021-07-30T18:00"})
        plant = self._screen("plant", "/enterprise")
        expect(plant.get_by_role("link", name="轮次")).to_have_count(0)
        plant.locator(f'a[href="/console/issues/{issue}"]').click()
        settled(plant)
        self._move(plant, "签收", {})
        self._move(plant, "提交整改方案", {"措施": "更换活性炭", "第 1 步": "更换", "完成时间": "2021-07-25T18:00"})
        self._goto(office, f"/issues/{issue}")
        self._move(office, "批准方案", {})
        self._goto(plant, f"/issues/{issue}")
        self._move(plant, "开始整改", {})
        self._move(plant, "完成节点", {"完成的节点": "0"})
        expect(plant.get_by_text("整改中").first).to_be_visible()
        self._dossier(plant)
        plant.get_by_role("button", name="提交", exact=True).click()
        expect(plant.get_by_role("alert")).to_contain_text("整改后的监测数据尚不满足")
        expect(self._screen("stranger", f"/issues/{issue}").get_by_role("alert")).to_contain_text("没有找到")

    def verified(self, issue: str) -> None:
        """Three days in the limit; who assigned it may not verify it, another person of the office does."""
        hours = range(FIXED_MS, PROVEN_MS, HOUR_MS)
        self.world.send([an_hour(at_ms, 0.004 + number % 5 * 0.001) for number, at_ms in enumerate(hours)])
        plant = self._screen("plant", f"/issues/{issue}")
        self._dossier(plant)
        submit = plant.get_by_role("button", name="提交", exact=True).or_(plant.get_by_role("button", name="再次提交"))
        for _ in range(PATIENCE):  # the hours are on their way into the ledger
            submit.click()
            expect(
                plant.locator("form.move button.main:not([disabled])").or_(plant.get_by_text("已记入台账"))
            ).to_be_visible()
            if plant.locator("form.move").count() == 0:
                break
            expect(plant.get_by_role("alert")).to_contain_text("整改后的监测数据尚不满足")
            plant.wait_for_timeout(1000)
        expect(plant.locator("form.move")).to_have_count(0)
        self._goto(plant, f"/issues/{issue}")
        expect(plant.get_by_text("申请销号").first).to_be_visible()

        office = self._screen("office", f"/issues/{issue}")
        verify = office.get_by_role("button", name="核验通过", exact=True)
        expect(verify).to_be_disabled()
        expect(verify).to_have_attribute("title", "交办人不能核验该问题")
        other = self._screen("office-2", f"/issues/{issue}")
        other.get_by_role("button", name="核验通过", exact=True).click()
        other.get_by_label("已现场核验").check()
        self._filled(other, {"结论": "活性炭已更换，数据连续达标"})
        self._goto(office, f"/issues/{issue}")
        self._move(office, "公示", {"公示内容": "https://example.org/gongshi/1"})
        expect(office.get_by_text("公示中").first).to_be_visible()

    def closed(self, issue: str) -> None:
        """The notice has run; the province draws it and finds it solved."""
        self._move(self._screen("office", f"/issues/{issue}"), "销号", {"理由": "公示期满，无异议"})
        province = self._screen("province", f"/issues/{issue}")
        expect(province.get_by_text("已销号").first).to_be_visible()
        self._move(province, "抽中复核", {"抽取种子": "2021-08 省级第1次"})
        self._move(province, "复核通过", {"结论": "现场查看，运行正常"})
        expect(province.get_by_text("已抽查").first).to_be_visible()
        expect(province.get_by_text("已销号").first).to_be_visible()

    def relapses(self, issue: str, before: str) -> None:
        """The same rule at the same outlet: a new issue, which names the old one."""
        office = self._screen("office", "/")
        expect(office.get_by_text("实时", exact=False).first).to_be_visible(timeout=SOON)
        self.world.send([an_hour(BACK_MS - HOUR_MS, 0.05)])
        lead = self._exceedance(before)
        expect(office.locator(f'section.live a[href="/console/leads/{lead}"]')).to_be_visible(timeout=2 * SOON)
        self.world.until("screening", lambda: self._lead(lead)["stage"] == "screened")
        self._goto(office, f"/leads/{lead}")
        self._move(office, "直接派发", {"理由": "同一排口再次超标"})
        child = self.inspected(lead)
        self._goto(office, f"/issues/{child}")
        office.locator(f'dl a[href="/console/issues/{issue}"]').click()
        expect(office.get_by_text("已反弹").first).to_be_visible()

    def _exceedance(self, before: str = "") -> str:
        def look() -> str:
            answer = self.world.ask("office", "/v1/leads", category="exceedance")
            rows = answer["items"] if answer else []
            return next((row["lead_id"] for row in rows if row["lead_id"] != before), "")

        return str(self.world.until("the exceedance", look))

    def _lead(self, lead: str) -> dict[str, Any]:
        return self.world.ask("office", f"/v1/leads/{lead}") or {"stage": "", "issue_id": ""}

    def _screen(self, who: str, path: str, size: tuple[int, int] = DESK) -> Page:
        key = key_of(self.world.home, who)
        context = opened(self.browser, self.world.url, key, size, keeps_files=size == PHONE)
        page = context.new_page()
        self.heard.append(listen(page))
        self._goto(page, path)
        return page

    def _goto(self, page: Page, path: str) -> None:
        page.goto(f"{self.world.url}/console{path}")
        settled(page)

    def _dossier(self, plant: Page) -> None:
        """The closing form with its files; what was attached before is chosen, not sent again."""
        plant.get_by_role("button", name="申请销号", exact=True).click()
        form = plant.locator("form.move")
        form.get_by_label("措施").fill("已更换活性炭并建立更换台账")
        form.get_by_label("理由").fill("厂房内无卫星定位")
        rows = form.locator("fieldset .row")
        for number in range(rows.count()):
            row = rows.nth(number)
            choice = row.locator("select").last
            if choice.locator("option").count() > 1:
                choice.select_option(index=1)
                continue
            kind = row.locator("select").first.input_value()
            row.locator("input[type=file]").set_input_files(a_file(f"{kind}.jpg", kind))
            expect(choice).not_to_have_value("", timeout=SOON)

    def _move(self, page: Page, name: str, values: dict[str, str]) -> None:
        page.get_by_role("button", name=name, exact=True).click()
        self._filled(page, values)

    def _filled(self, page: Page, values: dict[str, str]) -> None:
        for label, value in values.items():
            page.locator("form.move").get_by_label(label).first.fill(value)
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.locator("form.move")).to_have_count(0, timeout=SOON)
        settled(page)


def a_file(name: str, what: str) -> Any:
    """A photo of its own for each purpose."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": photo(what)}
