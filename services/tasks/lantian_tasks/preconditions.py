"""ETag, If-Match (RFC 9110, section 13) and the cursors of keyset paging."""

import base64
import binascii
import json
import re

from lantian_proto.both import Both
from lantian_tasks.problems import ProblemError

REVISION = re.compile(r'"([1-9]\d{0,14})"')


def etag(rev: int) -> str:
    """The entity tag of a revision."""
    return f'"{rev}"'


def revision_of(if_match: str | None) -> int:
    """The revision the caller has seen. Raises ProblemError 428 without the header, 400 for anything but one tag."""
    if if_match is None:
        raise ProblemError(
            428, Both("send If-Match with the ETag you decided on", "请求须带所依据的版本（If-Match，取自 ETag）")
        )
    found = REVISION.fullmatch(if_match.strip())
    if found is None:
        raise ProblemError(
            400,
            Both(
                'If-Match holds one strong tag as given in ETag, e.g. "3"',
                'If-Match 须为 ETag 给出的一个强标签，例如 "3"',
            ),
        )
    return int(found[1])


def require_revision(if_match: str | None, rev: int) -> None:
    """Raises ProblemError 428, 400, or 412 when the thing has another revision now."""
    seen = revision_of(if_match)
    if seen != rev:
        raise moved_on(rev)


def moved_on(rev: int) -> ProblemError:
    """412 with the revision that is there now."""
    return ProblemError(
        412,
        Both(f"the revision is {rev} now; read again", "有人刚刚更新了它，请读入最新内容、核对后再提交；您填写的仍在"),
        headers={"ETag": etag(rev)},
    )


def cursor_of(*position: str | float) -> str:
    """An opaque cursor for the place behind a row."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def position_of(cursor: str, *kinds: type[str] | type[int] | type[float]) -> tuple[str | int | float, ...]:
    """The place a cursor stands for. Raises ProblemError 400 for anything this service did not give out."""
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise _bad_cursor() from error
    if not isinstance(found, list) or [type(value) for value in found] != list(kinds):
        raise _bad_cursor()
    if any(isinstance(value, int | float) and not abs(value) <= 2**53 for value in found):
        raise _bad_cursor()
    return tuple(found)


def _bad_cursor() -> ProblemError:
    return ProblemError(
        400,
        Both("use next_cursor of the page before, unchanged", "翻页位置无效：请原样使用上一页的 next_cursor"),
        slug="cursor",
    )
