"""Which law is cited for a conduct of a day, which duties held, which exemptions a deployer has confirmed."""

from datetime import date
from typing import Final

from lantian_alerts.knowledge.loader import Tables
from lantian_alerts.knowledge.regions import addressed, membership_of
from lantian_alerts.knowledge.rows import Citation, Duty, Exemption
from lantian_alerts.knowledge.shipped import shipped

CONDUCTS: Final = frozenset(
    (
        "exceedance", "evasion", "monitoring-duty", "emergency", "false-mark", "records", "no-self-report",
        "invalid-marked-data", "open-burning",
    )
)  # fmt: skip
"""Conducts that knowledge cites law for."""


def legal_basis(conduct: str, at: date, *, tables: Tables | None = None) -> tuple[Citation, ...]:
    """The citations for a conduct of a day. `review` rows are not verified and may carry no article.

    Conducts: exceedance, evasion, monitoring-duty, emergency, false-mark, records, no-self-report, invalid-marked-data,
    open-burning.
    Raises ValueError for another one. Empty: no law held for that day.
    """
    rows = [row for row in (tables or shipped()).citations if row.conduct == conduct]
    if not rows:
        raise ValueError(f"no conduct {conduct!r} is held")
    return tuple(row for row in rows if row.in_force(at))


def exemptions_for(
    industry: str, process: str, confirmed: frozenset[str], *, tables: Tables | None = None
) -> tuple[Exemption, ...]:
    """The exemptions a deployer has confirmed by id for a process; without a confirmation none.

    Raises ValueError for an id that does not exist.
    """
    rows = (tables or shipped()).exemptions
    if unknown := confirmed - {row.exemption for row in rows}:
        raise ValueError(f"no exemption {min(unknown)}")
    return tuple(
        row for row in rows if (row.industry, row.process) == (industry, process) and row.exemption in confirmed
    )


def duties(at: date, *, subject: str | None = None, tables: Tables | None = None) -> tuple[Duty, ...]:
    """Duties and thresholds of a day, all or of one subject."""
    rows = (tables or shipped()).duties
    return tuple(row for row in rows if row.in_force(at) and subject in (None, row.subject))


def dustfall_allowed(city_code: str, at: date, *, tables: Tables | None = None) -> float | None:
    """The highest dustfall of a city's month that a campaign's plan of the day allows, t/km²; None: no plan speaks."""
    scope = membership_of(city_code, at, kind="campaign", tables=tables)
    allowed = [
        row.value
        for row in duties(at, subject="dustfall", tables=tables)
        if row.value is not None
        and (addressed(row.region, city_code, at, tables=tables) or (scope is not None and scope.region == row.region))
    ]
    return min(allowed, default=None)


def cited_zh(row: Citation) -> str:
    """A citation as Chinese documents write it: 《…》第九十九条, 第二十五条第（五）项."""
    articles = "、".join(_article_zh(article) for article in row.article.split(";") if article)
    return f"《{row.law_zh}》{articles}" + (f"（{row.about_zh}）" if row.about_zh else "")


def cited_en(row: Citation) -> str:
    """The same in English."""
    article = f" art. {row.article.replace(';', ', ')}" if row.article else ""
    return f"{row.law_en}{article}" + (f" ({row.about_en})" if row.about_en else "")


def _article_zh(article: str) -> str:
    number, _, item = article.rstrip(")").partition("(")
    return f"第{_numeral(int(number))}条" + (f"第（{_numeral(int(item))}）项" if item else "")


def _numeral(number: int) -> str:
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")
