"""The sheet of an issue as PDF: what it is, what was done by whom, the photos, and whether the chain holds.

Pure, but takes a second: call it in a thread. The font (Noto Sans SC, SIL OFL) travels in a package, so no machine
needs fonts or libraries of its own; only the characters that occur are embedded.
"""

import io
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pylopdf_fonts_zh_cn
from fpdf import FPDF
from fpdf.enums import WrapMode
from fpdf.fonts import FontFace

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.audit.examine import Examination
from lantian_tasks.audit.words import objection_text
from lantian_tasks.evidence.piece import FLAGS, Piece
from lantian_tasks.ledger.issue import Head, Issue
from lantian_tasks.ledger.standing import origin_of
from lantian_tasks.registry.divisions import division_text
from lantian_tasks.reports import inspection, words
from lantian_tasks.reports.ledger_table import told

FONT = "noto"
GREY = (235, 238, 242)
PHOTO_MM = 84.0
LONGEST_CELL = 600
MOST_ROWS = 400


class _Sheet(FPDF):
    """A4, one font, the number and the head of the chain at the foot of each page."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.add_font(FONT, fname=str(pylopdf_fonts_zh_cn.sans_path()))
        self.set_auto_page_break(True, margin=18)
        self.set_margin(16)
        self.alias_nb_pages()
        self.add_page()

    def footer(self) -> None:
        """The foot of a page."""
        self.set_y(-13)
        self.set_font(FONT, size=7)
        self.set_text_color(110, 110, 110)
        self.cell(0, 5, f"{self._foot}　第 {self.page_no()} 页，共 {{nb}} 页", align="C")
        self.set_text_color(0, 0, 0)

    def heading(self, text: str) -> None:
        """A heading."""
        self.ln(4)
        self.set_font(FONT, size=12)
        self.cell(0, 7, text, new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def rows(self, rows: Sequence[Sequence[str]], widths: tuple[int, ...], *, head: bool) -> None:
        """A table; texts wrap at any character."""
        self.set_font(FONT, size=8.5)
        face = FontFace(fill_color=GREY, emphasis="")
        with self.table(
            col_widths=widths,
            first_row_as_headings=head,
            headings_style=face,
            wrapmode=WrapMode.CHAR,
            line_height=5,
            text_align="LEFT",
            padding=(0.6, 1.2),
        ) as table:
            for cells in rows:
                row = table.row()
                for number, text in enumerate(cells):
                    row.cell(plain(text), style=face if not head and number % 2 == 0 else None)


def plain(text: str) -> str:
    """A text without control characters and marks that turn the direction of writing, cut to what a cell holds."""
    kept = "".join(" " if c in "\r\n\t" else c for c in text if c in "\r\n\t" or unicodedata.category(c)[0] != "C")
    return kept if len(kept) <= LONGEST_CELL else f"{kept[:LONGEST_CELL]}…（内容已截断）"


def issue_sheet(
    issue: Issue,
    pieces: Sequence[Piece],
    photos: Mapping[str, bytes],
    found: Examination,
    made_ms: int,
    made_by: str,
) -> bytes:
    """The sheet. `photos`: clean copies by evidence id, as many as it shall show."""
    head = issue.head
    sheet = _Sheet(f"{head.number}　链首 {found.head_hash[:16]}")
    sheet.set_title(head.number)
    sheet.set_font(FONT, size=16)
    sheet.multi_cell(0, 9, f"问题档案　{head.number}", new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(FONT, size=10)
    sheet.multi_cell(
        0, 6, plain(f"{head.place.enterprise_name}　{words.titled(head.title_zh)}"), new_x="LMARGIN", new_y="NEXT"
    )
    sheet.ln(2)
    sheet.rows(_facts(issue), (22, 65, 22, 65), head=False)
    sheet.heading("事实")
    sheet.set_font(FONT, size=9.5)
    sheet.multi_cell(0, 5.5, plain(head.summary_zh), wrapmode=WrapMode.CHAR, new_x="LMARGIN", new_y="NEXT")
    _limit(sheet, Lead.FromString(issue.lead))
    _inspection(sheet, origin_of(issue).get("inspection"))
    sheet.heading(f"办理过程（{len(issue.history)} 条）")
    sheet.rows(
        [["序号", "时间", "事项", "办理人", "说明", "哈希"], *_history(issue)], (10, 27, 22, 46, 49, 24), head=True
    )
    if pieces:
        sheet.heading(f"证据（{len(pieces)} 件）")
        sheet.rows(
            [["序号", "用途", "文件", "拍摄或收到，位置", "疑点", "SHA-256"], *_evidence(pieces)],
            (10, 24, 40, 45, 28, 31),
            head=True,
        )
        _gallery(sheet, pieces, photos)
    sheet.heading("存证核对")
    holds = (
        "完整：逐条重算一致"
        if found.intact
        else f"不一致：{'；'.join(map(objection_text, found.objections)) or f'第 {(found.broken_entry or 0) + 1} 条起'}"
    )
    said = f"台账链 {found.entries} 条，{holds}。链首 {found.head_hash}。{words.local(made_ms)} 由 {made_by} 导出。"
    sheet.set_font(FONT, size=8.5)
    sheet.multi_cell(0, 5, plain(said), wrapmode=WrapMode.CHAR, new_x="LMARGIN", new_y="NEXT")
    return bytes(sheet.output())


def _facts(issue: Issue) -> list[list[str]]:
    head, standing = issue.head, issue.head.standing
    return [
        ["企业", head.place.enterprise_name, "监测点", head.place.source_name or head.source_id],
        [
            "行政区划",
            division_text(head.place.division_code),
            "来源",
            words.CHANNELS.get(standing.channel, standing.channel),
        ],
        [
            "类别",
            words.CATEGORIES.get(standing.category, standing.category),
            "严重程度",
            words.SEVERITIES[issue.gravity],
        ],
        ["状态", words.STATES[head.state], "标记", "、".join(words.FLAGS.get(f, f) for f in standing.flags) or "无"],
        [
            "过程",
            f"{words.local(head.start_ms)} 至 {words.local(head.end_ms)}",
            "登记",
            words.local(head.registered_ms),
        ],
        ["责任单位", standing.unit or "未交办", "责任人", standing.person],
        ["整改期限", words.local(standing.due_ms) or "无", "判定规则", _rule(head)],
    ]


def _rule(head: Head) -> str:
    """What people reported was found by no rule."""
    return f"{head.title_zh}（{head.rule_id}）" if head.standing.channel == "detector" else "无（人工线索）"


def _limit(sheet: _Sheet, lead: Lead) -> None:
    limit = lead.evidence.limit
    if limit.value:
        bound = words.limit_text(limit.value, limit.reference_oxygen_percent, lead.factor)
        basis = "，".join(filter(None, (words.LIMIT_BASES.get(limit.basis, ""), limit.clause)))
        text = f"执行限值 {bound}" + (f"，依据 {basis}" if basis else "")
        sheet.multi_cell(0, 5.5, plain(text), wrapmode=WrapMode.CHAR, new_x="LMARGIN", new_y="NEXT")


def _inspection(sheet: _Sheet, found: Mapping[str, Any] | None) -> None:
    """What was found on site before it became an issue."""
    if not found:
        return
    sheet.heading("现场检查")
    facts = [
        ["检查开始", inspection.begun_text(found), "检查人员", "、".join(found["officers"])],
        ["检查地点", inspection.place_text(found["presence"]), "说明", found["reason"] or "无"],
        ["结论", found["conclusion"], "检查表", inspection.list_text(found["check_list"]) or "无"],
    ]
    sheet.rows(facts, (22, 65, 22, 65), head=False)
    rows = [
        [row["number"], row["item"], row["found"], row["note"]] for row in inspection.answer_rows(found["check_list"])
    ]
    if rows:
        sheet.ln(2)
        sheet.rows([["序号", "检查项目", "结果", "说明"], *rows], (12, 92, 28, 46), head=True)


def _history(issue: Issue) -> list[list[str]]:
    return [
        [
            str(entry["sequence"]),
            words.local(entry["at_ms"]),
            words.act_name({"move": entry["move"], "kind": entry["kind"]}),
            words.who(entry["actor"]),
            told(entry),
            entry["hash"][:12],
        ]
        for entry in issue.history[:MOST_ROWS]
    ]


def _evidence(pieces: Sequence[Piece]) -> list[list[str]]:
    return [
        [
            str(number),
            words.EVIDENCE.get(piece.kind, piece.kind),
            piece.name or words.MEDIA.get(piece.media_type, piece.media_type),
            f"{_when(piece)} {_place(piece)}".strip(),
            "、".join(FLAGS[flag] for flag in piece.flags) or "无",
            piece.sha256[:16],
        ]
        for number, piece in enumerate(pieces, 1)
    ]


def _when(piece: Piece) -> str:
    return words.local(piece.taken_ms) or f"收到 {words.local(piece.received_ms)}"


def _place(piece: Piece) -> str:
    if not piece.place_from:
        return ""
    away = f"，距 {piece.distance_m} 米" if piece.distance_m >= 0 else ""
    return f"{piece.latitude:.5f}, {piece.longitude:.5f}{away}"


def _gallery(sheet: _Sheet, pieces: Sequence[Piece], photos: Mapping[str, bytes]) -> None:
    """Two in a row, with their captions."""
    shown = [piece for piece in pieces if photos.get(piece.evidence_id)]
    for number in range(0, len(shown), 2):
        pair = shown[number : number + 2]
        heights = [PHOTO_MM * piece.height / piece.width if piece.width else PHOTO_MM for piece in pair]
        tall = min(max(heights), 110.0)
        if sheet.will_page_break(tall + 12):
            sheet.add_page()
        top = sheet.get_y() + 3
        for place, piece in enumerate(pair):
            left = sheet.l_margin + place * (PHOTO_MM + 8)
            sheet.image(io.BytesIO(photos[piece.evidence_id]), left, top, PHOTO_MM, tall, keep_aspect_ratio=True)
            sheet.set_xy(left, top + tall + 1)
            sheet.set_font(FONT, size=7.5)
            caption = f"{words.EVIDENCE.get(piece.kind, piece.kind)}　{_when(piece)}　{piece.name}"
            sheet.cell(PHOTO_MM, 5, plain(caption))
        sheet.set_xy(sheet.l_margin, top + tall + 7)
