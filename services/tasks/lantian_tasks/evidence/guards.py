"""Why a move may not rest on the evidence it names. Pure."""

from collections.abc import Sequence
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.evidence.likeness import distance_m
from lantian_tasks.evidence.piece import FLAGS, UNJUDGED, Piece, attached
from lantian_tasks.ledger.machine import Situation
from lantian_tasks.reports.words import EVIDENCE

AGAIN = ("reopen", "fail-recheck")
"""After these, what shows the fix must be new."""


def attached_once(situation: Situation) -> str | None:
    """The same file for the same purpose is attached once."""
    wanted = situation.command.fields["piece"]["evidence_id"]
    there = any(piece.evidence_id == wanted for piece in attached(situation.history))
    return Both(f"{wanted} is attached already", "这个文件已经上传过") if there else None


def evidence_holds(situation: Situation) -> str | None:
    """What is named was attached under that kind; a flagged photo needs a reason; after a reopening it is new."""
    named = [(row["kind"], row["id"]) for row in situation.command.fields["evidence"]]
    return _objection(situation, named)


def photos_hold(situation: Situation) -> str | None:
    """The two photos of an instant fix: attached, unsuspicious, and from the same point (T10)."""
    fields = situation.command.fields
    named = [("photo-before", fields["photo_before"]), ("photo-after", fields["photo_after"])]
    return _objection(situation, named) or _same_point(situation, [id_ for _, id_ in named])


def _objection(situation: Situation, named: Sequence[tuple[str, str]]) -> str | None:
    if not situation.facts.policy.evidence.must_be_attached:
        return None
    pieces = {piece.evidence_id: piece for piece in attached(situation.history)}
    for kind, id_ in named:
        piece = pieces.get(id_)
        if piece is None:
            return Both(
                f"{id_} is not attached here: send the file first (POST …/evidence)", "所选文件不属于这个问题，请先上传"
            )
        if piece.kind != kind:
            return Both(
                f"{id_} was attached as {piece.kind}, not as {kind}",
                f"所选文件是“{EVIDENCE.get(piece.kind, piece.kind)}”，不是“{EVIDENCE.get(kind, kind)}”",
            )
    old = _before_reopening(situation.history)
    for kind, id_ in named:
        if kind != "photo-before" and id_ in old:
            return Both(
                f"{id_} is from before the reopening; show the new state", "所选文件是重新立案之前的，请上传新的"
            )
    flagged = [pieces[id_] for _, id_ in named if _doubts(pieces[id_])]
    return _asks_why(flagged) if flagged and not situation.command.reason.strip() else None


def _doubts(piece: Piece) -> list[str]:
    return [flag for flag in piece.flags if flag not in UNJUDGED]


def _asks_why(flagged: Sequence[Piece]) -> Both:
    said = "；".join("、".join(FLAGS[flag] for flag in _doubts(piece)) for piece in flagged)
    codes = "; ".join(f"{piece.evidence_id} {', '.join(_doubts(piece))}" for piece in flagged)
    return Both(f"give a reason: {codes}", f"请填写理由：{said}")


def _before_reopening(history: Sequence[Any]) -> set[str]:
    reopened = [n for n, entry in enumerate(history) if entry["move"] in AGAIN]
    return {piece.evidence_id for piece in attached(history[: reopened[-1]])} if reopened else set()


def _same_point(situation: Situation, ids: Sequence[str]) -> str | None:
    most = situation.facts.policy.evidence.same_point_m
    places = [(p.latitude, p.longitude) for p in attached(situation.history) if p.evidence_id in ids and p.place_from]
    if len(places) < 2:
        return None
    away = distance_m(places[0], places[1])
    if away <= most or situation.command.reason.strip():
        return None
    return Both(
        f"the two photos were taken {away:.0f} m apart, {most} m are allowed: give a reason",
        f"两张照片相距 {away:.0f} 米，超过 {most} 米，请说明理由",
    )
