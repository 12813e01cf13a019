"""The draft of a public notice: what of a person is masked in it, and that the ledger takes it."""

import pytest

from lantian_tasks.ledger.issue import State
from lantian_tasks.ledger.masking import Masked, masking, personal
from lantian_tasks.reports.notice import notice_draft, people_of
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import ENTERPRISE, FACTS, after, an_issue, command


def test_what_was_masked_is_said() -> None:
    """Each different thing once, with its kind; what is public is none of it."""
    text, found = masking("王工 13800001234，王工，冀A12345，某钢铁有限公司 911301007216410071", ["王工"])
    assert text == "王* 138****1234，王*，冀A***45，某钢铁有限公司 911301007216410071"
    assert found == [
        Masked("name", "王工", "王*"),
        Masked("phone number", "13800001234", "138****1234"),
        Masked("plate", "冀A12345", "冀A***45"),
    ]
    assert masking(text, ["王工"]) == (text, [])


def test_a_draft_is_made_of_the_ledger_and_passes_its_guard() -> None:
    """The problem, the measures, the conclusion, the days; the person who was responsible and a phone number do not."""
    verified = an_issue(State.VERIFIED)
    text, found = notice_draft(verified, FACTS)
    for word in ("某钢铁有限公司", "超标排放", "更换喷淋层", "连续72小时达标", "5个工作日"):
        assert word in text, word
    assert found == []
    typed = after(an_issue(State.RECTIFYING), command("report", ENTERPRISE, measures="王工（13800001234）换了喷淋层"))
    text, found = notice_draft(typed, FACTS)
    assert [one.kind for one in found] == ["name", "phone number"]
    assert personal(text, people_of(typed)) == []


@pytest.fixture
async def api() -> Api:
    """An API with a verified issue."""
    api = Api()
    await api.holding(state=State.VERIFIED)
    return api


async def test_drafts_over_http(api: Api) -> None:
    """Drafted, or what was typed and masked; for who may publicise, within their divisions; nothing is written."""
    issue = (await api.get("/v1/issues")).json()["items"][0]
    path = f"/v1/reports/issues/{issue['issue_id']}/notice-draft"
    drafted = (await api.call("POST", path, "office-1", json={"text": ""})).json()
    assert "某钢铁有限公司" in drafted["text"]
    assert drafted["masked"] == []
    typed = (await api.call("POST", path, "office-1", json={"text": "联系王工 13800001234"})).json()
    assert typed["text"] == "联系王* 138****1234"
    assert typed["masked"][0] == {"kind": "name", "original": "王工", "shown": "王*"}
    assert (await api.get("/v1/issues")).json()["items"][0]["revision"] == issue["revision"]
    assert_problem(await api.call("POST", path, "tangshan-1", json={"text": ""}), 404, "not-found")
    assert_problem(await api.call("POST", path, "plant-1", json={"text": ""}), 403, "forbidden")
    assert_problem(await api.call("POST", path, "office-1", json={"text": "长" * 4001}), 422, "invalid")
