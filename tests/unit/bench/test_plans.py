"""Explain documents as servers give them, cut to what says which way was taken.

The stages are those of MongoDB's manual (Explain Results; Explain Slot-Based Engine) and of the explain notes in its
source, for the classic engine (explainVersion 1), the slot-based one (2), an aggregation and shards; the rows are what
DocumentDB 0.106 answers.
"""

from typing import Any

import pytest

from bench.plans import NoPlan, Plan, plan_of


def of_find(winning: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A find explained, with a plan that lost and must not be read."""
    lost = [{"stage": "FETCH", "inputStage": {"stage": "IXSCAN", "indexName": "lost"}}, {"stage": "COLLSCAN"}]
    return {"explainVersion": "1", "queryPlanner": {"winningPlan": winning, "rejectedPlans": lost}, **more, "ok": 1}


def index_scan(name: str, *bounds: str) -> dict[str, Any]:
    """A stage that reads an index between these bounds of its keys."""
    of_keys = {f"key{place}": [bound] for place, bound in enumerate(bounds)}
    return {"stage": "IXSCAN", "indexName": name, "direction": "forward", "indexBounds": of_keys}


COLLSCAN = {"stage": "COLLSCAN", "filter": {"type": {"$eq": "SAO"}}, "direction": "forward"}
RATING = index_scan("imdb.rating_1_year_1", "(8.5, inf]", "[MinKey, MaxKey]")
SLOTS = {"slots": "$$RESULT=s13 env: {  }", "stages": "[3] project ..."}
NEWEST = {"stage": "FETCH", "inputStage": index_scan("newest", "[MaxKey, MinKey]", "[MaxKey, MinKey]")}
EITHER = {
    "stage": "FETCH",
    "inputStage": {
        "stage": "SORT_MERGE",
        "sortPattern": {"CreatedAt": -1},
        "inputStages": [
            index_scan("ChallengerId_1_CreatedAt_-1", '["me", "me"]', "[MaxKey, MinKey]"),
            index_scan("OpponentId_1_CreatedAt_-1", '["me", "me"]', "[MaxKey, MinKey]"),
        ],
    },
}
BIRTHS = index_scan("dateofbirth_-1", "[new Date(9223372036854775807), new Date(0)]")
STAGES = [
    (of_find(COLLSCAN), Plan(1, (), (), False, None)),
    (of_find({"stage": "FETCH", "inputStage": RATING}), Plan(0, ("imdb.rating_1_year_1",), (), False, None)),
    (
        of_find({"stage": "LIMIT", "limitAmount": 51, "inputStage": NEWEST}, executionStats={"totalDocsExamined": 51}),
        Plan(0, ("newest",), ("newest",), False, 51),
    ),
    (
        of_find({"stage": "SUBPLAN", "inputStage": {"stage": "LIMIT", "limitAmount": 40, "inputStage": EITHER}}),
        Plan(0, ("ChallengerId_1_CreatedAt_-1", "OpponentId_1_CreatedAt_-1"), (), False, None),
    ),
    (
        of_find({"stage": "SORT", "sortPattern": {"a": 1}, "inputStage": {"stage": "FETCH", "inputStage": RATING}}),
        Plan(0, ("imdb.rating_1_year_1",), (), True, None),
    ),
    (
        of_find({"stage": "OR", "inputStages": [RATING, COLLSCAN]}),
        Plan(1, ("imdb.rating_1_year_1",), (), False, None),
    ),
    (of_find({"stage": "IDHACK"}), Plan(0, ("_id_",), (), False, None)),
    (of_find({"stage": "EXPRESS_IXSCAN", "indexName": "_id_"}), Plan(0, ("_id_",), (), False, None)),
    (of_find({"stage": "EOF"}), Plan(0, (), (), False, None)),
    (
        of_find({"isCached": False, "queryPlan": {"stage": "GROUP", "inputStage": RATING}, "slotBasedPlan": SLOTS}),
        Plan(0, ("imdb.rating_1_year_1",), (), False, None),
    ),
    (
        of_find({"queryPlan": COLLSCAN, "slotBasedPlan": SLOTS}, executionStats={"totalDocsExamined": 9999}),
        Plan(1, (), (), False, 9999),
    ),
    (
        {
            "stages": [
                {
                    "$cursor": {
                        "queryPlanner": {"winningPlan": {"stage": "FETCH", "inputStage": BIRTHS}},
                        "executionStats": {"nReturned": 333333, "totalDocsExamined": 333333},
                    }
                },
                {"$sort": {"sortKey": {"dateofbirth": -1}, "limit": 3}},
            ]
        },
        Plan(0, ("dateofbirth_-1",), (), False, 333333),
    ),
    (
        of_find({"stage": "SHARD_MERGE", "shards": [{"shardName": "a", "winningPlan": COLLSCAN}]}),
        Plan(1, (), (), False, None),
    ),
    (
        {"shards": {"a": of_find(NEWEST), "b": of_find(COLLSCAN)}},
        Plan(1, ("newest",), ("newest",), False, None),
    ),
]


@pytest.mark.parametrize(("explained", "expected"), STAGES, ids=[str(number) for number in range(len(STAGES))])
def test_the_winning_stages_are_read(explained: dict[str, Any], expected: Plan) -> None:
    """Every index that is entered, every collection that is read whole; nothing of the plans that lost."""
    assert plan_of(explained) == expected


SHARD_ALONE = {"Node Type": "Bitmap Index Scan", "Index Name": "_id_", "Index Cond": "(shard_key_value = '7'::bigint)"}
BY_ID = {
    "Node Type": "Index Scan",
    "Index Name": "_id_",
    "Index Cond": "((shard_key_value = '7'::bigint) AND (object_id OPERATOR(documentdb_core.=) 'BSONHEX0d'))",
}
ALL_OF_AN_INDEX = {
    "Node Type": "Bitmap Index Scan",
    "Index Name": "counted",
    "Index Cond": "(document @<> 'BSONHEX24000000036469766973696f6e5f636f646500100000000866756c6c5363616e00010000')",
}
ROWS = [
    ({"Node Type": "Seq Scan", "Relation Name": "documents_7"}, Plan(1, (), (), False, None)),
    ({"Node Type": "Bitmap Heap Scan", "Plans": [SHARD_ALONE]}, Plan(1, (), (), False, None)),
    (BY_ID, Plan(0, ("_id_",), (), False, None)),
    (
        {"Node Type": "Limit", "Plans": [{"Node Type": "Sort", "Plans": [ALL_OF_AN_INDEX]}]},
        Plan(0, ("counted",), ("counted",), True, None),
    ),
]


@pytest.mark.parametrize(("row", "expected"), ROWS, ids=[str(number) for number in range(len(ROWS))])
def test_the_rows_of_documentdb_are_read(row: dict[str, Any], expected: Plan) -> None:
    """Its primary key without an id leaves nothing out: that is a scan, whatever it is called."""
    assert plan_of({"queryPlanner": {"Plan": row}, "explainVersion": "1", "ok": 1.0}) == expected


@pytest.mark.parametrize("explained", [{}, {"ok": 1}, {"queryPlanner": {}}, {"queryPlanner": {"winningPlan": {}}}])
def test_what_explains_nothing_is_refused(explained: dict[str, Any]) -> None:
    """Silence is no proof that no collection was scanned."""
    with pytest.raises(NoPlan):
        plan_of(explained)
