"""A problem's way in a real browser over the running suite, each role at its own screen.

A frame exceeds its limit and the lead arrives live; it is screened, put into a round and pushed; the team accepts,
inspects and photographs it on the phone without a network and synchronises; the office assigns, the enterprise plans
and rectifies. Closing an exceedance takes 72 hours of data in the limit: here the story ends.
"""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from lantian_local.demo import captured
from lantian_local.demo.stage import Stage
from lantian_local.keys import ACCESS, administrator_key
from lantian_local.layout import ClockSetting
from lantian_local.suite import Suite
from tests.browser.browsers import DESK, PHONE, chromium, listen, opened, settled, until
from tests.browser.test_console import photo
from tests.e2e.conftest import EPOCH_MS, ROOT
from tests.e2e.wire import Device, site

FEED, FACTOR, LIMIT = "NEWPROTOCOLTEST000000092", "a24088", 0.01
SOON = 60_000
PEOPLE = {
    "office": ("city-office", "郑州市大气办", ["410100"]),
    "office-2": ("city-office", "郑州市大气办", ["410100"]),
    "team": ("city-team", "郑州市执法队", ["410100"]),
    "plant": ("enterprise", "某包装有限公司", ["410100"]),
    "stranger": ("city-office", "洛阳市大气办", ["410300"]),
}


def key_of(home: Path, who: str) -> str:
    """A key for each of them, long enough to be told from an account."""
    return hashlib.sha256(f"{home}{who}".encode()).hexdigest()


def let_in(home: Path, enterprise_id: str) -> None:
    """The access file of the suite, before its first start."""
    home.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = [
        {"id": "demo-administrator", "role": "administrator", "organisation": "demo", "divisions": ["000000"]}
    ]
    keys = [administrator_key(home)]
    for who, (role, organisation, divisions) in PEOPLE.items():
        own = {"enterprise_id": enterprise_id} if role == "enterprise" else {}
        rows.append({"id": who, "role": role, "organisation": organisation, "divisions": divisions, **own})
        keys.append(key_of(home, who))
    for row, key in zip(rows, keys, strict=True):
        row["key_sha256"] = [hashlib.sha256(key.encode()).hexdigest()]
    (home / ACCESS).write_text(yaml.safe_dump({"principals": rows}, allow_unicode=True), encoding="utf-8")


@pytest.mark.timeout(1500)
async def test_the_story(tmp_path: Path) -> None:
    """From the frame to the dossier."""
    home = tmp_path / "suite"
    frame = next(
        row.frame for row in captured.load() if f"MN={FEED};".encode() in row.frame and b"CN=2061" in row.frame
    )
    clock = ClockSetting.starting_now(1.0, EPOCH_MS)
    let_in(home, f"e-{FEED.lower()}")
    suite = Suite(
        home=home,
        clock=clock,
        jar_cache=ROOT / ".local" / "jars",
        partitions=1,
        env={"tasks": {"LANTIAN_SCREENING": "full"}},
    )
    async with suite, Stage(suite) as stage:
        rows = site(stage, FEED, FACTOR, LIMIT)
        own = next(row for row in rows if row["kind"] == "enterprise")
        assert own["id"] == f"e-{FEED.lower()}", own
        await stage.register(rows)
        loop, device = asyncio.get_running_loop(), Device(stage)

        def send() -> None:
            asyncio.run_coroutine_threadsafe(device.send(frame + b"\r\n"), loop).result(60)

        try:
            await asyncio.to_thread(Story(suite.front_url, home).told, send)
        finally:
            device.close()


class Story:
    """The screens of all roles."""

    def __init__(self, url: str, home: Path) -> None:
        self._url = url
        self._home = home
        self._heard: list[list[str]] = []

    def told(self, send: Any) -> None:
        """Everything, in order."""
        with chromium() as browser:
            self._browser = browser
            office = self._screen("office", "/")
            expect(office.get_by_text("实时", exact=False).first).to_be_visible(timeout=SOON)
            send()
            live = office.locator("section.live a").first
            expect(live).to_be_visible(timeout=4 * SOON)
            lead = str(live.get_attribute("href")).rpartition("/")[2]
            self._stranger(lead)
            self._pushed(office, lead)
            issue = self._inspected(lead)
            self._rectified(office, issue)
        assert [said for heard in self._heard for said in heard] == []

    def _screen(self, who: str, path: str, size: tuple[int, int] = DESK) -> Page:
        context = opened(self._browser, self._url, key_of(self._home, who), size, keeps_files=size == PHONE)
        page = context.new_page()
        self._heard.append(listen(page))
        page.goto(f"{self._url}/console{path}")
        settled(page)
        return page

    def _stranger(self, lead: str) -> None:
        page = self._screen("stranger", f"/leads/{lead}")
        expect(page.get_by_role("alert")).to_contain_text("没有找到")

    def _pushed(self, office: Page, lead: str) -> None:
        office.goto(f"{self._url}/console/leads/{lead}")
        settled(office)
        expect(office.get_by_text("已筛查").first).to_be_visible()  # by itself: the data are valid, nothing is alike
        office.goto(f"{self._url}/console/rounds")
        settled(office)
        office.get_by_role("button", name="新建轮次").click()
        office.get_by_label("名称").fill("第1轮次")
        form = office.locator("form").first
        form.get_by_label("城市").select_option("410100")
        form.get_by_label("最低评分").fill("0")
        form.get_by_label("计划开始").fill("2021-07-23T09:00")
        office.get_by_role("button", name="建立").click()
        expect(office.get_by_role("heading", name="第1轮次")).to_be_visible()
        self._move(office, "编组", {})
        self._move(office, "推送给队伍", {})
        expect(office.get_by_text("已推送").first).to_be_visible()

    def _inspected(self, lead: str) -> str:
        phone = self._screen("team", "/team", PHONE)
        expect(phone.locator(f'a[href="/console/team/{lead}"]')).to_be_visible(timeout=SOON)
        until(phone, "navigator.serviceWorker.controller !== null")
        phone.context.set_offline(True)
        phone.goto(f"{self._url}/console/team/{lead}")
        phone.get_by_role("button", name="接收任务").click()
        phone.get_by_label("账号，一行一人").fill("team\nteam-b")
        phone.get_by_role("radio", name="属实", exact=True).check()
        phone.get_by_label("现场情况").fill("活性炭箱饱和，未更换。")
        file: Any = {"name": "site.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        phone.locator("input[type=file]").set_input_files(file)
        expect(phone.get_by_text("待发送", exact=True).first).to_be_visible()
        phone.get_by_label("理由（照片有疑点时填写）").fill("现场无卫星定位")
        phone.get_by_role("button", name="提交核查结果").click()
        expect(phone.get_by_text("4 项待发送")).to_be_visible()
        phone.context.set_offline(False)
        phone.goto(f"{self._url}/console/team/queue")
        expect(phone.get_by_text("已送达", exact=True)).to_have_count(4, timeout=2 * SOON)
        phone.goto(f"{self._url}/console/leads/{lead}")
        link = phone.get_by_role("link", name="查看问题")
        for _ in range(60):
            settled(phone)
            if link.count():
                break
            phone.wait_for_timeout(1000)
            phone.reload()
        return str(link.get_attribute("href")).rpartition("/")[2]

    def _rectified(self, office: Page, issue: str) -> None:
        office.goto(f"{self._url}/console/issues/{issue}")
        settled(office)
        self._move(office, "交办", {"责任人": "张工", "完成期限": "2021-07-30T18:00"})
        plant = self._screen("plant", "/enterprise")
        plant.locator(f'a[href="/console/issues/{issue}"]').click()
        settled(plant)
        self._move(plant, "签收", {})
        self._move(plant, "提交整改方案", {"措施": "更换活性炭", "第 1 步": "更换", "完成时间": "2021-07-25T18:00"})
        office.reload()
        settled(office)
        self._move(office, "批准方案", {})
        plant.reload()
        settled(plant)
        self._move(plant, "开始整改", {})
        self._move(plant, "完成节点", {"完成的节点": "0"})
        expect(plant.get_by_text("整改中").first).to_be_visible()
        plant.get_by_role("button", name="申请销号", exact=True).click()
        expect(plant.get_by_text("整改后监测数据须连续达标")).to_be_visible()

    def _move(self, page: Page, name: str, values: dict[str, str]) -> None:
        page.get_by_role("button", name=name, exact=True).click()
        for label, value in values.items():
            page.locator("form.move").get_by_label(label).first.fill(value)
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.locator("form.move")).to_have_count(0, timeout=SOON)
        settled(page)
