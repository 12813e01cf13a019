"""Tables and letters: filled, escaped, and never a formula."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook

from lantian_tasks.clocks.facts import shipped_facts
from lantian_tasks.ledger import endpoints
from lantian_tasks.ledger.issue import State
from lantian_tasks.registry.divisions import division_text
from lantian_tasks.reports import ledger_table, papers
from lantian_tasks.reports.figures import figures, trail_of
from lantian_tasks.reports.sheets import Column, Print, sheet
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import AFTER_NOTICE_MS, ENTERPRISE, FACTS, NOW_MS, PROVINCE, after, an_issue, command

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    '=HYPERLINK("http://evil.example","x")',
    "http://evil.example",
    "{{ 7*7 }}",
    "{% raw %}",
    "<w:t>x</w:t>",
    "]]></w:t>",
    "a\x00b\x0b",
    "报告\u202egpj",
    "长" * 40_000,
]


def text_of(data: bytes) -> str:
    """All text of a Word file."""
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_no_cell_is_a_formula(payload: str) -> None:
    """Typed as text in the file itself, wherever it stands."""
    data = sheet(payload, payload, [Column("甲"), Column("乙")], [[payload, 1], [None, payload]], "表")
    page = load_workbook(io.BytesIO(data)).worksheets[0]
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value is not None} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert not [name for name in archive.namelist() if "externalLink" in name or name.endswith("sheet1.xml.rels")]


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_a_command_of_the_form(payload: str) -> None:
    """What was typed stands there as it was typed, less what a file can not hold."""
    values = papers.assignment(an_issue(State.ASSIGNED), FACTS, NOW_MS)
    shown = text_of(papers.fill("assignment", {**values, "summary": payload, "person": payload}))
    kept = "".join(c for c in payload if c >= " ")[:8]
    assert kept in shown
    assert "49" not in shown


def test_the_papers_of_an_issue() -> None:
    """Everything that is known stands in them; what nobody has decided is blank, never wrong."""
    closed = an_issue(State.CLOSED)
    assignment = text_of(papers.fill("assignment", papers.assignment(closed, FACTS, NOW_MS)))
    for word in (
        closed.head.number,
        "某钢铁有限公司",
        "王工",
        "2026年11月29日",
        "超标排放",
        "整改前照片",
        "mg/m³（基准氧含量 16%）",
    ):
        assert word in assignment, word
    report = text_of(papers.fill("rectification", papers.rectification(closed, NOW_MS)))
    for word in ("换喷淋层", "连续72小时达标", "已销号", "整改报告", "申请销号"):
        assert word in report, word
    blank = text_of(papers.fill("assignment", papers.assignment(an_issue(), FACTS, NOW_MS)))
    assert "{{" not in assignment + report + blank
    assert "None" not in assignment + report + blank


def test_a_notice_says_what_was_done_and_names_nobody() -> None:
    """公示: the enterprise in clear, persons, numbers and plates masked wherever they were typed."""
    issue = an_issue(State.VERIFIED)
    plain = text_of(papers.fill("notice", papers.notice(issue, FACTS, NOW_MS)))
    for word in ("某钢铁有限公司", "更换喷淋层", "连续72小时达标", "5个工作日", issue.head.number):
        assert word in plain, word
    said = "王工（13800001234）安排冀A12345运走，身份证130102199001011234"
    typed = after(an_issue(State.RECTIFYING), command("report", ENTERPRISE, measures=said))
    masked = text_of(papers.fill("notice", papers.notice(typed, FACTS, NOW_MS)))
    assert "王*（138****1234）安排冀A***45运走，身份证130102**********34" in masked
    assert "{{" not in plain + masked


def test_a_warning_quotes_the_season() -> None:
    """Figures, what is late, and the words of the season in force; fraud is named when there was some."""
    late = an_issue(State.RECTIFYING)
    found = figures([trail_of(late.head, late.history)])
    measures = shipped_facts().policy.city_measures[-1]
    values = papers.warning("石家庄市", found, [late.head], measures, "进展滞后。", 0, 0, NOW_MS)
    letter = text_of(papers.fill("warning", values))
    for word in ("石家庄市人民政府", "草稿", "通报或约谈", late.head.number, "整改中 1 个", "进展滞后"):
        assert word in letter, word
    assert measures.fraud not in letter
    worse = papers.warning("石家庄市", replace(found, fraud=1), [], measures, "x", 0, 0, NOW_MS)
    assert measures.fraud in text_of(papers.fill("warning", worse))


def test_a_form_of_the_authority_goes_first(tmp_path: Path) -> None:
    """One that is none is said to be none, by name."""
    document = Document()
    document.add_paragraph("自有格式 {{ number }}")
    document.save(str(tmp_path / "assignment.docx"))
    (tmp_path / "rectification.docx").write_bytes(b"no form")
    values = papers.assignment(an_issue(), FACTS, NOW_MS)
    assert "自有格式 LT-" in text_of(papers.fill("assignment", values, tmp_path))
    with pytest.raises(papers.FormError, match=r"rectification\.docx"):
        papers.fill("rectification", {}, tmp_path)


def test_a_row_of_the_ledger() -> None:
    """As many cells as columns, in words."""
    closed = an_issue(State.CLOSED)
    [row] = ledger_table.rows([(closed.head, closed.history)])
    named = dict(zip((column.title for column in ledger_table.COLUMNS), row, strict=True))
    assert named["状态"] == "已销号"
    assert (named["证据件数"], named["督办次数"], named["核验人"]) == (3, 0, "石家庄市执法队（team-1）")
    assert (named["行政区划"], named["区划代码"]) == ("石家庄市长安区", "130102")
    assert named["末条哈希"] == closed.history[-1]["hash"][:16]
    assert named["销号时间"]
    drawn = an_issue(State.SPOT_CHECK)
    failed = after(
        drawn,
        command("fail-recheck", replace(PROVINCE, actor_id="province-2"), "", AFTER_NOTICE_MS, conclusion="假整改"),
    )
    [row] = ledger_table.rows([(failed.head, failed.history)])
    again = dict(zip((column.title for column in ledger_table.COLUMNS), row, strict=True))
    assert (again["状态"], again["销号时间"]) == ("整改中", "")


def test_a_table_prints_as_wide_as_its_paper() -> None:
    """Landscape, its head on each page, the first columns only; a row is as high as its longest text."""
    columns = [Column("名称", 10), Column("说明", 10), Column("编号", 10)]
    rows = [["短", "长" * 40, "x"], ["短", "短", "x"]]
    page = load_workbook(io.BytesIO(sheet("台账 & 表", "", columns, rows, "表", Print("A3", 2)))).worksheets[0]
    setup = page.page_setup
    assert (setup.orientation, str(setup.paperSize), setup.fitToHeight) == ("landscape", "8", 0)
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert (page.print_title_rows, page.print_area) == ("$1:$3", "'表'!$A$1:$B$5")
    assert page.row_dimensions[4].height > 100 > 20 > page.row_dimensions[5].height


def test_a_letter_is_a_draft_until_it_is_approved() -> None:
    """Its form says what it is given; an empty list is said to be empty."""
    values = papers.warning("石家庄市", figures([]), [], None, "x", 0, 0, NOW_MS)
    assert values["standing"] == papers.DRAFTED
    assert "草稿" not in text_of(papers.fill("warning", {**values, "standing": ""}))
    assert "无。" in text_of(papers.fill("warning", values))


@pytest.fixture
async def api() -> Api:
    """An API with an issue."""
    api = Api()
    await api.holding(state=State.RECTIFYING)
    return api


async def test_reports_over_http(api: Api) -> None:
    """Files with their names; figures; nothing of other divisions."""
    issue = (await api.get("/v1/issues")).json()["items"][0]
    own = f"issues/{issue['issue_id']}"
    for path in ("ledger", f"{own}/assignment", f"{own}/rectification", f"{own}/notice", "scorecard-table"):
        response = await api.get(f"/v1/reports/{path}")
        assert response.status_code == 200, response.text
        assert response.content.startswith(b"PK")
        assert "filename*=UTF-8''" in response.headers["content-disposition"]
    card: dict[str, Any] = (await api.get("/v1/reports/scorecard")).json()
    assert [(city["city"], city["name"], city["issues"]) for city in card["cities"]] == [("130100", "石家庄市", 1)]
    assert card["whole"]["issues"] == 1
    assert card["whole"]["leads"]["precision"] == 1.0
    assert (card["season"], card["campaign_first"], card["campaign_last"]) == ("", "2026-10-01", "2027-03-31")
    held = (await api.get("/v1/reports/scorecard", until_ms=1_705_000_000_000)).json()
    assert (held["season"], held["campaign_first"]) == ("2023-24", "2023-10-01")
    summer = (await api.get("/v1/reports/scorecard", until_ms=1_720_000_000_000)).json()
    assert (summer["season"], summer["campaign_first"], summer["campaign_last"]) == ("", None, None)
    table = load_workbook(io.BytesIO((await api.get("/v1/reports/scorecard-table")).content)).worksheets[0]
    assert "2026-10-01 至 2027-03-31 攻坚季（方案未收录）" in str(table["A2"].value)
    [month] = (await api.get("/v1/reports/figures")).json()["months"]
    assert (month["month"], month["issues"], month["leads"]["confirmed"]) == ("2026-11", 1, 1)
    letter = await api.call("POST", "/v1/reports/cities/130100/warning", json={"reason": "进展滞后"})
    assert "石家庄市人民政府" in text_of(letter.content)
    assert (await api.get("/v1/reports/scorecard", "tangshan-1")).json()["cities"] == []
    ledger = load_workbook(io.BytesIO((await api.get("/v1/reports/ledger", "tangshan-1")).content))
    assert ledger.worksheets[0].max_row == 3
    assert_problem(await api.get(f"/v1/reports/{own}/assignment", "tangshan-1"), 404, "not-found")
    for who in ("tangshan-1", "plant-1", "auditor-1"):
        refused = await api.call("POST", "/v1/reports/cities/130100/warning", who, json={"reason": "x"})
        assert_problem(refused, 403, "forbidden")


async def test_a_count_of_a_search_among_many_is_at_least_that(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest of what the other filters leave are looked at; nothing is said of the others."""
    assert (await api.get("/v1/issue-counts", q="钢铁")).json()["at_least"] is False
    monkeypatch.setattr(endpoints, "SEARCHED_MOST", 0)
    assert (await api.get("/v1/issue-counts", q="钢铁")).json()["at_least"] is True
    assert (await api.get("/v1/issue-counts")).json()["at_least"] is False


async def test_counts_search_and_order_over_http(api: Api) -> None:
    """By the filters of the list; a cursor of another order is refused."""
    found = (await api.get("/v1/issue-counts", by="state")).json()
    assert found == {"total": 1, "rows": [{"values": {"state": "rectifying"}, "count": 1}], "at_least": False}
    assert (await api.get("/v1/issue-counts", q="没有")).json()["total"] == 0
    assert (await api.get("/v1/issue-counts", "tangshan-1")).json()["total"] == 0
    assert len((await api.get("/v1/issues", q="钢铁", order="severity")).json()["items"]) == 1
    assert (await api.get("/v1/leads", q="钢铁", order="score")).json()["items"] != []
    assert (await api.get("/v1/rounds", q="x")).json()["items"] == []
    assert_problem(await api.get("/v1/issues", order="due", cursor="WyJuZXdlc3QiLDEsIngiXQ"), 400, "cursor")


def test_a_paper_names_the_division_and_not_its_code_alone() -> None:
    """A county with its city; what nobody lists keeps its code; sub-units by the name that the plans give them."""
    texts = [division_text(code) for code in ("130100", "130102", "110000", "110105", "130199", "440300", "")]
    assert texts == ["石家庄市", "石家庄市长安区", "北京市", "北京市朝阳区", "石家庄市 130199", "440300", ""]
    units = [division_text(code) for code in ("130629", "419001", "610403", "410381", "130171")]
    assert units == [
        "容城县（雄安新区）",
        "济源市",
        "杨陵区（杨凌示范区）",
        "洛阳市偃师市（已撤并）",
        "石家庄市石家庄高新技术产业开发区",
    ]
