"""Words of papers that are put together: limits with units, who acted, titles, what an entry says."""

from typing import cast

import pytest

from lantian_tasks.evidence import sheet
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import State
from lantian_tasks.reports import words
from lantian_tasks.reports.ledger_table import told
from tests.support.tasks_issues import an_issue


def test_a_limit_has_the_unit_of_its_factor() -> None:
    """Oxygen where it is converted; a factor that nobody knows lends no unit."""
    assert words.limit_text(50, 16, "a21002") == "氮氧化物 50 mg/m³（基准氧含量 16%）"
    assert words.limit_text(0.5, 0, "no-factor") == "0.5"


def test_who_acted() -> None:
    """A unit and an account, the role where the unit is not known; the suite is no account."""
    assert words.who({"actor_id": "u1", "role": "city-office", "organisation": "市大气办"}) == "市大气办（u1）"
    assert words.who({"actor_id": "u1", "role": "county", "organisation": ""}) == "区县（u1）"
    assert words.who({"actor_id": "lantian-tasks", "role": "system", "organisation": "lantian"}) == "系统"


def test_titles_and_moments() -> None:
    """A channel's code in front is its word; letters write times in words."""
    assert words.titled("patrol 0007") == "巡查 0007"
    assert (words.titled("小时均值超标"), words.titled("patrol")) == ("小时均值超标", "patrol")
    assert (words.moment(0), words.moment(1_795_700_460_000)) == ("", "2026年11月26日21时41分")


@pytest.mark.parametrize("move", ["assign", "attach", "complete-milestone", "verify"])
def test_what_an_entry_says(move: str) -> None:
    """In words, without an id of evidence or a time in milliseconds."""
    closed = an_issue(State.CLOSED)
    entry = next(entry for entry in closed.history if entry["move"] == move)
    said = told(entry)
    assert said
    assert "ev-" not in said
    assert "17957" not in said
    days = cast(SealedEntry, {"move": "ask-extension", "reason": "检修", "fields": {"days": 5}})
    assert told(days) == "检修；5 天"


def test_the_sheet_of_an_issue_says_words() -> None:
    """No episode, media type, account alone or id of evidence stands where a person reads."""
    closed = an_issue(State.CLOSED)
    rows = [*sheet._facts(closed), *sheet._history(closed)]  # what the PDF draws; its text is not read back
    text = "\n".join(cell for row in rows for cell in row)
    for code in (closed.head.episode, "ev-photo", "lantian-tasks", "city-office", "130102"):
        assert code not in text
    for word in ("石家庄市长安区", "石家庄市执法队（team-1）", "整改前照片", "系统", f"（{closed.head.rule_id}）"):
        assert word in text, word
