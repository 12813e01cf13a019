"""Citations as leads carry them: articles in words, and every conduct a catalogue may name."""

from datetime import date

import pytest

from lantian_alerts.knowledge.law import CONDUCTS, cited_en, cited_zh, legal_basis
from lantian_alerts.knowledge.rows import Citation
from lantian_alerts.knowledge.shipped import shipped


def citation(article: str) -> Citation:
    """A citation of an article."""
    return Citation(
        conduct="x", slot="s", law_zh="某法", law_en="Some law", review=False, article=article,
        about_zh="", about_en="", source="x", mark="V", confidence="H", enabled=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("article", "written"),
    [
        ("99", "《某法》第九十九条"),
        ("20;100", "《某法》第二十条、第一百条"),
        ("25(5)", "《某法》第二十五条第（五）项"),
        ("10", "《某法》第十条"),
        ("121", "《某法》第一百二十一条"),
        ("108", "《某法》第一百零八条"),
        ("110", "《某法》第一百一十条"),
        ("", "《某法》"),
    ],
)
def test_articles_in_words(article: str, written: str) -> None:
    """Numerals as law is cited; nothing where the article is not verified."""
    assert cited_zh(citation(article)) == written
    assert article.replace(";", ", ") in cited_en(citation(article))


def test_conducts_are_those_of_the_data() -> None:
    """What a catalogue entry may name is what legal.csv holds."""
    assert {row.conduct for row in shipped().citations} == CONDUCTS
    for conduct in ("exceedance", "evasion", "monitoring-duty"):
        assert not any(row.review for row in legal_basis(conduct, date(2026, 8, 14)))
        assert any(row.review for row in legal_basis(conduct, date(2026, 8, 15)))
