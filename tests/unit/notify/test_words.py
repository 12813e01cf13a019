"""What happened, as its reader would say it."""

from typing import Any

import pytest

from lantian_notify.wording.letter import Templates
from lantian_notify.wording.words import MOVES, happened

ITEM: dict[str, Any] = {
    "kind": "moved",
    "move": "assign",
    "rule_id": "hour-exceedance",
    "severity": 3,
    "enterprise_name": "某钢铁有限公司",
    "source_name": "1号排口",
    "title": "小时均值超标",
    "summary": "二氧化硫 41.0 mg/m³ 超过 35",
    "number": "LT-1",
    "unit": "某钢铁有限公司",
    "person": "王工",
    "due_ms": 1795910400000,
    "at_ms": 1795309200000,
    "end_ms": 1795305600000,
    "retrospective": False,
    "legal_basis": "",
    "runbook": "",
    "reason": "",
    "path": "",
    "issue_id": "iss-1",
}


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({}, "问题交办"),
        ({"move": "something-new"}, "流转"),
        ({"kind": "registered", "rule_id": "hour-exceedance"}, "新线索"),
        ({"kind": "registered", "rule_id": "spot-exceedance"}, "预警"),
        ({"kind": "episode-extended", "rule_id": "month-rate-warning"}, "预警"),
        ({"kind": "escalated", "rule_id": "spot-exceedance"}, "督办升级"),
    ],
)
def test_what_happened(said: dict[str, Any], word: str) -> None:
    """A move by its name, an early warning as such, else the kind."""
    assert happened({**ITEM, **said}) == word


@pytest.mark.parametrize("form", ["text", "markdown", "html", "sms"])
def test_an_assignment_says_who_until_when(form: Any) -> None:
    """In every form; what waits since before these facts were kept is told without them."""
    templates = Templates(None, "")
    body = templates.letter([ITEM], forms=[form]).bodies[form]
    assert "问题交办" in body
    assert "11-29" in body
    old = {name: value for name, value in ITEM.items() if name not in ("move", "unit", "person", "due_ms")}
    body = templates.letter([old], forms=[form]).bodies[form]
    assert "流转" in body
    assert "期限" not in body


def test_every_word_is_chinese() -> None:
    """No code reaches a reader."""
    assert all(not word.isascii() for word in MOVES.values())
