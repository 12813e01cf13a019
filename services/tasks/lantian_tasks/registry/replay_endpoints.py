"""/v1/rule-replays: what came of a wish for a replay. The wish itself is an entity of the registry."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from lantian_proto.v1.rule_pb2 import ReplayedLead, ReplayResult
from lantian_tasks.access.principals import Calling
from lantian_tasks.ports import RegistryStore
from lantian_tasks.problems import described, not_found
from lantian_tasks.registry.entities import ID_PATTERN
from lantian_tasks.registry.record import Kind, key_of
from lantian_tasks.registry.rule_news import result_of
from lantian_tasks.registry.rule_sets import ParameterValue

ReplayId = Annotated[str, Path(alias="id", pattern=ID_PATTERN)]


class ReplayCountsOut(BaseModel):
    """Leads of one rule."""

    rule_id: str = Field(description="The rule, or one that combines or explains it")
    added: int = Field(description="Only with the other parameters")
    gone: int = Field(description="Only with those in force")
    changed: int = Field(description="Told with another severity, score, start or end")
    same: int = Field(description="Told the same")


class ReplayedLeadOut(BaseModel):
    """A lead that is told otherwise."""

    outcome: Literal["added", "gone", "changed"]
    lead_id: str
    rule_id: str
    source_id: str
    factor: str = Field(description="HJ 212 code; empty for the source as a whole")
    severity: int = Field(description="With the other parameters; of a lead that is gone, what it was")
    severity_before: int = Field(description="With those in force; 0 for a lead that is added")
    start_ms: int
    end_ms: int
    summary_zh: str
    summary_en: str


class ReplayOut(BaseModel):
    """A replay: `waiting` until alerts has answered."""

    replay_id: str
    state: Literal["waiting", "done", "failed"]
    reason: str = Field(default="", description="Why it failed")
    rule_id: str
    base_version: int
    number: int = Field(default=0, description="Number that the set would have; 0 until it is done")
    values: list[ParameterValue]
    from_ms: int
    to_ms: int
    finished_ms: int = Field(default=0, description="ms since 1970 UTC")
    records: int = Field(default=0, description="Records of the history that were read")
    unreadable: int = Field(default=0, description="Of these, those that could not be used")
    counts: list[ReplayCountsOut] = Field(default_factory=list)
    leads: list[ReplayedLeadOut] = Field(default_factory=list, description="The gravest first")
    left_out: int = Field(default=0, description="Leads told otherwise that are not listed")
    sha256: str = Field(default="", description="Digest of the result, for the set of parameters")


def _lead(one: ReplayedLead) -> ReplayedLeadOut:
    outcome: Literal["added", "gone", "changed"] = (
        "added" if one.outcome == "added" else "gone" if one.outcome == "gone" else "changed"
    )
    return ReplayedLeadOut(
        outcome=outcome,
        lead_id=one.lead_id,
        rule_id=one.rule_id,
        source_id=one.source_id,
        factor=one.factor,
        severity=one.severity,
        severity_before=one.severity_before,
        start_ms=one.start_ms,
        end_ms=one.end_ms,
        summary_zh=one.summary.zh,
        summary_en=one.summary.en,
    )


def _answered(asked: ReplayOut, result: ReplayResult) -> ReplayOut:
    return asked.model_copy(
        update={
            "state": "done" if result.state == "done" else "failed",
            "reason": result.reason,
            "number": result.number,
            "finished_ms": result.finished_ms,
            "records": result.records,
            "unreadable": result.unreadable,
            "counts": [
                ReplayCountsOut(rule_id=one.rule_id, added=one.added, gone=one.gone, changed=one.changed, same=one.same)
                for one in result.counts
            ],
            "leads": [_lead(one) for one in result.leads],
            "left_out": result.left_out,
            "sha256": result.sha256,
        }
    )


def replay_routes(store: RegistryStore) -> APIRouter:
    """One route."""
    routes = APIRouter(prefix="/v1", tags=["rules"])

    @routes.get("/rule-replays/{id}", operation_id="get_rule_replay", responses=described(404))
    async def get_rule_replay(principal: Calling, id_: ReplayId) -> ReplayOut:
        """A replay that was wished by PUT /v1/registry/rule-replay/{id}, and its difference when it is done."""
        key = key_of(Kind.RULE_REPLAY, id_)
        wish = (await store.records([key], principal.scope)).get(key)
        if wish is None:
            raise not_found()
        asked = ReplayOut(
            replay_id=id_,
            state="waiting",
            rule_id=wish.entity["rule_id"],
            base_version=wish.entity["base_version"],
            values=[ParameterValue(**one) for one in wish.entity["values"]],
            from_ms=wish.entity["from_ms"],
            to_ms=wish.entity["to_ms"],
        )
        result = await result_of(store, id_)
        return asked if result is None else _answered(asked, result)

    return routes
