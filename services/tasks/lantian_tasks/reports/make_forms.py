"""Makes the shipped forms (reports/forms/*.docx): `python -m lantian_tasks.reports.make_forms`.

An authority replaces a form by its own file of the same name in LANTIAN_FORMS_DIR; the names in double braces are what
papers.py fills in.
"""

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_ALIGN_VERTICAL, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

FOLDER = Path(__file__).with_name("forms")
SONG, HEI, FANG = "宋体", "黑体", "仿宋"
TABLE_PT, LIST_PT, LETTER_PT = 12, 10.5, 16
"""Sizes of type: tables of facts 小四, lists 五号, letters 三号."""
FACTS_CM = (2.8, 5, 2.8, 5)


def _font(style: Any, name: str, size: float) -> None:
    style.font.name = name
    style.font.size = Pt(size)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _shade(cell: Any) -> None:
    shading = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", "EEF1F5")):
        shading.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shading)  # the library has no name for it


def _of_row(row: Any, *names: str) -> None:
    """Marks a row: w:tblHeader repeats it on each page, w:cantSplit keeps it on one."""
    properties = row._tr.get_or_add_trPr()  # the library has no name for them
    for name in names:
        properties.append(OxmlElement(name))


class _Form:
    """A page of an official paper: A4, margins, type and line pitch after GB/T 9704-2012, 5.2 and 6."""

    def __init__(self, title: str, *, size: float = 12) -> None:
        self.document = Document()
        self._size = size
        _font(self.document.styles["Normal"], FANG if size > TABLE_PT else SONG, size)
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
        section.top_margin, section.bottom_margin = Cm(3), Cm(2.5)
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_after = Pt(14)
        run = paragraph.add_run(title)
        run.bold = True
        _font(run, HEI, 20)

    def line(self, text: str, *, right: bool = False, bold: bool = False, indent: bool = False) -> None:
        """A paragraph; `indent` by two characters, as running text of a letter."""
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.space_after = Pt(4)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(2 * self._size)
        if self._size > TABLE_PT:
            paragraph.paragraph_format.line_spacing = Pt(28)
        paragraph.add_run(text).bold = bold

    def signed(self, who: str) -> None:
        """Who stamps it, and the day."""
        self.line("")
        self.line(f"{who}（盖章）　　", right=True)
        self.line("{{ made }}　　", right=True)

    def facts(self, rows: list[tuple[str, ...]]) -> None:
        """A table of names and values: two pairs in a row, or one that fills it."""
        table = self.document.add_table(rows=0, cols=4, style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        self._widths(table, FACTS_CM)
        for row in rows:
            added = table.add_row()
            added.height, added.height_rule = Cm(0.9), WD_ROW_HEIGHT_RULE.AT_LEAST
            _of_row(added, "w:cantSplit")
            cells = added.cells
            if len(row) == 2:
                cells[1].merge(cells[3])
            for place, (cell, text) in enumerate(
                zip((cells[0], cells[1]) if len(row) == 2 else cells, row, strict=True)
            ):
                self._write(cell, text, head=place % 2 == 0, size=TABLE_PT)
        self._widths(table, FACTS_CM)

    def rows(self, heads: tuple[str, ...], cells: tuple[str, ...], each: str, widths: tuple[float, ...]) -> None:
        """A table with one row for each of a list, or 无 where the list is empty; its head stands on each page."""
        self.document.add_paragraph(f"{{%p if {each} %}}")
        table = self.document.add_table(rows=1, cols=len(heads), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        _of_row(table.rows[0], "w:tblHeader", "w:cantSplit")
        for cell, text in zip(table.rows[0].cells, heads, strict=True):
            self._write(cell, text, head=True, size=LIST_PT)
        table.add_row().cells[0].text = f"{{%tr for row in {each} %}}"
        body = table.add_row()
        _of_row(body, "w:cantSplit")
        for cell, text in zip(body.cells, cells, strict=True):
            self._write(cell, text, head=False, size=LIST_PT)
        table.add_row().cells[0].text = "{%tr endfor %}"
        self._widths(table, widths)
        self.document.add_paragraph("{%p else %}")
        self.line("无。", indent=True)
        self.document.add_paragraph("{%p endif %}")

    @staticmethod
    def _write(cell: Any, text: str, *, head: bool, size: float) -> None:
        cell.text = text
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        for run in paragraph.runs:
            _font(run, HEI if head else SONG, size)
        if head:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _shade(cell)

    @staticmethod
    def _widths(table: Any, widths: tuple[float, ...]) -> None:
        # Word reads the widths of cells, LibreOffice and WPS those of the grid.
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=False):
            column.width = Cm(width)
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=False):
                cell.width = Cm(width)

    def save(self, name: str) -> None:
        """Writes the form."""
        self.document.core_properties.author = "Lantian"
        self.document.core_properties.comments = ""
        self.document.save(str(FOLDER / f"{name}.docx"))


def assignment() -> None:
    """问题交办单."""
    form = _Form("大气污染问题交办单")
    form.line("文号：　　　　　　　　台账编号：{{ number }}", right=True)
    form.facts(
        [
            ("交办单位", "{{ from_unit }}", "承办单位", "{{ unit }}"),
            ("交办日期", "{{ assigned }}", "整改期限", "{{ due }}"),
            ("责任人", "{{ person }}", "联系方式", ""),
            ("企业名称", "{{ enterprise }}", "监测点", "{{ source }}"),
            ("所属区划", "{{ division }}", "问题来源", "{{ channel }}"),
            ("问题类型", "{{ category }}", "严重程度", "{{ severity }}"),
            ("问题描述", "{{ summary }}"),
            ("判定依据", "{{ basis }}"),
            ("整改要求", "{{ demands }}"),
            ("销号材料", "{{ evidence }}"),
        ]
    )
    form.line("")
    form.line(
        "请承办单位于 {{ receipt }} 前签收，按期整改并通过系统提交销号材料；逾期将依次催办、督办、挂牌督办。",
        indent=True,
    )
    form.signed("交办单位")
    form.save("assignment")


def rectification() -> None:
    """整改报告."""
    form = _Form("大气污染问题整改报告")
    form.line("台账编号：{{ number }}", right=True)
    form.facts(
        [
            ("企业名称", "{{ enterprise }}", "监测点", "{{ source }}"),
            ("责任单位", "{{ unit }}", "责任人", "{{ person }}"),
            ("问题类型", "{{ category }}", "整改期限", "{{ due }}"),
            ("问题描述", "{{ summary }}"),
            ("整改方案", "{{ plan }}"),
            ("完成情况", "{{ measures }}"),
            ("举一反三", "{{ peers }}"),
            ("核验结论", "{{ conclusion }}"),
            ("目前状态", "{{ state }}"),
        ]
    )
    form.line("")
    form.line("一、整改节点", bold=True)
    form.rows(
        ("节点", "期限", "完成"), ("{{ row.name }}", "{{ row.due }}", "{{ row.done }}"), "milestones", (8, 3.8, 3.8)
    )
    form.line("")
    form.line("二、证据材料", bold=True)
    form.rows(
        ("用途", "文件", "拍摄或收到时间", "疑点"),
        ("{{ row.kind }}", "{{ row.name }}", "{{ row.time }}", "{{ row.flags }}"),
        "pieces",
        (2.8, 4.8, 4.1, 3.9),
    )
    form.line("")
    form.line("三、办理过程", bold=True)
    form.rows(
        ("时间", "事项", "办理人", "说明"),
        ("{{ row.time }}", "{{ row.act }}", "{{ row.who }}", "{{ row.said }}"),
        "history",
        (3.9, 2.5, 4.4, 4.8),
    )
    form.line("")
    form.signed("责任单位")
    form.save("rectification")


def notice() -> None:
    """整改情况公示."""
    form = _Form("大气污染问题整改情况公示")
    form.line("台账编号：{{ number }}", right=True)
    form.facts(
        [
            ("企业名称", "{{ enterprise }}", "监测点", "{{ source }}"),
            ("问题类型", "{{ category }}", "问题来源", "{{ channel }}"),
            ("问题描述", "{{ summary }}"),
            ("责任单位", "{{ unit }}"),
            ("整改措施", "{{ measures }}"),
            ("举一反三", "{{ peers }}"),
            ("核验结论", "{{ conclusion }}"),
        ]
    )
    form.line("")
    form.line("公示期 {{ days }}。公示期内如有异议，请以书面形式向公示单位反映。", indent=True)
    form.signed("公示单位")
    form.save("notice")


def warning() -> None:
    """预警通知函."""
    form = _Form("大气污染综合治理预警通知函", size=LETTER_PT)
    form.line("{{ standing }}", right=True)
    form.line("{{ city }}人民政府：")
    form.line(
        "{{ since }}至{{ until }}，你市共有大气污染问题 {{ issues }} 个，已销号 {{ closed }} 个，"
        "整改中 {{ open }} 个，其中逾期并已督办 {{ overdue }} 个；抽查复核 {{ rechecked }} 次，"
        "不通过 {{ failed }} 次；反弹 {{ relapsed }} 个；数据弄虚作假 {{ fraud }} 个。",
        indent=True,
    )
    form.line("{{ reason }}", indent=True)
    form.line("一、逾期未完成整改的问题", bold=True)
    form.rows(
        ("台账编号", "企业", "问题", "期限", "状态"),
        ("{{ row.number }}", "{{ row.enterprise }}", "{{ row.title }}", "{{ row.due }}", "{{ row.state }}"),
        "late",
        (4.9, 3.6, 2.7, 2.7, 1.7),
    )
    form.line("")
    form.line("二、有关要求", bold=True)
    form.line("请你市逐项明确责任人和完成时限，倒排工期，于收到本函后十个工作日内书面报送整改落实情况。", indent=True)
    form.line("{{ measures }}", indent=True)
    form.signed("签发单位")
    form.save("warning")


def round_report() -> None:
    """轮次报告."""
    form = _Form("{{ title }}检查报告")
    form.facts(
        [
            ("城市", "{{ division }}", "任务类型", "{{ task_kind }}"),
            ("开始时间", "{{ started }}", "轮次状态", "{{ state }}"),
            ("线索总数", "{{ total }}", "未出结果", "{{ waiting }}"),
            ("逾期督办", "{{ overdue }}", "线索属实率", "{{ precision }}"),
            ("签收中位数", "{{ receipt }}", "办结中位数", "{{ result }}"),
            ("检查地点", "{{ place }}"),
            ("结论", "{{ conclusion }}"),
        ]
    )
    form.line("")
    form.line("线索办理情况", bold=True)
    form.rows(
        ("企业", "点位", "类型", "得分", "结果"),
        ("{{ row.enterprise }}", "{{ row.source }}", "{{ row.category }}", "{{ row.score }}", "{{ row.stage }}"),
        "leads",
        (4.6, 4.2, 3, 1.6, 2.2),
    )
    form.line("")
    form.line("{{ made }}", right=True)
    form.save("round")


def inspection() -> None:
    """现场检查记录."""
    form = _Form("现场检查记录")
    form.line("线索编号：{{ lead }}", right=True)
    form.facts(
        [
            ("企业名称", "{{ enterprise }}", "监测点", "{{ source }}"),
            ("所属区划", "{{ division }}", "线索来源", "{{ channel }}"),
            ("问题类型", "{{ category }}", "严重程度", "{{ severity }}"),
            ("线索内容", "{{ summary }}"),
            ("检查开始", "{{ begun }}", "检查人员", "{{ officers }}"),
            ("检查地点", "{{ place }}"),
            ("情况说明", "{{ reason }}"),
        ]
    )
    form.line("")
    form.line("一、检查表：{{ check_list }}", bold=True)
    form.rows(
        ("序号", "检查项目", "结果", "说明"),
        ("{{ row.number }}", "{{ row.item }}", "{{ row.found }}", "{{ row.note }}"),
        "answers",
        (1.2, 7.6, 2.4, 4.6),
    )
    form.line("")
    form.line("二、检查结论", bold=True)
    form.facts([("处理意见", "{{ result }}", "目前阶段", "{{ stage }}"), ("现场情况", "{{ conclusion }}")])
    form.line("")
    form.line("三、证据材料", bold=True)
    form.rows(
        ("用途", "文件", "拍摄或收到", "疑点"),
        ("{{ row.kind }}", "{{ row.name }}", "{{ row.time }}", "{{ row.flags }}"),
        "pieces",
        (3, 5, 4, 3.8),
    )
    form.line("")
    form.line("检查人员（签字）：                              被检查单位现场负责人（签字）：")
    form.line("{{ made }}", right=True)
    form.save("inspection")


def main() -> None:
    """All forms."""
    FOLDER.mkdir(exist_ok=True)
    for make in (assignment, rectification, notice, warning, round_report, inspection):
        make()


if __name__ == "__main__":
    main()
