"""What a server's `explain` says of a question: which indexes it enters, whether it reads a collection whole. Pure.

MongoDB's documents are read as its manual describes them (Explain Results, 5.1 and later: a tree of stages under
`winningPlan`, within `queryPlan` for the slot-based engine, within `$cursor` for an aggregation, by shard). DocumentDB,
the extension of PostgreSQL under FerretDB, hands PostgreSQL's own plan over (EXPLAIN, format JSON) under `Plan`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]
WHOLE = {"[MinKey, MaxKey]", "[MaxKey, MinKey]"}
BY_ID = {"IDHACK", "CLUSTERED_IXSCAN", "EXPRESS_CLUSTERED_IXSCAN"}
FULL_SCAN = b"fullScan".hex()
"""In DocumentDB's condition of an index that is read from end to end."""


class NoPlan(ValueError):
    """A document that explains nothing this reader knows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`collections`: number of scans of a whole collection. `indexes`: all that are entered, `whole`: those read
    without a bound (in its order a list stops at its limit). `sorts`: what was found is sorted before the first row is
    given. `documents`: how many were read, where the server says.
    """

    collections: int
    indexes: tuple[str, ...]
    whole: tuple[str, ...]
    sorts: bool
    documents: int | None


def plan_of(explained: Node) -> Plan:
    """The plan that won. Raises NoPlan."""
    planners = list(_planners(explained))
    stages = [stage for planner in planners for stage in _stages(planner.get("winningPlan", {}))]
    rows = [row for planner in planners for row in _rows(planner.get("Plan", {}))]
    if not stages and not rows:
        raise NoPlan(f"neither stages nor rows in {sorted(explained)}")
    by_stage, by_row = [_entered(stage) for stage in stages], [_entered_by_row(row) for row in rows]
    entered = [one for one in (*by_stage, *by_row) if one]
    scans = [stage for stage in stages if stage["stage"] == "COLLSCAN"]
    seen = [row for row in rows if "Seq Scan" in row["Node Type"] or _whole_primary_key(row)]
    sorting = [stage for stage in stages if stage["stage"] == "SORT"], [row for row in rows if _sorts(row)]
    return Plan(
        collections=len(scans) + len(seen),
        indexes=tuple(dict.fromkeys(name for name, _ in entered)),
        whole=tuple(dict.fromkeys(name for name, whole in entered if whole)),
        sorts=any(sorting),
        documents=_documents(explained),
    )


def _planners(explained: Node) -> Iterator[Node]:
    """A find has one, an aggregation one in its first stage, a sharded collection one a shard."""
    if "queryPlanner" in explained:
        yield explained["queryPlanner"]
    for stage in explained.get("stages", ()):
        if "$cursor" in stage:
            yield from _planners(stage["$cursor"])
    for shard in explained.get("shards", {}).values():
        yield from _planners(shard)


def _stages(node: Node) -> Iterator[Node]:
    if "queryPlan" in node:
        yield from _stages(node["queryPlan"])
        return
    if "stage" in node:
        yield node
    for name in ("inputStage", "outerStage", "innerStage", "thenStage", "elseStage"):
        if name in node:
            yield from _stages(node[name])
    for child in node.get("inputStages", ()):
        yield from _stages(child)
    for shard in node.get("shards", ()):
        yield from _stages(shard.get("winningPlan", {}))


def _entered(stage: Node) -> tuple[str, bool] | None:
    """Name of an index, and whether it is read without a bound."""
    if stage["stage"] in BY_ID:
        return "_id_", False
    if "indexName" not in stage:
        return None
    bounds = [bound for of_key in stage.get("indexBounds", {}).values() for bound in of_key]
    return str(stage["indexName"]), bool(bounds) and {*bounds} <= WHOLE


def _rows(node: Node) -> Iterator[Node]:
    if "Node Type" in node:
        yield node
    for child in node.get("Plans", ()):
        yield from _rows(child)


def _entered_by_row(row: Node) -> tuple[str, bool] | None:
    if "Index Name" not in row or _whole_primary_key(row):
        return None
    return str(row["Index Name"]), FULL_SCAN in str(row.get("Index Cond", "")).lower()


def _whole_primary_key(row: Node) -> bool:
    """DocumentDB keeps a collection by (shard, id): a condition on the shard alone leaves nothing out."""
    return row.get("Index Name") == "_id_" and "object_id" not in str(row.get("Index Cond", ""))


def _sorts(row: Node) -> bool:
    return row["Node Type"] in ("Sort", "Incremental Sort")


def _documents(explained: Node) -> int | None:
    """Of MongoDB's executionStats."""
    found = [explained.get("executionStats"), *(s["$cursor"].get("executionStats") for s in _cursors(explained))]
    read = [stats["totalDocsExamined"] for stats in found if stats and "totalDocsExamined" in stats]
    return sum(read) if read else None


def _cursors(explained: Node) -> list[Node]:
    return [stage for stage in explained.get("stages", ()) if "$cursor" in stage]
