"""What a history says of its last inspection, for lists, papers and the issue that comes of it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_tasks.leads.checking import RESULTS


def inspection_of(history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """begun_ms, officers, reason, and presence and check_list as they were sealed; empty: nobody has inspected.

    What was inspected before a place was judged and lists were answered has neither.
    """
    start = next((n for n in range(len(history) - 1, -1, -1) if history[n]["move"] == "inspect"), None)
    if start is None:
        return {}
    begun = history[start]
    results = [entry for entry in history[start:] if entry["move"] in RESULTS]
    return {
        "begun_ms": begun["at_ms"],
        "officers": list(begun["fields"]["officers"]),
        "reason": begun["reason"],
        "presence": begun["fields"].get("presence"),
        "check_list": results[-1]["fields"].get("check_list") if results else None,
        "result": results[-1]["move"] if results else "",
        "conclusion": str(results[-1]["fields"].get("conclusion", results[-1]["reason"])) if results else "",
    }
