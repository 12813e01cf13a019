"""What an examination objects to, in Chinese, for papers. Pure."""

import re

_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"the history is empty"), "经过为空"),
    (re.compile(r"revision (\d+) does not follow from (\d+) entries"), r"版本 \1 与经过的 \2 条不符"),
    (re.compile(r"the state is \S+, the last entry says \S+"), "状态与最后一条经过不符"),
    (re.compile(r"the lead is not the one that was sealed"), "线索与存证不符"),
    (re.compile(r"(\S+) is not what the lead says"), r"字段 \1 与线索不符"),
    (re.compile(r"frame (\S+) was never sealed"), r"报文 \1 未曾存证"),
    (re.compile(r"frame (\S+) is not the one that was sealed"), r"报文 \1 与存证不符"),
    (re.compile(r"frame (\S+) is missing"), r"报文 \1 缺失"),
)


def objection_text(objection: str) -> str:
    """An objection of `examine` in Chinese; as it is where nobody translated it."""
    for pattern, said in _WORDS:
        found = pattern.fullmatch(objection)
        if found:
            return found.expand(said)
    return objection
