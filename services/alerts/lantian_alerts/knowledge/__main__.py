"""`python -m lantian_alerts.knowledge`: asks the shipped knowledge, prints Chinese and English.

    limits --process sinter-head --factor a21002 --at 2026-11-22 --city 130200 --commitment ultra-low
    law --conduct evasion --at 2026-09-01
    gaps

Ends with 0, with 1 where no limit is held for the day, with 2 for a question that can not be asked.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime

from lantian_alerts.knowledge.explain import explain
from lantian_alerts.knowledge.law import duties, legal_basis
from lantian_alerts.knowledge.limits import CHINA, Outlet, stated
from lantian_alerts.knowledge.regions import region_of
from lantian_alerts.knowledge.rows import Limit
from lantian_alerts.knowledge.shipped import shipped
from lantian_proto import factors


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return status


def _day(text: str) -> date:
    """A date, or a time whose Beijing day counts; without an offset a time is Beijing time."""
    if "T" not in text and " " not in text:
        return date.fromisoformat(text)
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=CHINA)).astimezone(CHINA).date()


def _stated(text: str) -> tuple[float, float | None]:
    """`30` or `30@9`: a value and its reference oxygen."""
    value, _, oxygen = text.partition("@")
    return float(value), float(oxygen) if oxygen else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lantian_alerts.knowledge", description=__doc__)
    commands = parser.add_subparsers(required=True)
    limits = commands.add_parser("limits", help="which limit binds an outlet on a day, and why")
    limits.add_argument("--industry", help="may be left out where one industry only has the process")
    limits.add_argument("--process", required=True)
    limits.add_argument("--factor", required=True, help="code of HJ 212, of any edition")
    limits.add_argument("--at", required=True, type=_day, help="day or time of the conduct")
    limits.add_argument("--city", help="division code; a listed city has special limits")
    limits.add_argument("--special-region", action="store_true")
    limits.add_argument("--existing", action="store_true", help="built before the standard came")
    limits.add_argument("--commitment", choices=["ultra-low"])
    limits.add_argument("--condition", action="append", default=[])
    limits.add_argument("--permit", type=_stated, help="VALUE or VALUE@O2")
    limits.add_argument("--local", type=_stated, help="VALUE or VALUE@O2")
    limits.add_argument("--lang", choices=["zh", "en", "both"], default="both")
    limits.set_defaults(run=_limits)
    law = commands.add_parser("law", help="which law is cited for a conduct of a day")
    law.add_argument("--conduct", required=True)
    law.add_argument("--at", required=True, type=_day)
    law.set_defaults(run=_law)
    due = commands.add_parser("duties", help="duties of a day: what has to be installed, kept or reached")
    due.add_argument("--at", type=_day, required=True, help="day (Beijing)")
    due.add_argument("--subject", help="one subject, e.g. installation")
    due.set_defaults(run=_duties)
    commands.add_parser("gaps", help="what is not known").set_defaults(run=_gaps)
    return parser


def _industry(process: str, given: str | None) -> str:
    found = [row.industry for row in shipped().processes if row.process == process]
    if given is not None:
        return given
    if len(found) != 1:
        raise ValueError(f"process {process!r}: say --industry, one of {', '.join(found) or 'none'}")
    return found[0]


def _limits(arguments: argparse.Namespace) -> int:
    factor = factors.by_code(arguments.factor)
    if factor is None:
        raise ValueError(f"unknown factor code {arguments.factor}")
    industry = _industry(arguments.process, arguments.industry)
    own: list[Limit] = []
    for basis, given in (("permit", arguments.permit), ("local", arguments.local)):
        if given is not None:
            like = (industry, arguments.process, factor.code)
            own.append(stated("permit" if basis == "permit" else "local", like, given[0], "--", reference_o2=given[1]))
    listed = arguments.city is not None and region_of(arguments.city, arguments.at) is not None
    outlet = Outlet(
        industry=industry,
        process=arguments.process,
        existing=arguments.existing,
        special_region=arguments.special_region or listed,
        ultra_low=arguments.commitment == "ultra-low",
        city=arguments.city,
        conditions=frozenset(arguments.condition),
    )
    told = explain(outlet, factor.code, arguments.at, stated=tuple(own))
    for language, text in (("zh", told.zh), ("en", told.en)):
        if arguments.lang in (language, "both"):
            sys.stdout.write(f"{text}\n")
    return 0 if told.found else 1


def _law(arguments: argparse.Namespace) -> int:
    found = legal_basis(arguments.conduct, arguments.at)
    for row in found:
        article = (
            f"第{row.article.replace(';', '、')}条 / art. {row.article.replace(';', ', ')}" if row.article else "–"
        )
        review = "  [须法制审核 / legal review needed]" if row.review else ""
        sys.stdout.write(f"{row.law_zh} / {row.law_en}: {article}{review}\n")
    return 0 if found else 1


def _duties(arguments: argparse.Namespace) -> int:
    found = duties(arguments.at, subject=arguments.subject)
    for row in found:
        number = "" if row.value is None else f" {row.comparison} {row.value:g} {row.unit}"
        sys.stdout.write(f"{row.rule} ({row.region or '–'}){number}: {row.text_zh} / {row.text_en} [{row.source}]\n")
    return 0 if found else 1


def _gaps(arguments: argparse.Namespace) -> int:
    for row in shipped().gaps:
        sys.stdout.write(f"{row.about}: {row.subject_zh} / {row.subject_en}: {row.state} ({row.needed_from})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
