"""A piece of evidence: a photo or file of one issue or lead, as it is sealed and kept. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from lantian_tasks.clocks.facts import Site
from lantian_tasks.clocks.policy import EvidenceRules
from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.evidence.likeness import NEAR, Photo, bands, differing_bits, distance_m

MOVE = "attach"
AHEAD_MS = 5 * 60_000
"""A phone's clock may be this far ahead."""
CLOCKS_DIFFER_MS = 10 * 60_000
FLAGS = {
    "no-place": "照片和手机都没有位置",
    "outside-fence": "拍摄位置在厂界范围以外",
    "places-differ": "照片位置与手机位置不符",
    "registry-no-site": "登记库没有坐标，无法判断拍摄地点",
    "no-time": "照片没有拍摄时间",
    "taken-ahead": "拍摄时间晚于收到时间",
    "taken-long-ago": "拍摄时间过早",
    "times-differ": "照片时间与手机时间不符",
    "seen-before": "与其他问题的照片雷同",
    "same-photo": "与本问题另一张照片雷同",
}
"""What speaks against a photo; whoever relies on it all the same says why."""
UNJUDGED = frozenset({"registry-no-site"})
"""Flags that say what could not be judged: the registry lacks it, so nobody on site is asked for a reason."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`subject` is issue/<id> or lead/<id>. Times in ms since 1970 UTC, 0: unknown; `sha256` is of the bytes as sent,
    `shown_sha256` of the clean copy (photos); `distance_m` -1: unknown; `place_from` exif, phone or empty.
    """

    evidence_id: str
    subject: str
    kind: str
    name: str
    media_type: str
    size: int
    sha256: str
    received_ms: int
    received_by: str
    shown_sha256: str = ""
    width: int = 0
    height: int = 0
    taken_ms: int = 0
    latitude: float = 0.0
    longitude: float = 0.0
    place_from: str = ""
    distance_m: int = -1
    camera: str = ""
    phash: str = ""
    flags: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()

    @property
    def is_photo(self) -> bool:
        """Whether there is a clean copy."""
        return bool(self.shown_sha256)


@dataclass(frozen=True, slots=True)
class Stated:
    """What the phone says beside the file; None and 0: nothing. `lacks_ms` is to be added to what its clock shows."""

    taken_ms: int = 0
    latitude: float | None = None
    longitude: float | None = None
    lacks_ms: int = 0


def evidence_id(subject: str, kind: str, sha256: str) -> str:
    """The same file for the same purpose on the same subject has the same id, however often it is sent."""
    return f"evd-{hashlib.sha256(f'{subject}|{kind}|{sha256}'.encode()).hexdigest()[:32]}"


def with_photo(piece: Piece, photo: Photo, stated: Stated, site: Site | None, rules: EvidenceRules) -> Piece:
    """The piece with what its photo says, and what speaks against it. `site`: where the source or enterprise lies."""
    lies = site.place if site else None
    own = (photo.latitude, photo.longitude) if photo.latitude is not None and photo.longitude is not None else None
    phone = (
        (stated.latitude, stated.longitude) if stated.latitude is not None and stated.longitude is not None else None
    )
    place = own or phone
    differs = bool(photo.taken_ms and stated.taken_ms) and abs(photo.taken_ms - stated.taken_ms) > CLOCKS_DIFFER_MS
    taken_ms = photo.taken_ms or stated.taken_ms
    if stated.taken_ms and not differs:  # one clock made both: what it lacks is known
        taken_ms += stated.lacks_ms
    away = round(distance_m(place, lies)) if place and lies else -1
    at_ms = piece.received_ms
    speaks_against = {
        "no-place": place is None,
        "outside-fence": away > rules.fence_m,
        "places-differ": own is not None and phone is not None and distance_m(own, phone) > rules.fence_m,
        "registry-no-site": site is None,
        "no-time": not taken_ms,
        "taken-ahead": taken_ms > at_ms + AHEAD_MS,
        "taken-long-ago": 0 < taken_ms < at_ms - rules.stale_hours * HOUR_MS,
        "times-differ": differs,
    }
    return replace(
        piece,
        shown_sha256=hashlib.sha256(photo.shown).hexdigest(),
        width=photo.width,
        height=photo.height,
        taken_ms=taken_ms,
        latitude=place[0] if place else 0.0,
        longitude=place[1] if place else 0.0,
        place_from="exif" if own else "phone" if phone else "",
        distance_m=away,
        camera=photo.camera,
        phash=photo.phash,
        flags=tuple(flag for flag, holds in speaks_against.items() if holds),
    )


def with_similar(piece: Piece, others: Sequence["Piece"]) -> Piece:
    """The piece with the photos it looks like: of other subjects, or of this one for another purpose."""
    if not piece.phash:
        return piece
    near = [
        other
        for other in others
        if other.evidence_id != piece.evidence_id and other.phash and differing_bits(other.phash, piece.phash) <= NEAR
    ]
    elsewhere = sorted(other.evidence_id for other in near if other.subject != piece.subject)
    here = sorted(
        other.evidence_id
        for other in near
        if other.subject == piece.subject
        and other.kind != piece.kind
        and (other.sha256 == piece.sha256 or other.phash == piece.phash)
    )
    flags = (*(["seen-before"] if elsewhere else []), *(["same-photo"] if here else []))
    return replace(piece, flags=(*piece.flags, *flags), similar=tuple([*elsewhere, *here][:20]))


def sealed_fields(piece: Piece) -> dict[str, Any]:
    """What the entry that attaches it seals, plain JSON."""
    return {**asdict(piece), "flags": list(piece.flags), "similar": list(piece.similar)}


def piece_of(fields_: Mapping[str, Any]) -> Piece:
    """The piece of an entry's fields, or of a document."""
    values = {row.name: fields_[row.name] for row in fields(Piece) if row.name in fields_}
    return Piece(**{**values, "flags": tuple(values.get("flags", ())), "similar": tuple(values.get("similar", ()))})


def attached(history: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """The pieces that a history says were attached, in order."""
    return [piece_of(entry["fields"]["piece"]) for entry in history if entry["move"] == MOVE]


def piece_document(piece: Piece) -> dict[str, Any]:
    """The index entry of the store: `bands` find what looks alike."""
    return {"_id": piece.evidence_id, **sealed_fields(piece), "bands": bands(piece.phash) if piece.phash else []}
