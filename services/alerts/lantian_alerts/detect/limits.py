"""Which limits bind an outlet of the registry at a time, and why: what the engine judges by, explained."""

from typing import Any, Literal, cast

from lantian_alerts.core.registry import Registry, factor_number
from lantian_alerts.detect.run import iso
from lantian_alerts.knowledge.explain import ASIDE, WHY, text
from lantian_alerts.knowledge.limits import REGISTRY, Outlet, Sifted, by_averaging, day_of, effective, sift, trouble
from lantian_alerts.knowledge.rows import Limit, Process
from lantian_alerts.knowledge.shipped import shipped
from lantian_proto import factors
from lantian_proto.v1.registry_pb2 import Limit as Stated


class UnknownOutlet(LookupError):
    """The registry does not know the source."""


def explained(registry: Registry, source_id: str, at_ms: int, factor: str | None = None) -> dict[str, Any]:
    """The limits of an outlet at a time as JSON, one entry a factor, with both texts.

    Raises UnknownOutlet, and ValueError for an unknown factor code.
    """
    if not registry.knows(source_id):
        raise UnknownOutlet(f"the registry knows no source {source_id!r}")
    if factor is not None and factor_number(factor) < 0:
        raise ValueError(f"unknown factor code {factor!r}")
    site, day = registry.site(source_id), day_of(at_ms)
    stated = [_row(one) for averaging in ("hour", "day", "spot") for one in site.stated(at_ms, averaging)]
    outlet, notes = site.outlet(at_ms), []
    if outlet is None:
        notes.append("the registry states no industry and process: only the limits stated there can bind")
    elif (why := trouble(outlet)) is not None:
        notes.append(f"{why}: only the limits stated in the registry can bind")
        outlet = None
    codes = [row.factor for row in stated]
    if outlet is not None:
        codes += list(shipped().outlets[outlet.industry, outlet.process])
    wanted = [code for code in dict.fromkeys(codes) if code and (factor is None or _same(code, factor))]
    return {
        "outlet": source_id,
        "at": iso(at_ms),
        "day": day.isoformat(),
        "facts": None if outlet is None else outlet._asdict() | {"conditions": sorted(outlet.conditions)},
        "notes": notes,
        "factors": [_of_factor(source_id, outlet, code, at_ms, stated) for code in wanted],
    }


def held(found: dict[str, Any]) -> bool:
    """Whether any limit binds."""
    return any(entry["averages"] for entry in found["factors"])


def _of_factor(source_id: str, outlet: Outlet | None, code: str, at_ms: int, stated: list[Limit]) -> dict[str, Any]:
    day, tables = day_of(at_ms), shipped()
    own = [row for row in stated if row.factor == code]
    named = Process(industry="", process="", name_zh=source_id, name_en=source_id)
    sifted: tuple[Sifted, ...] = ()
    if outlet is not None:
        sifted = sift(outlet, code, day)
        kind = next(row for row in tables.processes if (row.industry, row.process) == (outlet.industry, outlet.process))
        named = Process(
            industry=kind.industry,
            process=kind.process,
            name_zh=f"{source_id}（{kind.name_zh}）",
            name_en=f"{source_id} ({kind.name_en})",
        )
    candidates = [*(row for row, aside in sifted if aside is None), *own]
    found = {name: effective(rows) for name, rows in by_averaging(candidates).items()}
    factor = factors.by_code(code)
    return {
        "factor": code,
        "name": {"zh": code, "en": code} if factor is None else {"zh": factor.name_zh, "en": factor.name_en},
        "unit": "" if factor is None else factor.unit,
        "averages": {
            name: {
                "effective": _shown(result.limit),
                "exact": result.exact,
                "judged": [
                    _shown(result.limit),
                    *(_shown(row) for row, why in result.lost if why == "not-comparable"),
                ],
                "lost": [_shown(row) | {"why": why, "zh": WHY[why][0], "en": WHY[why][1]} for row, why in result.lost],
            }
            for name, result in found.items()
        },
        "set_aside": [
            _shown(row) | {"why": aside, "zh": ASIDE[aside][0], "en": ASIDE[aside][1]}
            for row, aside in sifted
            if aside is not None
        ],
        "text": {"zh": text(0, named, code, day, found, sifted), "en": text(1, named, code, day, found, sifted)},
    }


def _same(code: str, factor: str) -> bool:
    return factor_number(code) == factor_number(factor)


def _row(limit: Stated) -> Limit:
    """A stated limit as a candidate beside the shipped ones."""
    number = factor_number(limit.factor)
    return Limit(
        rule=limit.limit_id,
        basis=cast(Literal["national", "local", "permit", "plan", "ultra-low"], limit.basis or "permit"),
        scope="any",
        industry="",
        process="",
        factor=factors.by_number(number).code if number >= 0 else "",
        value=limit.value,
        reference_o2=limit.reference_oxygen_percent or None,
        averaging=cast(Literal["hour", "day", "spot"], limit.averaging or "hour"),
        clause=limit.clause or limit.limit_id,
        source=REGISTRY,
        mark="P",
        confidence="L",
        enabled=True,
    )


def _shown(row: Limit) -> dict[str, Any]:
    return {
        "value": row.value,
        "reference_oxygen_percent": row.reference_o2,
        "averaging": row.averaging,
        "basis": row.basis,
        "scope": row.scope,
        "clause": row.clause,
        "rule": row.rule,
        "condition": row.condition,
        "valid_from": None if row.valid_from is None else row.valid_from.isoformat(),
        "valid_to": None if row.valid_to is None else row.valid_to.isoformat(),
        "confidence": None if row.source == REGISTRY else row.confidence,
        "mark": None if row.source == REGISTRY else row.mark,
        "source": row.source,
        "place": f"{row.file}:{row.line}" if row.file else "",
    }
