"""The results as a page, with what was found out about each kind of finding on real data."""

from pathlib import Path
from typing import Any, Final

import yaml

from lantian_alerts.detect.run import iso
from lantian_proto.v1.lead_pb2 import Lead

NOTES: Final = Path(__file__).parent / "quality_notes.yaml"
LISTED_AT_MOST: Final = 40
TUNED: Final = "what was mended on their ground, and why, stands in CHANGELOG and in the versions of the catalogue."


def brief(lead: Lead) -> dict[str, Any]:
    """A finding on real data, with what is known about it; an unexplained one says so."""
    return {
        "rule": lead.rule_id,
        "source": lead.source_id,
        "factor": lead.factor,
        "start": iso(lead.start_ms),
        "hours": round((lead.end_ms - lead.start_ms) / 3_600_000, 1),
        "severity": lead.severity,
        "summary": lead.summary.en,
        "explained": explained(lead),
    }


def explained(lead: Lead) -> str:
    """The first note that fits: of its rule, and of its source, factor or start where the note names them."""
    for note in _notes()["findings"]:
        wanted = {name: note[name] for name in ("rule", "source", "factor", "start") if name in note}
        held = {"rule": lead.rule_id, "source": lead.source_id, "factor": lead.factor, "start": iso(lead.start_ms)}
        if all(held[name].startswith(value) for name, value in wanted.items()):
            return f"{note['verdict']}: {note['text']}"
    return "not looked at"


def _notes() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(NOTES.read_text(encoding="utf-8"))
    return found


def markdown(result: dict[str, Any]) -> str:
    """The page."""
    lines = ["# Quality of detection", "", *([result["note"], ""] if "note" in result else [])]
    lines += (
        [f"Code: commit {result['commit']}, {result['machine']['measured'][:10]}.", ""] if "commit" in result else []
    )
    lines += _simulated(result["simulated"], result) if "simulated" in result else []
    if "real" in result:
        lines += _real(result["real"], result.get("real_note", ""))
    return "\n".join(lines) + "\n"


def _simulated(found: dict[str, Any], result: dict[str, Any]) -> list[str]:
    total = found["all"]
    lines = [
        f"Simulated outlets: {found['outlet_months']} outlet-months of seeds {found['seeds']}. Seeds for tuning are "
        f"{result['tuned_on']}; {TUNED}",
        f"Recall {total['recall']} of {total['wanted']} cases, precision {total['precision']} of {total['findings']} "
        "findings, over all rules. Of the cases found, "
        f"{total['found_by_its_cause']} were told by a rule that stands for the one expected (one cause, one lead).",
        f"Outlets and trucks simulated: {found['cases']['done']} of {found['cases']['planned']} planned.",
        f"Honest outlets: {found['honest_outlet_months']} outlet-months, false findings: "
        f"{found['honest_false'] or 'none'}.",
        "",
        "| rule | cases | found | recall | findings | false | precision | delay, median h |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rule, one in sorted(found["rules"].items()):
        numbers = (one[name] for name in ("wanted", "found", "recall", "findings", "false", "precision"))
        cells = ["–" if number is None else str(number) for number in (*numbers, one["median_delay_hours"])]
        lines.append(f"| {rule}{' (signal)' if rule in found['signals'] else ''} | {' | '.join(cells)} |")
    lines += [
        "",
        "A signal gives no lead of its own; it is scored, and left out of the figures over all rules.",
        "",
        "| mechanism | outlets | planned | with any finding | rules that spoke (outlets) |",
        "|---|---|---|---|---|",
    ]
    for name, one in found["mechanisms"].items():
        rules = ", ".join(f"{rule} {number}" for rule, number in sorted(one["rules"].items()))
        lines.append(f"| {name} | {one['outlets']} | {one['planned']} | {one['with_finding']} | {rules} |")
    if found["without_scenario"]:
        lines += ["", f"Kinds of rules without a scenario: {', '.join(found['without_scenario'])}."]
    lines += ["", f"Rules without a case that somebody has to find: {', '.join(found['without_case']) or 'none'}."]
    lines += ["", "Strengths with a floor; the same is done without one beside it:", ""]
    lines += [f"- {name}: {why}" for name, why in _notes()["floors"].items() if name in found["mechanisms"]]
    for title, key in (("Missed", "missed"), ("False", "false")):
        if found[key]:
            lines += ["", f"## {title}", ""]
            for rule, ones in found[key].items():
                lines += [f"- {rule}: {one}" for one in ones[:LISTED_AT_MOST]]
                lines += [f"- {rule}: and {len(ones) - LISTED_AT_MOST} more"] if len(ones) > LISTED_AT_MOST else []
    return [*lines, ""]


def _real(found: dict[str, Any], note: str) -> list[str]:
    lines = ["## Real clean data", "", *([note, ""] if note else [])]
    for name, one in found.items():
        share = 100 * one["severity_3_and_more"] / one["months"]
        lines += [
            f"### {name}: {one['months']} source-months, {one['findings']} findings, "
            f"{one['severity_3_and_more']} of severity 3 or more ({share:.2f} per 100)",
            "",
        ]
        groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for finding in one["list"]:
            groups.setdefault((finding["rule"], finding["explained"]), []).append(finding)
        for (rule, why), ones in groups.items():
            lines.append(f"- {rule}, {len(ones)} findings ({why})")
            lines += [
                f"  - severity {each['severity']} {each['source']}: {each['summary']}" for each in ones[:LISTED_AT_MOST]
            ]
            if len(ones) > LISTED_AT_MOST:
                lines.append(f"  - and {len(ones) - LISTED_AT_MOST} more, all in quality.json")
        lines.append("")
    return lines
