"""What the API says about photos and files."""

import unicodedata
from typing import Literal

from pydantic import BaseModel, Field

from lantian_tasks.evidence.piece import FLAGS, Piece

Form = Literal["shown", "original"]


class FlagOut(BaseModel):
    """Something that speaks against a photo."""

    code: str = Field(description=f"One of {', '.join(FLAGS)}")
    zh: str


class PieceOut(BaseModel):
    """A photo or file as it was sealed. Times are ms since 1970 UTC."""

    evidence_id: str = Field(
        description="Id to name it by in a dossier", examples=["evd-0f3c5d0a8e1b4c7d9a2f6e5b4c3d2e1f"]
    )
    subject: str = Field(description="issue/<id> or lead/<id> it was attached to")
    kind: str = Field(description="What it is for", examples=["photo-before"])
    name: str = Field(description="Name of the file as sent")
    media_type: str = Field(description="By content, not by name", examples=["image/jpeg"])
    size: int = Field(description="Bytes as sent")
    sha256: str = Field(description="Of the bytes as sent; sealed in the history")
    shown_sha256: str = Field(description="Of the clean copy of a photo; empty: no photo")
    width: int = Field(description="Pixels as sent; 0: no photo")
    height: int
    received_ms: int
    received_by: str = Field(description="Account that sent it")
    taken_ms: int = Field(description="When it was taken, by the camera, else the phone; 0: unknown")
    latitude: float
    longitude: float
    place_from: str = Field(description="exif, phone; empty: no place is known")
    distance_m: int = Field(description="From the source, else the enterprise; -1: unknown")
    camera: str
    flags: list[FlagOut] = Field(description="What speaks against it; using it all the same takes a reason")
    similar: list[str] = Field(description="Evidence that shows the same picture")


class EvidenceList(BaseModel):
    """All photos and files of an issue with those of the lead it came from, or of a lead; oldest first."""

    items: list[PieceOut]


class AttachedOut(PieceOut):
    """The piece, and where its subject stands now."""

    revision: int = Field(description="Revision of the issue or lead; also the ETag")


def shown(piece: Piece) -> PieceOut:
    """A piece as the API shows it."""
    names = PieceOut.model_fields.keys() - {"flags", "similar"}
    flags = [FlagOut(code=flag, zh=FLAGS.get(flag, flag)) for flag in piece.flags]
    return PieceOut(**{name: getattr(piece, name) for name in names}, flags=flags, similar=list(piece.similar))


def clean_name(name: str) -> str:
    """A file's name without folders, control characters and marks that turn the direction of writing."""
    plain = "".join(c for c in name.replace("\\", "/") if unicodedata.category(c)[0] != "C")
    return plain.rpartition("/")[2].strip()[:200]
