"""Says in Chinese and English which limit binds an outlet on a day, and why."""

from datetime import date
from typing import Final, NamedTuple

from lantian_alerts.knowledge.limits import (
    REGISTRY,
    Aside,
    Effective,
    Outlet,
    Sifted,
    Why,
    by_averaging,
    effective,
    sift,
)
from lantian_alerts.knowledge.loader import Tables
from lantian_alerts.knowledge.rows import Limit, Process
from lantian_alerts.knowledge.shipped import shipped
from lantian_proto import factors

BASIS: Final = {
    "national": ("国家标准", "national standard"),
    "local": ("地方标准", "local standard"),
    "permit": ("排污许可证", "permit"),
    "plan": ("攻坚方案", "campaign plan"),
    "ultra-low": ("超低排放", "ultra-low emission"),
}
AVERAGING: Final = {
    "hour": ("小时均值", "hour mean"),
    "day": ("日均值", "day mean"),
    "spot": ("任意一次值", "any value"),
}
SCOPE: Final = {
    "new": ("新建", "new plants"),
    "existing": ("现有", "existing plants"),
    "general": ("一般限值", "general limit"),
    "special": ("特别排放限值", "special limit"),
    "any": ("", ""),
}
WHY: Final[dict[Why, tuple[str, str]]] = {
    "higher": ("限值更宽", "higher"),
    "higher-at-same-oxygen": ("折算到同一基准氧后更宽", "higher once converted to the same reference oxygen"),
    "equal": ("与执行限值等同", "the same demand"),
    "not-comparable": (
        "基准氧口径不同，仅按数值比较；两者均须满足",
        "with and without reference oxygen: compared by printed value only, both have to be met",
    ),
}
ASIDE: Final[dict[Aside, tuple[str, str]]] = {
    "disabled": ("未核实，未启用", "not verified, disabled"),
    "dates-unknown": ("生效日期不明", "day of effect not known"),
    "not-in-force": ("当日不在有效期内", "not in force that day"),
    "no-commitment": ("该排口未承诺超低排放", "the outlet has no ultra-low commitment"),
    "not-special-region": ("不在执行特别排放限值的地区", "no special limits where the outlet stands"),
    "other-region": ("方案不适用于该城市", "addressed to other cities"),
    "new-plants-only": ("仅适用于新建", "for new plants only"),
    "existing-plants-only": ("仅适用于现有", "for existing plants only"),
    "condition-missing": ("条件不符", "its condition is not met"),
    "condition-excludes": ("已有情形排除适用", "a stated condition excludes it"),
    "replaced-by-condition": ("被更具体的限值取代", "replaced by the row for the stated condition"),
}


class Explanation(NamedTuple):
    """The effective limit of each average, in both languages. `found` is empty where no limit is held."""

    zh: str
    en: str
    found: dict[str, Effective]


def explain(
    outlet: Outlet, factor: str, at: date, *, stated: tuple[Limit, ...] = (), tables: Tables | None = None
) -> Explanation:
    """Which limit binds, what it is compared with and what was set aside; errors as of `limits.sift`.

    `stated`: local and permit limits of the outlet.
    """
    tables = tables or shipped()
    sifted = sift(outlet, factor, at, tables=tables)
    candidates = [*(row for row, aside in sifted if aside is None), *stated]
    found = {name: effective(rows) for name, rows in by_averaging(candidates).items()}
    named = next(row for row in tables.processes if (row.industry, row.process) == outlet[:2])
    zh, en = (text(language, named, factor, at, found, sifted) for language in (0, 1))
    return Explanation(zh, en, found)


def text(
    language: int, process: Process, code: str, at: date, found: dict[str, Effective], sifted: tuple[Sifted, ...]
) -> str:
    """What binds, what it was compared with and what was set aside; language 0 is Chinese, 1 English."""

    def say(zh: str, en: str) -> str:
        return (zh, en)[language]

    factor = factors.by_code(code)
    name = code if factor is None else f"{(factor.name_zh, factor.name_en)[language]} {code}"
    lines = [say(f"{process.name_zh}，{name}，{at}：", f"{process.name_en}, {name}, {at}:")]
    for averaging, result in found.items():
        lines.append(f"  {AVERAGING[averaging][language]}{say('执行', ': ')}{_limit(result.limit, language)}")
        lines += [f"    - {_limit(row, language)}{say('：', ': ')}{WHY[why][language]}" for row, why in result.lost]
    if not found:
        lines.append(say("  当日没有掌握适用的限值。", "  no limit is held for that day."))
    aside = [(row, why) for row, why in sifted if why is not None]
    if aside:
        lines.append(say("  未采用：", "  set aside:"))
        lines += [
            f"    - {AVERAGING[row.averaging][language]} {_limit(row, language)}{say('：', ': ')}"
            + _aside(row, why, language)
            for row, why in aside
        ]
    return "\n".join(lines)


def _aside(row: Limit, why: Aside, language: int) -> str:
    detail = {
        "not-in-force": f" {row.valid_from} – {row.valid_to or ''}".rstrip(),
        "condition-missing": f" ({row.condition})",
        "condition-excludes": f" ({row.unless})",
        "other-region": f" ({row.region})",
    }.get(why, "")
    return ASIDE[why][language] + detail


def _limit(row: Limit, language: int) -> str:
    unit = f" {row.unit}" if row.unit else ""
    if not unit and row.factor and (factor := factors.by_code(row.factor)) is not None and factor.unit:
        unit = f" {factor.unit}"
    oxygen = "" if row.reference_o2 is None else f" @{row.reference_o2:g}%O2"
    words = [BASIS[row.basis][language], SCOPE[row.scope][language], row.clause]
    verify = ("，须核实", ", verify")[language] if row.confidence != "H" and row.source != REGISTRY else ""
    place = f" {row.file}:{row.line}" if row.file else ""
    label = f"{row.confidence} {row.mark}{verify}" if row.file else row.source
    return f"{row.value:g}{unit}{oxygen} [{' '.join(word for word in words if word)}; {label}{place}]"
