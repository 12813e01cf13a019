"""Photos and files in memory: the part of the fake store that keeps them."""

from collections.abc import Sequence

from lantian_kit.worker import Unavailable
from lantian_tasks.evidence.piece import Piece, piece_document, piece_of


class FakeFiles:
    """EvidenceStore. With `away` every call raises Unavailable."""

    away: bool
    files: dict[str, bytes]
    pieces_kept: dict[str, Piece]

    def _reach(self) -> None:
        if self.away:
            raise Unavailable("store: away")

    async def keep_bytes(self, sha256: str, data: bytes) -> None:
        self._reach()
        self.files[sha256] = data

    async def bytes_of(self, sha256: str) -> bytes | None:
        self._reach()
        return self.files.get(sha256)

    async def keep_piece(self, piece: Piece) -> bool:
        self._reach()
        if piece.evidence_id in self.pieces_kept:
            return False
        self.pieces_kept[piece.evidence_id] = piece_of(piece_document(piece))
        return True

    async def pieces(self, evidence_ids: Sequence[str]) -> list[Piece]:
        self._reach()
        return [self.pieces_kept[id_] for id_ in evidence_ids if id_ in self.pieces_kept]

    async def pieces_alike(self, bands: Sequence[str]) -> list[Piece]:
        self._reach()
        return [p for p in self.pieces_kept.values() if set(piece_document(p)["bands"]) & set(bands)]
