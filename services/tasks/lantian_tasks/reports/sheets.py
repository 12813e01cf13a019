"""Tables of the authority as XLSX: a title, a line below it, a header, rows. Pure.

Texts are written as texts whatever they begin with, so no cell is a formula or a link; numbers stay numbers.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter

MOST_CHARACTERS = 32_000
"""Of a cell; Excel takes 32,767."""
HEAD_ROWS = 3
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` in characters, `form` an Excel number format."""

    title: str
    width: int = 12
    form: str = ""


def sheet(title: str, subtitle: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], name: str) -> bytes:
    """The workbook of one table."""
    data = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(data, {"in_memory": True, **safe})
    page = book.add_worksheet(name[:31])
    border = {"border": 1, "valign": "vcenter", "font_name": "宋体", "font_size": 10, "text_wrap": True}
    heading = book.add_format({"bold": True, "font_size": 16, "align": "center", "font_name": "黑体"})
    line = book.add_format({"font_size": 10, "align": "left", "font_name": "宋体"})
    header = book.add_format({**border, "bold": True, "align": "center", "bg_color": "#E8EDF3"})
    forms = [book.add_format({**border, **({"num_format": c.form} if c.form else {})}) for c in columns]
    last = max(1, len(columns) - 1)
    for row, (text, form) in enumerate(((title, heading), (subtitle, line))):
        page.merge_range(row, 0, row, last, "", form)
        page.write_string(row, 0, clean(text), form)
    page.set_row(0, 28)
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width)
        page.write_string(HEAD_ROWS - 1, place, column.title, header)
    end = HEAD_ROWS
    for end, cells in enumerate(rows, HEAD_ROWS + 1):
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
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, HEAD_ROWS - 1)
    page.set_footer("&C第 &P 页，共 &N 页")
    book.close()
    return data.getvalue()


def clean(text: str) -> str:
    """A text without characters that XML can not hold, cut to what a cell takes."""
    return "".join(c for c in text if (c >= " " or c in "\t\n") and c not in "\ufffe\uffff")[:MOST_CHARACTERS]
