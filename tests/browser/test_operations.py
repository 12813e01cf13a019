"""The operator's page and the duty room's air: what is decided there reaches the desk, what is shut says so."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from lantian_kit.dead_letters.letters import State
from lantian_proto.v1.lead_pb2 import Lead
from tests.browser.browsers import settled
from tests.browser.stage import PLANT, Stage

pytestmark = pytest.mark.timeout(600)
LEAD, FRAME = "ab01cd02ef03", "cd04ef05ab06"


def test_a_letter_is_mended_and_another_given_up(stage: Stage, page_of: Any) -> None:
    """What can not be read as JSON goes nowhere and stays in the form; a reason is asked for; the list moves on."""
    page = page_of("admin-1", "/operations")
    page.get_by_role("button", name=f"处理 {LEAD}").click()
    desk = page.get_by_role("article", name="死信详情")
    desk.get_by_role("radio", name="修正后注入").check()
    field = desk.get_by_label("修正后的内容", exact=False)
    fields = json.loads(field.input_value())
    field.fill("{ half")
    desk.get_by_label("理由", exact=False).fill("等级写错")
    desk.get_by_role("button", name="修正后注入").click()
    expect(desk.get_by_role("alert")).to_contain_text("不是有效的 JSON")
    expect(field).to_have_value("{ half")
    field.fill(json.dumps({**fields, "severity": 4}))
    desk.get_by_role("button", name="修正后注入").click()
    expect(desk.get_by_text("等级写错")).to_be_visible()
    assert Lead.FromString(stage.operations.sent[0].value).severity == 4
    expect(page.get_by_role("button", name=f"处理 {LEAD}")).to_have_count(0)

    page.get_by_role("button", name=f"处理 {FRAME}").click()
    desk.get_by_role("radio", name="丢弃").check()
    desk.get_by_label("理由", exact=False).fill("不是本系统的报文")
    desk.get_by_role("button", name="丢弃").click()
    expect(page.get_by_text("没有待处理的死信。")).to_be_visible()
    page.get_by_label("处理情况").select_option(label="已丢弃")
    expect(page.get_by_role("button", name=f"查看 {FRAME}")).to_be_visible()
    assert len(stage.operations.sent) == 1
    assert {decided.actor for decided in stage.operations.decisions.values()} == {"admin-1"}


def test_who_was_faster_and_a_shut_door_are_said(stage: Stage, page_of: Any) -> None:
    """Somebody else decided meanwhile; brokers that ask for a user leave the commands."""
    stage.operations.decisions.clear()
    page = page_of("admin-1", f"/operations?letter={LEAD}")
    body = {"action": "discard", "reason": "同事先处理"}
    done = stage.call("admin-1", "POST", f"/v1/operations/letters/{LEAD}:decide", json=body)
    assert done.json()["state"] == State.DISCARDED
    desk = page.get_by_role("article", name="死信详情")
    desk.get_by_label("理由", exact=False).fill("服务已修复")
    desk.get_by_role("button", name="原样重新注入").click()
    expect(desk.get_by_role("alert")).to_contain_text("已由 admin-1 处理过（同事先处理）")
    stage.operations.shut = True
    page.reload()
    settled(page)
    expect(page.get_by_text("lantian dlq list")).to_be_visible()
    stage.operations.shut = False


def test_the_duty_room_shows_the_air_and_the_warning(stage: Stage, page_of: Any) -> None:
    """The worst city first with its class; an index that may not be published is marked; the office sees its own."""
    page = page_of("ministry-1", "/")
    cities = page.get_by_label("各城市空气质量").get_by_role("listitem")
    expect(cities).to_have_count(4)
    expect(cities.first).to_contain_text("保定")
    expect(cities.first).to_contain_text("重度污染")
    expect(page.get_by_text("污染物不全，不发布")).to_have_count(1)
    expect(page.get_by_role("link", name="橙色预警")).to_contain_text("6 个点位")  # three more wait to be confirmed
    own = page_of("office-1", "/").get_by_label("各城市空气质量").get_by_role("listitem")
    expect(own).to_have_count(1)
    expect(own).to_contain_text("石家庄")


def test_an_enterprise_sets_where_its_warnings_go(stage: Stage, page_of: Any) -> None:
    """What is no number is said and stays in the form; what is saved stands in the list."""
    page = page_of("plant-1", "/enterprise")
    page.get_by_role("button", name="设置…").click()
    form = page.locator("form.form")
    number = form.get_by_label("手机号码").last
    number.fill("http://10.0.0.1")
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_role("alert")).to_contain_text("不是电话号码")
    expect(number).to_have_value("http://10.0.0.1")
    number.fill("13900000000")
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_text("短信：13900000000")).to_be_visible()
    kept = stage.call("plant-1", "GET", f"/v1/registry/enterprise/{PLANT.enterprise_id}").json()
    assert {"channel": "sms", "address": "13900000000", "secret_name": ""} in kept["entity"]["contacts"]


def test_an_operator_sees_which_senders_need_a_look(stage: Stage, page_of: Any) -> None:
    """Who is silent, refused or has a wrong clock, and what the gateway noticed, page by page and of one kind."""
    page = page_of("admin-1", "/operations")
    senders = page.get_by_role("region", name="数据源连接")
    expect(senders.get_by_role("row")).to_have_count(8)  # five silent, one with refused frames, one with a wrong clock
    expect(senders.get_by_text("快 5分钟", exact=False)).to_be_visible()
    events = page.get_by_role("region", name="数据源事件")
    expect(events.get_by_role("row")).to_have_count(31)
    page.get_by_role("button", name="更多").last.click()
    expect(events.get_by_role("row")).to_have_count(45)
    page.get_by_role("combobox", name="事件").select_option(label="两处地址")
    expect(events.get_by_role("row")).to_have_count(2)
    expect(events.get_by_text("轮流从 10.20.0.7、172.16.4.9 上报，可能有人冒用")).to_be_visible()


def test_what_failed_is_said_in_words(page_of: Any) -> None:
    """Rules that raised, with what is missing; feed events nobody could read; why notices did not arrive."""
    page = page_of("admin-1", "/operations")
    failed = page.get_by_role("region", name="规则运行出错")
    expect(failed.get_by_role("row")).to_have_count(2)
    failed.get_by_role("button", name="出错位置").click()
    places = page.get_by_role("region", name="出错位置")
    expect(places.get_by_text("demo-130100-0027-1 烟尘", exact=False)).to_be_visible()
    expect(places.get_by_text("ZeroDivisionError", exact=False)).to_be_visible()
    expect(page.get_by_text("另有 3 条记录无法解析", exact=False)).to_be_visible()
    told = page.get_by_role("region", name="通知投递")
    for words in (
        "对方已接收",
        "对方超时没有应答",
        "对方返回了错误；重试次数已用完 HTTP 503",
        "对方称地址已停用 HTTP 410",
    ):
        expect(told.get_by_text(words, exact=False)).to_be_visible()
