"""What a history says of its last inspection, for lists, papers and the issue that comes of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_tasks.leads.checking import RESULTS


def inspection_of(history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """When, by whom and where it began, and presence and check_list as they were sealed; empty: nobody has inspected.

    begun_ms is the ledger's time, happened_ms the phone's (0: unsaid). What was inspected before places
    were judged and lists answered has neither.
    """
    start = next((n for n in range(len(history) - 1, -1, -1) if history[n]["move"] == "inspect"), None)
    if start is None:
        return {}
    begun = history[start]
    results = [entry for entry in history[start:] if entry["move"] in RESULTS]
    return {
        "begun_ms": begun["at_ms"],
        "happened_ms": int(begun.get("device", {}).get("happened_ms", 0)),
        "officers": list(begun["fields"]["officers"]),
        "reason": begun["reason"],
        "presence": begun["fields"].get("presence"),
        "check_list": results[-1]["fields"].get("check_list") if results else None,
        "result": results[-1]["move"] if results else "",
        "conclusion": str(results[-1]["fields"].get("conclusion", results[-1]["reason"])) if results else "",
    }
