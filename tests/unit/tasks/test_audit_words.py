"""Objections of an examination, as papers say them."""

import re
from pathlib import Path

import lantian_tasks.audit.examine as examine
from lantian_tasks.audit.words import objection_text


def test_every_objection_has_its_words() -> None:
    """Read where they are made; a new one without words is found here."""
    code = Path(examine.__file__).read_text(encoding="utf-8")
    said = [
        re.sub(r"\{[^}]*\}", "7", text)
        for text in re.findall(r'f?"([^"]*(?: is | was | does | says )[^"]*)"', code.split("def _objections")[1])
    ]
    assert len(said) == 8
    assert all(re.search("[\u4e00-\u9fff]", objection_text(text)) for text in said), said
    assert objection_text("frame raw-frames.v1/2/7 is missing") == "报文 raw-frames.v1/2/7 缺失"
    assert objection_text("something new") == "something new"
