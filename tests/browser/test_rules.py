"""Parameters of a rule in the console: bounds, a dry run on history with its difference, the change with its reason.

What alerts does beside the API, answering the wish and learning of the set, is done here by its own code.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page, expect

from lantian_alerts.replay.answer import begun
from lantian_proto.replays import sealed
from lantian_proto.v1.lead_pb2 import Text
from lantian_proto.v1.rule_pb2 import ReplayCounts, ReplayedLead, RuleNews
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ports import RecordQuery
from lantian_tasks.registry.record import Kind, Record, message
from lantian_tasks.registry.rule_news import replay_key
from tests.browser.browsers import DESK, PHONE, settled, too_wide, violations
from tests.browser.stage import PLANT, Stage

pytestmark = pytest.mark.timeout(600)
RULE = "hour-exceedance"
PICTURES = Path(__file__).parents[2] / ".local" / "screens"
HOUR_MS = 3_600_000
T = TypeVar("T")


def at_once(call: Coroutine[Any, Any, T]) -> T:
    """What a call of the store gives: in a thread, since the browser's library has a loop of its own in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, call).result()


def records(stage: Stage, kind: Kind) -> list[Record]:
    """What the registry has of a kind."""
    return at_once(stage.store.page(RecordQuery(EVERYTHING, kind, 100)))


def answered(stage: Stage, number: int) -> None:
    """Alerts has run the replay that was wished last: one lead more, one gone, one told graver."""
    wish = message(records(stage, Kind.RULE_REPLAY)[-1]).rule_replay
    result = begun(wish, wish.rule_replay_id, number)
    result.state, result.records, result.finished_ms = "done", 4_320, stage.clock.now_ms()
    result.counts.append(ReplayCounts(rule_id=RULE, added=1, gone=1, changed=1, same=40))
    result.counts.append(ReplayCounts(rule_id="falsification-likely", same=2))
    text = Text(zh="2026-01-10 08:00–09:00，二氧化硫小时均值超标 1 小时，最高 52.5 mg/m³。", en="SO2 above the limit.")
    for place, (outcome, before, after) in enumerate((("added", 0, 2), ("gone", 2, 2), ("changed", 2, 3))):
        start_ms = wish.from_ms + place * HOUR_MS
        lead = ReplayedLead(outcome=outcome, lead_id=f"{place:032x}", rule_id=RULE, source_id=PLANT.source_id)
        lead.factor, lead.severity, lead.severity_before = "a21026", after, before
        lead.start_ms, lead.end_ms = start_ms, start_ms + HOUR_MS
        lead.summary.CopyFrom(text)
        result.leads.append(lead)
    news = RuleNews(replay=sealed(result)).SerializeToString()
    at_once(stage.store.keep_rule_news(replay_key(wish.rule_replay_id), news))


def opened_rule(page: Page) -> Any:
    """The rule's article, opened."""
    article = page.locator("article").filter(has_text=RULE).first
    article.locator("summary").click()
    expect(article.get_by_role("heading", name="可调参数")).to_be_visible()
    return article


def local(ms: int) -> str:
    """As a field for date and time takes it, Beijing time."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(timezone(timedelta(hours=8))).strftime("%Y-%m-%dT%H:%M")


def test_tried_on_history_then_set(stage: Stage, page_of: Any) -> None:
    """Out of bounds is said at once; the difference is shown; the set is in the registry and in the rule's history."""
    page = page_of("ministry-1", f"/rules?find={RULE}", DESK)
    rule = opened_rule(page)
    rule.get_by_role("button", name="调整参数").click()
    ratio = rule.get_by_role("textbox", name="较重倍数改为")
    ratio.fill("11")
    expect(rule.get_by_text("须在 1.1 至 10 之内")).to_be_visible()
    rule.get_by_role("button", name="用历史数据试算").click()
    assert records(stage, Kind.RULE_REPLAY) == []
    ratio.fill("1.5")
    rule.get_by_role("button", name="用历史数据试算").click()
    expect(rule.get_by_text("正在用历史数据回放")).to_be_visible()

    page.reload()  # it goes on where it was
    settled(page)
    rule = opened_rule(page)
    expect(rule.get_by_text("正在用历史数据回放")).to_be_visible()
    answered(stage, 1)
    expect(rule.get_by_role("heading", name="试算结果")).to_be_visible()
    expect(rule.get_by_role("region", name="有差异的线索").locator("tbody tr")).to_have_count(3)
    own = rule.get_by_role("row", name="本规则")
    assert own.locator("td").all_inner_texts() == ["本规则", "1", "1", "1", "40"]

    ratio = rule.get_by_role("textbox", name="较重倍数改为")
    ratio.fill("1.6")
    expect(rule.get_by_text("请重新试算")).to_be_visible()
    expect(rule.get_by_role("button", name="登记这组参数")).to_have_count(0)
    ratio.fill("1.5")
    submit = rule.get_by_role("button", name="登记这组参数")
    expect(submit).to_be_disabled()
    from_ms = stage.clock.now_ms() // HOUR_MS * HOUR_MS + 3 * HOUR_MS
    rule.get_by_label("生效时间（整点）").fill(local(from_ms))
    rule.get_by_label("修改理由").fill("复核表明超标一半以上多为治理设施失效")
    PICTURES.mkdir(parents=True, exist_ok=True)
    rule.screenshot(path=str(PICTURES / "rule-dry-run.png"))
    assert violations(page) == []
    submit.click()
    expect(page.get_by_text("参数已登记")).to_be_visible()

    [made] = records(stage, Kind.RULE_PARAMETERS)
    told = message(made)
    assert (made.id, made.validity.from_ms, made.changed_by) == (f"{RULE}.2.1", from_ms, "ministry-1")
    assert [(one.path, one.value) for one in told.rule_parameters.values] == [("high_ratio", 1.5)]
    stage.detection.take(told)
    page.reload()
    settled(page)
    rule = opened_rule(page)
    history = rule.get_by_text("第 2.1 版")
    expect(history).to_contain_text("较重倍数 1.5")
    expect(history).to_contain_text("复核表明超标一半以上多为治理设施失效")
    rule.screenshot(path=str(PICTURES / "rule-parameters.png"))
    assert too_wide(page) == 0


def test_others_look_only(stage: Stage, page_of: Any) -> None:
    """A city sees parameters and bounds on its phone, and nothing to change them by."""
    page = page_of("office-1", f"/rules?find={RULE}", PHONE)
    rule = opened_rule(page)
    expect(rule.get_by_text("1.1 至 10")).to_be_visible()
    expect(rule.get_by_role("button", name="调整参数")).to_have_count(0)
    assert too_wide(page) == 0


def test_a_refusal_of_the_api_is_said_in_chinese(stage: Stage, page_of: Any) -> None:
    """The catalogue has moved on under the page's hands: what was typed stays."""
    page = page_of("admin-1", f"/rules?find={RULE}", DESK)
    rule = opened_rule(page)
    rule.get_by_role("button", name="调整参数").click()
    held = stage.store.news.pop("catalogue")
    try:
        rule.get_by_role("textbox", name="较重倍数改为").fill("1.7")
        rule.get_by_role("button", name="用历史数据试算").click()
        expect(rule.get_by_role("alert")).to_contain_text("检测服务尚未公布规则目录")
        expect(rule.get_by_role("alert")).not_to_contain_text("alerts has not")
        expect(rule.get_by_role("textbox", name="较重倍数改为")).to_have_value("1.7")
    finally:
        stage.store.news["catalogue"] = held
