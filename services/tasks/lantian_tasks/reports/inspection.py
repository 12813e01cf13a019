"""An inspection on site in the papers of the authority: the place, the check list, the record 现场检查记录. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.evidence.piece import FLAGS as PHOTO_FLAGS
from lantian_tasks.evidence.piece import attached
from lantian_tasks.leads import presence
from lantian_tasks.leads.inspection import inspection_of
from lantian_tasks.ledger.case import Case
from lantian_tasks.registry.divisions import division_text
from lantian_tasks.reports import words


def begun_text(found: Mapping[str, Any]) -> str:
    """When an inspection began: by the phone where it said so, and when the ledger heard of it."""
    written = words.local(found.get("begun_ms", 0))
    happened = words.local(found.get("happened_ms", 0))
    return f"{happened}（{written} 记入台账）" if happened and happened != written else written


def place_text(found: Mapping[str, Any] | None) -> str:
    """Where an inspection was begun, with everything that is to be said of it."""
    if not found:
        return "当时未作判断"
    said = [words.PLACES.get(found["verdict"], found["verdict"])]
    if found["distance_m"] >= 0:
        said.append(f"距离 {found['distance_m']} 米（允许 {found['fence_m']} 米）")
    if found["accuracy_m"] >= 0:
        said.append(f"定位误差 {found['accuracy_m']} 米")
    # What the verdict says already is not said twice.
    more = [presence.FLAGS[flag] for flag in found["flags"] if flag in presence.FLAGS and flag != "outside-fence"]
    return "，".join(dict.fromkeys([*said, *more]))


def answer_rows(found: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """The answers of a check list in its order: number, item, found, note."""
    return [
        {
            "number": str(number),
            "item": row["zh"],
            "found": words.FOUND.get(row["found"], row["found"]),
            "note": "；".join(
                filter(None, [row["note"], f"证据 {len(row['evidence'])} 件" if row.get("evidence") else ""])
            ),
        }
        for number, row in enumerate(found["answers"] if found else [], 1)
    ]


def list_text(found: Mapping[str, Any] | None) -> str:
    """Which list was answered; empty: none."""
    return f"{found['zh']} 第{found['version']}版" if found else ""


def flags_text(counted: Mapping[str, int]) -> str:
    """Of a round: leads by what is to be said of the place of their inspection."""
    return "；".join(f"{presence.FLAGS.get(flag, flag)} {count} 条" for flag, count in counted.items()) or "无异常"


def record(case: Case, now_ms: int) -> dict[str, Any]:
    """现场检查记录 of a lead, to be signed; what was not done yet stays blank."""
    found = inspection_of(case.history)
    lead = Lead.FromString(case.blob)
    pieces: Sequence[Any] = attached(case.history)
    return {
        "lead": case.id[:8].upper(),
        "enterprise": str(case.keys["enterprise_name"]),
        "source": str(case.keys["source_name"] or case.keys["source_id"]),
        "division": division_text(str(case.keys["division_code"])),
        "channel": words.CHANNELS.get(str(case.keys["channel"]), str(case.keys["channel"])),
        "category": words.CATEGORIES.get(case.category, case.category),
        "severity": words.SEVERITIES[case.gravity],
        "summary": lead.summary.zh or lead.title.zh,
        "begun": begun_text(found),
        "officers": "、".join(found.get("officers", [])),
        "place": place_text(found["presence"]) if found else "",
        "reason": str(found.get("reason", "")),
        "check_list": list_text(found.get("check_list")),
        "answers": answer_rows(found.get("check_list")),
        "result": words.RESULTS.get(str(found.get("result", "")), ""),
        "conclusion": str(found.get("conclusion", "")),
        "stage": words.STAGES.get(case.state, case.state),
        "pieces": [
            {
                "kind": words.EVIDENCE.get(piece.kind, piece.kind),
                "name": piece.name or piece.evidence_id[:12],
                "time": words.local(piece.taken_ms or piece.received_ms),
                "flags": "、".join(PHOTO_FLAGS.get(flag, flag) for flag in piece.flags) or "无",
            }
            for piece in pieces
        ],
        "made": words.day(now_ms),
    }
