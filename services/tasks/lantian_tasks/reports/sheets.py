"""Tables of the authority as XLSX: a title, a line below it, a header, rows. Pure.

Texts are written as texts whatever they begin with, so no cell is a formula or a link; numbers stay numbers.
"""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter

MOST_CHARACTERS = 32_000
"""Of a cell; Excel takes 32,767."""
HEAD_ROWS = 3
PAPERS = {"A3": 8, "A4": 9}
CENTRED = 11
"""Columns up to this width hold a word, a number or a time, and are centred."""
WIDE_FROM = 0x2E80
"""From here on characters take twice the width."""
LINE_PT, PADDING_PT, MOST_LINES = 13.5, 4, 29
"""A row of Excel is at most 409 points high."""
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` in characters, `form` an Excel number format."""

    title: str
    width: int = 12
    form: str = ""


@dataclass(frozen=True, slots=True)
class Print:
    """How a table is printed: on A4 or A3, and how many of its first columns; 0 is all."""

    paper: str = "A4"
    columns: int = 0


A4 = Print()


def sheet(
    title: str,
    subtitle: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    name: str,
    print_out: Print = A4,
) -> bytes:
    """The workbook of one table, ready to be printed: landscape, as wide as the paper, its head on every page."""
    data = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(data, {"in_memory": True, **safe})
    page = book.add_worksheet(name[:31])
    border = {"border": 1, "valign": "vcenter", "font_name": "宋体", "font_size": 10, "text_wrap": True}
    heading = book.add_format({"bold": True, "font_size": 16, "align": "center", "font_name": "黑体"})
    line = book.add_format({"font_size": 10, "align": "left", "font_name": "宋体"})
    header = book.add_format({**border, "bold": True, "align": "center", "bg_color": "#E8EDF3"})
    forms = [book.add_format({**border, **_aligned(c), **({"num_format": c.form} if c.form else {})}) for c in columns]
    last = max(1, (print_out.columns or len(columns)) - 1)
    for row, (text, form) in enumerate(((title, heading), (subtitle, line))):
        page.merge_range(row, 0, row, last, "", form)
        page.write_string(row, 0, clean(text), form)
    page.set_row(0, 28)
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
        page.write_string(HEAD_ROWS - 1, place, column.title, header)
    page.set_row(HEAD_ROWS - 1, _height(columns, [column.title for column in columns]))
    end = HEAD_ROWS
    for end, cells in enumerate(rows, HEAD_ROWS + 1):
        page.set_row(end - 1, _height(columns, cells))
        for place, value in enumerate(cells):
            if value is None or value == "":
                page.write_blank(end - 1, place, None, forms[place])
            elif isinstance(value, str):
                page.write_string(end - 1, place, clean(value), forms[place])
            else:
                page.write_number(end - 1, place, value, forms[place])
    page.freeze_panes(HEAD_ROWS, 1)
    page.autofilter(HEAD_ROWS - 1, 0, max(end - 1, HEAD_ROWS), len(columns) - 1)
    page.set_landscape()
    page.set_paper(PAPERS[print_out.paper])
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.center_horizontally()
    page.print_area(0, 0, end - 1, last)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, HEAD_ROWS - 1)
    page.set_footer(f"&L&9{_footed(title)}&C&9第 &P 页，共 &N 页", {"margin": 0.3})
    book.close()
    return data.getvalue()


def _footed(title: str) -> str:
    """A title as a footer takes it, where & begins a code."""
    return clean(title)[:60].replace("&", "&&").replace("\n", " ")


def _aligned(column: Column) -> dict[str, str]:
    return {"align": "center"} if column.width <= CENTRED else {}


def _height(columns: Sequence[Column], cells: Sequence[Cell]) -> float:
    """Points for the longest text of a row: not every program measures wrapped Chinese by itself."""
    lines = 1
    for column, value in zip(columns, cells, strict=True):
        if isinstance(value, str):
            for part in value[:MOST_CHARACTERS].split("\n"):
                taken = sum(2 if ord(c) > WIDE_FROM else 1 for c in part[: 2 * MOST_LINES * column.width])
                lines = max(lines, math.ceil(taken / max(1, column.width - 1)))
    return min(lines, MOST_LINES) * LINE_PT + PADDING_PT


def clean(text: str) -> str:
    """A text without characters that XML can not hold, cut to what a cell takes."""
    return "".join(c for c in text if (c >= " " or c in "\t\n") and c not in "\ufffe\uffff")[:MOST_CHARACTERS]
