"""What people read: the facts of one or several events made into words by templates, and cut by bytes. Pure but for
the files of the templates.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lantian_notify.wording.render import CUT_MARK
from lantian_notify.wording.words import KINDS, happened

SHIPPED = Path(__file__).with_name("templates")
Form = Literal["markdown", "text", "html", "sms"]
FORMS: tuple[Form, ...] = ("markdown", "text", "html", "sms")
CHINA = timezone(timedelta(hours=8))
LEVELS = ("提示", "提示", "一般", "较重", "严重")
"""By severity, as the console and the papers say it (tests/architecture/test_words.py)."""
_KIND = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: a title of one line, its text by form, and the links that are never cut."""

    title: str
    bodies: Mapping[Form, str]
    links: tuple[tuple[str, str], ...]

    def fitted(self, form: Form, limit: int, *, link: str = "{label}：{url}") -> str:
        """Text and links in at most `limit` bytes of UTF-8. The text is cut and says so; the links stay whole.

        Raises ValueError when the links alone do not fit.
        """
        tail = "".join("\n" + link.format(label=label, url=url) for label, url in self.links)
        return cut(self.bodies[form], limit - len(tail.encode())) + tail


def packed(wrap: Callable[[int], bytes], limit: int) -> bytes:
    """The fullest message within `limit` bytes: `wrap` makes one from a text that is fitted into so many bytes.

    What stands around the text, and how its characters are escaped, is the wrapping's business; so it is tried.
    """
    whole = wrap(limit)
    if len(whole) <= limit:
        return whole
    least, most = 0, limit
    best: bytes | None = None
    while least <= most:
        room = (least + most) // 2
        try:
            body = wrap(room)
        except ValueError:  # too few bytes even for the links
            least = room + 1
            continue
        if len(body) <= limit:
            best, least = body, room + 1
        else:
            most = room - 1
    if best is None:
        raise ValueError(f"{limit} bytes are too few for a message")
    return best


def cut(text: str, limit: int, mark: str = CUT_MARK) -> str:
    """At most `limit` bytes of UTF-8, mark included, and never half a character. Raises ValueError below the mark."""
    data = text.encode(errors="replace")
    if len(data) <= limit:
        return data.decode()
    room = limit - len(mark.encode())
    if room < 0:
        raise ValueError(f"{limit} bytes are too few for a message")
    return data[:room].decode(errors="ignore") + mark


class Templates:
    """Jinja templates by form: `<kind>.<form>.j2`, else `default.<form>.j2`, first in `folder`, then the shipped ones.

    They run in a sandbox. Values are escaped for HTML and for Markdown; enterprises write them, so they hold anything.
    A template of `folder` that fails is passed over with an error in the log: a message in plain words is better.
    """

    def __init__(self, folder: Path | None, console_url: str) -> None:
        self._console_url = console_url.rstrip("/")
        self._shipped = {form: _environment(form, None) for form in FORMS}
        self._own = self._shipped if folder is None else {form: _environment(form, folder) for form in FORMS}

    def letter(
        self, items: Sequence[Mapping[str, Any]], acknowledge_url: str = "", forms: Sequence[Form] = FORMS
    ) -> Letter:
        """The message about these events (stored facts), at least one, in these forms."""
        bodies = {form: self._render(form, items) for form in forms}
        links = []
        first = items[0]
        of_lead = first["issue_id"].startswith("lead/")
        if of_lead and self._console_url:
            one = f"/{first['issue_id'].removeprefix('lead/')}" if len(items) == 1 else ""
            links.append(("详情", f"{self._console_url}/leads{one}"))
        elif first["issue_id"].startswith("round/") and self._console_url:
            one = f"/{first['issue_id'].removeprefix('round/')}" if len(items) == 1 else ""
            links.append(("详情", f"{self._console_url}/rounds{one}"))
        elif "/" in first["issue_id"]:  # a letter or a broken glass: nothing to be led to
            pass
        elif self._console_url and len(items) == 1 and first["path"]:
            links.append(("详情", f"{self._console_url}/issues/{first['issue_id']}"))
        elif self._console_url and first["issue_id"]:
            links.append(("详情", f"{self._console_url}/issues"))
        if acknowledge_url:
            links.append(("确认", acknowledge_url))
        return Letter(title_of(items), bodies, tuple(links))

    def preview(self, form: Form, source: str, items: Sequence[Mapping[str, Any]]) -> str:
        """What a template that is not saved yet makes of events. Raises TemplateError with what is wrong."""
        return self._own[form].from_string(source).render(_context(items)).strip()

    def _render(self, form: Form, items: Sequence[Mapping[str, Any]]) -> str:
        kind = str(items[0]["kind"])
        names = [f"default.{form}.j2"]
        if _KIND.fullmatch(kind) and len({item["kind"] for item in items}) == 1:
            names.insert(0, f"{kind}.{form}.j2")
        try:
            return self._own[form].select_template(names).render(_context(items)).strip()
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
            if self._own is self._shipped:
                raise
            structlog.get_logger().error("a template failed, the shipped one is used", form=form, error=str(error))
        return self._shipped[form].select_template(names).render(_context(items)).strip()


def title_of(items: Sequence[Mapping[str, Any]]) -> str:
    """One line of at most 100 characters, e.g. `【严重】新线索：某公司 1号排口 小时均值超标`."""
    gravest = max(int(item["severity"]) for item in items)
    first = items[0]
    if len(items) == 1:
        what = f"{happened(first)}：{first['enterprise_name']} {first['source_name']} {first['title']}"
    else:
        names = list(dict.fromkeys(str(item["enterprise_name"]) for item in items))
        what = f"{len(items)}条消息：{names[0]}{'' if len(names) == 1 else f'等{len(names)}家'}"
    line = f"【{LEVELS[min(gravest, 4)]}】{' '.join(what.split())}"
    return line if len(line) <= 100 else line[:99] + "…"


def local_time(ms: int, form: str = "%Y-%m-%d %H:%M") -> str:
    """A time as people in China read it, +08:00; empty for times no calendar has."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(CHINA).strftime(form) if ms > 0 else ""
    except (ValueError, OverflowError, OSError):
        return ""


def plain_markdown(value: object) -> str:
    """A value without any power in Markdown of the chat robots: no links, mentions, colours, headings or lines."""
    text = " ".join(str(value).split())
    for sign, harmless in _HARMLESS.items():
        text = text.replace(sign, harmless)
    return text.replace("://", "：//")


# Full-width twins: robots know few escapes, and a backslash would be shown.
_HARMLESS = {
    "<": "＜",
    ">": "＞",
    "[": "［",
    "]": "］",
    "@": "＠",
    "*": "＊",
    "`": "｀",
    "#": "＃",
    "~": "～",
    "|": "｜",
}


def _context(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    known = {"move": "", "unit": "", "person": "", "due_ms": 0}  # what waits since before these were told
    return {"items": [known | dict(item) for item in items], "first": known | dict(items[0])}


def _environment(form: Form, folder: Path | None) -> Environment:
    folders = [str(SHIPPED)] if folder is None else [str(folder), str(SHIPPED)]
    found = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=form == "html",
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=plain_markdown if form == "markdown" else None,
    )
    found.filters["localtime"] = local_time
    found.filters["level"] = lambda severity: LEVELS[min(max(int(severity), 0), 4)]
    found.filters["kind"] = lambda kind: KINDS.get(kind, kind)
    found.filters["happened"] = happened
    found.globals.pop("range", None)  # a template has no use for a loop of its own making
    return found
