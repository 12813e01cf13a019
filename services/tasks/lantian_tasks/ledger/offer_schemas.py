"""How the API says what somebody may do."""

from collections.abc import Iterable

from pydantic import BaseModel, Field

from lantian_proto.both import chinese
from lantian_tasks.ledger.inspection_schemas import CheckListOut, SiteOut
from lantian_tasks.ledger.machine import FieldKind
from lantian_tasks.ledger.offers import Offer


class OfferedField(BaseModel):
    """One input of a move."""

    name: str
    kind: FieldKind = Field(description="text, time, flag, count, number, texts, milestones, evidence or check-list")
    required: bool


class OfferOut(BaseModel):
    """A move that state and role allow."""

    move: str = Field(examples=["assign"])
    to_state: str = Field(description="State after it; the present one when it changes none")
    fields: list[OfferedField]
    reason_required: bool
    barred: str = Field(description="Why it would be refused all the same, e.g. four eyes; empty: nothing known")
    barred_zh: str = Field(default="", description="The same in Chinese")


class OffersOut(BaseModel):
    """What the caller may do now."""

    revision: int = Field(description="Revision this was decided on; for If-Match")
    moves: list[OfferOut]
    dossier: list[str] = Field(
        default_factory=list, description="Kinds of evidence that closing asks for", examples=[["photo-before"]]
    )
    data_needed: str = Field(
        default="", description="What the data must show before closing: in-limit, capture or nothing"
    )
    check_list: CheckListOut | None = Field(
        default=None, description="What the result of an inspection answers; null: the subject is not inspected"
    )
    site: SiteOut | None = Field(
        default=None, description="Where an inspection is expected; null: the subject is not inspected"
    )


def offered(found: Iterable[Offer], state: str) -> list[OfferOut]:
    """Offers as the API shows them."""
    return [
        OfferOut(
            move=offer.move.name,
            to_state=offer.move.to_state or state,
            fields=[
                OfferedField(name=f.name, kind=f.kind, required=f.required) for f in offer.move.fields if not f.internal
            ],
            reason_required=offer.move.reason_required,
            barred=offer.barred,
            barred_zh=chinese(offer.barred),
        )
        for offer in found
    ]
