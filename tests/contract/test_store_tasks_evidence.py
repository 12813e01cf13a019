"""Photos and files: the fake and the real store keep the same promises."""

import asyncio
import hashlib
from dataclasses import replace

from lantian_tasks.evidence.likeness import bands
from lantian_tasks.evidence.piece import Piece
from lantian_tasks.ports import Store
from tests.contract.test_store_tasks import store

__all__ = ["store"]

DATA = bytes(range(256)) * 4_000  # more than one chunk of GridFS
SHA = hashlib.sha256(DATA).hexdigest()


async def test_bytes_are_kept_once_under_their_hash(store: Store) -> None:
    """Twenty at once, and again: the same bytes come back; what was never kept is not there."""
    assert await store.bytes_of(SHA) is None
    await asyncio.gather(*(store.keep_bytes(SHA, DATA) for _ in range(20)))
    await store.keep_bytes(SHA, DATA)
    assert await store.bytes_of(SHA) == DATA
    await store.keep_bytes("empty", b"")
    assert await store.bytes_of("empty") == b""


async def test_pieces_are_found_by_id_and_by_likeness(store: Store) -> None:
    """A piece is written once; one shared part of the fingerprint is enough to be found."""
    piece = Piece(
        "evd-1", "issue/a", "photo", "前.jpg", "image/jpeg", 9, SHA, 5, "team-1", phash="00ff00ff00ff00ff", flags=("x",)
    )
    other = replace(piece, evidence_id="evd-2", phash="1111111111111111", latitude=38.04, place_from="exif")
    assert [await store.keep_piece(one) for one in (piece, other, piece)] == [True, True, False]
    assert await store.pieces(["evd-2", "evd-3"]) == [other]
    assert await store.pieces_alike(bands("00222222222222ff")) == [piece]
    assert await store.pieces_alike([]) == []
    assert await store.pieces_alike(bands("9999999999999999")) == []
