"""The console in a real browser over the API in memory: what must not go wrong when things go wrong."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.browsers import PHONE, settled, until
from tests.browser.stage import Stage
from tests.browser.visiting import answer_all, take_place

pytestmark = pytest.mark.timeout(900)
EXPIRED = "登录已过期"
MEASURES = "停机更换喷淋层，三日内完成"


def issues(stage: Stage, state: str, who: str = "ministry-1") -> list[dict[str, Any]]:
    """Issues in a state, the hostile one left out."""
    rows = stage.call(who, "GET", "/v1/issues", params={"state": state, "limit": 500}).json()["items"]
    return [row for row in rows if row["enterprise_id"] != "hostile-1"]


def sent(stage: Stage, issue: dict[str, Any]) -> list[str]:
    """Moves of an issue so far."""
    found = stage.call("ministry-1", "GET", f"/v1/issues/{issue['issue_id']}").json()
    return [entry["move"] for entry in found["history"]]


def test_what_was_typed_outlives_an_expired_login(stage: Stage, page_of: Any) -> None:
    """The log-in opens above the page, the form below stays as it was, and the move is made once."""
    issue = issues(stage, "registered", "province-1")[0]
    page = page_of("province-1", f"/issues/{issue['issue_id']}")
    page.get_by_role("button", name="交办", exact=True).click()
    page.get_by_label("责任人").fill("王工")
    page.get_by_label("完成期限").fill("2026-12-20T18:00")
    stage.refused.add("province-1")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name=EXPIRED)).to_be_visible()
    stage.refused.clear()
    page.get_by_role("button", name="用访问密钥登录").click()
    page.get_by_label("访问密钥").fill("key-province-1")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name=EXPIRED)).to_be_hidden()
    expect(page.get_by_label("责任人")).to_have_value("王工")
    page.get_by_role("button", name="再次提交").click()
    expect(page.get_by_text("已交办").first).to_be_visible()
    assert sent(stage, issue).count("assign") == 1


def test_what_was_typed_outlives_a_reload_and_a_service_that_is_away(stage: Stage, page_of: Any) -> None:
    """The person is told what happened; the values come back by themselves."""
    issue = issues(stage, "registered", "province-1")[0]
    page = page_of("province-1", f"/issues/{issue['issue_id']}")
    page.get_by_role("button", name="备注", exact=True).click()
    page.get_by_label("理由").fill(MEASURES)
    stage.down = True
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("服务暂时不可用")
    stage.down = False
    page.reload()
    settled(page)
    page.get_by_role("button", name="备注", exact=True).click()
    expect(page.get_by_label("理由")).to_have_value(MEASURES)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已记入台账")
    assert sent(stage, issue).count("note") == 1


def test_somebody_else_was_faster(stage: Stage, page_of: Any) -> None:
    """The form stays, the news are read, and a second try goes through on the new revision."""
    issue = issues(stage, "registered", "province-1")[1]
    page = page_of("province-1", f"/issues/{issue['issue_id']}")
    page.get_by_role("button", name="备注", exact=True).click()
    page.get_by_label("理由").fill("先通知企业")
    headers = {"If-Match": f'"{issue["revision"]}"', "Idempotency-Key": "faster"}
    path = f"/v1/issues/{issue['issue_id']}/moves"
    other = stage.call("ministry-1", "POST", path, json={"move": "note", "reason": "部里已知悉"}, headers=headers)
    assert other.status_code == 200, other.text
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("内容已被他人更新")
    expect(page.get_by_text("部里已知悉")).to_be_visible()
    expect(page.get_by_label("理由")).to_have_value("先通知企业")
    page.get_by_role("button", name="再次提交").click()
    expect(page.get_by_role("status")).to_contain_text("已记入台账")


def test_many_are_assigned_at_once(stage: Stage, page_of: Any) -> None:
    """Filters live in the address; every chosen issue gets its own enterprise as responsible unit."""
    page = page_of("province-1", "/issues?state=registered")
    boxes = page.get_by_role("checkbox", name="选择 LT")
    count = boxes.count()
    assert count >= 1
    page.get_by_role("checkbox", name="选择全部待交办").check()
    page.get_by_label("责任人").fill("李工")
    page.get_by_label("完成期限").fill("2026-12-20T18:00")
    page.get_by_role("button", name="交办", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(f"已交办 {count} 个问题")
    assert issues(stage, "registered", "province-1") == []


def test_a_lead_arrives_live(stage: Stage, page_of: Any) -> None:
    """An event on the stream, and it stands in the duty room."""
    page = page_of("office-1", "/")
    expect(page.get_by_text("实时", exact=False).first).to_be_visible()
    body = {
        "channel": "complaint", "reference": "12369-live", "category": "dust", "severity": 2, "division_code": "130102",
        "place": "长安区", "text": "刚刚收到的投诉", "found_ms": stage.clock.now_ms() - 1000,
    }  # fmt: skip
    made = stage.call("office-1", "POST", "/v1/leads", json=body, headers={"Idempotency-Key": "live"})
    assert made.status_code == 201, made.text
    stage.tell("lead")
    expect(page.get_by_role("link", name="刚刚收到的投诉")).to_be_visible()


def test_each_role_sees_its_own(page_of: Any) -> None:
    """No rounds for an enterprise, no operations for an office, no other enterprise's issue."""
    plant = page_of("plant-1", "/enterprise")
    assert plant.get_by_role("link", name="轮次").count() == 0
    office = page_of("office-1", "/")
    assert office.get_by_role("link", name="运行").count() == 0
    expect(office.get_by_role("link", name="轮次")).to_be_visible()


def test_ten_thousand_rows_scroll_like_ten(page_of: Any, stage: Stage) -> None:
    """Few rows are in the page, and the keyboard reaches the first of them."""
    page = page_of("admin-1", "/registry/limit")
    total = len(stage.call("admin-1", "GET", "/v1/registry/limit", params={"limit": 1000}).json()["items"])
    assert total > 100
    assert page.locator("tbody tr[data-index]").count() < 60
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    until(page, f"document.querySelector('tbody tr[data-index=\"{total - 1}\"]') !== null")
    page.evaluate("window.scrollTo(0, 0)")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到内容")).to_be_focused()


def test_the_phone_works_in_a_basement(stage: Stage, page_of: Any) -> None:
    """Accepted, inspected and photographed without a network, after a restart of the app; sent when it comes back."""
    leads = stage.call("team-1", "GET", "/v1/leads", params={"stage": "pushed"}).json()["items"]
    lead = next(row for row in leads if row["category"] == "dust")
    page = page_of("team-1", "/team", PHONE, keeps_files=True)
    expect(page.get_by_role("heading", name="我的任务")).to_be_visible()
    until(page, "navigator.serviceWorker.controller !== null")
    expect(page.locator(f'a[href="/console/team/{lead["lead_id"]}"]')).to_be_visible()
    page.context.set_offline(True)
    page.goto(f"/console/team/{lead['lead_id']}")
    expect(page.get_by_text("离线", exact=True)).to_be_visible()
    page.get_by_role("button", name="接收任务").click()
    page.get_by_label("账号，一行一人").fill("team-1\nteam-2")
    page.get_by_role("radio", name="属实", exact=True).check()
    page.get_by_label("现场情况").fill("裸土未覆盖，现场正在作业。")
    take_place(page, "登记库没有坐标，无法判断检查地点")
    assert answer_all(page, {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo()}) == 9
    expect(page.get_by_text("待发送", exact=True).first).to_be_visible()
    page.get_by_role("button", name="提交核查结果").click()
    expect(page.get_by_text("这条线索已有结果：属实")).to_be_visible()
    page.reload()
    expect(page.get_by_text("4 项待发送")).to_be_visible()
    assert stage.call("team-1", "GET", f"/v1/leads/{lead['lead_id']}").json()["stage"] == "pushed"
    page.context.set_offline(False)
    page.goto("/console/team/queue")
    expect(page.get_by_text("已送达", exact=True)).to_have_count(4, timeout=60_000)
    found = stage.call("team-1", "GET", f"/v1/leads/{lead['lead_id']}").json()
    assert found["stage"] == "confirmed"
    moves = [entry["move"] for entry in found["history"]]
    assert [moves.count(move) for move in ("accept", "inspect", "attach", "confirm")] == [1, 1, 1, 1]
    inspection = found["inspection"]
    assert (inspection["presence"]["verdict"], found["place_flags"]) == ("no-site", ["registry-no-site"])
    answers = inspection["check_list"]["answers"]
    piece = stage.call("team-1", "GET", f"/v1/leads/{lead['lead_id']}/evidence").json()["items"][0]["evidence_id"]
    assert [(row["found"], row["evidence"]) for row in answers] == [("problem", [piece]), *[("none", [])] * 8]
    office = page_of("office-1", f"/leads/{lead['lead_id']}")
    expect(office.get_by_text("扬尘检查表（六个百分之百） 第1版：9 项中发现问题 1 项").first).to_be_visible()
    expect(office.get_by_text("周边围挡到位").first).to_be_visible()
    expect(office.get_by_text("登记库没有坐标，无法判断检查地点").first).to_be_visible()
    with office.expect_download() as saved:
        office.get_by_role("button", name="现场检查记录").click()
    assert saved.value.suggested_filename.endswith(".docx")


def test_a_conflict_is_shown_and_decided_by_a_person(stage: Stage, page_of: Any) -> None:
    """Another team took the lead while this phone was offline: both sides are shown, nothing found is lost."""
    leads = stage.call("team-1", "GET", "/v1/leads", params={"stage": "pushed"}).json()["items"]
    lead = next(row for row in leads if row["category"] == "bypass")
    page = page_of("team-1", f"/team/{lead['lead_id']}", PHONE)
    page.context.set_offline(True)
    page.get_by_role("button", name="接收任务").click()
    path = f"/v1/leads/{lead['lead_id']}/moves"
    headers = {"If-Match": f'"{lead["revision"]}"', "Idempotency-Key": "other-team"}
    taken = stage.call("team-2", "POST", path, json={"move": "accept"}, headers=headers)
    assert taken.status_code == 200, taken.text
    page.context.set_offline(False)
    page.goto("/console/team/queue")
    expect(page.get_by_text("冲突", exact=True)).to_be_visible()
    expect(page.get_by_text("您离线期间：石家庄市执法队 接收")).to_be_visible()
    page.get_by_role("button", name="改为备注保存").click()
    expect(page.get_by_text("已送达", exact=True)).to_be_visible()
    found = stage.call("team-1", "GET", f"/v1/leads/{lead['lead_id']}").json()
    assert found["history"][-1]["move"] == "note"
    assert found["history"][-1]["actor"]["actor_id"] == "team-1"


def photo(what: str = "") -> bytes:
    """A small real JPEG; another one for another purpose."""
    import io
    import random

    from PIL import Image

    dots = random.Random(what).randbytes(640 * 480)
    out = io.BytesIO()
    Image.frombytes("L", (640, 480), dots).convert("RGB").save(out, "JPEG")
    return out.getvalue()
